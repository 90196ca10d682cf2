import { isDark } from '../ui/theme.ts'

/** The shape of xterm's theme that we use. */
type Palette = Record<
  | 'background'
  | 'foreground'
  | 'cursor'
  | 'cursorAccent'
  | 'selectionBackground'
  | 'black'
  | 'red'
  | 'green'
  | 'yellow'
  | 'blue'
  | 'magenta'
  | 'cyan'
  | 'white'
  | 'brightBlack'
  | 'brightRed'
  | 'brightGreen'
  | 'brightYellow'
  | 'brightBlue'
  | 'brightMagenta'
  | 'brightCyan'
  | 'brightWhite',
  string
>

const navy: Palette = {
  background: '#0b1f31',
  foreground: '#e6ecef',
  cursor: '#f2704a',
  cursorAccent: '#0b1f31',
  selectionBackground: '#36587a',
  black: '#17293a',
  red: '#f07b87',
  green: '#5cc293',
  yellow: '#e0a84a',
  blue: '#7fb2f0',
  magenta: '#d79be0',
  cyan: '#55c3cd',
  white: '#dfe6ea',
  brightBlack: '#8496a5',
  brightRed: '#ff9aa4',
  brightGreen: '#7fdcb0',
  brightYellow: '#f2c673',
  brightBlue: '#a3caff',
  brightMagenta: '#e8b9ef',
  brightCyan: '#83dbe3',
  brightWhite: '#ffffff',
}

const paper: Palette = {
  background: '#ffffff',
  foreground: '#10202f',
  cursor: '#c7431d',
  cursorAccent: '#ffffff',
  selectionBackground: '#bcd6f2',
  black: '#10202f',
  red: '#b02f3d',
  green: '#1f7049',
  yellow: '#8a5a12',
  blue: '#1d4f91',
  magenta: '#82379a',
  cyan: '#0c6a73',
  white: '#5c6873',
  brightBlack: '#6c7781',
  brightRed: '#c43d4b',
  brightGreen: '#2a8c5f',
  brightYellow: '#a06c1a',
  brightBlue: '#2f68b4',
  brightMagenta: '#9a4cb3',
  brightCyan: '#0f7c86',
  brightWhite: '#10202f',
}

const deep: Palette = { ...navy, background: '#071827', cursorAccent: '#071827' }

export type TerminalTheme = 'navy' | 'paper'

/** The terminal's colours. Navy is a little deeper on a dark page, so that it still stands apart from the slide. */
export function paletteOf(theme: TerminalTheme): Palette {
  if (theme === 'paper') return paper
  return isDark() ? deep : navy
}
