import { bytesOfText, textOfBytes } from '../../bytes.ts'
import { baseOf, normalise, parentOf } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { pathIn, readAll, utf8Length } from './options.ts'

/** tar archives are made of blocks of this size (POSIX ustar). */
const block = 512

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`

function header(name: string, size: number, kind: '0' | '5', mode: number, modified: number): string {
  const fields =
    name.padEnd(100, '\0').slice(0, 100) +
    octal(mode, 8) +
    octal(0, 8) +
    octal(0, 8) +
    octal(size, 12) +
    octal(Math.floor(modified / 1000), 12)
  const rest = `${kind}${'\0'.repeat(100)}ustar\u000000root${'\0'.repeat(28)}root${'\0'.repeat(28)}${octal(0, 8)}${octal(0, 8)}`
  const whole = `${fields}        ${rest}`.padEnd(block, '\0')
  let sum = 0
  for (const char of whole) sum += char.charCodeAt(0)
  return `${fields}${sum.toString(8).padStart(6, '0')}\0 ${rest}`.padEnd(block, '\0')
}

function archive(run: Run, base: string, name: string): string {
  const path = normalise(name, base)
  const entry = run.machine.files.stat(path)
  if (!entry) throw new CommandError(`${name}: No such file or directory`)
  const stored = name.replace(/^\/+/, '')
  if (entry.kind === 'directory') {
    return (
      header(`${stored}/`, 0, '5', entry.mode, entry.modified) +
      run.machine.files
        .list(path)
        .map((child) => archive(run, base, `${name.replace(/\/$/, '')}/${child}`))
        .join('')
    )
  }
  const content = entry.kind === 'file' ? entry.content : ''
  const size = utf8Length(content)
  return (
    header(stored, size, '0', entry.kind === 'file' ? entry.mode : 0o644, entry.modified) +
    content +
    '\0'.repeat((block - (size % block)) % block)
  )
}

function extract(run: Run, data: string, into: string, list: boolean): void {
  const bytes = bytesOfText(data)
  const text = (from: number, length: number) => textOfBytes(bytes.subarray(from, from + length)).replace(/\0.*$/s, '')
  for (let at = 0; at + block <= bytes.length;) {
    const name = text(at, 100)
    if (name === '') break
    const size = Number.parseInt(text(at + 124, 12).trim() || '0', 8)
    const kind = text(at + 156, 1)
    const prefix = text(at + 345, 155)
    const full = prefix ? `${prefix}/${name}` : name
    if (list) run.io.out.write(`${full}\n`)
    else if (kind === '5') run.machine.files.makeDirectory(normalise(full, into), true)
    else if (kind === '' || kind === '0') {
      const path = normalise(full, into)
      if (!run.machine.files.stat(parentOf(path))) run.machine.files.makeDirectory(parentOf(path), true)
      run.machine.files.write(path, textOfBytes(bytes.subarray(at + block, at + block + size)))
    }
    at += block + Math.ceil(size / block) * block
  }
}

/** As much of tar as `kubectl cp` uses: create to and extract from a stream. */
const tar: Command = async (run) => {
  let mode = ''
  let file = '-'
  let directory = run.cwd
  const names: string[] = []
  const args = [...run.args]
  if (args[0] && !args[0].startsWith('-')) args[0] = `-${args[0]}`
  while (args.length > 0) {
    const arg = args.shift() ?? ''
    if (/^-[^-]/.test(arg)) {
      mode += arg.slice(1)
      if (arg.includes('f')) file = args.shift() ?? '-'
      if (arg.includes('C')) directory = pathIn(run, args.shift() ?? '.')
    } else if (!arg.startsWith('-')) names.push(arg)
  }
  if (mode.includes('c')) {
    const data = names.map((name) => archive(run, directory, name)).join('') + '\0'.repeat(block * 2)
    if (file === '-') run.io.out.write(data)
    else run.machine.files.write(pathIn(run, file), data)
    return 0
  }
  extract(run, await readAll(run, [file]), directory, mode.includes('t'))
  return 0
}

export const archiveCommands: Record<string, Command> = {
  tar,
  gzip: (run) => {
    throw new CommandError(`${baseOf(run.name)}: compression is not simulated`)
  },
}
