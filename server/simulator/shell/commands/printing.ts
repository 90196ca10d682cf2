import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', e: '\u001b', f: '\f', v: '\v', '\\': '\\' }

/** `\n`, `\t`, `\033`, `\x1b` … as the characters they mean. */
export function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|(.))/g,
    (whole, hex: string | undefined, octal: string | undefined, letter: string | undefined) => {
      if (hex) return String.fromCharCode(Number.parseInt(hex, 16))
      if (octal) return String.fromCharCode(Number.parseInt(octal, 8))
      return (letter && escapes[letter]) ?? whole
    },
  )
}

const echo: Command = (run) => {
  const words = [...run.args]
  let newline = true
  let interpret = false
  while (/^-[neE]+$/.test(words[0] ?? '')) {
    const flags = words.shift() ?? ''
    newline &&= !flags.includes('n')
    interpret ||= flags.includes('e')
  }
  const text = words.join(' ')
  run.io.out.write((interpret ? unescape(text) : text) + (newline ? '\n' : ''))
  return 0
}

/** printf(1): the format again and again while there are arguments. */
export function format(template: string, args: readonly string[]): string {
  const rest = [...args]
  let text = ''
  do {
    const before = rest.length
    text += unescape(template).replaceAll(
      /%([-+ 0#]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z%])/g,
      (_, flags: string, width: string | undefined, precision: string | undefined, kind: string) => {
        if (kind === '%') return '%'
        const pad = width === '*' ? Number(rest.shift()) : Number(width ?? 0)
        const value = formatted(kind, rest.shift() ?? '', precision === undefined ? undefined : Number(precision), flags)
        if (flags.includes('-')) return value.padEnd(pad)
        return flags.includes('0') && kind !== 's' ? value.padStart(pad, '0') : value.padStart(pad)
      },
    )
    if (rest.length === before) break
  } while (rest.length > 0)
  return text
}

function formatted(kind: string, arg: string, precision: number | undefined, flags: string): string {
  const number = arg.startsWith("'") ? (arg.codePointAt(1) ?? 0) : Number(arg || 0)
  switch (kind) {
    case 's':
      return precision === undefined ? arg : arg.slice(0, precision)
    case 'b':
      return unescape(arg)
    case 'c':
      return arg.charAt(0)
    case 'x':
      return Math.trunc(number).toString(16)
    case 'X':
      return Math.trunc(number).toString(16).toUpperCase()
    case 'o':
      return Math.trunc(number).toString(8)
    case 'f':
      return number.toFixed(precision ?? 6)
    case 'g':
    case 'e':
      return String(number)
    default:
      return (flags.includes('+') && number >= 0 ? '+' : '') + String(Math.trunc(number))
  }
}

export const printingCommands: Record<string, Command> = {
  echo,
  printf: (run) => {
    if (run.args.length === 0) throw new CommandError('usage: printf FORMAT [ARG]...', 2)
    run.io.out.write(format(run.args[0] ?? '', run.args.slice(1)))
    return 0
  },
}
