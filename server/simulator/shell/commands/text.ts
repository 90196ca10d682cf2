import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { unescape } from './printing.ts'
import { chunksOf, linesOf, parseOptions, utf8Length } from './options.ts'

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

/** A command that changes each line by itself. */
const perLine =
  (change: (line: string, run: Run, number: number) => string): Command =>
  async (run) => {
    let number = 0
    for await (const line of linesOf(run, parseOptions(run.args, 'w b').operands)) run.io.out.write(`${change(line, run, ++number)}\n`)
    return 0
  }

export const textCommands: Record<string, Command> = {
  cat,
  wc,
  cut,
  tr,
  seq,
  yes,
  paste: cat,
  rev: perLine((line) => [...line].toReversed().join('')),
  nl: perLine((line, _run, number) => `${String(number).padStart(6)}\t${line}`),
  fold: perLine((line, run) =>
    line.replaceAll(new RegExp(`.{${Number(parseOptions(run.args, 'w').values.get('w') ?? 80)}}(?=.)`, 'g'), '$&\n'),
  ),
}
