import type { Clock } from '../../kernel/clock.ts'

/** Thrown inside a process that was killed, wherever it waits. */
export class Killed extends Error {
  readonly signal: number

  constructor(signal: number) {
    super(`killed by signal ${signal}`)
    this.signal = signal
  }
}

export const signals = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, USR1: 10, USR2: 12, PIPE: 13, ALRM: 14, TERM: 15 } as const

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
}

/** How many steps a process may take before the rest of the world gets a turn: a busy loop must not stall anyone. */
const stepsPerTurn = 200
const turnMillis = 10

/** One process of a container: what `ps` shows and signals reach. */
export class Process {
  readonly pid: number
  readonly parent: Process | undefined
  readonly startedAt: number
  argv: readonly string[]
  readonly user: string
  readonly background: boolean
  /** Signals with a handler (`trap`), and ignored ones. */
  readonly traps = new Map<number, () => void>()
  readonly #clock: Clock
  #killedBy: number | undefined
  #steps = 0
  readonly #waiting = new Set<() => void>()

  constructor(pid: number, parent: Process | undefined, info: ProcessInfo, clock: Clock) {
    this.pid = pid
    this.parent = parent
    this.argv = info.argv
    this.user = info.user
    this.background = info.background ?? false
    this.startedAt = clock.now()
    this.#clock = clock
  }

  get killedBy(): number | undefined {
    return this.#killedBy
  }

  /** Delivers a signal. The first process ignores signals it has no handler for, as the kernel arranges (pid_namespaces(7)). */
  signal(signal: number): void {
    const trap = this.traps.get(signal)
    if (trap && signal !== signals.KILL) return trap()
    if (this.pid === 1 && signal !== signals.KILL) return
    this.kill(signal)
  }

  /** Ends the process wherever it waits. */
  kill(signal: number): void {
    if (this.#killedBy !== undefined) return
    this.#killedBy = signal
    for (const wake of [...this.#waiting]) wake()
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
    this.check()
  }

  sleep(millis: number): Promise<void> {
    return this.wait((resume) => this.#clock.after(millis, resume))
  }

  /** To be awaited in every loop: others get their turn. @throws Killed */
  async breathe(): Promise<void> {
    this.check()
    this.#steps += 1
    if (this.#steps % stepsPerTurn === 0) await this.sleep(turnMillis)
  }
}

/** As a pod's usual limit keeps a fork bomb small. */
const mostProcesses = 200

/** The processes of one container. */
export class ProcessTable {
  readonly #processes = new Map<number, Process>()
  readonly #clock: Clock
  #next: number

  constructor(clock: Clock, first = 1) {
    this.#clock = clock
    this.#next = first
  }

  /** @returns undefined when there are too many already */
  start(parent: Process | undefined, info: ProcessInfo): Process | undefined {
    if (this.#processes.size >= mostProcesses) return undefined
    const process = new Process(this.#next++, parent, info, this.#clock)
    this.#processes.set(process.pid, process)
    return process
  }

  end(process: Process): void {
    this.#processes.delete(process.pid)
  }

  get(pid: number): Process | undefined {
    return this.#processes.get(pid)
  }

  list(): readonly Process[] {
    return [...this.#processes.values()].toSorted((a, b) => a.pid - b.pid)
  }

  /** Signals what runs in the foreground below `shell`, as a terminal's Ctrl-C does. */
  interrupt(shell: Process): void {
    for (const process of this.list()) {
      if (process !== shell && !process.background && descends(process, shell)) process.kill(signals.INT)
    }
  }

  killAll(): void {
    for (const process of this.list()) process.kill(signals.KILL)
  }
}

function descends(process: Process, ancestor: Process): boolean {
  for (let at = process.parent; at; at = at.parent) {
    if (at === ancestor) return true
    if (at.background) return false
  }
  return false
}
