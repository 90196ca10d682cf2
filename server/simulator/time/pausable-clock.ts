import type { Clock } from '../../kernel/clock.ts'

interface Timer {
  /** When it is due, in the time of this clock. */
  readonly at: number
  readonly callback: () => void
  cancel: () => void
}

/** A clock that can stand still. Afterwards it goes on where it was, so it is behind the other by as long as it stood. */
export class PausableClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #behind = 0
  #stoodAt: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get paused(): boolean {
    return this.#stoodAt !== undefined
  }

  now(): number {
    return this.#stoodAt ?? this.#clock.now() - this.#behind
  }

  after(millis: number, callback: () => void): () => void {
    const timer: Timer = { at: this.now() + Math.max(millis, 0), callback, cancel: () => {} }
    this.#timers.add(timer)
    if (!this.paused) this.#start(timer)
    return () => {
      this.#timers.delete(timer)
      timer.cancel()
    }
  }

  /** Stops time. Nothing that waits for it happens until `resume`. */
  pause(): void {
    if (this.paused) return
    this.#stoodAt = this.now()
    for (const timer of this.#timers) timer.cancel()
  }

  /** Lets time go on from where it stood. */
  resume(): void {
    if (this.#stoodAt === undefined) return
    this.#behind = this.#clock.now() - this.#stoodAt
    this.#stoodAt = undefined
    // In the order in which they are due: what is due now must not be overtaken.
    for (const timer of [...this.#timers].toSorted((a, b) => a.at - b.at)) this.#start(timer)
  }

  #start(timer: Timer): void {
    timer.cancel = this.#clock.after(timer.at - this.now(), () => {
      this.#timers.delete(timer)
      timer.callback()
    })
  }
}
