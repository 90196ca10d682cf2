import { builtins } from './builtins.ts'
import { commandNamed } from './commands/table.ts'
import { arithmetic, expandOne, expandPattern, expandWords, ExpansionError } from './expand.ts'
import type { Expander } from './expand.ts'
import { FileError } from './files.ts'
import { CommandError } from './machine.ts'
import type { Machine, Run } from './machine.ts'
import { parseScript } from './parser.ts'
import type {
  Assignment,
  Case,
  Command,
  CommandNode,
  CompoundList,
  For,
  If,
  ParsedScript,
  Pipeline,
  Statement,
  While,
  Word,
} from './parser.ts'
import { patternToRegExp } from './pattern.ts'
import { Killed, signals } from './processes.ts'
import type { Process } from './processes.ts'
import { withRedirects } from './redirects.ts'
import { BrokenPipe, Collector, inputOf, Pipe } from './streams.ts'
import type { Io } from './streams.ts'

/** Ways in which control leaves the middle of a script. */
export class Break extends Error {
  readonly kind: 'break' | 'continue'
  levels: number
  constructor(kind: 'break' | 'continue', levels: number) {
    super(kind)
    this.kind = kind
    this.levels = levels
  }
}
export class Return extends Error {
  readonly status: number
  constructor(status: number) {
    super('return')
    this.status = status
  }
}
export class Exit extends Error {
  readonly status: number
  constructor(status: number) {
    super('exit')
    this.status = status
  }
}
/** Ctrl-C: the command line being run is given up. */
export class Interrupted extends Error {}

type FunctionBody = Extract<CommandNode, { type: 'Function' }>['body']
type AnyNode = Statement['command'] | FunctionBody

/** Deep enough for any honest script; an endless recursion ends here rather than in the server's memory. */
const deepest = 200

/** Longer than anything honest; a value that doubles in a loop ends here. */
const longestValue = 1_000_000

export interface ShellStart {
  readonly machine: Machine
  readonly process: Process
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** `$0`: what errors begin with. */
  readonly name?: string
  readonly positional?: readonly string[]
}

/** A POSIX-ish shell in one container: state, and how each piece of syntax runs. */
export class Shell implements Expander {
  readonly machine: Machine
  readonly process: Process
  readonly name: string
  readonly variables = new Map<string, string>()
  readonly exported = new Set<string>()
  readonly readonlyNames = new Set<string>()
  readonly functions = new Map<string, FunctionBody>()
  /** Conditions (`EXIT`, `TERM` …) to commands. */
  readonly traps = new Map<string, string>()
  readonly pending: string[] = []
  readonly jobs = new Map<number, Promise<number>>()
  readonly options = new Set<string>()
  positional: readonly string[]
  cwd: string
  status = 0
  lastBackground: number | undefined
  interrupted = false
  columns = 80
  rows = 24
  /** Variables to restore when the function being run ends, for `local`. */
  locals: Map<string, string | undefined> | undefined
  #depth = 0
  #unchecked = 0

  constructor(start: ShellStart) {
    this.machine = start.machine
    this.process = start.process
    this.name = start.name ?? 'sh'
    this.cwd = start.cwd
    this.positional = start.positional ?? []
    for (const [name, value] of Object.entries(start.env)) {
      this.variables.set(name, value)
      this.exported.add(name)
    }
    this.variables.set('PWD', start.cwd)
  }

  get files() {
    return this.machine.files
  }

  get(name: string): string | undefined {
    return this.variables.get(name)
  }

  set(name: string, value: string): void {
    if (this.readonlyNames.has(name)) throw new ExpansionError(`${name}: is read only`)
    if (value.length > longestValue) {
      this.#stderr.write(`${this.name}: out of memory\n`)
      throw new Exit(2)
    }
    this.variables.set(name, value)
  }

  parameter(name: string): string | undefined {
    if (/^\d+$/.test(name)) return name === '0' ? this.name : this.positional[Number(name) - 1]
    switch (name) {
      case '?':
        return String(this.status)
      case '#':
        return String(this.positional.length)
      case '$':
        return String(this.process.pid)
      case '!':
        return this.lastBackground === undefined ? '' : String(this.lastBackground)
      case '-':
        return [...this.options].join('')
      case 'RANDOM':
        return String(Math.floor(this.machine.random() * 32_768))
      case 'SECONDS':
        return String(Math.floor((this.machine.clock.now() - this.process.startedAt) / 1000))
      default: {
        const value = this.variables.get(name)
        if (value === undefined && this.options.has('u')) throw new ExpansionError(`${name}: parameter not set`)
        return value
      }
    }
  }

  environment(): Record<string, string> {
    const env: Record<string, string> = {}
    for (const name of this.exported) {
      const value = this.variables.get(name)
      if (value !== undefined) env[name] = value
    }
    return env
  }

  /** Runs source text to its end. Control flow that leaves it ends here. @returns the exit status */
  async main(source: string, io: Io): Promise<number> {
    let status: number
    try {
      await this.source(source, io)
      status = this.status
    } catch (error) {
      if (error instanceof Exit || error instanceof Return) status = error.status
      else if (error instanceof Killed) status = 128 + error.signal
      else if (error instanceof BrokenPipe) status = 141
      else if (error instanceof Interrupted) status = 130
      else throw error
    }
    return this.finish(status, io)
  }

  /** Runs the EXIT trap. */
  async finish(status: number, io: Io): Promise<number> {
    const trap = this.traps.get('EXIT')
    this.traps.delete('EXIT')
    if (!trap) return status
    this.status = status
    return this.main(trap, io)
  }

  /** Parses and runs text in this shell. */
  async source(source: string, io: Io): Promise<void> {
    const parsed = parseScript(source)
    if (parsed.state === 'wrong' || (parsed.state === 'incomplete' && parsed.script.errors)) {
      io.err.write(`${this.name}: ${parsed.state === 'wrong' ? parsed.message : 'syntax error: unexpected end of file'}\n`)
      this.status = 2
      return
    }
    await this.script(parsed.script, io)
  }

  async script(script: ParsedScript, io: Io): Promise<void> {
    for (const statement of script.commands) await this.#statement(statement, io)
  }

  async substitute(script: ParsedScript): Promise<string> {
    const output = new Collector()
    const status = await this.#fork((shell) => shell.script(script, { in: inputOf(''), out: output, err: this.#stderr }), false)
    this.status = status
    return output.text
  }

  #stderr: Io['err'] = { write() {} }

  async #step(io: Io): Promise<void> {
    if (this.interrupted) throw new Interrupted()
    await this.process.breathe()
    await io.out.ready?.(this.process)
    for (let command = this.pending.shift(); command !== undefined; command = this.pending.shift()) {
      const { status } = this
      await this.source(command, io)
      this.status = status
    }
  }

  async #statement(statement: Statement, io: Io): Promise<void> {
    this.#stderr = io.err
    if (!statement.background) return this.#node(statement.command, io)
    const background = { ...io, in: inputOf('') }
    const process = this.machine.processes.start(this.process, { argv: [this.name], user: this.machine.user.name, background: true })
    if (!process) return this.#cannotFork(io)
    this.lastBackground = process.pid
    this.jobs.set(
      process.pid,
      this.#inside(process, (shell) => shell.#node(statement.command, background), background),
    )
    this.status = 0
  }

  #cannotFork(io: Io): void {
    io.err.write(`${this.name}: can't fork: Resource temporarily unavailable\n`)
    this.status = 2
  }

  /** A copy of this shell in a process of its own. @returns its exit status */
  async #fork(body: (shell: Shell) => Promise<void>, background: boolean): Promise<number> {
    const process = this.machine.processes.start(this.process, { argv: this.process.argv, user: this.machine.user.name, background })
    if (!process) throw new CommandError("can't fork: Resource temporarily unavailable", 2)
    return this.#inside(process, body)
  }

  async #inside(process: Process, body: (shell: Shell) => Promise<void>, io?: Io): Promise<number> {
    const shell = new Shell({ machine: this.machine, process, env: {}, cwd: this.cwd, name: this.name, positional: this.positional })
    for (const [name, value] of this.variables) shell.variables.set(name, value)
    for (const name of this.exported) shell.exported.add(name)
    for (const [name, node] of this.functions) shell.functions.set(name, node)
    for (const option of this.options) shell.options.add(option)
    shell.status = this.status
    shell.columns = this.columns
    shell.rows = this.rows
    shell.#depth = this.#depth + 1
    try {
      if (shell.#depth > deepest) throw new CommandError('too many nested subshells')
      await body(shell)
      return shell.status
    } catch (error) {
      if (error instanceof Exit || error instanceof Return) return error.status
      if (error instanceof Break) return 0
      if (error instanceof Killed) return 128 + error.signal
      if (error instanceof BrokenPipe) return 141
      if (error instanceof Interrupted) return 130
      if (error instanceof CommandError || error instanceof ExpansionError) {
        ;(io?.err ?? this.#stderr).write(`${this.name}: ${error.message}\n`)
        return 2
      }
      throw error
    } finally {
      this.machine.processes.end(process)
    }
  }

  async #list(list: CompoundList, io: Io): Promise<void> {
    for (const statement of list.commands) await this.#statement(statement, io)
  }

  async #node(node: AnyNode, io: Io): Promise<void> {
    await this.#step(io)
    switch (node.type) {
      case 'Command':
        return this.#command(node, io)
      case 'AndOr':
        return this.#andOr(node.commands, node.operators, io)
      case 'Pipeline':
        return this.#pipeline(node, io)
      case 'CompoundList':
        return this.#list(node, io)
      case 'BraceGroup':
        return this.#list(node.body, io)
      case 'Subshell':
        this.status = await this.#fork((shell) => shell.#list(node.body, io), false)
        return this.#checked()
      case 'If':
        return this.#if(node, io)
      case 'While':
        return this.#while(node, io)
      case 'For':
        return this.#for(node, io)
      case 'Case':
        return this.#case(node, io)
      case 'Function':
        this.functions.set(node.name.value, node.body)
        this.status = 0
        return
      case 'Redirected':
        return this.#guarded(io, () => withRedirects(node.redirects, io, this, (inner) => this.#node(node.command, inner)))
      case 'ArithmeticCommand':
        return this.#guarded(io, async () => {
          this.status = node.expression && (await arithmetic(node.expression, this)) !== 0 ? 0 : 1
        })
      case 'ArithmeticFor':
        if (node.initialize) await arithmetic(node.initialize, this)
        return this.#loop(
          async () => !node.test || (await arithmetic(node.test, this)) !== 0,
          node.body,
          io,
          async () => void (node.update && (await arithmetic(node.update, this))),
        )
      default:
        io.err.write(`${this.name}: ${node.type === 'TestCommand' ? '[[' : node.type.toLowerCase()}: not supported here\n`)
        this.status = 2
    }
  }

  async #andOr(nodes: readonly AnyNode[], operators: readonly ('&&' | '||')[], io: Io): Promise<void> {
    for (const [index, node] of nodes.entries()) {
      const operator = operators[index - 1]
      if (operator && (operator === '&&') !== (this.status === 0)) continue
      if (index === nodes.length - 1) await this.#node(node, io)
      else await this.#condition(() => this.#node(node, io))
    }
  }

  /** Runs where a failure is a question, not a reason for `set -e` to leave. */
  async #condition(body: () => Promise<void>): Promise<boolean> {
    this.#unchecked += 1
    try {
      await body()
    } finally {
      this.#unchecked -= 1
    }
    return this.status === 0
  }

  #checked(): void {
    if (this.status !== 0 && this.options.has('e') && this.#unchecked === 0) throw new Exit(this.status)
  }

  async #pipeline(pipeline: Pipeline, io: Io): Promise<void> {
    const negated = pipeline.prefixes.some((prefix) => prefix.type === 'Negation')
    const only = pipeline.commands[0]
    if (pipeline.commands.length === 1 && only) await (negated ? this.#condition(() => this.#node(only, io)) : this.#node(only, io))
    else this.status = await this.#piped(pipeline, io)
    if (negated) this.status = this.status === 0 ? 1 : 0
    else this.#checked()
  }

  async #piped(pipeline: Pipeline, io: Io): Promise<number> {
    const pipes = pipeline.operators.map(() => new Pipe())
    const running = pipeline.commands.map(async (node, index) => {
      const before = pipes[index - 1]
      const after = pipes[index]
      const inner: Io = { in: before ?? io.in, out: after ?? io.out, err: pipeline.operators[index] === '|&' && after ? after : io.err }
      const status = await this.#fork((shell) => shell.#node(node, inner), false)
      after?.end()
      before?.break()
      return status
    })
    const statuses = await Promise.all(running)
    if (this.options.has('pipefail')) return statuses.findLast((status) => status !== 0) ?? 0
    return statuses.at(-1) ?? 0
  }

  async #if(node: If, io: Io): Promise<void> {
    if (await this.#condition(() => this.#list(node.clause, io))) return this.#list(node.then, io)
    for (const branch of node.elif) {
      if (await this.#condition(() => this.#list(branch.clause, io))) return this.#list(branch.then, io)
    }
    this.status = 0
    if (node.else) await this.#list(node.else, io)
  }

  async #while(node: While, io: Io): Promise<void> {
    const goesOn = async () => (await this.#condition(() => this.#list(node.clause, io))) === (node.kind === 'while')
    await this.#loop(goesOn, node.body, io)
  }

  async #for(node: For, io: Io): Promise<void> {
    const words = node.wordlist ? await expandWords(node.wordlist, this) : [...this.positional]
    const next = async () => {
      const word = words.shift()
      if (word === undefined) return false
      this.set(node.name.value, word)
      return true
    }
    await this.#loop(next, node.body, io)
  }

  async #loop(goesOn: () => Promise<boolean>, body: CompoundList, io: Io, after?: () => Promise<void>): Promise<void> {
    let status = 0
    for (;;) {
      await this.#step(io)
      try {
        if (!(await goesOn())) break
        await this.#list(body, io)
        status = this.status
      } catch (error) {
        if (!(error instanceof Break)) throw error
        if (--error.levels > 0) throw error
        status = 0
        if (error.kind === 'break') break
      }
      await after?.()
    }
    this.status = status
  }

  async #case(node: Case, io: Io): Promise<void> {
    const word = await expandOne(node.word, this)
    let falls = false
    this.status = 0
    for (const item of node.items) {
      let matches = falls
      for (const pattern of item.pattern) matches ||= patternToRegExp(await expandPattern(pattern, this)).test(word)
      if (!matches) continue
      await this.#list(item.body, io)
      falls = item.terminator === ';&'
      if (!falls && item.terminator !== ';;&') return
    }
  }

  /** Turns an expansion's or a redirection's failure into a message and a status. */
  async #guarded(io: Io, body: () => Promise<void>): Promise<void> {
    try {
      await body()
    } catch (error) {
      if (error instanceof CommandError) this.status = error.status
      else if (error instanceof ExpansionError) this.status = 2
      else if (error instanceof Error && /arithmetic|divide by zero/.test(error.message)) this.status = 2
      else throw error
      io.err.write(`${this.name}: ${error.message}\n`)
    }
    this.#checked()
  }

  async #command(node: Command, io: Io): Promise<void> {
    await this.#guarded(io, async () => {
      const assignments = node.prefix.filter((part) => part.type === 'Assignment')
      const words: Word[] = node.name ? [node.name, ...node.args.map(argumentWord)] : []
      const before = this.status
      this.status = 0
      const argv = await expandWords(words, withStatus(this, before))
      if (argv.length === 0) {
        for (const assignment of assignments) await this.#assign(assignment)
        if (node.redirects.length > 0) await withRedirects(node.redirects, io, this, async () => {})
        return
      }
      if (this.options.has('x')) io.err.write(`+ ${argv.join(' ')}\n`)
      await withRedirects(node.redirects, io, this, (inner) => this.#invoke(argv, assignments, inner, before))
    })
  }

  async #assign(assignment: Assignment): Promise<void> {
    if (assignment.value.type === 'ArrayValue') throw new ExpansionError('syntax error: unexpected "("')
    const value = await expandOne(assignment.value, this)
    this.set(assignment.name, assignment.append ? (this.get(assignment.name) ?? '') + value : value)
  }

  async #invoke(argv: readonly string[], assignments: readonly Assignment[], io: Io, before: number): Promise<void> {
    const [name = '', ...args] = argv
    const body = this.functions.get(name)
    const builtin = builtins.get(name)
    if (body) {
      for (const assignment of assignments) await this.#assign(assignment)
      return this.#call(body, args, io)
    }
    if (builtin) {
      for (const assignment of assignments) await this.#assign(assignment)
      this.status = before
      this.status = await builtin(this, args, io)
      return
    }
    const env = this.environment()
    for (const assignment of assignments) {
      if (assignment.value.type === 'Word') env[assignment.name] = await expandOne(assignment.value, this)
    }
    this.status = await this.external(argv, io, env)
  }

  async #call(body: FunctionBody, args: readonly string[], io: Io): Promise<void> {
    if (this.#depth >= deepest) throw new CommandError('maximum function recursion depth exceeded')
    const { positional, locals } = this
    this.positional = args
    this.locals = new Map()
    this.#depth += 1
    try {
      await this.#node(body, io)
    } catch (error) {
      if (!(error instanceof Return)) throw error
      this.status = error.status
    } finally {
      for (const [name, value] of this.locals) {
        if (value === undefined) this.variables.delete(name)
        else this.variables.set(name, value)
      }
      this.positional = positional
      this.locals = locals
      this.#depth -= 1
    }
  }

  /** Runs a program as a child process. @returns its exit status */
  external(argv: readonly string[], io: Io, env: Readonly<Record<string, string>>): Promise<number> {
    const { machine, cwd, name, columns, rows } = this
    return execute(machine, argv, { io, env, cwd, name, columns, rows, parent: this.process })
  }
}

export interface Execution {
  readonly io: Io
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Whose words errors are in. */
  readonly name: string
  readonly columns: number
  readonly rows: number
  readonly parent: Process | undefined
  readonly started?: (process: Process) => void
}

/** Runs a program in a process of its own. @returns its exit status: 127 when there is none, 128 and the signal when it was killed */
export async function execute(machine: Machine, argv: readonly string[], execution: Execution): Promise<number> {
  const [name = '', ...args] = argv
  const { io, env, cwd, columns, rows, parent } = execution
  const found = commandNamed(name, machine, cwd)
  if (found.kind === 'missing' || found.kind === 'denied') {
    io.err.write(`${execution.name}: ${name}: ${found.kind === 'missing' ? 'not found' : 'Permission denied'}\n`)
    return found.kind === 'missing' ? 127 : 126
  }
  const process = machine.processes.start(parent, { argv, user: machine.user.name, background: parent?.background ?? false })
  if (!process) {
    io.err.write(`${execution.name}: can't fork: Resource temporarily unavailable\n`)
    return 2
  }
  execution.started?.(process)
  const spawn: Run['spawn'] = (inner, options = {}) =>
    execute(machine, inner, { io: options.io ?? io, env: options.env ?? env, cwd, name, columns, rows, parent: process })
  try {
    if (found.kind === 'script') return await runScript(found.source, [name, ...args], { io, env, cwd, machine, process })
    return await found.command({ name: name.slice(name.lastIndexOf('/') + 1), args, io, env, cwd, machine, process, columns, rows, spawn })
  } catch (error) {
    return failure(error, name.slice(name.lastIndexOf('/') + 1), io)
  } finally {
    machine.processes.end(process)
  }
}

/** `$?` as it was before the command being expanded. */
function withStatus(shell: Shell, status: number): Shell {
  shell.status = status
  return shell
}

function argumentWord(argument: Word | Assignment): Word {
  if (argument.type === 'Word') return argument
  const value = argument.value.type === 'Word' ? argument.value : undefined
  const head = argument.text.slice(0, argument.text.indexOf('=') + 1)
  const literal = { type: 'Literal', pos: argument.pos, end: argument.pos + head.length, value: head, text: head } as const
  if (!value) return { type: 'Word', text: argument.text, value: argument.text, pos: argument.pos, end: argument.end }
  const rest = value.parts ?? [{ type: 'SingleQuoted', pos: value.pos, end: value.end, value: value.value, text: value.text } as const]
  return { type: 'Word', text: argument.text, value: head + value.value, pos: argument.pos, end: argument.end, parts: [literal, ...rest] }
}

function failure(error: unknown, name: string, io: Io): number {
  if (error instanceof Killed) return 128 + error.signal
  if (error instanceof BrokenPipe) return 128 + signals.PIPE
  if (error instanceof CommandError || error instanceof FileError) {
    io.err.write(`${name}: ${error.message}\n`)
    return error instanceof CommandError ? error.status : 1
  }
  throw error
}

/** Runs source in a fresh shell inside `process`. */
export function runScript(
  source: string,
  argv: readonly string[],
  run: {
    readonly io: Io
    readonly env: Readonly<Record<string, string>>
    readonly cwd: string
    readonly machine: Machine
    readonly process: Process
  },
): Promise<number> {
  const [name = 'sh', ...positional] = argv
  const shell = new Shell({ machine: run.machine, process: run.process, env: run.env, cwd: run.cwd, name, positional })
  return shell.main(source, run.io)
}
