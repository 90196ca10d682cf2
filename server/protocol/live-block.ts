import { z } from 'zod'

/** What live blocks show that are more than a command or a chart: how they stand now, in the viewer's own cluster. */

/** How a check stands in this person's cluster. */
export const CheckState = z.strictObject({
  met: z.boolean(),
  /** In the check's order: what is wanted, in words, and what there is instead. */
  conditions: z.array(z.strictObject({ met: z.boolean(), say: z.string(), found: z.string().optional() })),
})
export type CheckState = z.infer<typeof CheckState>

/** A state has a colour, a shape and a word; this is the first two. */
export const Health = z.enum(['ok', 'waiting', 'failed', 'unknown'])
export type Health = z.infer<typeof Health>

/** An object of a cluster in a drawing, or several pods that are alike. */
export const TopologyItem = z.strictObject({
  id: z.string(),
  kind: z.enum(['ingress', 'service', 'workload', 'replicaset', 'pod', 'volume', 'node']),
  name: z.string(),
  health: Health,
  /** Its state in few words: `Running`, `2 of 3 ready`. */
  word: z.string(),
  /** More about it, such as its kind or its namespace. */
  detail: z.string().optional(),
})
export type TopologyItem = z.infer<typeof TopologyItem>

/** A line between two objects: routes to, owns, runs on, keeps its data in. */
export const TopologyLine = z.strictObject({
  from: z.string(),
  to: z.string(),
  /** What flows there, when it is measured: `4.2/s, 12 % errors`. */
  says: z.string().optional(),
  failing: z.boolean().optional(),
})
export type TopologyLine = z.infer<typeof TopologyLine>

export const TopologyState = z.discriminatedUnion('state', [
  /** `why` is a whole sentence. */
  z.strictObject({ state: z.literal('waiting'), why: z.string() }),
  z.strictObject({ state: z.literal('failed'), why: z.string() }),
  /** `left` says of which kinds there are more than are drawn, and how many: `12 more services`. */
  z.strictObject({
    state: z.literal('data'),
    items: z.array(TopologyItem),
    lines: z.array(TopologyLine),
    left: z.array(z.strictObject({ kind: TopologyItem.shape.kind, count: z.int().positive() })),
  }),
])
export type TopologyState = z.infer<typeof TopologyState>

/** One span of a trace. Times in milliseconds from the trace's beginning. */
export const TraceSpan = z.strictObject({
  service: z.string(),
  operation: z.string(),
  depth: z.int().min(0),
  from: z.number(),
  millis: z.number().min(0),
  /** Of `millis`, what none of its children account for. */
  own: z.number().min(0),
  failed: z.boolean(),
  /** What it says about its failure: a status, an error's message. */
  says: z.string().optional(),
})
export type TraceSpan = z.infer<typeof TraceSpan>

export const TraceState = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('waiting'), why: z.string() }),
  /** The store answers and has no trace that fits. */
  z.strictObject({ state: z.literal('empty'), why: z.string() }),
  z.strictObject({ state: z.literal('failed'), why: z.string() }),
  z.strictObject({
    state: z.literal('data'),
    id: z.string(),
    /** When it began, milliseconds since the epoch. */
    at: z.number(),
    millis: z.number(),
    spans: z.array(TraceSpan),
    /** Spans that are not listed, for want of room. */
    left: z.int().min(0),
  }),
])
export type TraceState = z.infer<typeof TraceState>

/** How a live block of a slide stands. */
export const LiveState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('check'), check: CheckState }),
  z.strictObject({ kind: z.literal('topology'), topology: TopologyState }),
  z.strictObject({ kind: z.literal('trace'), trace: TraceState }),
])
export type LiveState = z.infer<typeof LiveState>
