import type { Clock } from '../kernel/clock.ts'
import { UserError } from '../kernel/user-error.ts'

const WINDOW_MILLIS = 60_000
/** Wrong codes from one address in a minute: a room behind one address has many people who mistype. */
const PER_ADDRESS = 20
/** From everywhere together, so that many addresses are no way round it. */
const ALTOGETHER = 200

/** Limits guesses at the join code. Right codes are not counted. */
export class JoinAttempts {
  readonly #clock: Clock
  #wrong: { readonly at: number; readonly address: string }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws UserError 'too-many' when this address, or everyone together, has guessed too often */
  check(address: string): void {
    const since = this.#clock.now() - WINDOW_MILLIS
    this.#wrong = this.#wrong.filter(({ at }) => at > since)
    const fromHere = this.#wrong.filter((wrong) => wrong.address === address).length
    if (fromHere >= PER_ADDRESS || this.#wrong.length >= ALTOGETHER) {
      throw new UserError('too-many', 'Too many wrong codes in the last minute. Wait a minute, then try again.')
    }
  }

  failed(address: string): void {
    this.#wrong.push({ at: this.#clock.now(), address })
  }
}
