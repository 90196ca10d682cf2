import type { Command } from '../machine.ts'
import { linesOf, parseOptions, pathIn } from './options.ts'

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

export const sortingCommands: Record<string, Command> = { sort, uniq }
