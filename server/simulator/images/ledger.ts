import { loadBetween } from './rhythm.ts'

/** What is counted: requests that a container served (by its route), or that it made (by their URL without the query). */
export interface Kind {
  readonly what: 'served' | 'called'
  readonly method: string
  /** `/orders`, or `http://cart/items`. */
  readonly route: string
  /** `200`; of calls also `refused`, `timeout`, `no such host`. */
  readonly status: string
}

/** Upper bounds of the duration histograms, in seconds: what Prometheus' client libraries use unless told. */
export const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** So many requests of one kind up to a moment. None of these numbers ever goes down. */
export interface Count extends Kind {
  readonly count: number
  /** All their durations together, seconds. */
  readonly seconds: number
  /** How many took no longer than each of `bounds`. */
  readonly buckets: readonly number[]
}

/** What flows through a container while nothing about the cluster changes, a second at the usual load. */
export interface Flow {
  readonly kinds: readonly FlowKind[]
  readonly cpuMillis: number
  readonly leakBytes: number
  /** The share of time in which the CPU limit holds it back, 0 to 1. */
  readonly throttled: number
}

export interface FlowKind extends Kind {
  readonly rate: number
  /** On average, of each. */
  readonly millis: number
  /** Of calls: the address they went to, and when they are given up (milliseconds). */
  readonly ip?: string
  readonly timeout?: number
}

/** Plain data: what a fork takes along. */
export interface LedgerPast {
  readonly counts: readonly Count[]
  readonly cpuMillis: number
  readonly leakBytes: number
  readonly throttledSeconds: number
}

interface Settled extends Kind {
  count: number
  seconds: number
  readonly buckets: number[]
}

const none: Flow = { kinds: [], cpuMillis: 0, leakBytes: 0, throttled: 0 }

const keyOf = (kind: Kind): string => `${kind.what}\n${kind.method}\n${kind.route}\n${kind.status}`

/** Durations are log-normal, as those of most servers: how wide (σ of the logarithm). */
export const spread = 0.55

/** No queue makes a request slower than this many times. */
const mostSlowdown = 20

/** How many times slower a container answers when so much of its CPU is needed, 1 being all of it. */
export const slowdownOf = (busy: number): number => (busy < 1 ? Math.min(1 / (1 - busy), mostSlowdown) : mostSlowdown)

/** The share of durations with this mean that take no longer than a bound. Both in the same unit. */
export function shareWithin(mean: number, bound: number): number {
  if (mean <= 0) return 1
  const z = (Math.log(bound / mean) + (spread * spread) / 2) / spread
  // The logistic curve is close enough to the normal distribution.
  return 1 / (1 + Math.exp(-1.702 * z))
}

/**
 * What one container has served, asked, used and leaked by requests. Single requests are counted as they happen; the steady
 * load is a rate, counted when somebody looks, so that it costs nothing meanwhile.
 */
export class Ledger {
  readonly #settled = new Map<string, Settled>()
  #flow = none
  #since = 0
  #cpuMillis = 0
  #leakBytes = 0
  #throttledSeconds = 0

  constructor(past?: LedgerPast) {
    for (const count of past?.counts ?? []) this.#settled.set(keyOf(count), { ...count, buckets: [...count.buckets] })
    this.#cpuMillis = past?.cpuMillis ?? 0
    this.#leakBytes = past?.leakBytes ?? 0
    this.#throttledSeconds = past?.throttledSeconds ?? 0
  }

  /** One request, over now. */
  count(kind: Kind, millis: number, cpuMillis = 0, leakBytes = 0): void {
    const entry = this.#entry(kind)
    entry.count++
    entry.seconds += millis / 1000
    for (const [index, bound] of bounds.entries()) if (millis <= bound * 1000) entry.buckets[index] = (entry.buckets[index] ?? 0) + 1
    this.#cpuMillis += cpuMillis
    this.#leakBytes += leakBytes
  }

  /** From this moment on something else flows; what has flowed is kept. */
  flow(flow: Flow | undefined, at: number): void {
    const before = this.#flow
    const amount = loadBetween(this.#since, at)
    for (const each of before.kinds) {
      const entry = this.#entry(each)
      entry.count += each.rate * amount
      entry.seconds += (each.rate * amount * each.millis) / 1000
      for (const [index, bound] of bounds.entries())
        entry.buckets[index] = (entry.buckets[index] ?? 0) + each.rate * amount * shareWithin(each.millis, bound * 1000)
    }
    this.#cpuMillis += before.cpuMillis * amount
    this.#leakBytes += before.leakBytes * amount
    this.#throttledSeconds += (before.throttled * Math.max(at - this.#since, 0)) / 1000
    this.#flow = flow ?? none
    this.#since = at
  }

  /** Everything counted up to a moment, which must not be before the last change of the flow. Whole numbers. */
  counts(at: number): readonly Count[] {
    const amount = loadBetween(this.#since, at)
    const flowing = new Map(this.#flow.kinds.map((each) => [keyOf(each), each]))
    const keys = new Set([...this.#settled.keys(), ...flowing.keys()])
    return [...keys].flatMap((key): Count[] => {
      const settled = this.#settled.get(key)
      const flow = flowing.get(key)
      const kind = settled ?? flow
      if (!kind) return []
      const more = (flow?.rate ?? 0) * amount
      const count = Math.floor((settled?.count ?? 0) + more)
      if (count === 0) return []
      const buckets = bounds.map((bound, index) =>
        Math.min(Math.floor((settled?.buckets[index] ?? 0) + more * shareWithin(flow?.millis ?? 0, bound * 1000)), count),
      )
      const { what, method, route, status } = kind
      return [{ what, method, route, status, count, seconds: (settled?.seconds ?? 0) + (more * (flow?.millis ?? 0)) / 1000, buckets }]
    })
  }

  /** How many requests it has served. */
  served(at: number): number {
    return this.counts(at).reduce((sum, each) => sum + (each.what === 'served' ? each.count : 0), 0)
  }

  cpuSeconds(at: number): number {
    return (this.#cpuMillis + this.#flow.cpuMillis * loadBetween(this.#since, at)) / 1000
  }

  leaked(at: number): number {
    return this.#leakBytes + this.#flow.leakBytes * loadBetween(this.#since, at)
  }

  throttledSeconds(at: number): number {
    return this.#throttledSeconds + (this.#flow.throttled * Math.max(at - this.#since, 0)) / 1000
  }

  /** What flows now. */
  get current(): Flow {
    return this.#flow
  }

  /** When it began to. */
  get since(): number {
    return this.#since
  }

  past(at: number): LedgerPast | undefined {
    const counts = this.counts(at)
    const cpuMillis = this.cpuSeconds(at) * 1000
    if (counts.length === 0 && cpuMillis === 0) return undefined
    return { counts, cpuMillis, leakBytes: this.leaked(at), throttledSeconds: this.throttledSeconds(at) }
  }

  #entry(kind: Kind): Settled {
    const key = keyOf(kind)
    const { what, method, route, status } = kind
    const entry = this.#settled.get(key) ?? { what, method, route, status, count: 0, seconds: 0, buckets: bounds.map(() => 0) }
    this.#settled.set(key, entry)
    return entry
  }
}
