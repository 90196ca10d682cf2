import type { ClusterLease } from './clusters/lease.ts'
import type { PersonId } from './kernel/ids.ts'
import { log, systemClock } from './main.ts'
import type { Command, CommandBlock } from './protocol/deck.ts'
import type { SessionEvent } from './protocol/session-event.ts'
import { outputWindow } from './rehearsal/output-window.ts'
import type { OutputWindow } from './rehearsal/output-window.ts'
import { plainText } from './rehearsal/plain-text.ts'
import type { RunResult } from './rehearsal/rehearse-deck.ts'
import { startPty } from './terminals/pty.ts'
import { trySandbox } from './terminals/sandbox.ts'
import type { Terminal } from './terminals/terminal.ts'
import { createTerminals } from './terminals/terminals.ts'
import type { ToolFinding } from './tools/find-tools.ts'

export interface RehearsalShell {
  run(block: CommandBlock, timeoutMillis: number): Promise<RunResult>
  /** Repeats the block's last command. */
  runLast(block: CommandBlock, timeoutMillis: number): Promise<RunResult>
  close(): Promise<void>
}

interface ShellOptions {
  readonly tools: Readonly<Record<'kubectl' | 'bubblewrap' | 'socat', ToolFinding>>
  readonly runtime: string
  readonly labFolder: string | undefined
  readonly lease: ClusterLease
  readonly person: PersonId
  /** Ends what runs at once. */
  readonly signal: AbortSignal
}

/** Wide, so that nothing is wrapped that a deck wants to find. */
const size = { columns: 400, rows: 50 }
/** More than a deck wants to find something in; a command may print without end. */
const mostOutput = 2 * 1024 * 1024
/** What follows without end is looked at for so long; an editor has drawn itself in this time. */
const followMillis = 1500
/** Keys that leave what goes on without end, one after the other until one of them does: an editor is vi, or nano, or Emacs. */
const leaving: Readonly<Record<string, readonly string[]>> = {
  follows: ['\u0003', '\u0003', '\u0004'],
  edits: ['\u001B:qa!\r', '\u0018n', '\u0018\u0003', '\u0003'],
}
const nextKeyMillis = 1000
/** A shell whose command was interrupted has this long to take another. */
const recoverMillis = 5000

/** An attendee's own shell, in a real pty, confined as theirs are. */
export async function openRehearsalShell({ tools, runtime, labFolder, lease, person, signal }: ShellOptions): Promise<RehearsalShell> {
  const path = (finding: ToolFinding) => (finding.found ? finding.path : undefined)
  const kubectl = path(tools.kubectl)
  const sandbox = await trySandbox({ bubblewrap: path(tools.bubblewrap), socat: path(tools.socat), kubectl }, runtime)
  if (sandbox.state !== 'works') log(`The shell is not confined: ${sandbox.why}`)
  /** Of the terminal that is open now. */
  let output = outputWindow(mostOutput)
  const listeners = new Set<(event: SessionEvent) => void>()
  const terminals = createTerminals({
    clock: systemClock,
    startPty,
    sandbox,
    runtime,
    labFolder,
    kubectl,
    onEvent: (event) => {
      for (const listener of listeners) listener(event)
    },
    onOutput: (_, data) => output.append(data),
  })
  const seat = terminals.seat({ person, number: 0, presenter: false }, Promise.resolve(lease))
  const open = () => {
    output = outputWindow(mostOutput)
    return seat.open(size)
  }
  let terminal = await open()

  const run = async (block: CommandBlock, commands: readonly Command[], timeoutMillis: number): Promise<RunResult> => {
    // Another one has all of the time again: what the one before has left behind is not this block's fault.
    if (terminal.closed || !(await within(terminal.ready(), recoverMillis * 2)) || terminal.closed) {
      await terminal.close()
      terminal = await open()
    }
    const result = await runIn(terminal, block, commands, timeoutMillis, { output: () => output, listeners, signal })
    if (result.trouble !== undefined && !signal.aborted && !(await within(terminal.ready(), recoverMillis))) await terminal.close()
    return result
  }
  return {
    run: (block, limit) => run(block, block.commands, limit),
    runLast: (block, limit) => run(block, block.commands.slice(-1), limit),
    async close() {
      await seat.close()
      await terminals.close()
    },
  }
}

interface Heard {
  readonly output: () => OutputWindow
  readonly listeners: Set<(event: SessionEvent) => void>
  readonly signal: AbortSignal
}

/** Types commands into a terminal that is ready, and hears what becomes of them. */
async function runIn(
  terminal: Terminal,
  block: CommandBlock,
  commands: readonly Command[],
  timeoutMillis: number,
  { output, listeners, signal }: Heard,
): Promise<RunResult> {
  const from = output().end
  const exits: number[] = []
  const said: string[] = []
  let started: number | undefined
  let left = false
  let timer: NodeJS.Timeout | undefined
  let key: NodeJS.Timeout | undefined
  const { promise: ended, resolve: finish } = Promise.withResolvers<string | undefined>()
  const leave = ([first = '\u0003', ...others]: readonly string[]) => {
    terminal.write(first)
    if (others.length > 0) key = setTimeout(() => leave(others), nextKeyMillis)
  }
  const hear = (event: SessionEvent) => {
    if (event.type === 'terminal.closed') finish('the shell is still there after the commands')
    if (event.type === 'command.started') started = event.offset
    if (event.type === 'command.finished') {
      exits.push(event.exit)
      said.push(output().slice(started ?? from, event.offset))
      started = undefined
      if (left) finish(undefined)
    }
    if (event.type !== 'run.ended') return
    const keys = leaving[event.outcome]
    if (keys === undefined) {
      // Its shell may just have gone: that is told next.
      if (event.outcome === 'stopped') return queueMicrotask(() => finish('nobody stops the commands'))
      return finish(undefined)
    }
    // It goes on without end: looked at for a moment, then left.
    left = true
    key = setTimeout(() => leave(keys), followMillis)
  }
  const interrupted = () => finish('nobody stops the rehearsal')
  listeners.add(hear)
  signal.addEventListener('abort', interrupted)
  try {
    timer = setTimeout(() => {
      listeners.delete(hear)
      if (left) terminal.write('\u0003')
      else terminal.stopRun()
      finish(`the commands end within ${Math.round(timeoutMillis / 1000)} s`)
    }, timeoutMillis)
    terminal.run(block.id, commands)
    const trouble = await ended
    // A shell in a container tells of no commands; what it showed is all there is.
    if (said.length === 0) said.push(output().slice(from))
    else if (started !== undefined) said.push(output().slice(started))
    return { exits, trouble, left, output: plainText(said.join('')), said: said.map(plainText) }
  } finally {
    clearTimeout(timer)
    clearTimeout(key)
    listeners.delete(hear)
    signal.removeEventListener('abort', interrupted)
  }
}

/** Whether it comes in this time. */
async function within(promise: Promise<void>, millis: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => void (timer = setTimeout(() => resolve(false), millis)))
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
