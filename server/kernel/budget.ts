/** How much somebody may do: so much at once, so much a second in the long run. */
export interface Allowance {
  readonly atOnce: number
  readonly perSecond: number
}

/** Counts what somebody does against an allowance (a token bucket). */
export class Budget {
  readonly #allowance: Allowance
  readonly #now: () => number
  #left: number
  #countedAt: number

  /** @param now milliseconds */
  constructor(allowance: Allowance, now: () => number) {
    this.#allowance = allowance
    this.#now = now
    this.#left = allowance.atOnce
    this.#countedAt = now()
  }

  /** @returns whether it may be done; then it counts */
  take(amount = 1): boolean {
    const { atOnce, perSecond } = this.#allowance
    const now = this.#now()
    // A clock that is set back gives nothing and takes nothing.
    this.#left = Math.min(atOnce, this.#left + (Math.max(0, now - this.#countedAt) * perSecond) / 1000)
    this.#countedAt = now
    if (this.#left < amount) return false
    this.#left -= amount
    return true
  }
}
