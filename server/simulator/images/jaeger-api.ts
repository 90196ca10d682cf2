import type { HttpRequest } from '../network/view.ts'
import type { Decided } from './web.ts'
import type { SimulatedSpan, SimulatedTrace } from './tracing.ts'

/**
 * The part of Jaeger's HTTP API that its own page reads: services, operations, and traces by id or by what they hold.
 * Source: https://www.jaegertracing.io/docs/latest/apis/#internal-http-json and jaeger's query http_handler.go
 * @param traces those there are, newest first, made as they are read
 */
export function jaegerAnswer({ path }: Pick<HttpRequest, 'path'>, traces: () => Iterable<SimulatedTrace>): Decided {
  const [place = '', query = ''] = path.split('?')
  const asked = parametersOf(query)
  const [, api, what, name, more] = place.split('/').map(decoded)
  if (api !== 'api') return failure(404, 'not found')
  if (what === 'services' && name === undefined) return list(servicesOf(traces()))
  if (what === 'services' && more === 'operations') return list(operationsOf(traces(), name ?? '').map(([operation]) => operation))
  if (what === 'operations') {
    const service = asked.get('service')
    if (!service) return failure(400, "unable to parse param 'service': parameter 'service' is required")
    return list(operationsOf(traces(), service).map(([operation, spanKind]) => ({ name: operation, spanKind })))
  }
  if (what === 'dependencies') return list(dependenciesOf(traces()))
  if (what !== 'traces') return failure(404, 'not found')
  if (name !== undefined && name !== '') {
    const found = first(traces(), 1, ({ id }) => id === name.padStart(32, '0'))
    return found.length > 0 ? list(found.map(asJaeger)) : failure(404, 'trace not found')
  }
  const wanted = wantedBy(asked)
  return 'why' in wanted ? failure(400, wanted.why) : list(first(traces(), wanted.limit, wanted.fits).map(asJaeger))
}

/** How many traces are looked at for the names of services and operations. */
const LOOKED_AT = 200

const body = (status: number, value: object): Decided => ({ status, type: 'application/json', body: JSON.stringify(value) })
const list = (data: readonly unknown[]): Decided => body(200, { data, total: data.length, limit: 0, offset: 0, errors: null })
const failure = (code: number, msg: string): Decided => body(code, { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] })

function first(traces: Iterable<SimulatedTrace>, most: number, fits: (trace: SimulatedTrace) => boolean): SimulatedTrace[] {
  const found: SimulatedTrace[] = []
  for (const trace of traces) {
    if (found.length >= most) break
    if (trace.spans.length > 0 && fits(trace)) found.push(trace)
  }
  return found
}

const some = (traces: Iterable<SimulatedTrace>): readonly SimulatedSpan[] =>
  first(traces, LOOKED_AT, () => true).flatMap(({ spans }) => spans)

const servicesOf = (traces: Iterable<SimulatedTrace>): string[] => [...new Set(some(traces).map(({ service }) => service))].toSorted()

function operationsOf(traces: Iterable<SimulatedTrace>, service: string): [operation: string, kind: string][] {
  const own = some(traces).filter((span) => span.service === service)
  return [...new Map(own.map(({ operation, kind }) => [operation, kind]))].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function dependenciesOf(traces: Iterable<SimulatedTrace>): { parent: string; child: string; callCount: number }[] {
  const counts = new Map<string, { parent: string; child: string; callCount: number }>()
  const spans = some(traces)
  const byId = new Map(spans.map((span) => [span.id, span]))
  for (const { parent, service } of spans) {
    const above = byId.get(parent ?? '')
    if (!above || above.service === service) continue
    const key = `${above.service}\n${service}`
    const count = counts.get(key) ?? { parent: above.service, child: service, callCount: 0 }
    count.callCount++
    counts.set(key, count)
  }
  return [...counts.values()]
}

/** What `service=…&operation=…&tags={…}&minDuration=…` asks for. */
function wantedBy(
  asked: ReadonlyMap<string, string>,
): { readonly limit: number; readonly fits: (trace: SimulatedTrace) => boolean } | { readonly why: string } {
  const service = asked.get('service')
  if (!service) return { why: "unable to parse param 'service': parameter 'service' is required" }
  const limit = Number(asked.get('limit') ?? 100)
  if (!Number.isInteger(limit) || limit < 0)
    return { why: `unable to parse param 'limit': strconv.ParseInt: parsing "${asked.get('limit')}": invalid syntax` }
  const tags = tagsOf(asked.get('tags'))
  if (!tags) return { why: "malformed 'tags' parameter, cannot unmarshal JSON" }
  const [least, most] = [millisOf(asked.get('minDuration')), millisOf(asked.get('maxDuration'))]
  if (Number.isNaN(least) || Number.isNaN(most)) return { why: "unable to parse param 'minDuration': time: invalid duration" }
  const [start, end] = [asked.get('start'), asked.get('end')].map((micros) => (micros === undefined ? undefined : Number(micros) / 1000))
  const operation = asked.get('operation')
  const spanFits = (span: SimulatedSpan): boolean =>
    span.service === service &&
    (!operation || operation === 'all' || span.operation === operation) &&
    span.millis >= (least ?? 0) &&
    span.millis <= (most ?? Infinity) &&
    span.from >= (start ?? 0) &&
    span.from <= (end ?? Infinity) &&
    tags.every(([key, value]) => tagsOfSpan(span).some((tag) => tag.key === key && String(tag.value) === value))
  return { limit: Math.min(limit, 1500), fits: ({ spans }) => spans.some(spanFits) }
}

function tagsOf(text: string | undefined): readonly (readonly [string, string])[] | undefined {
  try {
    return Object.entries(JSON.parse(text ?? '{}') as Record<string, unknown>).map(([key, value]) => [key, String(value)] as const)
  } catch {
    return undefined
  }
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000 }

/** A duration as Go writes it, in milliseconds. @returns NaN for what is none */
function millisOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const [, amount, unit = ''] = /^([\d.]+)(ns|us|µs|ms|s|m)$/.exec(text) ?? []
  return Number(amount) * (UNITS[unit] ?? NaN)
}

function parametersOf(query: string): ReadonlyMap<string, string> {
  const pairs = query.split('&').flatMap((pair) => (pair === '' ? [] : [pair.split('=')]))
  return new Map(pairs.map(([key = '', ...value]) => [decoded(key), decoded(value.join('=').replaceAll('+', ' '))]))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

interface Tag {
  readonly key: string
  readonly type: 'string' | 'int64' | 'bool'
  readonly value: string | number | boolean
}

function tagsOfSpan(span: SimulatedSpan): readonly Tag[] {
  const given = Object.entries(span.tags).map(([key, value]): Tag => ({ key, type: typeof value === 'number' ? 'int64' : 'string', value }))
  const error: Tag[] = [
    { key: 'otel.status_code', type: 'string', value: 'ERROR' },
    { key: 'error', type: 'bool', value: true },
  ]
  return [{ key: 'span.kind', type: 'string', value: span.kind }, ...given, ...(span.failed ? error : [])]
}

/** In the form of Jaeger's JSON: microseconds, and processes by number. */
function asJaeger({ id, spans }: SimulatedTrace): object {
  const processes = [...new Map(spans.map(({ service, pod }) => [`${service}/${pod}`, { service, pod }])).entries()]
  const processId = ({ service, pod }: SimulatedSpan): string => `p${processes.findIndex(([key]) => key === `${service}/${pod}`) + 1}`
  return {
    traceID: id,
    spans: spans
      .toSorted((a, b) => a.from - b.from)
      .map((span) => ({
        traceID: id,
        spanID: span.id,
        operationName: span.operation,
        references: span.parent === undefined ? [] : [{ refType: 'CHILD_OF', traceID: id, spanID: span.parent }],
        startTime: Math.round(span.from * 1000),
        duration: Math.max(Math.round(span.millis * 1000), 1),
        tags: tagsOfSpan(span),
        logs: [],
        processID: processId(span),
        warnings: null,
      })),
    processes: Object.fromEntries(
      processes.map(([, { service, pod }], index) => [
        `p${index + 1}`,
        { serviceName: service, tags: [{ key: 'k8s.pod.name', type: 'string', value: pod }] },
      ]),
    ),
    warnings: null,
  }
}
