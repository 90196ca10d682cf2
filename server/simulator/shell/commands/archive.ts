import { bytesOfText, textOfBytes } from '../../bytes.ts'
import { compressed, CompressionError, decompressed, isCompressed } from '../compression.ts'
import { FileError, normalise, parentOf } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { patternToRegExp } from '../pattern.ts'
import { modeText } from './file-facts.ts'
import { pathIn, readAll } from './options.ts'
import { strftime } from './dates.ts'

/** tar archives are made of blocks of this size (POSIX ustar). */
const block = 512

/** More than a container's disk holds is refused before it is unpacked. */
const mostUnpacked = 32_000_000

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`

type Kind = '0' | '2' | '5' | 'L'

function header(name: string, size: number, kind: Kind, mode: number, modified: number, link = ''): Uint8Array {
  const bytes = new Uint8Array(block)
  const put = (at: number, text: string, length: number) => bytes.set(bytesOfText(text).subarray(0, length), at)
  put(0, name, 100)
  put(100, octal(mode & 0o7777, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(Math.floor(modified / 1000), 12), 48)
  put(148, '        ', 8)
  put(156, kind, 1)
  put(157, link, 100)
  put(257, 'ustar  \0root', 12)
  put(297, 'root', 4)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `, 8)
  return bytes
}

const padded = (bytes: Uint8Array): Uint8Array[] => {
  const rest = (block - (bytes.length % block)) % block
  return rest === 0 ? [bytes] : [bytes, new Uint8Array(rest)]
}

/** A header, with GNU's long-name record before it where the name does not fit. */
function headers(name: string, size: number, kind: Kind, mode: number, modified: number, link = ''): Uint8Array[] {
  const long = bytesOfText(name)
  const one = header(name, size, kind, mode, modified, link)
  return long.length <= 100 ? [one] : [header('././@LongLink', long.length + 1, 'L', 0o644, 0), ...padded(bytesOfText(`${name}\0`)), one]
}

interface Options {
  readonly verbose: boolean
  readonly strip: number
  readonly excluded: readonly RegExp[]
  readonly toStdout: boolean
}

/** What goes on the screen beside an archive goes to the side that is free. */
const tell = (run: Run, text: string, archiveOnOutput: boolean) => (archiveOnOutput ? run.io.err : run.io.out).write(text)

async function* archived(run: Run, base: string, name: string, options: Options, onOutput: boolean): AsyncGenerator<Uint8Array> {
  if (options.excluded.some((pattern) => pattern.test(name) || pattern.test(name.split('/').at(-1) ?? ''))) return
  await run.process.breathe()
  const path = normalise(name, base)
  const entry = run.machine.files.stat(path, false)
  if (!entry) throw new FileError('No such file or directory')
  const stored = name.replace(/^\/+/, '').replace(/^(\.\.\/)+/, '')
  const shown = entry.kind === 'directory' ? `${stored.replace(/\/$/, '')}/` : stored
  if (options.verbose) tell(run, `${shown}\n`, onOutput)
  if (entry.kind === 'directory') {
    if (shown !== '/') yield* headers(shown, 0, '5', entry.mode, entry.modified)
    for (const child of run.machine.files.list(path)) yield* archived(run, base, `${name.replace(/\/$/, '')}/${child}`, options, onOutput)
  } else if (entry.kind === 'link') yield* headers(stored, 0, '2', 0o777, entry.modified, entry.target)
  else {
    const content = bytesOfText(run.machine.files.read(path))
    yield* headers(stored, content.length, '0', entry.mode, entry.modified)
    yield* padded(content)
  }
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

interface Member {
  readonly name: string
  readonly size: number
  readonly kind: string
  readonly mode: number
  readonly modified: number
  readonly link: string
  readonly content: Uint8Array
}

function* members(bytes: Uint8Array): Generator<Member> {
  const text = (from: number, length: number) => textOfBytes(bytes.subarray(from, from + length)).replace(/\0.*$/s, '')
  const number = (from: number, length: number) => Number.parseInt(text(from, length).trim() || '0', 8)
  let long: string | undefined
  for (let at = 0; at + block <= bytes.length;) {
    if (bytes[at] === 0) return
    const size = number(at + 124, 12)
    if (Number.isNaN(size)) throw new CommandError('invalid tar header checksum')
    const kind = text(at + 156, 1)
    const content = bytes.subarray(at + block, at + block + size)
    if (size > content.length) throw new CommandError('short read')
    const prefix = text(at + 257, 6) === 'ustar' ? text(at + 345, 155) : ''
    const short = text(at, 100)
    const name = long ?? (prefix ? `${prefix}/${short}` : short)
    const next = at + block + Math.ceil(size / block) * block
    long = undefined
    if (kind === 'L') long = textOfBytes(content).replace(/\0.*$/s, '')
    else if (kind === 'x') long = /\d+ path=(.*)\n/.exec(textOfBytes(content))?.[1]
    else if (kind !== 'g')
      yield { name, size, kind, mode: number(at + 100, 8), modified: number(at + 136, 12) * 1000, link: text(at + 157, 100), content }
    at = next
  }
}

function longLine(member: Member): string {
  const kind = member.kind === '5' ? 'directory' : member.kind === '2' ? 'link' : 'file'
  const mode = kind === 'link' ? 'lrwxrwxrwx' : modeText({ kind, mode: member.mode, modified: 0, content: '' })
  const date = strftime('%Y-%m-%d %H:%M', member.modified)
  return `${mode} root/root ${String(member.size).padStart(9)} ${date} ${member.name}${kind === 'link' ? ` -> ${member.link}` : ''}\n`
}

async function extract(run: Run, bytes: Uint8Array, into: string, wanted: readonly string[], list: boolean, options: Options) {
  let status = 0
  for (const member of members(bytes)) {
    await run.process.breathe()
    const plain = member.name.replace(/\/$/, '')
    if (wanted.length > 0 && !wanted.some((name) => plain === name.replace(/\/$/, '') || plain.startsWith(`${name.replace(/\/$/, '')}/`)))
      continue
    if (options.excluded.some((pattern) => pattern.test(plain))) continue
    if (list) {
      run.io.out.write(options.verbose ? longLine(member) : `${member.name}\n`)
      continue
    }
    const name = plain.split('/').slice(options.strip).join('/')
    if (name === '' || name.split('/').includes('..')) continue
    if (options.verbose) tell(run, `${member.name}\n`, options.toStdout)
    if (options.toStdout) {
      if (member.kind === '0' || member.kind === '') run.io.out.write(textOfBytes(member.content))
      continue
    }
    try {
      place(run, member, normalise(name, into))
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      run.io.err.write(`tar: ${name}: ${error.message === 'File exists' ? error.message : `Cannot open: ${error.message}`}\n`)
      status = 2
    }
  }
  return status
}

function place(run: Run, member: Member, path: string): void {
  const { files } = run.machine
  if (member.kind === '5') return files.makeDirectory(path, true)
  if (!files.stat(parentOf(path))) files.makeDirectory(parentOf(path), true)
  if (member.kind === '2') {
    if (files.stat(path, false)) files.remove(path)
    files.link(member.link, path)
  } else if (member.kind === '0' || member.kind === '') {
    files.write(path, textOfBytes(member.content), { mode: member.mode & 0o777 })
  }
}

interface Invocation {
  readonly letters: string
  readonly file: string
  readonly directory: string
  readonly names: readonly string[]
  readonly options: Options
}

const longNames: Record<string, string> = {
  create: 'c',
  extract: 'x',
  get: 'x',
  list: 't',
  verbose: 'v',
  gzip: 'z',
  gunzip: 'z',
  'to-stdout': 'O',
}

function invocation(run: Run): Invocation {
  const args = [...run.args]
  if (args[0] && !args[0].startsWith('-')) args[0] = `-${args[0]}`
  let letters = ''
  let file = '-'
  let directory = run.cwd
  let strip = 0
  const names: string[] = []
  const excluded: RegExp[] = []
  const take = (letter: string, value: string) => {
    if (letter === 'f' || letter === 'file') file = value
    else if (letter === 'C' || letter === 'directory') directory = pathIn(run, value)
    else if (letter === 'exclude') excluded.push(patternToRegExp(value))
    else if (letter === 'strip-components') strip = Number(value)
    else if (letter === 'T') names.push(...run.machine.files.read(pathIn(run, value)).split('\n').filter(Boolean))
  }
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    if (arg === '--') names.push(...args.splice(0))
    else if (arg.startsWith('--')) {
      const [name = '', value] = arg.slice(2).split(/=(.*)/s)
      if (longNames[name]) letters += longNames[name]
      else if (['file', 'directory', 'exclude', 'strip-components'].includes(name)) take(name, value ?? args.shift() ?? '')
    } else if (/^-./.test(arg)) {
      for (const letter of arg.slice(1)) {
        letters += letter
        if ('fCT'.includes(letter)) take(letter, args.shift() ?? '')
      }
    } else names.push(arg)
  }
  return { letters, file, directory, names, options: { verbose: letters.includes('v'), strip, excluded, toStdout: letters.includes('O') } }
}

/** tar: create, extract and list, plain or with gzip; what `kubectl cp` runs on both ways. */
const tar: Command = async (run) => {
  const { letters, file, directory, names, options } = invocation(run)
  if (letters.includes('c')) return create(run, letters, file, directory, names, options)
  if (!/[xt]/.test(letters)) throw new CommandError("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options", 2)
  let bytes: Uint8Array
  try {
    bytes = bytesOfText(await readAll(run, [file]))
  } catch (error) {
    if (error instanceof CommandError) throw new CommandError(`${file}: Cannot open: No such file or directory`, 2)
    throw error
  }
  return extract(run, isCompressed(bytes) ? unpack(bytes) : bytes, directory, names, letters.includes('t'), options)
}

async function create(run: Run, letters: string, file: string, directory: string, names: readonly string[], options: Options) {
  if (names.length === 0) throw new CommandError('Cowardly refusing to create an empty archive', 2)
  const streams = file === '-' && !letters.includes('z')
  const parts: Uint8Array[] = []
  let status = 0
  if (names.some((name) => name.startsWith('/')) && run.machine.userland === 'debian')
    run.io.err.write("tar: Removing leading `/' from member names\n")
  for (const name of names) {
    try {
      for await (const part of archived(run, directory, name, options, file === '-')) {
        if (!streams) parts.push(part)
        else {
          run.io.out.write(textOfBytes(part))
          await run.io.out.ready?.(run.process)
        }
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      run.io.err.write(`tar: ${name}: ${run.machine.userland === 'debian' ? 'Cannot stat: ' : ''}${error.message}\n`)
      status = run.machine.userland === 'debian' ? 2 : 1
    }
  }
  const end = new Uint8Array(block * 2)
  if (streams) run.io.out.write(textOfBytes(end))
  else {
    const whole = joined([...parts, end])
    const data = textOfBytes(letters.includes('z') ? compressed(whole, 6, run.machine.clock.now() / 1000) : whole)
    if (file === '-') run.io.out.write(data)
    else run.machine.files.write(pathIn(run, file), data)
  }
  return status
}

function unpack(bytes: Uint8Array): Uint8Array {
  try {
    return decompressed(bytes, mostUnpacked)
  } catch (error) {
    if (error instanceof CompressionError) throw new CommandError(error.message)
    throw error
  }
}

/** gzip, gunzip and zcat, told apart by their names. */
const gzip: Command = async (run) => {
  const letters = run.args.filter((arg) => /^-[^-]/.test(arg)).join('')
  const names = run.args.filter((arg) => !/^-./.test(arg))
  const unpacks = run.name !== 'gzip' || letters.includes('d')
  const onOutput = run.name === 'zcat' || letters.includes('c')
  const level = Number(/\d/.exec(letters)?.[0] ?? 6)
  const convert = (bytes: Uint8Array) => (unpacks ? unpack(bytes) : compressed(bytes, level, run.machine.clock.now() / 1000))
  if (names.length === 0 || names[0] === '-') {
    run.io.out.write(textOfBytes(convert(bytesOfText(await readAll(run, [])))))
    return 0
  }
  let status = 0
  for (const name of names) {
    const path = pathIn(run, name)
    const fail = (message: string) => {
      run.io.err.write(`${run.name}: ${name}: ${message}\n`)
      status = 1
    }
    try {
      const text = textOfBytes(convert(bytesOfText(run.machine.files.read(path))))
      const target = unpacks ? path.replace(/\.tgz$/, '.tar').replace(/\.gz$/, '') : `${path}.gz`
      if (onOutput) run.io.out.write(text)
      else if (target === path) fail('unknown suffix - ignored')
      else if (run.machine.files.stat(target) && !letters.includes('f')) fail(`${target} already exists`)
      else {
        run.machine.files.write(target, text)
        if (!letters.includes('k')) run.machine.files.remove(path)
      }
    } catch (error) {
      if (!(error instanceof FileError || error instanceof CommandError)) throw error
      fail(error.message)
    }
  }
  return status
}

export const archiveCommands: Record<string, Command> = { tar, gzip, gunzip: gzip, zcat: gzip }
