import type { Clock } from '../kernel/clock.ts'

/** What the simulator needs from the world, handed in, so that it compiles and runs anywhere and repeats exactly. */
export interface Platform {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** SHA-256 of the UTF-8 text, as lower-case hex. */
  readonly sha256: (text: string) => string
  /** HMAC-SHA-256 of the UTF-8 text under this cluster's key, base64url without padding: for service-account tokens. */
  readonly sign: (text: string) => string
  /** Says something unexpected to the operator's log; never to a person in the workshop. */
  readonly report: (error: unknown) => void
}
