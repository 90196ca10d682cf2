import type { Dialect } from '../dialect.ts'
import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import type { Io } from '../streams.ts'

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', e: '\u001b', f: '\f', v: '\v', '\\': '\\' }

/** A byte as text; beyond ASCII as `textOfBytes` writes what is no character. */
const ofByte = (byte: number) => String.fromCharCode((byte & 0xff) < 0x80 ? byte & 0xff : 0xdc00 + (byte & 0xff))

/** `\n`, `\t`, `\033`, `\x1b` … as the characters they mean. */
export function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|(.))/g,
    (whole, hex: string | undefined, octal: string | undefined, letter: string | undefined) => {
      if (hex) return ofByte(Number.parseInt(hex, 16))
      if (octal) return ofByte(Number.parseInt(octal, 8))
      return (letter && escapes[letter]) ?? whole
    },
  )
}

/** `echo` as each shell has it: dash's always takes escapes and knows only `-n`. */
export function echo(args: readonly string[], io: Io, dialect: Dialect): number {
  const words = [...args]
  let newline = true
  let interpret = dialect === 'dash'
  while ((dialect === 'dash' ? /^-n$/ : /^-[neE]+$/).test(words[0] ?? '')) {
    const flags = words.shift() ?? ''
    newline &&= !flags.includes('n')
    if (/[eE]/.test(flags)) interpret = flags.lastIndexOf('e') > flags.lastIndexOf('E')
  }
  const text = words.join(' ')
  const stop = interpret ? text.search(/(?<!\\)(?:\\\\)*\\c/) : -1
  const shown = stop < 0 ? text : text.slice(0, text.indexOf('\\c', stop))
  io.out.write((interpret ? unescape(shown) : text) + (newline && stop < 0 ? '\n' : ''))
  return 0
}

/** Wider than any screen: a width from a stranger must not fill the memory. */
const widest = 100_000

/** printf(1): the format again and again while there are arguments. */
export function format(template: string, args: readonly string[], repeats = true): string {
  const rest = [...args]
  let text = ''
  do {
    const before = rest.length
    text += unescape(template).replaceAll(
      /%([-+ 0#]*)(\d+|\*)?(?:\.(\d*|\*))?([a-zA-Z%])/g,
      (_, flags: string, width: string | undefined, precision: string | undefined, kind: string) => {
        if (kind === '%') return '%'
        const given = width === '*' ? Number(rest.shift()) : Number(width ?? 0)
        const exact = precision === undefined ? undefined : Number(precision === '*' ? rest.shift() : precision)
        const value = formatted(kind, rest.shift() ?? '', exact, flags)
        const pad = Math.min(Math.abs(given), widest)
        if (flags.includes('-') || given < 0) return value.padEnd(pad)
        if (!flags.includes('0') || /[sbcq]/.test(kind)) return value.padStart(pad)
        return /^[-+ ]/.test(value) ? value.charAt(0) + value.slice(1).padStart(pad - 1, '0') : value.padStart(pad, '0')
      },
    )
    if (rest.length === before || !repeats) break
  } while (rest.length > 0)
  return text
}

function formatted(kind: string, arg: string, precision: number | undefined, flags: string): string {
  const number = numberOf(arg)
  const whole = Math.trunc(number)
  const plus = flags.includes('+') && number >= 0 ? '+' : flags.includes(' ') && number >= 0 ? ' ' : ''
  switch (kind) {
    case 's':
      return precision === undefined ? arg : arg.slice(0, precision)
    case 'b':
      return unescape(arg)
    case 'q':
      return /^[\w@%+:,./-]+$/.test(arg) ? arg : arg === '' ? "''" : arg.replaceAll(/[^\w@%+:,./-]/g, '\\$&')
    case 'c':
      return arg.charAt(0)
    case 'x':
      return (flags.includes('#') ? '0x' : '') + whole.toString(16).padStart(precision ?? 0, '0')
    case 'X':
      return (
        (flags.includes('#') ? '0X' : '') +
        whole
          .toString(16)
          .toUpperCase()
          .padStart(precision ?? 0, '0')
      )
    case 'o':
      return (flags.includes('#') ? '0' : '') + whole.toString(8)
    case 'f':
    case 'F':
      return plus + number.toFixed(precision ?? 6)
    case 'e':
    case 'E':
      return plus + exponential(number, precision ?? 6, kind)
    case 'g':
    case 'G':
      return plus + general(number, precision ?? 6)
    default:
      return plus + (whole < 0 ? '-' : '') + String(Math.abs(whole)).padStart(precision ?? 0, '0')
  }
}

/** `1.50e+03`, with at least two digits of exponent as C prints it. */
function exponential(number: number, precision: number, kind: string): string {
  const text = number.toExponential(precision).replace(/e([-+])(\d)$/, 'e$10$2')
  return kind === 'E' ? text.toUpperCase() : text
}

/** C's `%g`. */
export function general(number: number, precision: number): string {
  if (number === 0) return '0'
  const exponent = Math.floor(Math.log10(Math.abs(number)))
  if (exponent < -4 || exponent >= precision) return exponential(number, precision - 1, 'e').replace(/\.?0+e/, 'e')
  return String(Number(number.toPrecision(precision)))
}

function numberOf(arg: string): number {
  if (/^["']/.test(arg)) return arg.codePointAt(1) ?? 0
  const text = arg.trim()
  if (/^[-+]?0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  const number = Number(text || 0)
  return Number.isNaN(number) ? Number.parseFloat(text) || 0 : number
}

/** `printf`, complaining of what is no number. */
export function printf(args: readonly string[], io: Io): number {
  const words = args[0] === '--' ? args.slice(1) : args
  const [template, ...rest] = words
  if (template === undefined) throw new CommandError('printf: usage: printf [-v var] format [arguments]', 2)
  io.out.write(format(template, rest))
  const wanted = [...template.matchAll(/%[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?([a-zA-Z])/g)].map((found) => found[1])
  const wrong = rest.find(
    (arg, index) =>
      /[dixXou]/.test(wanted[index % Math.max(wanted.length, 1)] ?? '') && arg !== '' && !/^\s*[-+]?(0x[0-9a-f]+|\d+)$|^["']/i.test(arg),
  )
  if (wrong === undefined) return 0
  io.err.write(`printf: ${wrong}: invalid number\n`)
  return 1
}

export const printingCommands: Record<string, Command> = {
  echo: (run) => echo(run.args, run.io, 'bash'),
  printf: (run) => printf(run.args, run.io),
}
