import type { Clock } from '../kernel/clock.ts'
import { Emitter } from '../kernel/events.ts'
import type { LoggedEvent, SessionEvent } from '../protocol/session-event.ts'
import { emptySession, reduceSession, type SessionState } from '../protocol/session-state.ts'

/** Where events are kept. It returns when the event is written. */
export interface EventStore {
  append(event: LoggedEvent): void
}

/** The session's append-only log: the only state there is; `state` is what its events make. */
export class SessionLog {
  readonly #clock: Clock
  readonly #store: EventStore
  readonly #appended = new Emitter<LoggedEvent>()
  readonly #events: LoggedEvent[] = []
  #state: SessionState = emptySession

  constructor(clock: Clock, store: EventStore) {
    this.#clock = clock
    this.#store = store
  }

  get state(): SessionState {
    return this.#state
  }

  /** Writes an event down, and only then tells anyone. */
  append(event: SessionEvent): LoggedEvent {
    const logged: LoggedEvent = { seq: this.#events.length + 1, at: this.#clock.now(), event }
    this.#store.append(logged)
    this.#events.push(logged)
    this.#state = reduceSession(this.#state, logged)
    this.#appended.emit(logged)
    return logged
  }

  /** Everything after `seq`. */
  after(seq: number): readonly LoggedEvent[] {
    return this.#events.slice(Math.max(0, seq))
  }

  /** @returns ends the subscription */
  subscribe(listener: (event: LoggedEvent) => void): () => void {
    return this.#appended.subscribe(listener)
  }
}
