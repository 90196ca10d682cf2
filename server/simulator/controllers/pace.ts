import type { Platform } from '../platform.ts'

/** How long one loop may keep everybody else waiting. */
const mostMillis = 25
/** After this long without work, work is something new. */
const idleMillis = 5

/**
 * Lets a loop work at once while there is little to do, and gives the rest of the process its turns when there is much:
 * a microtask that asks for another one keeps every request waiting.
 */
export class Pace {
  readonly #clock: Platform['clock']
  #began = 0
  #last = 0

  constructor(clock: Platform['clock']) {
    this.#clock = clock
  }

  /** Calls back in this turn, or in a later one when this one has lasted long enough. */
  soon(work: () => void): void {
    this.#notice()
    if (!this.isLong()) return queueMicrotask(work)
    this.#clock.after(1, () => {
      this.#began = this.#last = this.#clock.now()
      work()
    })
  }

  /** To be asked in the middle of work: whether what is left should wait for a later turn. */
  isLong(): boolean {
    this.#last = this.#clock.now()
    return this.#last - this.#began >= mostMillis
  }

  #notice(): void {
    const now = this.#clock.now()
    if (now - this.#last > idleMillis) this.#began = now
  }
}
