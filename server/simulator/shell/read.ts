import { ExpansionError } from './expand.ts'
import { fieldsOf } from './fields.ts'
import type { Shell } from './interpreter.ts'
import { CommandError } from './machine.ts'
import { Killed } from './processes.ts'
import type { Process } from './processes.ts'
import type { Input, Io } from './streams.ts'
import { Terminal } from './terminal-device.ts'

/** Waits in a child of its own, so that Ctrl-C ends the wait and not the shell. */
export async function waiting<T>(shell: Shell, body: (process: Process) => Promise<T>): Promise<T | undefined> {
  const process = shell.machine.processes.start(shell.process, { argv: shell.process.argv, user: shell.machine.user.name })
  if (!process) return undefined
  try {
    return await body(process)
  } catch (error) {
    if (error instanceof Killed) return undefined
    throw error
  } finally {
    shell.machine.processes.end(process)
  }
}

interface Line {
  readonly text: string
  /** It ended as asked, not with the input. */
  readonly complete: boolean
}

interface Reading {
  readonly delimiter?: string
  /** No more characters than these. */
  readonly most?: number
  readonly raw?: boolean
  /** Milliseconds. */
  readonly limit?: number
  readonly input?: Input
}

/** One line of input; what comes after it stays there. @returns undefined when interrupted */
export function readInputLine(shell: Shell, io: Io, reading: Reading = {}): Promise<Line | undefined> {
  const input = reading.input ?? io.in
  const { delimiter = '\n', most = Infinity, limit } = reading
  return waiting(shell, async (process) => {
    let text = ''
    const cancel = limit === undefined ? undefined : shell.machine.clock.after(limit, () => process.kill(14))
    try {
      for (;;) {
        const chunk = await input.read(process)
        if (chunk === undefined) return { text, complete: false }
        const whole = text + chunk
        const end = lineEnd(whole, text.length, delimiter, reading.raw ?? false)
        const cut = Math.min(end < 0 ? whole.length : end, most)
        text = whole.slice(0, cut)
        if (cut < whole.length || (end < 0 && whole.length >= most)) {
          input.unread(whole.slice(cut === end ? end + 1 : cut))
          return { text, complete: true }
        }
      }
    } finally {
      cancel?.()
    }
  })
}

/** Where the line ends; a backslash before a line's end continues it. */
function lineEnd(text: string, from: number, delimiter: string, raw: boolean): number {
  for (let at = text.indexOf(delimiter, from); at >= 0; at = text.indexOf(delimiter, at + 1)) {
    const slashes = /\\*$/.exec(text.slice(0, at))?.[0].length ?? 0
    if (raw || delimiter !== '\n' || slashes % 2 === 0) return at
  }
  return -1
}

/** `read`: words of one line into variables. */
export async function readBuiltin(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  const rest = [...args]
  const options = new Map<string, string>()
  while (/^-[a-zA-Z]/.test(rest[0] ?? '')) {
    const word = rest.shift() ?? ''
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at)
      if (!'pndtuaN'.includes(letter)) {
        options.set(letter, '')
        continue
      }
      options.set(letter, word.slice(at + 1) || (rest.shift() ?? ''))
      break
    }
  }
  for (const name of rest)
    if (!/^[A-Za-z_]\w*(\[.+\])?$/.test(name))
      throw new CommandError(
        `read: ${name}: ${shell.dialect === 'bash' ? 'not a valid identifier' : 'bad variable name'}`,
        shell.dialect === 'bash' ? 1 : 2,
      )
  const prompt = options.get('p')
  if (prompt !== undefined && io.in.tty) io.err.write(prompt)
  const terminal = io.in instanceof Terminal ? io.in : undefined
  if (terminal && options.has('s')) terminal.echo = false
  const count = options.get('n') ?? options.get('N')
  if (terminal && count !== undefined) terminal.immediate = true
  const line = await readInputLine(shell, io, {
    raw: options.has('r'),
    ...(options.has('d') ? { delimiter: options.get('d')?.charAt(0) || '\0' } : {}),
    ...(count === undefined ? {} : { most: Number(count) }),
    ...(options.has('t') ? { limit: Number(options.get('t')) * 1000 } : {}),
    ...inputOption(options.get('u'), io),
  }).finally(() => {
    if (!terminal) return
    terminal.echo = true
    terminal.immediate = false
  })
  if (!line) return shell.dialect === 'bash' ? 142 : 1
  const text = options.has('r') ? line.text : line.text.replaceAll(/\\(\n|.)/gs, (_, char: string) => (char === '\n' ? '' : char))
  const array = options.get('a')
  if (array !== undefined) {
    const words = fieldsOf([{ text, quoted: false, split: true }], shell.get('IFS')).map((field) => field.text)
    shell.variables.replace(array, { associative: false, entries: new Map(words.map((word, index) => [String(index), word])) })
  } else if (rest.length === 0) shell.set('REPLY', shell.dialect === 'bash' ? text : text.trim())
  else assignWords(shell, rest, text)
  return line.complete ? 0 : 1
}

function inputOption(descriptor: string | undefined, io: Io): { readonly input?: Input } {
  const input = descriptor === undefined ? undefined : io.more?.get(Number(descriptor))?.in
  return input ? { input } : {}
}

function assignWords(shell: Shell, names: readonly string[], line: string): void {
  const ifs = shell.get('IFS') ?? ' \t\n'
  const blanks = [...ifs].filter((char) => ' \t\n'.includes(char)).join('')
  const strip = (text: string) => (blanks === '' ? text : text.replace(new RegExp(`^[${blanks}]+`), ''))
  let left = strip(line)
  for (const [index, name] of names.entries()) {
    if (index === names.length - 1) {
      shell.set(name, blanks === '' ? left : left.replace(new RegExp(`[${blanks}]+$`), ''))
      return
    }
    let at = 0
    while (at < left.length && !ifs.includes(left.charAt(at))) at++
    shell.set(name, left.slice(0, at))
    left = strip(left.slice(at))
    if (left !== '' && ifs.includes(left.charAt(0)) && !blanks.includes(left.charAt(0))) left = strip(left.slice(1))
  }
}

/** `mapfile`: the input's lines as an array (bash). */
export async function mapfile(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  const trims = args.some((arg) => /^-\w*t/.test(arg))
  const name = args.find((arg) => !arg.startsWith('-')) ?? 'MAPFILE'
  const entries = new Map<string, string>()
  for (;;) {
    const line = await readInputLine(shell, io, { raw: true })
    if (!line || (!line.complete && line.text === '')) break
    entries.set(String(entries.size), trims ? line.text : `${line.text}${line.complete ? '\n' : ''}`)
    if (!line.complete) break
  }
  shell.variables.replace(name, { associative: false, entries })
  return 0
}

/** `getopts` (POSIX). */
export function getopts(shell: Shell, args: readonly string[], io: Io): number {
  const [spec = '', name = '', ...given] = args
  const words = given.length > 0 ? given : shell.positional
  const silent = spec.startsWith(':')
  let index = Number(shell.get('OPTIND') ?? 1)
  const word = words[index - 1]
  const done = (letter: string, argument: string | undefined, status = 0): number => {
    const { optionLetter } = shell
    shell.set('OPTIND', String(index))
    shell.optionLetter = optionLetter
    shell.set(name, letter)
    if (argument === undefined) shell.variables.delete('OPTARG')
    else shell.set('OPTARG', argument)
    return status
  }
  if (word === undefined || !/^-./.test(word) || word === '--') {
    if (word === '--') index++
    return done('?', undefined, 1)
  }
  const letter = word.charAt(shell.optionLetter)
  const place = letter === ':' ? -1 : spec.indexOf(letter, silent ? 1 : 0)
  const rest = word.slice(shell.optionLetter + 1)
  const next = () => {
    index++
    shell.optionLetter = 1
  }
  if (place < 0) {
    if (rest === '') next()
    else shell.optionLetter++
    if (!silent) io.err.write(shell.dialect === 'bash' ? `${shell.name}: illegal option -- ${letter}\n` : `Illegal option -${letter}\n`)
    return done('?', silent ? letter : undefined)
  }
  if (spec[place + 1] !== ':') {
    if (rest === '') next()
    else shell.optionLetter++
    return done(letter, undefined)
  }
  const argument = rest === '' ? words[index] : rest
  if (rest === '') index++
  next()
  if (argument !== undefined) return done(letter, argument)
  if (!silent)
    io.err.write(shell.dialect === 'bash' ? `${shell.name}: option requires an argument -- ${letter}\n` : `No arg for -${letter} option\n`)
  return done(silent ? ':' : '?', silent ? letter : undefined)
}

export function checkedName(name: string, shell: Shell, builtin: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new ExpansionError(
      shell.dialect === 'bash' ? `${builtin}: \`${name}': not a valid identifier` : `${builtin}: ${name}: bad variable name`,
    )
  return name
}
