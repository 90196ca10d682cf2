import type { Clock } from '../../kernel/clock.ts'

interface Timer {
  /** When it is due, in the time of this clock. */
  readonly at: number
  readonly order: number
  readonly callback: () => void
  cancel: () => void
}

/**
 * A clock that begins in the past and goes as fast as what it wakes can be carried out, until it has caught up with another;
 * from then on it is that one. It is never ahead of it.
 */
export class CatchUpClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  /** Undefined once it has caught up. */
  #now: number | undefined
  #order = 0

  /** @param behind milliseconds */
  constructor(clock: Clock, behind: number) {
    this.#clock = clock
    this.#now = clock.now() - behind
  }

  get caughtUp(): boolean {
    return this.#now === undefined
  }

  now(): number {
    return this.#now ?? this.#clock.now()
  }

  after(millis: number, callback: () => void): () => void {
    const timer: Timer = { at: this.now() + Math.max(millis, 0), order: this.#order++, callback, cancel: () => {} }
    this.#timers.add(timer)
    if (this.#now === undefined) this.#start(timer)
    return () => {
      this.#timers.delete(timer)
      timer.cancel()
    }
  }

  /**
   * Lives through what lies between.
   * @param turn resolves when everything that can happen without time passing has happened
   * @param stopped asked before every step: whether to leave it at that
   */
  async catchUp(turn: () => Promise<void>, stopped: () => boolean): Promise<void> {
    for (;;) {
      await turn()
      if (stopped()) return
      const next = this.#next()
      if (!next || next.at > this.#clock.now()) break
      this.#timers.delete(next)
      this.#now = Math.max(next.at, this.now())
      next.callback()
    }
    this.#now = undefined
    for (const timer of [...this.#timers].toSorted((a, b) => a.at - b.at || a.order - b.order)) this.#start(timer)
  }

  #next(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (!first || timer.at < first.at) first = timer
    return first
  }

  #start(timer: Timer): void {
    timer.cancel = this.#clock.after(timer.at - this.#clock.now(), () => {
      this.#timers.delete(timer)
      timer.callback()
    })
  }
}
