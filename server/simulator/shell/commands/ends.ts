import { bytesOfText, textOfBytes } from '../../bytes.ts'
import type { Command } from '../machine.ts'
import { chunksOf, linesOf, parseOptions, pathIn, readAll, utf8Length } from './options.ts'

/** `-5` as `-n 5`. */
const countArgs = (args: readonly string[]) => args.flatMap((arg) => (/^-\d+$/.test(arg) ? ['-n', arg.slice(1)] : [arg]))

const firstBytes = (text: string, count: number): string =>
  utf8Length(text) === text.length ? text.slice(0, count) : textOfBytes(bytesOfText(text).subarray(0, count))

/** @param count `5`, or `+5`: from the fifth on */
function lastBytes(text: string, count: string): string {
  const bytes = bytesOfText(text)
  return textOfBytes(
    count.startsWith('+') ? bytes.subarray(Math.max(Number(count) - 1, 0)) : bytes.subarray(Math.max(bytes.length - Number(count), 0)),
  )
}

const head: Command = async (run) => {
  const { values, operands } = parseOptions(countArgs(run.args), 'n c')
  const bytes = values.get('c')
  for (const [index, file] of (operands.length > 0 ? operands : ['-']).entries()) {
    if (operands.length > 1) run.io.out.write(`${index > 0 ? '\n' : ''}==> ${file} <==\n`)
    let left = Number(bytes ?? values.get('n') ?? 10)
    for await (const piece of bytes === undefined ? linesOf(run, [file]) : chunksOf(run, [file])) {
      if (left <= 0) break
      run.io.out.write(bytes === undefined ? `${piece}\n` : firstBytes(piece, left))
      await run.io.out.ready?.(run.process)
      left -= bytes === undefined ? 1 : utf8Length(piece)
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
      run.io.out.write(lastBytes(await readAll(run, [file]), values.get('c') ?? '0'))
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

export const endCommands: Record<string, Command> = { head, tail }
