import type { Clock } from '../kernel/clock.ts'

/** An RSA key, made when it is first asked for. */
export interface TokenKey {
  /** Names the key in tokens: the SHA-256 of its public half (PKIX, DER), base64url without padding. */
  readonly id: () => string
  /** RS256 of the UTF-8 text (RSASSA-PKCS1-v1_5 with SHA-256), base64url without padding. */
  readonly sign: (text: string) => string
  readonly verify: (text: string, signature: string) => boolean
  /** The public half's modulus and exponent, as JSON web keys have them (RFC 7518, 6.3.1). */
  readonly published: () => { readonly n: string; readonly e: string }
}

/** What the simulator needs from the world, handed in, so that it compiles and runs anywhere and repeats exactly. */
export interface Platform {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** SHA-256 of the UTF-8 text, as lower-case hex. */
  readonly sha256: (text: string) => string
  /** HMAC-SHA-256 of the UTF-8 text under this cluster's own key, base64url without padding: what only this cluster can have said. */
  readonly sign: (text: string) => string
  /** What service accounts' tokens are signed with. Several clusters may share one; without it `sign` signs them (HS256). */
  readonly tokenKey?: TokenKey
  /** Says something unexpected to the operator's log; never to a person in the workshop. */
  readonly report: (error: unknown) => void
}
