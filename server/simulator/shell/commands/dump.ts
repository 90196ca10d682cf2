import { bytesOfText, textOfBytes } from '../../bytes.ts'
import { FileError } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { openInput } from '../redirects.ts'
import { parseOptions, pathIn, readAll } from './options.ts'

const hex = (value: number, width: number) => value.toString(16).padStart(width, '0')
const printable = (bytes: Uint8Array) => [...bytes].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')

async function* rowsOf(run: Run, files: readonly string[], most: number, skip: number): AsyncGenerator<readonly [number, Uint8Array]> {
  const bytes = bytesOfText(await readAll(run, files)).subarray(skip, skip + most)
  for (let at = 0; at < bytes.length; at += 16) {
    await run.process.breathe()
    yield [skip + at, bytes.subarray(at, at + 16)]
  }
  yield [skip + bytes.length, new Uint8Array()]
}

const counted = (values: ReadonlyMap<string, string>, name: string, otherwise: number) =>
  values.has(name) ? Number(values.get(name)) : otherwise

const pairs = (row: Uint8Array, show: (pair: number) => string) =>
  Array.from({ length: Math.ceil(row.length / 2) }, (_, index) => show((row[index * 2] ?? 0) | ((row[index * 2 + 1] ?? 0) << 8))).join('')

/** `hexdump`: words of two bytes, or with -C bytes and what they show. */
const hexdump: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'n s e')
  for await (const [at, row] of rowsOf(run, operands, counted(values, 'n', Infinity), counted(values, 's', 0))) {
    const place = hex(at, flags.has('C') || run.name === 'hd' ? 8 : 7)
    if (row.length === 0) run.io.out.write(at === 0 ? '' : `${place}\n`)
    else if (flags.has('C') || run.name === 'hd') {
      const half = (from: number) => [...row.subarray(from, from + 8)].map((byte) => hex(byte, 2)).join(' ')
      run.io.out.write(`${place}  ${`${half(0).padEnd(23)}  ${half(8)}`.padEnd(48)}  |${printable(row)}|\n`)
    } else run.io.out.write(`${place}${pairs(row, (pair) => ` ${hex(pair, 4)}`)}\n`)
  }
  return 0
}

const xxd: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'l s c')
  if (flags.has('p')) {
    const bytes = bytesOfText(await readAll(run, operands))
    run.io.out.write(
      `${[...bytes]
        .map((byte) => hex(byte, 2))
        .join('')
        .replaceAll(/.{60}(?=.)/g, '$&\n')}\n`,
    )
    return 0
  }
  for await (const [at, row] of rowsOf(run, operands, counted(values, 'l', Infinity), counted(values, 's', 0))) {
    if (row.length === 0) continue
    const words = Array.from({ length: Math.ceil(row.length / 2) }, (_, index) =>
      [...row.subarray(index * 2, index * 2 + 2)].map((byte) => hex(byte, 2)).join(''),
    ).join(' ')
    run.io.out.write(`${hex(at, 8)}: ${words.padEnd(39)}  ${printable(row)}\n`)
  }
  return 0
}

const named: Record<number, string> = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }

/** `od`: octal words, or as -c, -x and -t say. */
const od: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'A t N j')
  const kind = flags.has('c') ? 'c' : flags.has('x') ? 'x2' : flags.has('b') ? 'o1' : (values.get('t') ?? 'o2')
  const radix = { x: 16, d: 10, n: 0 }[values.get('A') ?? ''] ?? 8
  const byte = (value: number) =>
    kind === 'c'
      ? (named[value] ?? (value >= 32 && value < 127 ? String.fromCharCode(value) : value.toString(8).padStart(3, '0'))).padStart(4)
      : kind.startsWith('x')
        ? ` ${hex(value, 2)}`
        : kind.startsWith('u') || kind.startsWith('d')
          ? String(value).padStart(4)
          : ` ${value.toString(8).padStart(3, '0')}`
  const words = kind.endsWith('2') || kind === 'x'
  for await (const [at, row] of rowsOf(run, operands, counted(values, 'N', Infinity), counted(values, 'j', 0))) {
    const place = radix === 0 ? '' : at.toString(radix).padStart(radix === 16 ? 6 : 7, '0')
    const body = words
      ? pairs(row, (pair) => (kind.startsWith('x') ? ` ${hex(pair, 4)}` : ` ${pair.toString(8).padStart(6, '0')}`))
      : [...row].map(byte).join('')
    if (row.length > 0 || place !== '') run.io.out.write(`${place}${body}\n`)
  }
  return 0
}

const strings: Command = async (run) => {
  const { values, operands } = parseOptions(run.args, 'n')
  const least = counted(values, 'n', 4)
  for (const found of (await readAll(run, operands)).matchAll(/[\t\x20-\x7e]+/g))
    if (found[0].length >= least) run.io.out.write(`${found[0]}\n`)
  return 0
}

const suffixes: Record<string, number> = {
  '': 1,
  c: 1,
  w: 2,
  b: 512,
  k: 1024,
  K: 1024,
  kB: 1000,
  M: 1_048_576,
  MB: 1_000_000,
  G: 1_073_741_824,
}

function sized(text: string): number {
  const found = /^(\d+)([a-zA-Z]*)$/.exec(text)
  const unit = suffixes[(found?.[2] ?? '').replace(/iB$/, '')]
  if (!found || unit === undefined) throw new CommandError(`invalid number '${text}'`)
  return Number(found[1]) * unit
}

/** Fewer zeros are written as any other bytes are. */
const mostReal = 1_000_000
const zerosAtOnce = 16_777_216
const zerosPerMillisecond = 1_200_000
const devices = new Set(['/dev/null', '/dev/full', '/dev/stdout', '/dev/stderr'])

/** `dd`: copies blocks and says how fast. */
const dd: Command = async (run) => {
  const given = new Map(run.args.map((arg) => arg.split(/=(.*)/s, 2) as [string, string]))
  const block = sized(given.get('bs') ?? given.get('ibs') ?? '512')
  const most = given.has('count') ? sized(given.get('count') ?? '') * block : Infinity
  const source = given.get('if')
  const skip = sized(given.get('skip') ?? '0') * block
  const path = given.get('of')
  const target = path === undefined ? undefined : pathIn(run, path)
  const started = run.machine.clock.now()
  const input = source === undefined ? run.io.in : openInput(run.machine, pathIn(run, source), source, run.io)
  if (target !== undefined && !devices.has(target))
    run.machine.files.write(target, '', { append: given.get('conv')?.includes('notrunc') === true })
  let copied = 0
  let seen = 0
  let failure: FileError | undefined
  const keep = (write: () => void): boolean => {
    try {
      write()
      return true
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      failure = error
      return false
    }
  }
  if (source === '/dev/zero' && target !== undefined && !devices.has(target) && most > mostReal) {
    while (copied < most) {
      const part = Math.min(failure ? 4096 : zerosAtOnce, most - copied)
      if (!keep(() => run.machine.files.appendZeros(target, part))) {
        if (part <= 4096) break
        continue
      }
      copied += part
      await run.process.sleep(part / zerosPerMillisecond)
    }
  }
  while (copied < most && !failure) {
    const chunk = await input.read(run.process)
    if (chunk === undefined) break
    await run.process.breathe()
    const bytes = bytesOfText(chunk)
    const part = bytes.subarray(Math.max(skip - seen, 0)).subarray(0, most - copied)
    seen += bytes.length
    if (target === undefined) {
      run.io.out.write(textOfBytes(part))
      await run.io.out.ready?.(run.process)
    } else if (target === '/dev/full') failure = new FileError('No space left on device')
    else if (!devices.has(target)) keep(() => run.machine.files.write(target, textOfBytes(part), { append: true }))
    if (!failure) copied += part.length
  }
  if (failure) run.io.err.write(`dd: error writing '${path}': ${failure.message}\n`)
  const records = `${Math.floor(copied / block)}+${copied % block === 0 ? 0 : 1}`
  const seconds = Math.max((run.machine.clock.now() - started) / 1000, copied / 800_000_000, 0.000_02)
  const speed = `${(copied / 1_048_576 / seconds).toFixed(1)}MB/s`
  const size =
    copied >= 1024 ? ` (${(copied / (copied >= 1_048_576 ? 1_048_576 : 1024)).toFixed(1)}${copied >= 1_048_576 ? 'M' : 'K'}B)` : ''
  if (given.get('status') !== 'none')
    run.io.err.write(
      `${records} records in\n${records} records out\n${copied} bytes${size} copied, ${seconds.toFixed(6)} seconds, ${speed}\n`,
    )
  return failure ? 1 : 0
}

export const dumpCommands: Record<string, Command> = { hexdump, hd: hexdump, xxd, od, strings, dd }
