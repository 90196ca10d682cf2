import type { ClusterLease } from './clusters/lease.ts'
import type { PersonId } from './kernel/ids.ts'
import { log, systemClock } from './main.ts'
import type { Command, CommandBlock } from './protocol/deck.ts'
import type { SessionEvent } from './protocol/session-event.ts'
import { plainText } from './rehearsal/plain-text.ts'
import type { RunResult } from './rehearsal/rehearse-deck.ts'
import { startPty } from './terminals/pty.ts'
import { trySandbox } from './terminals/sandbox.ts'
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
}

/** Wide, so that nothing is wrapped that a deck wants to find. */
const size = { columns: 400, rows: 50 }
/** What follows without end is looked at for so long; what edits is left at once. */
const followMillis = 1500
const leaving: Readonly<Record<string, string>> = { follows: '\u0003', edits: '\u0018' }

/** An attendee's own shell, in a real pty, confined as theirs are. */
export async function openRehearsalShell({ tools, runtime, labFolder, lease, person }: ShellOptions): Promise<RehearsalShell> {
  const path = (finding: ToolFinding) => (finding.found ? finding.path : undefined)
  const kubectl = path(tools.kubectl)
  const sandbox = await trySandbox({ bubblewrap: path(tools.bubblewrap), socat: path(tools.socat), kubectl }, runtime)
  if (sandbox.state !== 'works') log(`The shell is not confined: ${sandbox.why}`)
  /** Everything since the shell opened: commands say by offset what is theirs. */
  let output = ''
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
    onOutput: (_, data) => void (output += data),
  })
  const seat = terminals.seat({ person, number: 0, presenter: false }, Promise.resolve(lease))
  const terminal = await seat.open(size)

  const run = async (block: CommandBlock, commands: readonly Command[], timeoutMillis: number): Promise<RunResult> => {
    const from = output.length
    const exits: number[] = []
    const said: string[] = []
    let started: number | undefined
    let waits = false
    const ended = await new Promise<boolean>((resolve) => {
      const finish = (inTime: boolean) => {
        clearTimeout(timer)
        listeners.delete(hear)
        resolve(inTime)
      }
      const timer = setTimeout(() => {
        terminal.stopRun()
        finish(false)
      }, timeoutMillis)
      const hear = (event: SessionEvent) => {
        if (event.type === 'command.started') started = event.offset
        if (event.type === 'command.finished') {
          exits.push(event.exit)
          said.push(output.slice(started ?? from, event.offset))
          started = undefined
          if (waits) finish(true)
        }
        if (event.type !== 'run.ended') return
        const key = leaving[event.outcome]
        if (key === undefined) return finish(event.outcome !== 'stopped')
        // It goes on without end: looked at for a moment, then left.
        waits = true
        setTimeout(() => terminal.write(key), followMillis)
      }
      listeners.add(hear)
      terminal.run(block.id, commands)
    })
    // A shell in a container tells of no commands; what it showed is all there is.
    if (said.length === 0) said.push(output.slice(from))
    else if (started !== undefined) said.push(output.slice(started))
    return { exits, ended, left: waits, output: plainText(said.join('')), said: said.map(plainText) }
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
