import { baseOf, FileError, normalise } from '../files.ts'
import type { Entry } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { patternToRegExp } from '../pattern.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { idOf, modeOf, modeText, sizeOf, userName } from './file-facts.ts'
import { pathIn } from './options.ts'

interface Found {
  readonly path: string
  readonly shown: string
  readonly entry: Entry
  readonly depth: number
}

type Test = (found: Found) => boolean | Promise<boolean>

/** `+7`, `-7`, `7`: more, less or exactly. */
function amount(text: string): (value: number) => boolean {
  const number = Number.parseFloat(text.replace(/^[-+]/, ''))
  if (Number.isNaN(number)) throw new CommandError(`bad number '${text}'`)
  return text.startsWith('+')
    ? (value) => value > number
    : text.startsWith('-')
      ? (value) => value < number
      : (value) => Math.ceil(value) === number
}

class Finder {
  readonly #run: Run
  readonly #words: readonly string[]
  #at = 0
  least = 0
  most = Infinity
  deepFirst = false
  #acts = false
  #pruned = false
  quits = false
  status = 0
  /** What `-exec … +` has collected. */
  readonly #batches: { readonly argv: readonly string[]; readonly paths: string[] }[] = []

  constructor(run: Run, words: readonly string[]) {
    this.#run = run
    this.#words = words
  }

  test(): Test {
    const whole = this.#or()
    if (this.#at < this.#words.length) throw new CommandError(`unrecognized: ${this.#words[this.#at]}`)
    if (this.#acts) return whole
    return async (found) => (await whole(found)) && this.#print(found, '\n')
  }

  #or(): Test {
    let left = this.#and()
    while (this.#take('-o') || this.#take('-or')) {
      const [first, second] = [left, this.#and()]
      left = async (found) => (await first(found)) || second(found)
    }
    return left
  }

  #and(): Test {
    let left: Test = () => true
    while (this.#at < this.#words.length && !['-o', '-or', ')'].includes(this.#words[this.#at] ?? '')) {
      if (this.#take('-a') || this.#take('-and')) continue
      const [first, second] = [left, this.#primary()]
      left = async (found) => (await first(found)) && second(found)
    }
    return left
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false
    this.#at++
    return true
  }

  #value(name: string): string {
    const value = this.#words[this.#at++]
    if (value === undefined)
      throw new CommandError(
        this.#run.machine.userland === 'debian' ? `missing argument to \`${name}'` : `option requires an argument -- ${name.slice(1)}`,
      )
    return value
  }

  #print(found: Found, end: string): boolean {
    this.#run.io.out.write(found.shown + end)
    return true
  }

  #primary(): Test {
    const name = this.#words[this.#at++] ?? ''
    const { machine } = this.#run
    switch (name) {
      case '!':
      case '-not': {
        const inner = this.#primary()
        return async (found) => !(await inner(found))
      }
      case '(': {
        const inner = this.#or()
        if (!this.#take(')')) throw new CommandError("unmatched '('")
        return inner
      }
      case '-name':
      case '-iname': {
        const pattern = patternToRegExp(this.#value(name), name === '-iname')
        return ({ shown }) => pattern.test(baseOf(shown.replace(/(.)\/+$/, '$1')) || shown)
      }
      case '-path':
      case '-wholename':
      case '-ipath': {
        const pattern = patternToRegExp(this.#value(name), name === '-ipath')
        return ({ shown }) => pattern.test(shown)
      }
      case '-regex': {
        const pattern = posixRegExp(`^(${this.#value(name)})$`, true)
        return ({ shown }) => pattern.test(shown)
      }
      case '-type': {
        const kinds = this.#value(name).split(',')
        return ({ entry }) => kinds.includes({ file: 'f', directory: 'd', link: 'l' }[entry.kind])
      }
      case '-size': {
        const text = this.#value(name)
        const unit = { c: 1, w: 2, k: 1024, M: 1_048_576, G: 1_073_741_824 }[text.at(-1) ?? ''] ?? 512
        const fits = amount(text)
        return ({ entry }) => fits(Math.ceil(sizeOf(entry) / unit))
      }
      case '-mtime':
      case '-mmin':
      case '-ctime':
      case '-atime': {
        const fits = amount(this.#value(name))
        const unit = name === '-mmin' ? 60_000 : 86_400_000
        return ({ entry }) => fits(Math.floor((machine.clock.now() - entry.modified) / unit))
      }
      case '-newer': {
        const than = machine.files.stat(pathIn(this.#run, this.#value(name)))?.modified ?? 0
        return ({ entry }) => entry.modified > than
      }
      case '-perm': {
        const text = this.#value(name)
        const wanted = Number.parseInt(text.replace(/^[-/]/, ''), 8)
        return ({ entry }) => {
          const mode = modeOf(entry) & 0o7777
          return text.startsWith('-') ? (mode & wanted) === wanted : text.startsWith('/') ? (mode & wanted) !== 0 : mode === wanted
        }
      }
      case '-user':
      case '-group': {
        const id = idOf(machine, name === '-user' ? '/etc/passwd' : '/etc/group', this.#value(name))
        return ({ entry }) => (name === '-user' ? (entry.uid ?? 0) : (entry.gid ?? 0)) === id
      }
      case '-empty':
        return ({ entry, path }) => (entry.kind === 'directory' ? machine.files.list(path).length === 0 : sizeOf(entry) === 0)
      case '-executable':
        return ({ path }) => machine.files.allows(path, 'x')
      case '-readable':
        return ({ path }) => machine.files.allows(path, 'r')
      case '-writable':
        return ({ path }) => machine.files.allows(path, 'w')
      case '-maxdepth':
        this.most = Number(this.#value(name))
        return () => true
      case '-mindepth':
        this.least = Number(this.#value(name))
        return () => true
      case '-xdev':
      case '-mount':
      case '-follow':
      case '-noleaf':
      case '-true':
        return () => true
      case '-false':
        return () => false
      case '-depth':
        this.deepFirst = true
        return () => true
      case '-prune':
        return () => (this.#pruned = true)
      default:
        return this.#action(name)
    }
  }

  #action(name: string): Test {
    this.#acts = true
    switch (name) {
      case '-print':
        return (found) => this.#print(found, '\n')
      case '-print0':
        return (found) => this.#print(found, '\0')
      case '-printf': {
        const format = this.#value(name)
        return (found) => this.#formatted(found, format)
      }
      case '-ls':
        return (found) =>
          this.#print(
            {
              ...found,
              shown: `${modeText(found.entry)} ${userName(this.#run.machine, found.entry.uid ?? 0)} ${sizeOf(found.entry)} ${found.shown}`,
            },
            '\n',
          )
      case '-quit':
        return () => (this.quits = true)
      case '-delete':
        this.deepFirst = true
        return ({ path, shown }) => this.#delete(path, shown)
      case '-exec':
      case '-execdir':
      case '-ok':
        return this.#exec()
      default:
        throw new CommandError(this.#run.machine.userland === 'debian' ? `unknown predicate \`${name}'` : `unrecognized: ${name}`)
    }
  }

  #exec(): Test {
    const end = this.#words.findIndex(
      (word, index) => index >= this.#at && (word === ';' || (word === '+' && this.#words[index - 1] === '{}')),
    )
    if (end < 0)
      throw new CommandError(this.#run.machine.userland === 'debian' ? "missing argument to `-exec'" : '-exec requires an argument')
    const argv = this.#words.slice(this.#at, end)
    this.#at = end + 1
    if (this.#words[end] === ';')
      return async ({ shown }) => (await this.#run.spawn(argv.map((word) => word.replaceAll('{}', shown)))) === 0
    const batch = { argv: argv.slice(0, -1), paths: [] as string[] }
    this.#batches.push(batch)
    return ({ shown }) => batch.paths.push(shown) > 0
  }

  #delete(path: string, shown: string): boolean {
    try {
      if (this.#run.machine.files.stat(path, false)?.kind === 'directory' && this.#run.machine.files.list(path).length > 0)
        throw new FileError('Directory not empty')
      this.#run.machine.files.remove(path)
      return true
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      this.#run.io.err.write(`find: cannot delete '${shown}': ${error.message}\n`)
      this.status = 1
      return false
    }
  }

  #formatted({ path, shown, entry }: Found, format: string): boolean {
    const fields: Record<string, () => string> = {
      p: () => shown,
      f: () => baseOf(path),
      s: () => String(sizeOf(entry)),
      m: () => (modeOf(entry) & 0o7777).toString(8),
      y: () => ({ file: 'f', directory: 'd', link: 'l' })[entry.kind],
      u: () => userName(this.#run.machine, entry.uid ?? 0),
      l: () => (entry.kind === 'link' ? entry.target : ''),
      '%': () => '%',
    }
    const text = format.replaceAll('\\n', '\n').replaceAll('\\t', '\t')
    this.#run.io.out.write(text.replaceAll(/%([a-zA-Z%])/g, (whole, letter: string) => fields[letter]?.() ?? whole))
    return true
  }

  async walk(path: string, shown: string, depth: number, test: Test): Promise<void> {
    const { machine, process, io } = this.#run
    await process.breathe()
    const entry = machine.files.stat(path, false)
    if (!entry) {
      io.err.write(`find: ${machine.userland === 'debian' ? `‘${shown}’` : shown}: No such file or directory\n`)
      this.status = 1
      return
    }
    const found = { path, shown, entry, depth }
    this.#pruned = false
    if (!this.deepFirst && depth >= this.least) await test(found)
    const pruned = this.#pruned
    if (entry.kind === 'directory' && depth < this.most && !pruned) await this.#children(path, shown, depth, test)
    if (this.deepFirst && depth >= this.least && !this.quits) await test(found)
  }

  async #children(path: string, shown: string, depth: number, test: Test): Promise<void> {
    const { machine, io } = this.#run
    let names: readonly string[] = []
    try {
      names = machine.files.list(path)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      io.err.write(`find: ${machine.userland === 'debian' ? `‘${shown}’` : shown}: ${error.message}\n`)
      this.status = 1
    }
    for (const child of names) {
      if (this.quits) return
      await this.walk(normalise(child, path), `${shown.endsWith('/') ? shown.slice(0, -1) : shown}/${child}`, depth + 1, test)
    }
  }

  async finish(): Promise<number> {
    for (const { argv, paths } of this.#batches) if (paths.length > 0 && (await this.#run.spawn([...argv, ...paths])) !== 0) this.status = 1
    return this.status
  }
}

const find: Command = async (run) => {
  const words = run.args.filter((arg, index) => index > 0 || !/^-[HLP]$/.test(arg))
  const first = words.findIndex((word) => /^[-!(]/.test(word))
  const starts = first < 0 ? words : words.slice(0, first)
  const finder = new Finder(run, first < 0 ? [] : words.slice(first))
  const test = finder.test()
  for (const start of starts.length > 0 ? starts : ['.']) if (!finder.quits) await finder.walk(pathIn(run, start), start, 0, test)
  return finder.finish()
}

export const findingCommands: Record<string, Command> = { find }
