import { bytesOfText } from '../../bytes.ts'
import { openInput } from '../redirects.ts'
import { FileError, normalise } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Run } from '../machine.ts'

export interface Options {
  /** Letters and long names that were given. */
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly all: ReadonlyMap<string, readonly string[]>
  readonly operands: readonly string[]
}

/**
 * Reads options as getopt does.
 * @param valued names that take a value: letters and long names, separated by spaces
 */
export function parseOptions(args: readonly string[], valued = '', stopAtOperand = false): Options {
  const takes = new Set(valued.split(' '))
  const flags = new Set<string>()
  const all = new Map<string, string[]>()
  const operands: string[] = []
  const give = (name: string, value: string) => void all.set(name, [...(all.get(name) ?? []), value])
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '--') {
      operands.push(...args.slice(at + 1))
      break
    }
    if (arg.startsWith('--')) {
      const [name = '', value] = arg.slice(2).split(/=(.*)/s)
      if (value !== undefined) give(name, value)
      else if (takes.has(name)) give(name, args[++at] ?? '')
      else flags.add(name)
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let letter = 1; letter < arg.length; letter++) {
        const name = arg.charAt(letter)
        if (!takes.has(name)) {
          flags.add(name)
          continue
        }
        give(name, arg.slice(letter + 1) || (args[++at] ?? ''))
        break
      }
    } else if (stopAtOperand) {
      operands.push(...args.slice(at))
      break
    } else operands.push(arg)
  }
  const values = new Map([...all].map(([name, given]) => [name, given.at(-1) ?? ''] as const))
  return { flags, values, all, operands }
}

/** Whether the program that runs is the project's own (GNU's, iputils', OpenBSD's…) rather than busybox's. */
export const isFull = (run: Run): boolean => run.machine.full.has(run.name)

export const pathIn = (run: Run, path: string) => normalise(path, run.cwd)

/** Everything a command reads: its files in order (`-` is its input), or its input. */
export async function* chunksOf(run: Run, files: readonly string[]): AsyncGenerator<string> {
  for (const file of files.length > 0 ? files : ['-']) {
    const input = file === '-' ? run.io.in : opened(run, file)
    if (!input) continue
    for (let chunk = await input.read(run.process); chunk !== undefined; chunk = await input.read(run.process)) {
      await run.process.breathe()
      yield chunk
    }
  }
}

function opened(run: Run, file: string): ReturnType<typeof openInput> | undefined {
  const path = pathIn(run, file)
  if (path.startsWith('/dev/')) return openInput(run.machine, path, file)
  try {
    const content = run.machine.files.read(path)
    let rest: string | undefined = content
    return {
      read() {
        const next = rest
        rest = undefined
        return Promise.resolve(next)
      },
      unread(text) {
        rest = text
      },
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    throw new CommandError(
      run.machine.userland === 'debian'
        ? `${file}: ${error.message}`
        : error.message === 'Is a directory'
          ? 'read error: Is a directory'
          : `can't open '${file}': ${error.message}`,
    )
  }
}

/** A command's input as lines without their ends. */
export async function* linesOf(run: Run, files: readonly string[]): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunksOf(run, files)) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

export async function readAll(run: Run, files: readonly string[]): Promise<string> {
  const parts: string[] = []
  for await (const chunk of chunksOf(run, files)) parts.push(chunk)
  return parts.join('')
}

export const utf8Length = (text: string) => bytesOfText(text).length

/** `10`, `1.5`, `5s`, `2m`, `1h` as milliseconds. */
export function durationOf(text: string): number {
  const match = /^(\d*\.?\d+)([smhd]?)$/.exec(text)
  if (!match) throw new CommandError(`invalid number '${text}'`)
  return Number(match[1]) * { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as '' | 's' | 'm' | 'h' | 'd']
}

const units = ['', 'K', 'M', 'G', 'T']

/** `1.5G`, as `-h` shows sizes. */
export function human(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? String(value) : `${value.toFixed(1)}${units[unit]}`
}
