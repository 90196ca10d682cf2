import type { BlockId, PersonId, TerminalId } from '../../server/kernel/ids.ts'
import type { LoggedEvent } from '../../server/protocol/session-event.ts'

/** The terminal that a person used last, by the log: opened it, or began a command or a run there. */
export function latestTerminalOf(events: readonly LoggedEvent[], person: PersonId | undefined): TerminalId | undefined {
  for (const { event } of events.toReversed()) {
    if (event.type !== 'terminal.opened' && event.type !== 'command.started' && event.type !== 'run.started') continue
    if (event.person === person) return event.terminal
  }
  return undefined
}

/** How the newest command of a person went; `block` when it came from a slide. */
export interface LastCommand {
  readonly terminal: TerminalId
  readonly block: BlockId | undefined
  /** Undefined while it runs. */
  readonly exit: number | undefined
  readonly millis: number
}

export function lastCommandOf(events: readonly LoggedEvent[], person: PersonId | undefined): LastCommand | undefined {
  const index = events.findLastIndex(({ event }) => event.type === 'command.started' && event.person === person)
  const started = events[index]
  if (!started || started.event.type !== 'command.started') return undefined
  const { terminal, block } = started.event
  const finished = events.slice(index).find(({ event }) => event.type === 'command.finished' && event.terminal === terminal)
  const exit = finished?.event.type === 'command.finished' ? finished.event.exit : undefined
  return { terminal, block, exit, millis: (finished?.at ?? started.at) - started.at }
}
