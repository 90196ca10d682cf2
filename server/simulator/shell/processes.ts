import type { Clock } from '../../kernel/clock.ts'
import type { FileTree } from './files.ts'
import type { Terminal } from './terminal-device.ts'

/** Thrown inside a process that was killed, wherever it waits. */
export class Killed extends Error {
  readonly signal: number

  constructor(signal: number) {
    super(`killed by signal ${signal}`)
    this.signal = signal
  }
}

export const signals = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
} as const

/** What a process does not notice unless it asked to (signal(7)). */
const unnoticed: ReadonlySet<number> = new Set([signals.CHLD, signals.URG, signals.WINCH])
const stopping: ReadonlySet<number> = new Set([signals.STOP, signals.TSTP, signals.TTIN, signals.TTOU])

/** A signal's number from `15`, `TERM` or `SIGTERM`. */
export function signalNumber(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name)
  return new Map<string, number>(Object.entries(signals)).get(name.toUpperCase().replace(/^SIG/, ''))
}

export interface ProcessInfo {
  readonly argv: readonly string[]
  readonly user: string
  /** Runs apart from the terminal's Ctrl-C. */
  readonly background?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** What it sits at (`TTY` of `ps`). */
  readonly terminal?: Terminal | undefined
}

/** How many steps a process may take before the rest of the world gets a turn: a busy loop must not stall anyone. */
const stepsPerTurn = 200
const turnMillis = 10

/** One process of a container: what `ps` shows and signals reach. */
export class Process {
  readonly pid: number
  readonly parent: Process | undefined
  /** The processes of the container that it runs in. */
  readonly table: ProcessTable
  readonly startedAt: number
  argv: readonly string[]
  readonly user: string
  background: boolean
  /** The next program takes this process over, as after fork and exec. */
  inPlace = false
  readonly env: Readonly<Record<string, string>>
  readonly terminal: Terminal | undefined
  /** Signals with a handler (`trap`), and ignored ones. */
  readonly traps = new Map<number, () => void>()
  /** A shell that runs a command in its place takes the command with it. */
  onKilled: ((signal: number) => void) | undefined
  readonly #clock: Clock
  #killedBy: number | undefined
  #steps = 0
  /** How much it has done: what `ps` and `top` count as CPU time. */
  cpuSteps = 0
  #stopped = false
  readonly #continued = new Set<() => void>()
  readonly #waiting = new Set<() => void>()

  constructor(pid: number, parent: Process | undefined, info: ProcessInfo, clock: Clock, table: ProcessTable) {
    this.pid = pid
    this.table = table
    this.parent = parent
    this.argv = info.argv
    this.user = info.user
    this.background = info.background ?? false
    this.env = info.env ?? {}
    this.terminal = info.terminal ?? parent?.terminal
    this.startedAt = clock.now()
    this.#clock = clock
  }

  get killedBy(): number | undefined {
    return this.#killedBy
  }

  /** Delivers a signal. The first process ignores signals it has no handler for, as the kernel arranges (pid_namespaces(7)). */
  signal(signal: number): void {
    if (signal === signals.CONT) this.resume()
    const trap = this.traps.get(signal)
    if (trap && signal !== signals.KILL && signal !== signals.STOP) return trap()
    // From inside, even SIGKILL does not reach the first process (pid_namespaces(7)).
    if (this.pid === 1) return
    if (stopping.has(signal)) this.stop()
    else if (signal !== signals.CONT && !unnoticed.has(signal)) this.kill(signal)
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** SIGSTOP: it takes no further step. */
  stop(): void {
    this.#stopped = true
  }

  /** SIGCONT. */
  resume(): void {
    this.#stopped = false
    for (const wake of [...this.#continued]) wake()
  }

  /** Ends the process wherever it waits. */
  kill(signal: number): void {
    if (this.#killedBy !== undefined) return
    this.#killedBy = signal
    this.onKilled?.(signal)
    for (const wake of [...this.#waiting]) wake()
    this.resume()
  }

  /** @throws Killed */
  check(): void {
    if (this.#killedBy !== undefined) throw new Killed(this.#killedBy)
  }

  /** Waits until `subscribe`'s callback is called. @throws Killed when a signal comes first */
  async wait(subscribe: (resume: () => void) => () => void): Promise<void> {
    this.check()
    await new Promise<void>((resolve) => {
      let stop: (() => void) | undefined = undefined
      const wake = () => {
        this.#waiting.delete(wake)
        stop?.()
        resolve()
      }
      this.#waiting.add(wake)
      stop = subscribe(wake)
    })
    await this.#whileStopped()
    this.check()
  }

  async #whileStopped(): Promise<void> {
    while (this.#stopped && this.#killedBy === undefined) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#continued.delete(wake)
          resolve()
        }
        this.#continued.add(wake)
      })
    }
  }

  /** Calls back later unless cancelled. @returns the cancellation */
  after(millis: number, callback: () => void): () => void {
    return this.#clock.after(millis, callback)
  }

  sleep(millis: number): Promise<void> {
    return this.wait((resume) => this.#clock.after(millis, resume))
  }

  /** To be awaited in every loop: others get their turn. @throws Killed */
  async breathe(): Promise<void> {
    this.check()
    if (this.#stopped) await this.#whileStopped()
    this.#steps += 1
    this.cpuSteps += 1
    if (this.#steps % stepsPerTurn === 0) await this.sleep(turnMillis)
  }
}

/** As a pod's usual limit keeps a fork bomb small. */
const mostProcesses = 200

/** A space of process ids: one container's own, or what the containers of a pod share. */
export class ProcessSpace {
  readonly #processes = new Map<number, Process>()
  #next = 1

  /** Puts a process into it. @param make with the next id */
  add(make: (pid: number) => Process): Process {
    const process = make(this.#next++)
    this.#processes.set(process.pid, process)
    return process
  }

  delete(process: Process): void {
    this.#processes.delete(process.pid)
  }

  get(pid: number): Process | undefined {
    return this.#processes.get(pid)
  }

  list(): readonly Process[] {
    return [...this.#processes.values()].toSorted((a, b) => a.pid - b.pid)
  }
}

/** The processes of one container, and those that it sees. */
export class ProcessTable {
  readonly space: ProcessSpace
  /** Its container's root, for `/proc/PID/root`. */
  files: FileTree | undefined
  readonly #own = new Set<Process>()
  readonly #clock: Clock

  /** @param space shared with other containers; one of its own unless told */
  constructor(clock: Clock, space = new ProcessSpace()) {
    this.#clock = clock
    this.space = space
  }

  /** @returns undefined when there are too many already */
  start(parent: Process | undefined, info: ProcessInfo): Process | undefined {
    if (this.#own.size >= mostProcesses) return undefined
    const process = this.space.add((pid) => new Process(pid, parent, info, this.#clock, this))
    this.#own.add(process)
    return process
  }

  end(process: Process): void {
    this.space.delete(process)
    this.#own.delete(process)
  }

  get(pid: number): Process | undefined {
    return this.space.get(pid)
  }

  /** All that are to be seen, other containers' too where they share a space. */
  list(): readonly Process[] {
    return this.space.list()
  }

  /** Those of this container, by age. */
  own(): readonly Process[] {
    return [...this.#own]
  }

  /** Signals what runs in the foreground below `shell`, as a terminal's Ctrl-C does. */
  interrupt(shell: Process, signal: number = signals.INT): void {
    for (const process of this.list()) {
      if (process !== shell && !process.background && descends(process, shell)) process.signal(signal)
    }
  }

  /** Stops a process and what it has started. */
  stopTree(root: Process): void {
    for (const process of this.list()) if (process === root || below(process, root)) process.stop()
  }

  resumeTree(root: Process): void {
    for (const process of this.list()) if (process === root || below(process, root)) process.resume()
  }

  /** Ends every process of the container; when the first of its space goes, all others go with it (pid_namespaces(7)). */
  killAll(): void {
    const first = this.own().some((process) => process.pid === 1)
    for (const process of first ? this.list() : this.own()) process.kill(signals.KILL)
    for (const process of this.own()) this.end(process)
  }
}

function descends(process: Process, ancestor: Process): boolean {
  for (let at = process.parent; at; at = at.parent) {
    if (at === ancestor) return true
    if (at.background) return false
  }
  return false
}

function below(process: Process, ancestor: Process): boolean {
  for (let at = process.parent; at; at = at.parent) if (at === ancestor) return true
  return false
}
