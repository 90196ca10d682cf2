import { z } from 'zod'
import type { Confined } from './confine-query.ts'

/** An answer of Prometheus' HTTP API. */
export interface ApiAnswer {
  readonly status: number
  /** JSON. */
  readonly body: string
}

type Parameters = readonly (readonly [name: string, value: string])[]

interface Door {
  /** Prometheus, without a slash at the end. */
  readonly url: string
  readonly cluster: string
  /** A query that sees this cluster's series alone. */
  readonly confine: (query: string) => Promise<Confined>
  /** @returns the JSON of the answer, also when it is a refusal */
  readonly get: (url: string, parameters: URLSearchParams) => Promise<unknown>
}

const Answer = z.looseObject({ status: z.enum(['success', 'error']), errorType: z.string().optional(), data: z.unknown() })
const Metric = z.record(z.string(), z.string())
const Series = z.looseObject({ metric: Metric })

/** What may be passed on of `query`, `series` and the like; the rest is about the server itself. */
const passed = new Set(['query', 'time', 'timeout', 'start', 'end', 'step', 'limit', 'lookback_delta'])
/** Prometheus' own: web/api/v1/api.go */
const statusOf: Readonly<Record<string, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 503,
  unavailable: 503,
  not_found: 404,
}

/**
 * Passes a question on to the shared Prometheus, about one cluster's series alone, and takes the label that says whose they are out of
 * the answer. https://prometheus.io/docs/prometheus/latest/querying/api/
 * @param path below `/api/v1/`: queries, series, labels and their values, and what formats a query
 */
export async function askConfined(door: Door, path: string, parameters: Parameters): Promise<ApiAnswer> {
  const asked = new URLSearchParams(parameters.filter(([name]) => passed.has(name)).map(([name, value]) => [name, value]))
  if (path === 'query' || path === 'query_range') {
    const own = await door.confine(asked.get('query') ?? '')
    if (!own.ok) return refused(own.why)
    asked.set('query', own.query)
  } else if (path === 'series' || path === 'labels' || /^label\/[^/]+\/values$/.test(path)) {
    const matches = parameters.flatMap(([name, value]) => (name === 'match[]' ? [value] : []))
    if (path === 'series' && matches.length === 0) return refused('no match[] parameter provided')
    for (const match of matches.length > 0 ? matches : ['{__name__!=""}']) {
      const own = await door.confine(match)
      if (!own.ok) return refused(own.why)
      asked.append('match[]', own.query)
    }
  } else if (path !== 'format_query' && path !== 'parse_query') return refused(`${path} is not answered here.`)
  const address = `${door.url}/api/v1/${path.split('/').map(encodeURIComponent).join('/')}`
  const answer = Answer.parse(await door.get(address, asked))
  const status = answer.status === 'success' ? 200 : (statusOf[answer.errorType ?? ''] ?? 400)
  return { status, body: JSON.stringify({ ...answer, data: withoutCluster(path, answer.data) }) }
}

function refused(error: string): ApiAnswer {
  return { status: 400, body: JSON.stringify({ status: 'error', errorType: 'bad_data', error }) }
}

const own = (metric: z.output<typeof Metric>) => Object.fromEntries(Object.entries(metric).filter(([name]) => name !== 'cluster'))

function withoutCluster(path: string, data: unknown): unknown {
  if (path === 'labels')
    return z
      .array(z.string())
      .parse(data)
      .filter((name) => name !== 'cluster')
  if (path === 'label/cluster/values') return []
  if (path === 'series') return z.array(Metric).parse(data).map(own)
  if (path !== 'query' && path !== 'query_range') return data
  const read = z.looseObject({ result: z.array(Series) }).safeParse(data)
  // A scalar has no labels.
  if (!read.success) return data
  return { ...read.data, result: read.data.result.map((each) => ({ ...each, metric: own(each.metric) })) }
}
