import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import { linesOf, parseOptions, pathIn } from './options.ts'

interface Key {
  readonly from: number
  readonly fromChar: number
  readonly to: number | undefined
  readonly toChar: number
  readonly letters: string
}

function keyOf(spec: string): Key {
  const found = /^(\d+)(?:\.(\d+))?([bdfghiMnrV]*)(?:,(\d+)(?:\.(\d+))?([bdfghiMnrV]*))?$/.exec(spec)
  if (!found || found[1] === '0') throw new CommandError(`invalid number at field start: invalid count at start of '${spec}'`, 2)
  return {
    from: Number(found[1]) - 1,
    fromChar: Number(found[2] ?? 1) - 1,
    to: found[4] === undefined ? undefined : Number(found[4]) - 1,
    toChar: Number(found[5] ?? 0),
    letters: (found[3] ?? '') + (found[6] ?? ''),
  }
}

/** A line's fields, each with the blanks before it when blanks separate. */
const fieldsIn = (line: string, separator: string | undefined) =>
  separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator)

function part(line: string, key: Key, separator: string | undefined): string {
  const fields = fieldsIn(line, separator)
  const last = key.to ?? fields.length - 1
  const taken = fields.slice(key.from, last + 1)
  if (taken.length === 0) return ''
  if (key.toChar > 0 && key.to !== undefined && taken.length === last - key.from + 1)
    taken[taken.length - 1] = (taken.at(-1) ?? '').slice(0, key.toChar)
  return taken.join(separator ?? '').slice(key.fromChar)
}

const months = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')

function comparison(letters: string): (a: string, b: string) => number {
  const number = (text: string) => Number.parseFloat(/^\s*(-?[\d.]*)/.exec(text)?.[1] ?? '') || 0
  const human = (text: string) => {
    const found = /^\s*(-?[\d.]+)\s*([kKMGTPE]?)/.exec(text)
    return found ? Number(found[1]) * 1024 ** ' KMGTPE'.indexOf((found[2] ?? '').toUpperCase() || ' ') : 0
  }
  if (letters.includes('h')) return (a, b) => human(a) - human(b)
  if (letters.includes('n') || letters.includes('g')) return (a, b) => number(a) - number(b)
  if (letters.includes('M'))
    return (a, b) => months.indexOf(a.trim().slice(0, 3).toUpperCase()) - months.indexOf(b.trim().slice(0, 3).toUpperCase())
  if (letters.includes('V')) return byVersion
  const fold = (text: string) => {
    const start = letters.includes('b') ? text.trimStart() : text
    return letters.includes('f') ? start.toUpperCase() : start
  }
  return (a, b) => (fold(a) < fold(b) ? -1 : fold(a) > fold(b) ? 1 : 0)
}

function byVersion(a: string, b: string): number {
  const [x, y] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []]
  for (let at = 0; at < Math.max(x.length, y.length); at++) {
    const [p = '', q = ''] = [x[at], y[at]]
    const order = /^\d/.test(p) && /^\d/.test(q) ? Number(p) - Number(q) : p < q ? -1 : p > q ? 1 : 0
    if (order !== 0) return order
  }
  return 0
}

const sort: Command = async (run) => {
  const { flags, values, all, operands } = parseOptions(run.args, 'k t o S T key field-separator output')
  const lines: string[] = []
  for await (const line of linesOf(run, operands)) lines.push(line)
  const given = values.get('t') ?? values.get('field-separator')
  const separator = given === '\\t' ? '\t' : given
  const general = [...flags]
    .map(
      (flag) =>
        ({ 'numeric-sort': 'n', reverse: 'r', unique: 'u', 'human-numeric-sort': 'h', 'version-sort': 'V', 'ignore-case': 'f' })[flag] ??
        flag,
    )
    .join('')
  const keys = [...(all.get('k') ?? []), ...(all.get('key') ?? [])].map(keyOf)
  const byKeys = keys.map((key) => {
    const letters = /[fnhgMVbr]/.test(key.letters) ? key.letters : general
    const compare = comparison(letters)
    const sign = letters.includes('r') ? -1 : 1
    return (a: string, b: string) => sign * compare(part(a, key, separator), part(b, key, separator))
  })
  const whole = comparison(general)
  const sign = general.includes('r') ? -1 : 1
  const chosen = byKeys.length > 0 ? byKeys : [(a: string, b: string) => sign * whole(a, b)]
  const equal = (a: string, b: string) => chosen.reduce((order, compare) => order || compare(a, b), 0)
  const last = (a: string, b: string) => (general.includes('s') || general.includes('u') ? 0 : sign * (a < b ? -1 : a > b ? 1 : 0))
  if (general.includes('c')) {
    const at = lines.findIndex((line, index) => index > 0 && equal(lines[index - 1] ?? '', line) > 0)
    if (at < 0) return 0
    run.io.err.write(`sort: ${operands[0] ?? '-'}:${at + 1}: disorder: ${lines[at]}\n`)
    return 1
  }
  const sorted = lines.toSorted((a, b) => equal(a, b) || last(a, b))
  const shown = general.includes('u') ? sorted.filter((line, index) => index === 0 || equal(line, sorted[index - 1] ?? '') !== 0) : sorted
  const text = shown.map((line) => `${line}\n`).join('')
  const file = values.get('o') ?? values.get('output')
  if (file) run.machine.files.write(pathIn(run, file), text)
  else run.io.out.write(text)
  return 0
}

const uniq: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'f s w')
  const key = (line: string) => {
    const fields = Number(values.get('f') ?? 0)
    const skipped = (fields > 0 ? line.replace(new RegExp(`^(?:\\s*\\S+){0,${fields}}`), '') : line).slice(Number(values.get('s') ?? 0))
    const cut = values.has('w') ? skipped.slice(0, Number(values.get('w'))) : skipped
    return flags.has('i') ? cut.toLowerCase() : cut
  }
  let previous: string | undefined
  let count = 0
  const flush = () => {
    if (previous === undefined || (flags.has('d') && count < 2) || (flags.has('u') && count > 1)) return
    run.io.out.write(`${flags.has('c') ? `${String(count).padStart(7)} ` : ''}${previous}\n`)
  }
  for await (const line of linesOf(run, operands.slice(0, 1))) {
    if (previous !== undefined && key(line) === key(previous)) count++
    else {
      flush()
      previous = line
      count = 1
    }
  }
  flush()
  return 0
}

export const sortingCommands: Record<string, Command> = { sort, uniq }
