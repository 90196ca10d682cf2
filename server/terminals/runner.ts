import type { Clock } from '../kernel/clock.ts'
import type { BlockId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { Command } from '../protocol/deck.ts'
import type { RunOutcome } from '../protocol/session-event.ts'
import type { Mark } from './marks.ts'
import { looksLikePrompt } from './marks.ts'

/** A shell without marks counts as waiting for input when its last line looks like a prompt and has stood for this long. */
export const QUIET_MILLIS = 500

/** What the runner says; the terminal adds whose it is. */
export type RunnerEvent =
  | { readonly type: 'command.started'; readonly offset: number; readonly block?: BlockId; readonly index?: number }
  | { readonly type: 'command.finished'; readonly offset: number; readonly exit: number; readonly block?: BlockId; readonly index?: number }
  | { readonly type: 'run.started'; readonly block: BlockId }
  | { readonly type: 'run.ended'; readonly block: BlockId; readonly outcome: RunOutcome; readonly exit: number; readonly millis: number }

export interface RunnerDeps {
  readonly clock: Clock
  /** Types into the shell. */
  readonly type: (data: string) => void
  readonly emit: (event: RunnerEvent) => void
  /** The terminal's last line, without escape sequences. */
  readonly tail: () => string
  /** Where output has come to. */
  readonly offset: () => number
}

/** What the shell in front is doing, as far as its marks tell. */
type Shell = 'starting' | 'prompt' | 'continuation' | 'busy'

interface Run {
  readonly block: BlockId
  readonly commands: readonly Command[]
  readonly startedAt: number
  /** The command being typed or running; -1 before the first. */
  index: number
  /** `prompt`: the next command goes out at the next prompt. `command`: one is running. `shell`: one is to open a shell. */
  awaits: 'prompt' | 'command' | 'shell'
  /** Whether the command typed last has begun; until then a prompt mark is only the prompt drawn again. */
  begun: boolean
  /** Exit status of the first command that failed. */
  failure: number
}

const CLEAR_LINE = '\x05\x15'
const CTRL_C = '\x03'
const PASTE_BEGIN = '\x1b[200~'
const PASTE_END = '\x1b[201~'
/** 128 + SIGINT: somebody pressed Ctrl-C. */
const INTERRUPTED = 130

/**
 * Types a block's commands into a shell, each when the one before has finished.
 *
 * A command that fails does not stop the run, as it would not stop a script that is pasted; the run's outcome is then
 * `failed` with the first failing command's exit status. Two things end a run early: Ctrl-C (`stopped`), and a command
 * that was to open another shell and did not (`failed`): what follows was meant for inside.
 */
export class Runner {
  readonly #deps: RunnerDeps
  #shell: Shell = 'starting'
  /** Whether the shell in front gives no marks (a container's `sh`): prompts are then recognised by their looks. */
  #unmarked = false
  /** Whether the person has typed since the prompt came up. */
  #typed = false
  #run: Run | undefined
  #cancelQuiet: () => void = () => {}
  #quiet = false
  #waiting: (() => void)[] = []

  constructor(deps: RunnerDeps) {
    this.#deps = deps
  }

  get running(): boolean {
    return this.#run !== undefined
  }

  /** Resolves when a run can begin, or never will: the shell takes a command, or is gone. */
  ready(): Promise<void> {
    const free = !this.#run && (this.#shell === 'prompt' || this.#shell === 'continuation' || this.#atUnmarkedPrompt())
    return free ? Promise.resolve() : new Promise((resolve) => void this.#waiting.push(resolve))
  }

  /** Begins a run. @throws UserError 'terminal-busy' while something else is in front of the shell */
  run(block: BlockId, commands: readonly Command[]): void {
    if (this.#run) throw busy('Commands of a slide are still running in this terminal. Wait, or stop them, then run again.')
    if (this.#shell === 'busy' && !this.#atUnmarkedPrompt()) {
      throw busy('A command is still running in this terminal. Stop it with Ctrl-C, then run again.')
    }
    this.#run = { block, commands, startedAt: this.#deps.clock.now(), index: -1, awaits: 'prompt', begun: false, failure: 0 }
    this.#deps.emit({ type: 'run.started', block })
    if (this.#shell === 'starting') return
    if (this.#shell === 'continuation') {
      this.#deps.type(CTRL_C)
      return
    }
    if (this.#shell === 'busy') this.#unmarked = true
    if (this.#typed) this.#deps.type(CLEAR_LINE)
    this.#next(this.#run)
  }

  /** Ends the run and interrupts its command. */
  stop(): void {
    if (!this.#run) return
    if (this.#run.awaits !== 'prompt') this.#deps.type(CTRL_C)
    this.#end('stopped', INTERRUPTED)
  }

  /** The shell is gone. */
  closed(): void {
    this.#cancelQuiet()
    this.#end('stopped', this.#run?.failure ?? 0)
    this.#freed()
  }

  /** The person typed something. */
  typed(): void {
    this.#typed = true
    this.#quiet = false
  }

  /** Output came; `marks` are those in it. */
  output(marks: readonly Mark[]): void {
    for (const mark of marks) this.#mark(mark)
    this.#watchForQuiet()
  }

  #mark(mark: Mark): void {
    switch (mark.kind) {
      case 'prompt':
        if (mark.continuation) this.#shell = 'continuation'
        return
      case 'input':
        return this.#prompted()
      case 'start':
        return this.#commandStarted(mark.offset)
      case 'end':
        return this.#commandFinished(mark.offset, mark.exit)
    }
  }

  #prompted(): void {
    if (this.#shell === 'busy' || this.#shell === 'starting') this.#typed = false
    this.#shell = 'prompt'
    this.#unmarked = false
    const run = this.#run
    // A prompt while a command runs is that of a shell which the command opened.
    if (run && (run.awaits === 'prompt' || run.begun)) this.#next(run)
    if (!this.#run) this.#freed()
  }

  #commandStarted(offset: number): void {
    this.#shell = 'busy'
    const run = this.#run
    if (!run || run.awaits === 'prompt') {
      this.#deps.emit({ type: 'command.started', offset })
      return
    }
    run.begun = true
    this.#deps.emit({ type: 'command.started', offset, block: run.block, index: run.index })
    this.#endIfEndless(run)
  }

  #commandFinished(offset: number, exit: number): void {
    this.#unmarked = false
    const run = this.#run
    if (!run || run.awaits === 'prompt') {
      this.#deps.emit({ type: 'command.finished', offset, exit })
      return
    }
    this.#deps.emit({ type: 'command.finished', offset, exit, block: run.block, index: run.index })
    if (exit !== 0 && run.failure === 0) run.failure = exit
    const neverOpened = run.awaits === 'shell' && exit !== 0
    run.awaits = 'prompt'
    if (exit === INTERRUPTED) this.#end('stopped', exit)
    else if (neverOpened) this.#end('failed', exit)
  }

  /** Types the next command, or ends the run when there is none. */
  #next(run: Run): void {
    const command = run.commands[run.index + 1]
    if (!command) {
      this.#end(run.failure === 0 ? 'done' : 'failed', run.failure)
      return
    }
    run.index++
    run.awaits = command.effect === 'opens-shell' ? 'shell' : 'command'
    run.begun = this.#unmarked
    this.#quiet = false
    this.#typed = false
    this.#deps.type(keysFor(command.text, this.#unmarked))
    if (!this.#unmarked) return
    this.#deps.emit({ type: 'command.started', offset: this.#deps.offset(), block: run.block, index: run.index })
    this.#endIfEndless(run)
    this.#watchForQuiet()
  }

  #endIfEndless(run: Run): void {
    const effect = run.commands[run.index]?.effect
    if (effect === 'follows' || effect === 'edits') this.#end(effect, run.failure)
  }

  #end(outcome: RunOutcome, exit: number): void {
    const run = this.#run
    if (!run) return
    this.#run = undefined
    const millis = Math.max(0, Math.round(this.#deps.clock.now() - run.startedAt))
    this.#deps.emit({ type: 'run.ended', block: run.block, outcome, exit, millis })
  }

  #atUnmarkedPrompt(): boolean {
    return this.#quiet && looksLikePrompt(this.#deps.tail())
  }

  /** Looks at the last line once nothing has come for a while; only where marks don't tell. */
  #watchForQuiet(): void {
    this.#cancelQuiet()
    this.#quiet = false
    if (this.#shell !== 'busy') return
    this.#cancelQuiet = this.#deps.clock.after(QUIET_MILLIS, () => {
      this.#quiet = true
      if (looksLikePrompt(this.#deps.tail())) this.#unmarkedPrompt()
    })
  }

  #freed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #unmarkedPrompt(): void {
    const run = this.#run
    if (!run) this.#freed()
    if (!run || (run.awaits !== 'shell' && !this.#unmarked)) return
    if (this.#unmarked)
      this.#deps.emit({ type: 'command.finished', offset: this.#deps.offset(), exit: 0, block: run.block, index: run.index })
    this.#unmarked = true
    run.awaits = 'prompt'
    this.#next(run)
    if (!this.#run) this.#freed()
  }
}

/**
 * The keys that type a command. Several lines are one bracketed paste, so that a heredoc or a loop is one command with
 * one pair of marks; a shell without marks may not know bracketed paste, and gets the lines as they are.
 */
function keysFor(text: string, unmarked: boolean): string {
  if (!text.includes('\n')) return `${text}\r`
  return unmarked ? `${text.replaceAll('\n', '\r')}\r` : `${PASTE_BEGIN}${text}${PASTE_END}\r`
}

function busy(say: string): UserError {
  return new UserError('terminal-busy', say)
}
