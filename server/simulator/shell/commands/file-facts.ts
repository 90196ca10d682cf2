import { FileError } from '../files.ts'
import type { Entry } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Machine, Run } from '../machine.ts'
import { pathIn, utf8Length } from './options.ts'

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

export const sizeOf = (entry: Entry) =>
  entry.kind === 'file' ? utf8Length(entry.content) + (entry.zeros ?? 0) : entry.kind === 'link' ? entry.target.length : 4096
export const modeOf = (entry: Entry) => (entry.kind === 'link' ? 0o777 : entry.mode)

export function modeText(entry: Entry): string {
  const mode = modeOf(entry)
  const bits = [...'rwxrwxrwx'].map((letter, index) => (mode & (1 << (8 - index)) ? letter : '-'))
  if (mode & 0o1000) bits[8] = 't'
  return (entry.kind === 'directory' ? 'd' : entry.kind === 'link' ? 'l' : '-') + bits.join('')
}

export function dateText(millis: number, now: number): string {
  const date = new Date(millis)
  const day = `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`
  const time = now - millis < 15_552_000_000 ? date.toISOString().slice(11, 16) : ` ${date.getUTCFullYear()}`
  return `${day} ${time}`
}

/** Does something to each operand, saying what failed and going on. */
export function each(
  run: Run,
  operands: readonly string[],
  body: (path: string, operand: string) => void,
  words: (operand: string, message: string) => string,
): number {
  let status = 0
  for (const operand of operands) {
    try {
      body(pathIn(run, operand), operand)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      run.io.err.write(`${run.name}: ${words(operand, error.message)}\n`)
      status = 1
    }
  }
  return status
}

export function needed(operands: readonly string[], least = 1): void {
  if (operands.length < least) throw new CommandError('missing operand')
}

function nameIn(machine: Machine, file: string, id: number): string {
  try {
    const line = machine.files
      .read(file)
      .split('\n')
      .find((each) => each.split(':')[2] === String(id))
    return line?.split(':')[0] ?? String(id)
  } catch (error) {
    if (error instanceof FileError) return String(id)
    throw error
  }
}

/** A user's name in /etc/passwd, or the number. */
export const userName = (machine: Machine, uid: number) => (uid === 0 ? 'root' : nameIn(machine, '/etc/passwd', uid))
export const groupName = (machine: Machine, gid: number) => (gid === 0 ? 'root' : nameIn(machine, '/etc/group', gid))

/** The number of a user or group, by name or number. */
export function idOf(machine: Machine, file: '/etc/passwd' | '/etc/group', name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name)
  const line = machine.files
    .read(file)
    .split('\n')
    .find((each) => each.startsWith(`${name}:`))
  return line === undefined ? undefined : Number(line.split(':')[2])
}
