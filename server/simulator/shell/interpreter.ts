import { arithmetic } from './arithmetic.ts'
import { chooseCase, chooseIf, eachWord, loop, select } from './compound.ts'
import { Break, Exit, Interrupted, Return } from './control.ts'
import { dialectOf, errorHead, readonlyWords, unsetWords } from './dialect.ts'
import type { Dialect } from './dialect.ts'
import { evaluateConditional } from './conditional.ts'
import { ExpansionError } from './expand.ts'
import type { Expander } from './expand.ts'
import { Jobs } from './jobs.ts'
import { CommandError } from './machine.ts'
import type { Machine } from './machine.ts'
import { parseScript } from './parser.ts'
import type { CommandNode, CompoundList, ParsedScript, Pipeline, Statement } from './parser.ts'
import { Killed } from './processes.ts'
import type { Process } from './processes.ts'
import { withRedirects } from './redirects.ts'
import { runCommand } from './simple-command.ts'
import { BrokenPipe, Collector, inputOf, Pipe } from './streams.ts'
import type { Io } from './streams.ts'
import { Variables } from './variables.ts'
import type { Items } from './variables.ts'

export type FunctionBody = Extract<CommandNode, { type: 'Function' }>['body']
type AnyNode = Statement['command'] | FunctionBody

/** Deep enough for any honest script; an endless recursion ends here rather than in the server's memory. */
export const deepest = 200

/** Longer than anything honest; a value that doubles in a loop ends here. */
const longestValue = 1_000_000

export interface ShellStart {
  readonly machine: Machine
  readonly process: Process
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** `$0`: what errors begin with. */
  readonly name?: string
  readonly dialect?: Dialect
  readonly reads?: 'keys' | 'command' | 'file'
  readonly positional?: readonly string[]
}

/** A shell in one container: its state, and how each piece of syntax runs. */
export class Shell implements Expander {
  readonly machine: Machine
  readonly process: Process
  readonly name: string
  readonly dialect: Dialect
  readonly reads: 'keys' | 'command' | 'file'
  readonly variables = new Variables()
  readonly functions = new Map<string, { readonly body: FunctionBody; readonly source: string }>()
  readonly aliases = new Map<string, string>()
  /** Conditions (`EXIT`, `TERM` …) to commands. */
  readonly traps = new Map<string, string>()
  readonly pending: string[] = []
  readonly jobs = new Jobs()
  readonly options = new Set<string>()
  /** Directories below the current one (`pushd`). */
  readonly directories: string[] = []
  readonly history: string[] = []
  positional: readonly string[]
  cwd: string
  status = 0
  pipeStatuses: readonly number[] = [0]
  lastBackground: number | undefined
  interrupted = false
  /** Called when a trapped signal has come. */
  onTrap: (() => void) | undefined
  columns = 80
  rows = 24
  /** Where `exec > FILE` has turned this shell's streams, and what they were. */
  turned: { readonly from: Io; readonly to: Io } | undefined
  /** Variables to restore when the function being run ends, for `local`. */
  locals: Map<string, string | Items | undefined> | undefined
  depth = 0
  /** How far `getopts` has come in the word it reads. */
  optionLetter = 1
  #unchecked = 0
  #text = ''
  #position = 0
  #linesBefore = 0
  #suspend: (() => void) | undefined
  #stderr: Io['err'] = { write() {} }

  constructor(start: ShellStart) {
    this.machine = start.machine
    this.process = start.process
    this.name = start.name ?? 'sh'
    this.dialect = start.dialect ?? dialectOf(this.name, start.machine.userland)
    this.reads = start.reads ?? 'command'
    this.cwd = start.cwd
    this.positional = start.positional ?? []
    for (const [name, value] of Object.entries(start.env)) {
      this.variables.set(name, value)
      this.variables.exported.add(name)
    }
    this.variables.set('PWD', start.cwd)
    this.variables.set('IFS', ' \t\n')
    this.variables.set('OPTIND', '1')
  }

  get files() {
    return this.machine.files
  }

  get interactive(): boolean {
    return this.options.has('i')
  }

  get(name: string): string | undefined {
    return this.variables.get(name)
  }

  set(name: string, value: string): void {
    this.#mayWrite(name, value)
    this.variables.set(name, value)
    if (name === 'OPTIND') this.optionLetter = 1
    if (this.options.has('a')) this.variables.exported.add(name)
  }

  setElement(name: string, key: string, value: string): void {
    this.#mayWrite(name, value)
    if (!this.variables.setElement(name, key, value)) this.#outOfMemory()
  }

  #mayWrite(name: string, value: string): void {
    if (this.variables.readonlyNames.has(name)) throw new ExpansionError(readonlyWords(this.dialect, name))
    if (value.length > longestValue) this.#outOfMemory()
  }

  #outOfMemory(): never {
    this.#stderr.write(`${this.name}: out of memory\n`)
    throw new Exit(2)
  }

  parameter(name: string): string | undefined {
    if (/^\d+$/.test(name)) return name === '0' ? this.name : this.#checkedSet(name, this.positional[Number(name) - 1])
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
        return [...this.options].filter((option) => option.length === 1).join('')
      case 'PIPESTATUS':
        return this.dialect === 'bash' ? String(this.pipeStatuses[0] ?? 0) : undefined
      case 'RANDOM':
        return this.dialect === 'dash' ? this.variables.get(name) : String(Math.floor(this.machine.random() * 32_768))
      case 'SECONDS':
        return this.dialect === 'bash'
          ? String(Math.floor((this.machine.clock.now() - this.process.startedAt) / 1000))
          : this.variables.get(name)
      case 'EPOCHSECONDS':
        return this.dialect === 'bash' ? String(Math.floor(this.machine.clock.now() / 1000)) : this.variables.get(name)
      case 'LINENO':
        return String(this.line)
      case 'BASH_VERSION':
        return this.dialect === 'bash' ? '5.2.37(1)-release' : this.variables.get(name)
      case 'UID':
      case 'EUID':
        return this.dialect === 'bash' ? String(this.machine.user.uid) : this.variables.get(name)
      default:
        return this.#checkedSet(name, this.variables.get(name))
    }
  }

  #checkedSet(name: string, value: string | undefined): string | undefined {
    if (value === undefined && this.options.has('u')) throw new ExpansionError(unsetWords(this.dialect, name))
    return value
  }

  elements(name: string): readonly (readonly [string, string])[] {
    if (name === 'PIPESTATUS' && this.dialect === 'bash') return this.pipeStatuses.map((status, index) => [String(index), String(status)])
    return this.variables.elements(name)
  }

  environment(): Record<string, string> {
    const env: Record<string, string> = {}
    for (const name of this.variables.exported) {
      const value = this.variables.get(name)
      if (value !== undefined) env[name] = value
    }
    return env
  }

  /** The line being run, counted from 1. */
  get line(): number {
    let lines = this.#linesBefore + 1
    for (let at = this.#text.indexOf('\n'); at >= 0 && at < this.#position; at = this.#text.indexOf('\n', at + 1)) lines++
    return lines
  }

  /** Says what is wrong as this shell words it. */
  complain(io: Io, message: string): void {
    io.err.write(`${errorHead(this, this.line)}${message}\n`)
  }

  /** Runs source text to its end. Control flow that leaves it ends here. @returns the exit status */
  async main(source: string, io: Io): Promise<number> {
    let status: number
    try {
      await this.source(source, io)
      status = this.status
    } catch (error) {
      status = this.statusOf(error, io)
    }
    return this.finish(status, io)
  }

  /** The exit status of a shell that `error` ends. @throws what is unexpected */
  statusOf(error: unknown, io: Io): number {
    if (error instanceof Exit || error instanceof Return) return error.status
    if (error instanceof Break) return 0
    if (error instanceof Killed) return 128 + error.signal
    if (error instanceof BrokenPipe) return 141
    if (error instanceof Interrupted) return 130
    if (!(error instanceof CommandError || error instanceof ExpansionError)) throw error
    this.complain(io, error.message)
    return error instanceof CommandError ? error.status : 2
  }

  /** Runs the EXIT trap. */
  async finish(status: number, io: Io): Promise<number> {
    const trap = this.traps.get('EXIT')
    this.traps.delete('EXIT')
    if (!trap) return status
    this.status = status
    const ended = await this.main(trap, io)
    return this.status === 0 && ended === 0 ? status : ended
  }

  /** Parses and runs text in this shell. */
  async source(source: string, io: Io): Promise<void> {
    const parsed = parseScript(source, this.aliases)
    if (parsed.state === 'wrong' || (parsed.state === 'incomplete' && parsed.script.errors)) {
      this.complain(io, parsed.state === 'wrong' ? parsed.message : 'syntax error: unexpected end of file')
      this.status = 2
      if (this.reads !== 'keys') throw new Exit(2)
      return
    }
    const before = this.#text
    const { length } = parsed.text.split('\n')
    this.#text = parsed.text
    try {
      await this.script(parsed.script, io)
    } finally {
      this.#text = before
      if (this.reads === 'keys' && before === '') this.#linesBefore += length
    }
  }

  async script(script: ParsedScript, io: Io): Promise<void> {
    for (const statement of script.commands) await this.#statement(statement, io)
  }

  /** The text of a node, for `jobs`. */
  textOf(node: { readonly pos: number; readonly end: number }): string {
    return this.#text.slice(node.pos, node.end).trim()
  }

  async substitute(script: ParsedScript): Promise<string> {
    const output = new Collector()
    const text = script.source ?? this.#text
    const body = (shell: Shell) => {
      shell.#text = text
      return shell.script(script, { in: inputOf(''), out: output, err: this.#stderr })
    }
    this.status = await this.fork(body, false)
    return output.text
  }

  /** A process substitution's output as a file. @returns its name */
  async fileOf(script: ParsedScript): Promise<string> {
    const text = await this.substitute(script)
    const path = `/dev/fd/${63 - (this.depth % 16)}`
    this.files.provide(path, text)
    return path
  }

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

  async #statement(statement: Statement, given: Io): Promise<void> {
    const io = this.effective(given)
    this.#stderr = io.err
    if (!statement.background) return this.run(statement.command, io)
    const background = { ...io, in: inputOf('') }
    const text = this.textOf(statement.command)
    const process = this.machine.processes.start(this.process, {
      argv: statement.command.type === 'Command' ? text.split(/\s+/) : [this.name],
      user: this.machine.user.name,
      background: true,
    })
    if (!process) return this.cannotFork(io)
    process.inPlace = statement.command.type === 'Command'
    this.lastBackground = process.pid
    const done = this.#inside(process, (shell) => shell.run(statement.command, background), background)
    const job = this.jobs.add(process.pid, text, [process], done)
    if (this.interactive && this.dialect === 'bash') io.err.write(`[${job.id}] ${process.pid}\n`)
    this.status = 0
  }

  cannotFork(io: Io): void {
    this.complain(
      io,
      this.dialect === 'bash' ? 'fork: retry: Resource temporarily unavailable' : "can't fork: Resource temporarily unavailable",
    )
    this.status = 2
  }

  /** What `exec` has turned elsewhere. */
  effective(io: Io): Io {
    const { turned } = this
    if (!turned) return io
    const { from, to } = turned
    return {
      in: io.in === from.in ? to.in : io.in,
      out: io.out === from.out ? to.out : io.out,
      err: io.err === from.err ? to.err : io.err,
      more: new Map([...(to.more ?? []), ...(io.more ?? [])]),
    }
  }

  /** A copy of this shell in a process of its own. @returns its exit status */
  async fork(body: (shell: Shell) => Promise<void>, background: boolean): Promise<number> {
    const process = this.machine.processes.start(this.process, { argv: this.process.argv, user: this.machine.user.name, background })
    if (!process) throw new CommandError("can't fork: Resource temporarily unavailable", 2)
    return this.#inside(process, body)
  }

  async #inside(process: Process, body: (shell: Shell) => Promise<void>, io?: Io): Promise<number> {
    const { machine, cwd, name, dialect, positional } = this
    const shell = new Shell({ machine, process, env: {}, cwd, name, dialect, positional, reads: this.reads })
    shell.variables.copyFrom(this.variables)
    for (const [each, node] of this.functions) shell.functions.set(each, node)
    for (const option of this.options) if (option !== 'i') shell.options.add(option)
    shell.status = this.status
    shell.columns = this.columns
    shell.rows = this.rows
    shell.turned = this.turned
    shell.#unchecked = this.#unchecked
    shell.#stderr = this.#stderr
    shell.depth = this.depth + 1
    shell.#text = this.#text
    shell.#linesBefore = this.#linesBefore
    process.onKilled = (signal) => {
      for (const child of machine.processes.list()) if (child.parent === process) child.kill(signal)
    }
    const errors: Io = io ?? { in: inputOf(''), out: this.#stderr, err: this.#stderr }
    try {
      if (shell.depth > deepest) throw new CommandError('too many nested subshells')
      await body(shell)
      return await shell.finish(shell.status, errors)
    } catch (error) {
      return await shell.finish(shell.statusOf(error, errors), errors)
    } finally {
      machine.processes.end(process)
    }
  }

  /** Waits for what runs in the foreground, or until Ctrl-Z stops it. */
  async foreground(text: string, work: Promise<number>, io: Io): Promise<number> {
    if (!this.interactive) return work
    const stopped = new Promise<'stopped'>((resolve) => (this.#suspend = () => resolve('stopped')))
    const result = await Promise.race([work, stopped])
    this.#suspend = undefined
    if (result !== 'stopped') return result
    const children = this.machine.processes.list().filter((each) => each.parent === this.process && !each.background)
    for (const child of children) {
      child.background = true
      this.machine.processes.stopTree(child)
    }
    const job = this.jobs.add(children[0]?.pid ?? 0, text, children, work, 'Stopped')
    io.err.write(`\n${this.jobs.line(job, this.dialect)}\n`)
    // 128 and SIGTSTP.
    return 148
  }

  /** Ctrl-Z. */
  suspend(): void {
    this.#suspend?.()
  }

  async list(list: CompoundList, io: Io): Promise<void> {
    for (const statement of list.commands) await this.#statement(statement, io)
  }

  async run(node: AnyNode, given: Io): Promise<void> {
    const io = this.effective(given)
    this.#position = node.pos
    await this.#step(io)
    switch (node.type) {
      case 'Command':
        return runCommand(this, node, io)
      case 'AndOr':
        return this.#andOr(node.commands, node.operators, io)
      case 'Pipeline':
        return this.#pipeline(node, io)
      case 'CompoundList':
        return this.list(node, io)
      case 'BraceGroup':
        return this.list(node.body, io)
      case 'Subshell': {
        const work = this.fork((shell) => shell.list(node.body, io), false)
        this.status = await this.foreground(this.textOf(node), work, io)
        return this.checked()
      }
      case 'If':
        return chooseIf(this, node, io)
      case 'While':
        return loop(this, async () => (await this.condition(() => this.list(node.clause, io))) === (node.kind === 'while'), node.body, io)
      case 'For':
        return eachWord(this, node, io)
      case 'Select':
        return select(this, node, io)
      case 'Case':
        return chooseCase(this, node, io)
      case 'Function':
        this.functions.set(node.name.value, { body: node.body, source: this.#text })
        this.status = 0
        return
      case 'Redirected':
        return this.guarded(io, () => withRedirects(node.redirects, io, this, (inner) => this.run(node.command, inner)))
      case 'TestCommand':
        if (this.dialect === 'dash') return this.guarded(io, () => Promise.reject(new CommandError('[[: not found', 127)))
        return this.guarded(io, async () => void (this.status = (await evaluateConditional(node.expression, this)) ? 0 : 1))
      case 'ArithmeticCommand':
        return this.guarded(io, async () => {
          this.status = node.expression && (await arithmetic(node.expression, this)) !== 0 ? 0 : 1
        })
      case 'ArithmeticFor':
        if (node.initialize) await arithmetic(node.initialize, this)
        return loop(
          this,
          async () => !node.test || (await arithmetic(node.test, this)) !== 0,
          node.body,
          io,
          async () => void (node.update && (await arithmetic(node.update, this))),
        )
      default:
        this.complain(io, 'coproc: not found')
        this.status = 127
    }
  }

  /** Before each turn of a loop: signals, interrupts and others' turns. */
  step(io: Io): Promise<void> {
    return this.#step(io)
  }

  async #andOr(nodes: readonly AnyNode[], operators: readonly ('&&' | '||')[], io: Io): Promise<void> {
    for (const [index, node] of nodes.entries()) {
      const operator = operators[index - 1]
      if (operator && (operator === '&&') !== (this.status === 0)) continue
      if (index === nodes.length - 1) await this.run(node, io)
      else await this.condition(() => this.run(node, io))
    }
  }

  /** Runs where a failure is a question, not a reason for `set -e` to leave. */
  async condition(body: () => Promise<void>): Promise<boolean> {
    this.#unchecked += 1
    try {
      await body()
    } finally {
      this.#unchecked -= 1
    }
    return this.status === 0
  }

  /** After a command that failed: `set -e` and `trap … ERR`. */
  checked(): void {
    if (this.status === 0 || this.#unchecked > 0) return
    const trap = this.traps.get('ERR')
    if (trap) this.pending.push(trap)
    if (this.options.has('e')) throw new Exit(this.status)
  }

  async #pipeline(pipeline: Pipeline, io: Io): Promise<void> {
    const negated = pipeline.prefixes.some((prefix) => prefix.type === 'Negation')
    const timed = pipeline.prefixes.some((prefix) => prefix.type === 'Time')
    const started = this.machine.clock.now()
    const only = pipeline.commands[0]
    if (pipeline.commands.length === 1 && only) await (negated ? this.condition(() => this.run(only, io)) : this.run(only, io))
    else this.status = await this.foreground(this.textOf(pipeline), this.#piped(pipeline, io), io)
    if (timed) io.err.write(timeText(this.machine.clock.now() - started, this.dialect))
    if (negated) this.status = this.status === 0 ? 1 : 0
    else if (pipeline.commands.length > 1) this.checked()
  }

  async #piped(pipeline: Pipeline, io: Io): Promise<number> {
    const pipes = pipeline.operators.map(() => new Pipe())
    const running = pipeline.commands.map(async (node, index) => {
      const before = pipes[index - 1]
      const after = pipes[index]
      const inner: Io = {
        ...io,
        in: before ?? io.in,
        out: after ?? io.out,
        err: pipeline.operators[index] === '|&' && after ? after : io.err,
      }
      const body = (shell: Shell) => {
        shell.process.inPlace = node.type === 'Command'
        return shell.run(node, inner)
      }
      const status = await this.fork(body, false)
      after?.end()
      before?.break()
      return status
    })
    const statuses = await Promise.all(running)
    this.pipeStatuses = statuses
    if (this.options.has('pipefail')) return statuses.findLast((status) => status !== 0) ?? 0
    return statuses.at(-1) ?? 0
  }

  /** Turns an expansion's or a redirection's failure into a message and a status. */
  async guarded(io: Io, body: () => Promise<void>): Promise<void> {
    try {
      await body()
    } catch (error) {
      if (error instanceof CommandError) this.status = error.status
      else if (error instanceof ExpansionError) {
        this.status = this.dialect === 'bash' ? 1 : 2
        // A shell that nobody types at ends with an expansion that fails (POSIX 2.8.1).
        if (this.reads !== 'keys') {
          this.complain(io, error.message)
          throw new Exit(this.status)
        }
      } else throw error
      this.complain(io, error.message)
    }
    this.checked()
  }
}

/** What `time` says. */
function timeText(millis: number, dialect: Dialect): string {
  const minutes = Math.floor(millis / 60_000)
  const seconds = (millis % 60_000) / 1000
  if (dialect === 'ash') return `real\t${minutes}m ${seconds.toFixed(2)}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n`
  return `\nreal\t${minutes}m${seconds.toFixed(3)}s\nuser\t0m0.001s\nsys\t0m0.001s\n`
}
