import type { PersonId, SlideId, TerminalId } from '../../server/kernel/ids.ts'
import type { LoggedEvent } from '../../server/protocol/session-event.ts'
import { emptySession, reduceSession, type SessionState } from '../../server/protocol/session-state.ts'

/** A recorded log that can be looked at as it was at any time, with the same reducer as a live page. */
export class Playback {
  readonly #events: readonly LoggedEvent[]
  #state: SessionState = emptySession
  #applied = 0

  /** @param events in the log's order */
  constructor(events: readonly LoggedEvent[]) {
    this.#events = events
  }

  /** The session as it was at a time, milliseconds since the epoch. */
  stateAt(time: number): SessionState {
    const last = this.#events[this.#applied - 1]
    if (last && last.at > time) {
      this.#state = emptySession
      this.#applied = 0
    }
    for (let next = this.#events[this.#applied]; next && next.at <= time; next = this.#events[this.#applied]) {
      this.#state = reduceSession(this.#state, next)
      this.#applied++
    }
    return this.#state
  }

  /** The events until a time. */
  eventsUntil(time: number): readonly LoggedEvent[] {
    this.stateAt(time)
    return this.#events.slice(0, this.#applied)
  }
}

/** A stretch of a recording that was spent on one slide. */
export interface Chapter {
  readonly slide: SlideId
  readonly from: number
  readonly to: number
}

/** Shorter visits are somebody paging through; they belong to the slide where they ended. */
const PASSING_MILLIS = 700

/** The slides in the order in which the stage showed them. The first begins when the recording does, so that no time is without a chapter. */
export function chaptersOf(events: readonly LoggedEvent[], end: number): readonly Chapter[] {
  const visits: { slide: SlideId; from: number }[] = []
  for (const { at, event } of events) {
    if (event.type !== 'stage.moved') continue
    const last = visits.at(-1)
    if (last && last.slide !== event.slide && at - last.from < PASSING_MILLIS) visits.pop()
    const before = visits.at(-1)
    if (before?.slide === event.slide) continue
    visits.push({ slide: event.slide, from: last && before !== last ? last.from : at })
  }
  const begin = events[0]?.at ?? 0
  return visits.map(({ slide, from }, index) => ({
    slide,
    from: index === 0 ? Math.min(from, begin) : from,
    to: visits[index + 1]?.from ?? end,
  }))
}

/** A command of the presenter's on the timeline. */
export interface Tick {
  readonly at: number
  readonly terminal: TerminalId
  /** Undefined when the recording ends before the command does. */
  readonly exit: number | undefined
}

export function ticksOf(events: readonly LoggedEvent[], person: PersonId | undefined): readonly Tick[] {
  return events.flatMap(({ at, event }, index) => {
    if (event.type !== 'command.started' || event.person !== person) return []
    const end = events.slice(index).find((later) => later.event.type === 'command.finished' && later.event.terminal === event.terminal)
    return [{ at, terminal: event.terminal, exit: end?.event.type === 'command.finished' ? end.event.exit : undefined }]
  })
}

export function presenterOf(events: readonly LoggedEvent[]): PersonId | undefined {
  for (const { event } of events) if (event.type === 'person.joined' && event.role === 'presenter') return event.person
  return undefined
}
