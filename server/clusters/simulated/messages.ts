import { z } from 'zod'
import { ClusterId } from '../../kernel/ids.ts'

/** What the server's main thread and a thread of simulators say to each other. Both ends check what they hear. */
const Port = z.int().min(1).max(65_535)

/** As `PrometheusState` in `simulator/cluster-api.ts`. */
export const PrometheusMessage = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('absent') }),
  z.strictObject({ state: z.literal('waiting'), namespace: z.string(), pod: z.string(), why: z.string() }),
  z.strictObject({
    state: z.literal('ready'),
    namespace: z.string(),
    pod: z.string(),
    since: z.number(),
    intervals: z.array(z.number()).readonly().optional(),
  }),
])

export const ToWorker = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('open'), cluster: ClusterId, nodes: z.array(z.string()).min(1) }),
  z.strictObject({ type: z.literal('close'), cluster: ClusterId }),
  /** `samples`: where Prometheus takes samples of the past, and the series' `cluster` label; none: nobody draws them. */
  z.strictObject({
    type: z.literal('fast-forward'),
    cluster: ClusterId,
    millis: z
      .int()
      .min(1)
      .max(24 * 3_600_000),
    samples: z.strictObject({ url: z.string(), series: z.string() }).optional(),
  }),
  /** What the cluster is now can be brought back by `recall`, once. */
  z.strictObject({ type: z.literal('remember'), cluster: ClusterId }),
  z.strictObject({ type: z.literal('recall'), cluster: ClusterId }),
  /** To before the last fast-forward. */
  z.strictObject({ type: z.literal('go-back'), cluster: ClusterId }),
  /** What Prometheus says to an `ask`; without a status nobody could be asked, and `body` says why. */
  z.strictObject({ type: z.literal('answer'), cluster: ClusterId, ask: z.int(), status: z.int().optional(), body: z.string() }),
])
export type ToWorker = z.infer<typeof ToWorker>

export const OpenedCluster = z.strictObject({
  port: Port,
  token: z.string(),
  certificateAuthority: z.string(),
  nodes: z.array(z.string()),
  /** Where the thread serves this cluster's metrics pages. */
  scrape: z.strictObject({ port: Port, path: z.string() }),
})
export type OpenedCluster = z.infer<typeof OpenedCluster>

export const FromWorker = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('opened'), cluster: ClusterId, opened: OpenedCluster, prometheus: PrometheusMessage }),
  z.strictObject({ type: z.literal('failed'), cluster: ClusterId, why: z.string() }),
  z.strictObject({ type: z.literal('closed'), cluster: ClusterId }),
  z.strictObject({ type: z.literal('travelled'), cluster: ClusterId }),
  /** How much of a fast-forward is done, 0 to 1. */
  z.strictObject({ type: z.literal('journey'), cluster: ClusterId, share: z.number() }),
  z.strictObject({ type: z.literal('prometheus'), cluster: ClusterId, prometheus: PrometheusMessage }),
  /** Somebody in the cluster asks its Prometheus: a path below `/api/v1/`, and parameters. */
  z.strictObject({
    type: z.literal('ask'),
    cluster: ClusterId,
    ask: z.int(),
    path: z.string(),
    parameters: z.array(z.tuple([z.string(), z.string()])),
  }),
  /** Something unexpected, for the operator's log. */
  z.strictObject({ type: z.literal('report'), text: z.string() }),
])
export type FromWorker = z.infer<typeof FromWorker>
