import { z } from 'zod'
import type { TraceBlock } from '../protocol/blocks.ts'
import type { TraceSpan, TraceState } from '../protocol/live-block.ts'

const Tag = z.looseObject({ key: z.string(), value: z.unknown() })
const Span = z.looseObject({
  spanID: z.string(),
  operationName: z.string(),
  references: z.array(z.looseObject({ refType: z.string(), spanID: z.string() })).catch([]),
  /** Microseconds since the epoch, and microseconds. */
  startTime: z.number(),
  duration: z.number(),
  tags: z.array(Tag).catch([]),
  processID: z.string(),
})
type Span = z.infer<typeof Span>
const Trace = z.looseObject({
  traceID: z.string(),
  spans: z.array(Span),
  processes: z.record(z.string(), z.looseObject({ serviceName: z.string() })),
})
type Trace = z.infer<typeof Trace>

/** What Jaeger's `/api/traces` answers. Source: jaegertracing/jaeger, internal/uimodel */
const Answer = z.looseObject({ data: z.array(Trace).nullish() })

const MOST_SPANS = 16

/** The newest trace that fits, from what Jaeger has answered; `empty` when there is none. @throws when it is no answer of Jaeger's */
export function traceStateOf(answer: unknown, block: Pick<TraceBlock, 'service' | 'operation' | 'failed'>): TraceState {
  const traces = Answer.parse(answer).data ?? []
  const fitting = traces.filter(({ spans }) => spans.length > 0 && (!block.failed || spans.some(isFailed)))
  const newest = fitting.toSorted((a, b) => begin(b) - begin(a))[0]
  if (newest) return drawn(newest)
  const what = `${block.failed ? 'failed ' : ''}trace of ${block.service}${block.operation === undefined ? '' : `, ${block.operation}`}`
  return { state: 'empty', why: `Jaeger has no ${what} yet. It gets them as requests come in.` }
}

const begin = ({ spans }: Trace): number => Math.min(...spans.map(({ startTime }) => startTime))

const tagOf = ({ tags }: Span, key: string): unknown => tags.find((each) => each.key === key)?.value

const isFailed = (span: Span): boolean => {
  const error = tagOf(span, 'error')
  return error === true || error === 'true' || tagOf(span, 'otel.status_code') === 'ERROR'
}

function drawn(trace: Trace): Extract<TraceState, { state: 'data' }> {
  const from = begin(trace)
  const to = Math.max(...trace.spans.map(({ startTime, duration }) => startTime + duration))
  const spans = inOrder(merged(trace.spans)).map(({ span, depth, children }): TraceSpan => {
    const says = saysOf(span)
    const below = covered(children)
    return {
      service: trace.processes[span.processID]?.serviceName ?? 'unknown',
      operation: span.operationName,
      depth,
      from: (span.startTime - from) / 1000,
      millis: span.duration / 1000,
      own: Math.max(span.duration - below, 0) / 1000,
      failed: isFailed(span),
      ...(says === undefined ? {} : { says }),
    }
  })
  return {
    state: 'data',
    id: trace.traceID,
    at: from / 1000,
    millis: (to - from) / 1000,
    spans: spans.slice(0, MOST_SPANS),
    left: Math.max(spans.length - MOST_SPANS, 0),
  }
}

function saysOf(span: Span): string | undefined {
  const message = tagOf(span, 'otel.status_description') ?? tagOf(span, 'error.message')
  if (typeof message === 'string' && message !== '') return message.slice(0, 200)
  const status = tagOf(span, 'http.response.status_code') ?? tagOf(span, 'http.status_code')
  return isFailed(span) && status !== undefined ? `answered ${String(status)}` : undefined
}

const parentOf = (span: Span): string | undefined => span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID

/** A call and its being served are two spans with the same story: of such a pair, the one that served is shown. */
function merged(spans: readonly Span[]): readonly Span[] {
  const children = Map.groupBy(spans, (span) => parentOf(span) ?? '')
  const dropped = new Map<string, Span>()
  for (const span of spans) {
    const [only, ...more] = children.get(span.spanID) ?? []
    if (only && more.length === 0 && tagOf(span, 'span.kind') === 'client' && tagOf(only, 'span.kind') === 'server')
      dropped.set(span.spanID, span)
  }
  return spans
    .filter(({ spanID }) => !dropped.has(spanID))
    .map((span) => {
      const call = dropped.get(parentOf(span) ?? '')
      return call ? { ...span, references: call.references, tags: [...span.tags, ...(isFailed(call) ? call.tags : [])] } : span
    })
}

interface Placed {
  readonly span: Span
  readonly depth: number
  readonly children: readonly Span[]
}

/** Depth first, earliest first; a span whose parent is not there is a root. A circle of parents is nobody's child and left out. */
function inOrder(spans: readonly Span[]): readonly Placed[] {
  const ids = new Set(spans.map(({ spanID }) => spanID))
  const isRoot = (span: Span): boolean => !ids.has(parentOf(span) ?? '')
  const children = Map.groupBy(
    spans.filter((span) => !isRoot(span)),
    (span) => parentOf(span) ?? '',
  )
  const early = (a: Span, b: Span): number => a.startTime - b.startTime
  const placed: Placed[] = []
  const walk = (span: Span, depth: number): void => {
    const below = (children.get(span.spanID) ?? []).toSorted(early)
    placed.push({ span, depth, children: below })
    for (const child of below) walk(child, depth + 1)
  }
  for (const root of spans.filter(isRoot).toSorted(early)) walk(root, 0)
  return placed
}

/** How much time spans cover together, microseconds. */
function covered(spans: readonly Span[]): number {
  let until = -Infinity
  let sum = 0
  for (const { startTime, duration } of spans) {
    sum += Math.max(startTime + duration - Math.max(startTime, until), 0)
    until = Math.max(until, startTime + duration)
  }
  return sum
}
