import { bytesOfText, textOfBytes } from '../../bytes.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { chunksOf, linesOf, parseOptions, pathIn, readAll, utf8Length } from './options.ts'

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

const cat: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  let number = 0
  let status = 0
  for (const file of operands.length > 0 ? operands : ['-']) {
    try {
      if (flags.has('n')) for await (const line of linesOf(run, [file])) run.io.out.write(`${String(++number).padStart(6)}\t${line}\n`)
      else
        for await (const chunk of chunksOf(run, [file])) {
          run.io.out.write(chunk)
          await run.io.out.ready?.(run.process)
        }
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      run.io.err.write(`cat: ${error.message}\n`)
      status = 1
    }
  }
  return status
}

/** `-5` as `-n 5`. */
const countArgs = (args: readonly string[]) => args.flatMap((arg) => (/^-\d+$/.test(arg) ? ['-n', arg.slice(1)] : [arg]))

const head: Command = async (run) => {
  const { values, operands } = parseOptions(countArgs(run.args), 'n c')
  const bytes = values.get('c')
  for (const [index, file] of (operands.length > 0 ? operands : ['-']).entries()) {
    if (operands.length > 1) run.io.out.write(`${index > 0 ? '\n' : ''}==> ${file} <==\n`)
    let left = Number(bytes ?? values.get('n') ?? 10)
    for await (const piece of bytes === undefined ? linesOf(run, [file]) : chunksOf(run, [file])) {
      if (left <= 0) break
      run.io.out.write(bytes === undefined ? `${piece}\n` : piece.slice(0, left))
      await run.io.out.ready?.(run.process)
      left -= bytes === undefined ? 1 : piece.length
      if (left <= 0) break
    }
  }
  return 0
}

/** How often `tail -f` looks, as coreutils. */
const tailMillis = 1000

/** How long it takes to fill a container's memory with zeros. */
const fillingMillis = 1500

const tail: Command = async (run) => {
  if (run.args.includes('/dev/zero')) {
    await run.process.sleep(fillingMillis)
    run.machine.exhaustMemory()
    await run.process.sleep(fillingMillis)
  }
  const { flags, values, operands } = parseOptions(countArgs(run.args), 'n c')
  const count = values.get('n') ?? '10'
  for (const [index, file] of (operands.length > 0 ? operands : ['-']).entries()) {
    if (operands.length > 1) run.io.out.write(`${index > 0 ? '\n' : ''}==> ${file} <==\n`)
    if (values.has('c')) {
      run.io.out.write((await readAll(run, [file])).slice(-Number(values.get('c'))))
      continue
    }
    const lines: string[] = []
    const keep = count.startsWith('+') ? Infinity : Number(count)
    for await (const line of linesOf(run, [file])) {
      lines.push(line)
      if (lines.length > keep * 2 + 100) lines.splice(0, lines.length - keep)
    }
    const shown = count.startsWith('+') ? lines.slice(Number(count.slice(1)) - 1) : keep === 0 ? [] : lines.slice(-keep)
    run.io.out.write(shown.map((line) => `${line}\n`).join(''))
  }
  const followed = operands[0]
  if ((!flags.has('f') && !flags.has('F')) || followed === undefined) return 0
  const path = pathIn(run, followed)
  if (path === '/dev/null') for (;;) await run.process.sleep(3_600_000)
  let seen = run.machine.files.read(path).length
  for (;;) {
    await run.process.sleep(tailMillis)
    const entry = run.machine.files.stat(path)
    const text = entry?.kind === 'file' ? entry.content : ''
    if (text.length < seen) seen = 0
    if (text.length > seen) run.io.out.write(text.slice(seen))
    seen = text.length
  }
}

const wc: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  const wanted = ['l', 'w', 'c', 'm'].filter((flag) => flags.has(flag))
  const total = [0, 0, 0]
  const files = operands.length > 0 ? operands : ['-']
  for (const file of files) {
    const counts = [0, 0, 0]
    let word = false
    for await (const chunk of chunksOf(run, [file])) {
      counts[0] = (counts[0] ?? 0) + chunk.split('\n').length - 1
      const words = chunk.split(/\s+/).filter((each) => each !== '').length
      counts[1] = (counts[1] ?? 0) + words - (word && !/^\s/.test(chunk) && words > 0 ? 1 : 0)
      word = !/\s$/.test(chunk)
      counts[2] = (counts[2] ?? 0) + utf8Length(chunk)
    }
    for (const index of [0, 1, 2]) total[index] = (total[index] ?? 0) + (counts[index] ?? 0)
    run.io.out.write(`${countLine(counts, wanted)}${operands.length > 0 ? ` ${file}` : ''}\n`)
  }
  if (files.length > 1) run.io.out.write(`${countLine(total, wanted)} total\n`)
  return 0
}

function countLine(counts: readonly number[], wanted: readonly string[]): string {
  const [lines = 0, words = 0, bytes = 0] = counts
  if (wanted.length === 0) return `${String(lines).padStart(9)} ${String(words).padStart(9)} ${String(bytes).padStart(9)}`
  return wanted.map((flag) => String(flag === 'l' ? lines : flag === 'w' ? words : bytes)).join(' ')
}

const sort: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'k t o')
  const lines: string[] = []
  for await (const line of linesOf(run, operands)) lines.push(line)
  const spec = /^(\d+)(?:[.\d]*)(?:,(\d+))?([nrh]*)/.exec(values.get('k') ?? '')
  const separator = values.get('t')
  const key = (line: string): string => {
    if (!spec) return line
    const fields = separator === undefined ? line.trim().split(/\s+/) : line.split(separator)
    return fields.slice(Number(spec[1]) - 1, spec[2] ? Number(spec[2]) : undefined).join(separator ?? ' ')
  }
  const numeric = flags.has('n') || flags.has('h') || /[nh]/.test(spec?.[3] ?? '')
  const amount = (text: string) => {
    const match = /^\s*(-?[\d.]+)([KMGT]?)/.exec(text)
    return match ? Number(match[1]) * 1024 ** ' KMGT'.indexOf(match[2] || ' ') : 0
  }
  const fold = (text: string) => (flags.has('f') ? text.toUpperCase() : text)
  const compare = (a: string, b: string) =>
    (numeric ? amount(key(a)) - amount(key(b)) : 0) || (fold(key(a)) < fold(key(b)) ? -1 : fold(key(a)) > fold(key(b)) ? 1 : 0)
  const sorted = lines.toSorted(compare)
  if (flags.has('r') || spec?.[3]?.includes('r')) sorted.reverse()
  const shown = flags.has('u') ? sorted.filter((line, index) => index === 0 || compare(line, sorted[index - 1] ?? '') !== 0) : sorted
  const text = shown.map((line) => `${line}\n`).join('')
  const file = values.get('o')
  if (file) run.machine.files.write(pathIn(run, file), text)
  else run.io.out.write(text)
  return 0
}

const uniq: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  let previous: string | undefined
  let count = 0
  const flush = () => {
    if (previous === undefined || (flags.has('d') && count < 2) || (flags.has('u') && count > 1)) return
    run.io.out.write(`${flags.has('c') ? `${String(count).padStart(7)} ` : ''}${previous}\n`)
  }
  for await (const line of linesOf(run, operands)) {
    if (line === previous) count++
    else {
      flush()
      previous = line
      count = 1
    }
  }
  flush()
  return 0
}

/** `1,3-5,7-` as a predicate. */
function ranges(text: string): (index: number) => boolean {
  const parts = text.split(',').map((part) => {
    const [from = '', to] = part.split('-')
    return [Number(from || 1), to === undefined ? Number(from) : to === '' ? Infinity : Number(to)] as const
  })
  return (index) => parts.some(([from, to]) => index >= from && index <= to)
}

const cut: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'd f c b')
  const separator = values.get('d') ?? '\t'
  const fields = values.get('f')
  const wanted = ranges(fields ?? values.get('c') ?? values.get('b') ?? '')
  for await (const line of linesOf(run, operands)) {
    if (fields === undefined) run.io.out.write(`${[...line].filter((_, index) => wanted(index + 1)).join('')}\n`)
    else if (line.includes(separator))
      run.io.out.write(
        `${line
          .split(separator)
          .filter((_, index) => wanted(index + 1))
          .join(separator)}\n`,
      )
    else if (!flags.has('s')) run.io.out.write(`${line}\n`)
  }
  return 0
}

const classes: Record<string, string> = {
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  digit: '0123456789',
  alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  space: ' \t\n\r\v\f',
  blank: ' \t',
  punct: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
}

function characters(set: string): string {
  return unescape(set.replaceAll(/\[:(\w+):\]/g, (_, name: string) => classes[name] ?? '')).replaceAll(
    /(.)-(.)/gs,
    (_, from: string, to: string) => {
      const start = from.codePointAt(0) ?? 0
      const count = Math.max(0, (to.codePointAt(0) ?? 0) - start + 1)
      return Array.from({ length: Math.min(count, 65_536) }, (__, index) => String.fromCodePoint(start + index)).join('')
    },
  )
}

const tr: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  const from = characters(operands[0] ?? '')
  const to = characters(operands[1] ?? '')
  const complement = flags.has('c') || flags.has('C')
  const inSet = new Set(from)
  const map = new Map([...from].map((char, index) => [char, to[Math.min(index, to.length - 1)] ?? char] as const))
  const squeezed = new Set(operands.length > 1 ? to : from)
  let last = ''
  for await (const chunk of chunksOf(run, [])) {
    let text = ''
    for (const char of chunk) {
      const chosen = complement ? !inSet.has(char) : inSet.has(char)
      if (flags.has('d') && chosen) continue
      const next = flags.has('d') || !chosen || to === '' ? char : complement ? (to.at(-1) ?? char) : (map.get(char) ?? char)
      if (flags.has('s') && next === last && squeezed.has(next)) continue
      text += next
      last = next
    }
    run.io.out.write(text)
    await run.io.out.ready?.(run.process)
  }
  return 0
}

const seq: Command = async (run) => {
  const { values, operands } = parseOptions(
    run.args.map((arg) => (/^-\d/.test(arg) ? ` ${arg}` : arg)),
    's f',
  )
  const numbers = operands.map(Number)
  if (numbers.length === 0 || numbers.some(Number.isNaN)) throw new CommandError('invalid number')
  const [first, step, last] =
    numbers.length === 1
      ? [1, 1, numbers[0] ?? 1]
      : numbers.length === 2
        ? [numbers[0] ?? 1, 1, numbers[1] ?? 1]
        : [numbers[0] ?? 1, numbers[1] ?? 1, numbers[2] ?? 1]
  if (step === 0) throw new CommandError('increment must not be zero')
  const separator = values.get('s') ?? '\n'
  let any = false
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) {
    run.io.out.write((any ? separator : '') + String(Number(value.toFixed(10))))
    any = true
    await run.process.breathe()
    await run.io.out.ready?.(run.process)
  }
  if (any) run.io.out.write('\n')
  return 0
}

const yes: Command = async (run) => {
  const line = `${run.args.join(' ') || 'y'}\n`
  for (;;) {
    await run.process.breathe()
    run.io.out.write(line)
    await run.io.out.ready?.(run.process)
  }
}

function toBase64(text: string): string {
  return btoa([...bytesOfText(text)].map((byte) => String.fromCharCode(byte)).join(''))
}

const base64: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'w')
  const text = await readAll(run, operands)
  if (flags.has('d') || flags.has('decode')) {
    try {
      const bytes = Uint8Array.from([...atob(text.replaceAll(/\s/g, ''))].map((char) => char.charCodeAt(0)))
      run.io.out.write(textOfBytes(bytes))
      return 0
    } catch {
      throw new CommandError('invalid input')
    }
  }
  const width = Number(values.get('w') ?? 76)
  const encoded = toBase64(text)
  run.io.out.write(width === 0 ? encoded : encoded.replaceAll(new RegExp(`.{1,${width}}`, 'g'), (line) => `${line}\n`))
  return 0
}

const sha256sum: Command = async (run) => {
  for (const file of run.args.length > 0 ? run.args : ['-']) {
    const sum = run.machine.sha256(await readAll(run, [file]))
    run.io.out.write(`${run.name === 'md5sum' ? sum.slice(0, 32) : sum}  ${file}\n`)
  }
  return 0
}

/** A command that changes each line by itself. */
const perLine =
  (change: (line: string, run: Run, number: number) => string): Command =>
  async (run) => {
    let number = 0
    for await (const line of linesOf(run, parseOptions(run.args, 'w b').operands)) run.io.out.write(`${change(line, run, ++number)}\n`)
    return 0
  }

export const textCommands: Record<string, Command> = {
  echo,
  printf: (run) => {
    if (run.args.length === 0) throw new CommandError('usage: printf FORMAT [ARG]...', 2)
    run.io.out.write(format(run.args[0] ?? '', run.args.slice(1)))
    return 0
  },
  cat,
  head,
  tail,
  wc,
  sort,
  uniq,
  cut,
  tr,
  seq,
  yes,
  base64,
  sha256sum,
  md5sum: sha256sum,
  more: cat,
  less: cat,
  strings: cat,
  paste: cat,
  rev: perLine((line) => [...line].toReversed().join('')),
  nl: perLine((line, _run, number) => `${String(number).padStart(6)}\t${line}`),
  fold: perLine((line, run) =>
    line.replaceAll(new RegExp(`.{${Number(parseOptions(run.args, 'w').values.get('w') ?? 80)}}(?=.)`, 'g'), '$&\n'),
  ),
}
