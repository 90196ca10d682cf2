import { Budget } from '../kernel/budget.ts'
import type { Clock } from '../kernel/clock.ts'
import type { BlockId, PersonId, TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { Command } from '../protocol/deck.ts'
import type { SessionEvent } from '../protocol/session-event.ts'
import { History } from './history.ts'
import { MarkScanner } from './marks.ts'
import type { Pty } from './pty.ts'
import { Runner, type RunnerEvent } from './runner.ts'
import { Viewer, type ViewerSink } from './viewer.ts'

/** How long a shell gets to go after the terminal was hung up. */
const HANGUP_MILLIS = 1500
/** So long a block's commands wait for the prompt. */
const PROMPT_WAIT_MILLIS = 1000
/** Commands of a person's own that are written down: more than anybody types, pastes included. */
const TOLD_COMMANDS = { atOnce: 200, perSecond: 5 }

export interface TerminalDeps {
  readonly clock: Clock
  readonly id: TerminalId
  readonly person: PersonId
  readonly pty: Pty
  readonly size: { readonly columns: number; readonly rows: number }
  readonly onEvent: (event: SessionEvent) => void
  readonly onOutput: (terminal: TerminalId, data: string) => void
  readonly onClosed: () => void
}

/** A viewer's hold on a terminal. */
export interface Attachment {
  acknowledge(offset: number): void
  detach(): void
}

/** One person's shell: its pty, what it has printed, who looks on and what is typed into it. */
export class Terminal {
  readonly id: TerminalId
  readonly person: PersonId
  readonly #deps: TerminalDeps
  readonly #history = new History()
  readonly #scanner = new MarkScanner()
  readonly #runner: Runner
  readonly #viewers = new Set<Viewer>()
  readonly #exited: Promise<void>
  #size: { readonly columns: number; readonly rows: number }
  readonly #tellings: Budget
  #untold = false
  #paused = false
  #closed = false
  #seen = false

  constructor(deps: TerminalDeps) {
    this.#deps = deps
    this.id = deps.id
    this.person = deps.person
    this.#size = deps.size
    this.#tellings = new Budget(TOLD_COMMANDS, () => deps.clock.now())
    this.#runner = new Runner({
      clock: deps.clock,
      type: (data) => void deps.pty.write(data),
      emit: (event) => {
        if (this.#isTooMuch(event)) return
        deps.onEvent({ ...event, person: deps.person, terminal: deps.id })
      },
      tail: () => this.#scanner.tail,
      offset: () => this.#history.end,
    })
    deps.pty.onData((data) => this.#output(data))
    this.#exited = new Promise((resolve) => {
      deps.pty.onExit((exit) => {
        this.#exit(exit)
        resolve()
      })
    })
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return this.#size
  }

  /** Whether anybody has ever looked at it. */
  get seen(): boolean {
    return this.#seen
  }

  get closed(): boolean {
    return this.#closed
  }

  /** What a person types. @throws UserError 'terminal-busy' when the program has left too much unread already */
  write(data: string): void {
    if (this.#closed) return
    this.#runner.typed()
    if (!this.#deps.pty.write(data))
      throw new UserError('terminal-busy', 'The program in this terminal does not read what is typed. Stop it with Ctrl-C, or wait.')
  }

  resize(columns: number, rows: number): void {
    if (this.#closed || (columns === this.#size.columns && rows === this.#size.rows)) return
    this.#size = { columns, rows }
    this.#deps.pty.resize(columns, rows)
    const { id: terminal, person } = this
    this.#deps.onEvent({ type: 'terminal.resized', person, terminal, columns, rows, offset: this.#history.end })
  }

  /** Shows output from `offset` on to a viewer: what history has, then what comes. */
  attach(offset: number, sink: ViewerSink): Attachment {
    const viewer = new Viewer(this.#history, offset, sink)
    this.#viewers.add(viewer)
    this.#seen = true
    viewer.pump()
    this.#throttle()
    return {
      acknowledge: (upTo) => {
        viewer.acknowledge(upTo)
        this.#throttle()
      },
      detach: () => {
        this.#viewers.delete(viewer)
        this.#throttle()
      },
    }
  }

  /**
   * Types a block's commands. Where what somebody typed just before is still running, it has a moment to end.
   * @throws UserError 'terminal-busy'
   */
  async runSoon(block: BlockId, commands: readonly Command[]): Promise<void> {
    // Not after another run: whoever clicks twice wants it once.
    if (!this.#runner.running) {
      let cancel: () => void = () => {}
      const moment = new Promise<void>((resolve) => (cancel = this.#deps.clock.after(PROMPT_WAIT_MILLIS, resolve)))
      await Promise.race([this.ready(), moment]).finally(() => cancel())
    }
    this.run(block, commands)
  }

  /** Types a block's commands. @throws UserError 'terminal-busy' */
  run(block: BlockId, commands: readonly Command[]): void {
    if (!this.#closed) this.#runner.run(block, commands)
  }

  /** Resolves when a run can begin, or never will because the shell is gone. */
  ready(): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#runner.ready()
  }

  stopRun(): void {
    this.#runner.stop()
  }

  /** Hangs up; what does not go by itself is killed. */
  async close(): Promise<void> {
    if (this.#closed) return
    if (this.#paused) this.#deps.pty.resume()
    this.#signal('SIGHUP')
    const cancel = this.#deps.clock.after(HANGUP_MILLIS, () => this.#signal('SIGKILL'))
    await this.#exited
    cancel()
  }

  /** Commands are told by marks in the output, which any program can print by the million; a slide's are few, and always told. */
  #isTooMuch(event: RunnerEvent): boolean {
    if (!event.type.startsWith('command.') || ('block' in event && event.block !== undefined)) return false
    // A command that was not told of does not end, either.
    if (event.type === 'command.started') this.#untold = !this.#tellings.take()
    return this.#untold
  }

  #signal(signal: 'SIGHUP' | 'SIGKILL'): void {
    try {
      this.#deps.pty.kill(signal)
    } catch {
      // It has gone by itself in the meantime.
    }
  }

  #output(data: string): void {
    this.#history.append(data)
    this.#deps.onOutput(this.id, data)
    this.#runner.output(this.#scanner.scan(data))
    for (const viewer of this.#viewers) viewer.pump()
    this.#throttle()
  }

  /** A program that prints faster than every one of its viewers can follow is held up; nobody looking holds nothing up. */
  #throttle(): void {
    const held = this.#viewers.size > 0 && [...this.#viewers].every((viewer) => viewer.behind)
    if (held === this.#paused || this.#closed) return
    this.#paused = held
    if (held) this.#deps.pty.pause()
    else this.#deps.pty.resume()
  }

  #exit(exit: number): void {
    if (this.#closed) return
    this.#closed = true
    this.#runner.closed()
    this.#deps.onEvent({ type: 'terminal.closed', person: this.person, terminal: this.id, exit })
    this.#deps.onClosed()
  }
}
