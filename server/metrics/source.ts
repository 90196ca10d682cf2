import { z } from 'zod'

/** How often clusters are scraped whose own configuration does not ask for less. */
export const usualSeconds = 5

/** How a cluster's Prometheus is doing; clusters tell it (`clusters/lease.ts`). */
export type PrometheusState =
  | { readonly state: 'absent' }
  | { readonly state: 'waiting'; readonly namespace: string; readonly pod: string; readonly why: string }
  | {
      readonly state: 'ready'
      readonly namespace: string
      readonly pod: string
      readonly since: number
      /** How often its jobs are to be scraped, in seconds: never more often than `usualSeconds`. */
      readonly intervals?: readonly number[] | undefined
    }
  | { readonly state: 'unreachable'; readonly why: string }

/** A page whose samples have all their labels already, `cluster` with the cluster's id among them. */
export interface ScrapeTarget {
  readonly address: { readonly host: string; readonly port: number }
  readonly path: string
}

/** What charts need of a cluster. A lease is one. */
export interface WatchedCluster {
  /** Letters, digits, `-` and `_` only. */
  readonly id: string
  readonly prometheus: {
    state(): PrometheusState
    onChange(listener: () => void): () => void
    /** The cluster's metrics pages, for our Prometheus; */
    readonly targets?: readonly ScrapeTarget[]
    /** or the way to its own. */
    readonly query?: (path: 'query_range', parameters: URLSearchParams) => Promise<unknown>
  }
}

const Sample = z.tuple([z.number(), z.string()])

/** What Prometheus' `/api/v1/query_range` answers, as far as charts use it. Native histograms have no `values`. */
const RangeAnswer = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(Sample).default([]) })),
    }),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
])
export type RangeAnswer = z.infer<typeof RangeAnswer>

/** @throws Error in words for people, when it is not an answer of Prometheus */
export function parseRangeAnswer(answer: unknown): RangeAnswer {
  const read = RangeAnswer.safeParse(answer)
  if (read.success) return read.data
  throw new Error('Prometheus gave an answer that cannot be drawn.', { cause: read.error })
}
