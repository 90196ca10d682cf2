import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { PersonId } from '../kernel/ids.ts'
import { Passes } from '../classroom/passes.ts'

/** A browser's right to a page. */
export type Pass =
  | { readonly page: 'stage'; readonly person: null }
  | { readonly page: 'replay'; readonly person: null }
  | { readonly page: 'console'; readonly person: PersonId }
  | { readonly page: 'attendee'; readonly person: PersonId }

/** Pages that are entered with the secret from their address. */
export type SecretPage = 'console' | 'stage' | 'replay'

/** Who may come in: secrets of the presenter's pages, and the cookies that browsers hold for them or for having joined. */
export class Access {
  readonly #secrets = new Map<SecretPage, string>()
  readonly #passes = new Passes<Pass>()
  readonly #presenter: PersonId

  constructor(presenter: PersonId) {
    this.#presenter = presenter
  }

  /** The secret that opens a page; goes into the fragment of its address, which browsers send to nobody. */
  secretFor(page: SecretPage): string {
    const secret = this.#secrets.get(page) ?? randomBytes(24).toString('base64url')
    this.#secrets.set(page, secret)
    return secret
  }

  /** @returns a new cookie's value, or undefined when the secret is wrong */
  enter(page: SecretPage, secret: string): string | undefined {
    const right = this.#secrets.get(page)
    if (right === undefined || !timingSafeEqual(digest(right), digest(secret))) return undefined
    return this.#passes.issue(page === 'console' ? { page, person: this.#presenter } : { page, person: null })
  }

  /** @returns a new cookie's value */
  admit(person: PersonId): string {
    return this.#passes.issue({ page: 'attendee', person })
  }

  /** What a cookie's value is good for. */
  passOf<Page extends Pass['page']>(page: Page, value: string | undefined): Extract<Pass, { page: Page }> | undefined {
    const pass = value === undefined ? undefined : this.#passes.find(value)
    return pass?.page === page ? (pass as Extract<Pass, { page: Page }>) : undefined
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
