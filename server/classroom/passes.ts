import { createHash, randomBytes } from 'node:crypto'

/** 256 bits: nobody guesses one, so finding it needs no limit. */
const BYTES = 32

/** Secrets that say who a browser is. Only their hashes are kept. */
export class Passes<Holder> {
  readonly #holders = new Map<string, Holder>()

  /** @returns the secret, which is nowhere else */
  issue(holder: Holder): string {
    const secret = randomBytes(BYTES).toString('base64url')
    this.#holders.set(hash(secret), holder)
    return secret
  }

  find(secret: string): Holder | undefined {
    return this.#holders.get(hash(secret))
  }
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
