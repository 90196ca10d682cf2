/** Time as an argument: whoever needs the time or a timer is handed a clock, so tests and simulations own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls `callback` once, `millis` from now, unless cancelled first. @returns cancels the timer; harmless afterwards. */
  after(millis: number, callback: () => void): () => void
}

/** An instant as the Kubernetes API writes it: RFC 3339, whole seconds, UTC. */
export function rfc3339(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}Z`
}

/** An instant with microseconds, as `MicroTime` fields have it (Leases, events.k8s.io). */
export function rfc3339Micro(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 23)}000Z`
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Set<Timer>()

  /** @param start milliseconds since the Unix epoch */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  after(millis: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(millis, 0), order: this.#order++, callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** How many timers are waiting: 0 means that nothing ticks. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time on, firing every timer that falls due in order; microtasks run between timers. */
  async advance(millis: number): Promise<void> {
    const end = this.#now + millis
    for (;;) {
      await settle()
      const next = [...this.#timers].filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!next) break
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
    }
    this.#now = end
    await settle()
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
