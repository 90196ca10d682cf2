import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { Unicode11Addon } from '@xterm/addon-unicode11'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { Terminal, type ITheme } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import type { ScreenChange } from '../net/screen-source.ts'
import { portsIn } from './port-links.ts'

interface ScreenOptions {
  readonly fontSize: number
  readonly theme: ITheme
  /** Read-only screens have no cursor to type at. */
  readonly readOnly: boolean
  readonly onInput?: (data: string) => void
  /** Returns whether the key is the page's and not the shell's. */
  readonly onKey?: (event: KeyboardEvent) => boolean
  /** Somebody wants to see what listens on a port of the shell's own machine. @param path with its `/`; empty when none is named */
  readonly onPort?: ((port: number, path: string) => void) | undefined
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** One terminal screen: all that this product wants of xterm. */
export class Screen {
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #search = new SearchAddon()
  /** Chunks being replayed: xterm's answers to questions in them were given when they were new. */
  #replaying = 0

  constructor(host: HTMLElement, options: ScreenOptions) {
    this.#terminal = new Terminal({
      allowProposedApi: true,
      fontFamily: "'IBM Plex Mono', 'Noto Sans Mono', ui-monospace, monospace",
      fontSize: options.fontSize,
      fontWeightBold: '600',
      lineHeight: 1.2,
      theme: options.theme,
      scrollback: 10_000,
      cursorBlink: false,
      cursorStyle: 'block',
      cursorInactiveStyle: options.readOnly ? 'none' : 'outline',
      disableStdin: options.readOnly,
      minimumContrastRatio: 4.5,
      rightClickSelectsWord: false,
    })
    this.#terminal.loadAddon(this.#fit)
    this.#terminal.loadAddon(this.#search)
    this.#terminal.loadAddon(
      new WebLinksAddon((_event, uri) => {
        const [port] = portsIn(uri)
        if (port) options.onPort?.(port.port, port.path)
        else window.open(uri, '_blank', 'noopener,noreferrer')
      }),
    )
    if (options.onPort) this.#linkPorts(options.onPort)
    this.#terminal.loadAddon(new Unicode11Addon())
    this.#terminal.unicode.activeVersion = '11'
    this.#terminal.onData((data) => {
      if (this.#replaying === 0) options.onInput?.(data)
    })
    this.#terminal.attachCustomKeyEventHandler((event) => !(event.type === 'keydown' && options.onKey?.(event)))
    this.#terminal.open(host)
  }

  /** `127.0.0.1:8080`, as port-forward says it, is a link to what listens there. */
  #linkPorts(open: (port: number, path: string) => void): void {
    this.#terminal.registerLinkProvider({
      provideLinks: (y, found) => {
        const text = this.#terminal.buffer.active.getLine(y - 1)?.translateToString(true) ?? ''
        const links = portsIn(text).map(({ at, text: named, port, path }) => ({
          range: { start: { x: at + 1, y }, end: { x: at + named.length, y } },
          text: named,
          activate: () => open(port, path),
        }))
        found(links.length > 0 ? links : undefined)
      },
    })
  }

  apply(change: ScreenChange): void {
    if (change.kind === 'reset') return this.#terminal.reset()
    const { data, replayed, written } = change
    if (replayed) this.#replaying++
    this.#terminal.write(data, () => {
      if (replayed) this.#replaying--
      written?.()
    })
  }

  /** The size that fills its place at the present type size; undefined while it has no place. */
  fittingSize(): Size | undefined {
    const size = this.#fit.proposeDimensions()
    if (!size || !Number.isFinite(size.cols) || !Number.isFinite(size.rows)) return undefined
    return { columns: Math.min(500, Math.max(2, size.cols)), rows: Math.min(300, Math.max(1, size.rows)) }
  }

  resize({ columns, rows }: Size): void {
    if (columns !== this.#terminal.cols || rows !== this.#terminal.rows) this.#terminal.resize(columns, rows)
  }

  get size(): Size {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows }
  }

  set fontSize(pixels: number) {
    if (this.#terminal.options.fontSize !== pixels) this.#terminal.options.fontSize = pixels
  }

  set theme(theme: ITheme) {
    this.#terminal.options.theme = theme
  }

  set screenReader(on: boolean) {
    this.#terminal.options.screenReaderMode = on
  }

  /** Finds text in what is on the screen and above it. */
  find(text: string, direction: 'next' | 'previous'): boolean {
    const options = {
      caseSensitive: false,
      decorations: {
        matchOverviewRuler: '#e0a84a',
        activeMatchColorOverviewRuler: '#e4572e',
        matchBackground: '#6b5523',
        activeMatchBackground: '#b5391a',
      },
    }
    return direction === 'next' ? this.#search.findNext(text, options) : this.#search.findPrevious(text, options)
  }

  endFind(): void {
    this.#search.clearDecorations()
  }

  get selection(): string {
    return this.#terminal.getSelection()
  }

  /** Pasted text goes through xterm, which marks it as pasted for shells that ask. */
  paste(text: string): void {
    this.#terminal.paste(text)
  }

  /** The last line with something on it, for where there is room for only one. */
  lastLine(): string {
    const buffer = this.#terminal.buffer.active
    // The cursor's own line is the prompt; a long line goes over several rows.
    let text = ''
    for (let row = buffer.baseY + buffer.cursorY - 1; row >= 0; row--) {
      const line = buffer.getLine(row)
      text = (line?.translateToString(true) ?? '') + text
      if (!line?.isWrapped && text.trim() !== '') return text.trim()
    }
    return ''
  }

  /** Where the cursor is, as a part of the screen's height: 0 is the first row, 1 below the last. */
  get cursorDown(): number {
    return (this.#terminal.buffer.active.cursorY + 1) / this.#terminal.rows
  }

  onCursor(listener: () => void): void {
    this.#terminal.onCursorMove(listener)
  }

  focus(): void {
    this.#terminal.focus()
  }

  dispose(): void {
    this.#terminal.dispose()
  }
}
