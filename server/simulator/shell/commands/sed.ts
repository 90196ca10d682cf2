import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { linesOf, parseOptions, pathIn } from './options.ts'

type Address =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'step'; readonly first: number; readonly step: number }
  | { readonly kind: 'last' }
  | { readonly kind: 'match'; readonly regex: RegExp | undefined }
  | { readonly kind: 'after'; readonly count: number }

interface SedCommand {
  readonly from: Address | undefined
  readonly to: Address | undefined
  readonly negated: boolean
  readonly name: string
  readonly text: string
  readonly regex?: RegExp | undefined
  readonly flags?: string
  readonly map?: ReadonlyMap<string, string>
  /** Where a block ends, or where a branch goes. */
  readonly jump?: number
}

const longestLine = 10_000
const longestSpace = 1_000_000

class SedParser {
  readonly #extended: boolean
  #rest: string
  readonly commands: SedCommand[] = []
  readonly #blocks: number[] = []

  constructor(script: string, extended: boolean) {
    this.#rest = script
    this.#extended = extended
  }

  #regex(mark: string): RegExp | undefined {
    const source = this.#upTo(mark)
    const flags = /^I/.exec(this.#rest) ? 'i' : ''
    if (flags) this.#rest = this.#rest.slice(1)
    return source === '' ? undefined : posixRegExp(source, this.#extended, flags)
  }

  /** Text as far as an unescaped mark; brackets hide it. */
  #upTo(mark: string): string {
    let text = ''
    let bracket = false
    for (let at = 0; at < this.#rest.length; at++) {
      const char = this.#rest.charAt(at)
      if (char === '\\' && at + 1 < this.#rest.length) {
        const next = this.#rest.charAt(++at)
        text += next === mark && mark !== '&' ? mark : `\\${next}`
      } else if (char === mark && !bracket) {
        this.#rest = this.#rest.slice(at + 1)
        return text
      } else {
        if (char === '[' && !bracket) bracket = this.#rest.indexOf(']', at + 2) > 0
        else if (char === ']' && bracket && !/\[\^?$/.test(text)) bracket = false
        text += char
      }
    }
    throw new CommandError(`unterminated ${mark}`)
  }

  #address(): Address | undefined {
    const found = /^(?:(\d+)~(\d+)|(\d+)|(\$)|\+(\d+)|\/|\\(.))/.exec(this.#rest)
    if (!found) return undefined
    this.#rest = this.#rest.slice(found[0].length)
    if (found[2] !== undefined) return { kind: 'step', first: Number(found[1]), step: Number(found[2]) }
    if (found[3] !== undefined) return { kind: 'line', line: Number(found[3]) }
    if (found[4]) return { kind: 'last' }
    if (found[5] !== undefined) return { kind: 'after', count: Number(found[5]) }
    return { kind: 'match', regex: this.#regex(found[6] ?? '/') }
  }

  parse(): readonly SedCommand[] {
    for (;;) {
      this.#rest = this.#rest.replace(/^(?:[\s;]+|#[^\n]*)+/, '')
      if (this.#rest === '') break
      this.#command()
    }
    if (this.#blocks.length > 0) throw new CommandError("unmatched `{'")
    return this.#branched()
  }

  #command(): void {
    const from = this.#address()
    let to: Address | undefined
    this.#rest = this.#rest.trimStart()
    if (from && this.#rest.startsWith(',')) {
      this.#rest = this.#rest.slice(1).trimStart()
      to = this.#address()
      if (!to) throw new CommandError("unexpected `,'")
    }
    this.#rest = this.#rest.trimStart()
    const negated = /^!\s*/.exec(this.#rest)
    if (negated) this.#rest = this.#rest.slice(negated[0].length)
    const name = this.#rest.charAt(0)
    this.#rest = this.#rest.slice(1)
    const base = { from, to, negated: negated !== null, name, text: '' }
    if (name === '{') {
      this.#blocks.push(this.commands.length)
      this.commands.push(base)
    } else if (name === '}') {
      const open = this.#blocks.pop()
      const block = open === undefined ? undefined : this.commands[open]
      if (open === undefined || !block) throw new CommandError("unexpected `}'")
      this.commands[open] = { ...block, jump: this.commands.length }
    } else if (name === 's') this.#substitution(base)
    else if (name === 'y') {
      const mark = this.#take()
      const [a, b] = [this.#upTo(mark), this.#upTo(mark)]
      this.commands.push({ ...base, map: new Map([...a].map((char, index) => [char, [...b][index] ?? char] as const)) })
    } else if ('aic'.includes(name) && name !== '') {
      const found = /^\s*(?:\\\n?)?\s*((?:\\[^]|[^\n\\])*)/.exec(this.#rest)
      this.#rest = this.#rest.slice(found?.[0].length ?? 0)
      this.commands.push({ ...base, text: (found?.[1] ?? '').replaceAll(/\\(\n|.)/g, '$1') })
    } else if (':btTrwR'.includes(name) && name !== '') {
      const found = /^\s*([^\n;}]*)/.exec(this.#rest)
      this.#rest = this.#rest.slice(found?.[0].length ?? 0)
      this.commands.push({ ...base, text: (found?.[1] ?? '').trim() })
    } else if (/^[dDpPnNhHgGxlq=zQ]$/.test(name)) {
      const code = /^\s*(\d+)/.exec('qQ'.includes(name) ? this.#rest : '')
      if (code) this.#rest = this.#rest.slice(code[0].length)
      this.commands.push({ ...base, text: code?.[1] ?? '' })
    } else throw new CommandError(name === '' ? 'missing command' : `unsupported command ${name}`)
  }

  #take(): string {
    const char = this.#rest.charAt(0)
    this.#rest = this.#rest.slice(1)
    return char
  }

  #substitution(base: SedCommand): void {
    const mark = this.#take()
    let source: string
    let text: string
    try {
      source = this.#upTo(mark)
      text = this.#upTo(mark)
    } catch {
      throw new CommandError("unterminated `s' command")
    }
    const flags = /^(?:[gpiIe]|\d+|w[^\n;]*)*/.exec(this.#rest)?.[0] ?? ''
    this.#rest = this.#rest.slice(flags.length)
    const regex = source === '' ? undefined : posixRegExp(source, this.#extended, /i/i.test(flags) ? 'gi' : 'g')
    this.commands.push({ ...base, regex, text, flags })
  }

  /** Branches know where they go. */
  #branched(): readonly SedCommand[] {
    return this.commands.map((command) => {
      if (!/^[btT]$/.test(command.name)) return command
      const label = this.commands.findIndex((each) => each.name === ':' && each.text === command.text)
      if (command.text !== '' && label < 0) throw new CommandError(`can't find label for jump to \`${command.text}'`)
      return { ...command, jump: command.text === '' ? this.commands.length : label }
    })
  }
}

/** `\1`, `&`, `\n`, `\U…\E` in a replacement. */
function replacement(text: string, groups: readonly (string | undefined)[]): string {
  let result = ''
  let change: (part: string) => string = (part) => part
  for (const [part] of text.matchAll(/\\[^]|&|[^\\&]+/g)) {
    const letter = part.startsWith('\\') ? part.charAt(1) : ''
    if (part === '&') result += change(groups[0] ?? '')
    else if (/\d/.test(letter)) result += change(groups[Number(letter)] ?? '')
    else if (letter === 'U') change = (each) => each.toUpperCase()
    else if (letter === 'L') change = (each) => each.toLowerCase()
    else if (letter === 'E') change = (each) => each
    else if (letter === 'n') result += '\n'
    else if (letter === 't') result += '\t'
    else result += change(letter === '' ? part : letter)
  }
  return result
}

class Sed {
  readonly #run: Run
  readonly #commands: readonly SedCommand[]
  readonly #quiet: boolean
  readonly #lines: readonly string[]
  readonly #active = new Map<SedCommand, number>()
  #at = 0
  #space = ''
  #hold = ''
  #after = ''
  #last: RegExp | undefined
  output = ''
  status = 0

  constructor(run: Run, commands: readonly SedCommand[], quiet: boolean, lines: readonly string[]) {
    this.#run = run
    this.#commands = commands
    this.#quiet = quiet
    this.#lines = lines
  }

  async edit(): Promise<string> {
    let again = false
    while (this.#at < this.#lines.length || again) {
      await this.#run.process.breathe()
      if (!again) this.#space = this.#lines[this.#at++] ?? ''
      const how = await this.#cycle()
      again = how === 'again'
      if (how === 'end' && !this.#quiet) this.output += `${this.#space}\n`
      this.output += this.#after
      this.#after = ''
      if (how === 'quit' || how === 'stop') {
        break
      }
    }
    return this.output
  }

  #matches(address: Address): boolean {
    if (address.kind === 'line') return this.#at === address.line
    if (address.kind === 'last') return this.#at === this.#lines.length
    if (address.kind === 'step')
      return address.step === 0 ? this.#at === address.first : this.#at >= address.first && (this.#at - address.first) % address.step === 0
    if (address.kind === 'after') return false
    const regex = address.regex ?? this.#last
    this.#last = regex
    if (regex) regex.lastIndex = 0
    return regex?.test(this.#space.slice(0, longestLine)) ?? false
  }

  #applies(command: SedCommand): boolean {
    const { from, to } = command
    if (!from) return true
    if (!to) return this.#matches(from)
    const until = this.#active.get(command)
    if (until !== undefined) {
      const ends = to.kind === 'after' || to.kind === 'line' ? this.#at >= until : this.#matches(to)
      if (ends) this.#active.delete(command)
      return to.kind !== 'line' || this.#at <= until
    }
    if (!this.#matches(from)) return false
    const end = to.kind === 'line' ? to.line : to.kind === 'after' ? this.#at + to.count : Infinity
    if (end > this.#at) this.#active.set(command, end)
    return true
  }

  async #cycle(): Promise<'end' | 'deleted' | 'again' | 'quit' | 'stop'> {
    let replaced = false
    for (let index = 0, steps = 0; index < this.#commands.length; index++) {
      const command = this.#commands[index]
      if (!command) break
      if (++steps % 256 === 0) await this.#run.process.breathe()
      if (this.#space.length > longestSpace) throw new CommandError('out of memory')
      if (command.name === ':') continue
      if (this.#applies(command) === command.negated) {
        if (command.name === '{') index = (command.jump ?? index + 1) - 1
        continue
      }
      switch (command.name) {
        case 's':
          if (this.#substitute(command)) replaced = true
          break
        case 'b':
          index = (command.jump ?? index) - (command.text === '' ? 1 : 0)
          break
        case 't':
          if (replaced) index = (command.jump ?? index) - (command.text === '' ? 1 : 0)
          replaced = false
          break
        case 'n':
          if (!this.#quiet) this.output += `${this.#space}\n`
          if (this.#at >= this.#lines.length) return 'deleted'
          this.#space = this.#lines[this.#at++] ?? ''
          break
        case 'N':
          if (this.#at >= this.#lines.length) return 'end'
          this.#space += `\n${this.#lines[this.#at++] ?? ''}`
          break
        case 'D': {
          const end = this.#space.indexOf('\n')
          if (end < 0) return 'deleted'
          this.#space = this.#space.slice(end + 1)
          return 'again'
        }
        case 'd':
          return 'deleted'
        case 'q':
        case 'Q':
          this.status = Number(command.text || 0)
          if (command.name === 'q' && !this.#quiet) this.output += `${this.#space}\n`
          return command.name === 'q' ? 'quit' : 'stop'
        case 'c':
          if (!command.to || !this.#active.has(command)) this.output += `${command.text}\n`
          return 'deleted'
        default:
          this.#simple(command)
      }
    }
    return 'end'
  }

  #simple(command: SedCommand): void {
    switch (command.name) {
      case 'p':
        this.output += `${this.#space}\n`
        break
      case 'P':
        this.output += `${this.#space.split('\n')[0] ?? ''}\n`
        break
      case '=':
        this.output += `${this.#at}\n`
        break
      case 'i':
        this.output += `${command.text}\n`
        break
      case 'a':
        this.#after += `${command.text}\n`
        break
      case 'h':
        this.#hold = this.#space
        break
      case 'H':
        this.#hold += `\n${this.#space}`
        break
      case 'g':
        this.#space = this.#hold
        break
      case 'G':
        this.#space += `\n${this.#hold}`
        break
      case 'x':
        ;[this.#space, this.#hold] = [this.#hold, this.#space]
        break
      case 'z':
        this.#space = ''
        break
      case 'l':
        this.output += `${this.#space.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')}$\n`
        break
      case 'y':
        this.#space = [...this.#space].map((char) => command.map?.get(char) ?? char).join('')
        break
      case 'r':
        this.#after += this.#run.machine.files.read(pathIn(this.#run, command.text))
        break
      case 'w':
        this.#run.machine.files.write(pathIn(this.#run, command.text), `${this.#space}\n`, { append: true })
        break
      default:
    }
  }

  #substitute(command: SedCommand): boolean {
    const regex = command.regex ?? this.#last
    if (!regex) throw new CommandError('no previous regular expression')
    this.#last = regex
    const flags = command.flags ?? ''
    const nth = Number(/\d+/.exec(flags)?.[0] ?? 1)
    const all = flags.includes('g')
    let seen = 0
    let changed = false
    const next = this.#space.replace(regex, (...found: readonly unknown[]) => {
      seen++
      if (seen < nth || (seen > nth && !all)) return String(found[0])
      changed = true
      return replacement(
        command.text,
        found.map((group) => (typeof group === 'string' ? group : undefined)),
      )
    })
    this.#space = next
    if (changed && flags.includes('p')) this.output += `${next}\n`
    return changed
  }
}

const sed: Command = async (run) => {
  const suffix = run.args
    .map((arg) => /^(?:-i|--in-place=)(.+)$/.exec(arg)?.[1])
    .find((each) => each !== undefined && !/^[nErs]+$/.test(each))
  const args = run.args.map((arg) => (suffix !== undefined && /^(-i|--in-place=)/.test(arg) ? '-i' : arg))
  const { flags, all, values, operands } = parseOptions(args, 'e f expression file')
  const files = [...operands]
  const stored = values.get('f') ?? values.get('file')
  const scripts = [
    ...(all.get('e') ?? []),
    ...(all.get('expression') ?? []),
    ...(stored === undefined ? [] : [run.machine.files.read(pathIn(run, stored))]),
  ]
  if (scripts.length === 0) {
    const script = files.shift()
    if (script === undefined) throw new CommandError('no script', 1)
    scripts.push(script)
  }
  const extended = flags.has('E') || flags.has('r') || flags.has('regexp-extended')
  const commands = new SedParser(scripts.join('\n'), extended).parse()
  const quiet = flags.has('n') || flags.has('quiet')
  const inPlace = flags.has('i') || flags.has('in-place')
  if (inPlace && files.length === 0) throw new CommandError('no input files', 1)
  let status = 0
  for (const target of inPlace ? files : [undefined]) {
    const lines: string[] = []
    for await (const line of linesOf(run, target === undefined ? files : [target])) lines.push(line)
    const editor = new Sed(run, commands, quiet, lines)
    const text = await editor.edit()
    status = editor.status
    if (target === undefined) run.io.out.write(text)
    else {
      const path = pathIn(run, target)
      if (suffix !== undefined) run.machine.files.write(`${path}${suffix}`, run.machine.files.read(path))
      run.machine.files.write(path, text)
    }
  }
  return status
}

export const sedCommands: Record<string, Command> = { sed }
