import { groupVersionOf, verbOf } from './call.ts'
import type { ApiRequest, ApiResponse, BodyStream } from './http.ts'

/** What requests of one kind have come to. */
export interface RequestCount {
  readonly labels: {
    readonly verb: string
    readonly group: string
    readonly version: string
    readonly resource: string
    readonly subresource: string
    readonly scope: string
    readonly dry_run: string
  }
  /** How many, by status code. */
  readonly codes: Map<string, number>
  /** By bucket: how many took that long at most (`durationBuckets`), or were that big (`sizeBuckets`). */
  readonly durations: number[]
  readonly sizes: number[]
  seconds: number
  bytes: number
  total: number
  /** Streams that are open. */
  open: number
}

/** Source: k8s.io/apiserver/pkg/endpoints/metrics/metrics.go */
export const durationBuckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
export const sizeBuckets = [1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000]

/** What the shortest answer takes a real server, whose clock sees less than a millisecond. */
const leastSeconds = 0.0012

/** The requests that one API server has answered, for its metrics. Nothing is computed before somebody asks. */
export class RequestCounts {
  readonly #kinds = new Map<string, RequestCount>()
  readonly #now: () => number

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  all(): readonly RequestCount[] {
    return [...this.#kinds.values()]
  }

  /** Counts an answer that began at `began`. @returns the answer, whose stream is counted for as long as it is open */
  count(request: ApiRequest, response: ApiResponse, began: number): ApiResponse {
    const kind = this.#kindOf(request)
    const code = String(response.status)
    kind.codes.set(code, (kind.codes.get(code) ?? 0) + 1)
    const { body } = response
    if (typeof body === 'function') return { ...response, body: watched(body, kind) }
    const seconds = leastSeconds + (this.#now() - began) / 1000
    kind.total++
    kind.seconds += seconds
    kind.bytes += body.length
    add(kind.durations, durationBuckets, seconds)
    add(kind.sizes, sizeBuckets, body.length)
    return response
  }

  #kindOf(request: ApiRequest): RequestCount {
    const labels = labelsOf(request)
    const key = Object.values(labels).join('/')
    const known = this.#kinds.get(key)
    if (known) return known
    const made: RequestCount = {
      labels,
      codes: new Map(),
      durations: durationBuckets.map(() => 0),
      sizes: sizeBuckets.map(() => 0),
      seconds: 0,
      bytes: 0,
      total: 0,
      open: 0,
    }
    // Whatever paths and methods somebody makes up, there are only so many series.
    if (this.#kinds.size < 2000) this.#kinds.set(key, made)
    return made
  }
}

function add(counts: number[], buckets: readonly number[], value: number): void {
  buckets.forEach((bound, index) => {
    if (value <= bound) counts[index] = (counts[index] ?? 0) + 1
  })
}

function watched(body: BodyStream, kind: RequestCount): BodyStream {
  return (sink) => {
    let open = true
    const closed = () => {
      if (open) kind.open--
      open = false
    }
    kind.open++
    const stop = body({
      write: (chunk) => sink.write(chunk),
      end() {
        closed()
        sink.end()
      },
    })
    return () => {
      closed()
      stop()
    }
  }
}

const KNOWN_VERBS = ['GET', 'LIST', 'WATCH', 'POST', 'PUT', 'PATCH', 'DELETE', 'DELETECOLLECTION']
const CONNECTED = ['exec', 'attach', 'portforward', 'proxy']

function labelsOf(request: ApiRequest): RequestCount['labels'] {
  const found = groupVersionOf(request.path)
  const parts = found?.rest ?? []
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '')
  const [resource = '', name, subresource = ''] = inNamespace ? parts.slice(2) : parts
  const [group = '', version = ''] =
    found && resource ? (found.groupVersion.includes('/') ? found.groupVersion.split('/', 2) : ['', found.groupVersion]) : []
  const asked = CONNECTED.includes(subresource) ? 'CONNECT' : metricVerb(resource ? verbOf(request, name) : request.method)
  const verb = asked === 'PATCH' && request.headers['content-type']?.startsWith('application/apply-patch') ? 'APPLY' : asked
  // Names of resources that nobody serves would be anything at all.
  const word = /^[a-z][a-z0-9-]{0,62}$/
  return {
    verb,
    group: group.length < 100 ? group : '',
    version: version.length < 30 ? version : '',
    resource: word.test(resource) ? resource : '',
    subresource: subresource || (resource ? '' : pathWord(request.path)),
    scope: !resource ? '' : name !== undefined || verb === 'POST' ? 'resource' : inNamespace ? 'namespace' : 'cluster',
    dry_run: request.query.get('dryRun') === 'All' ? 'All' : '',
  }
}

function metricVerb(verb: string): string {
  const upper = verb.toUpperCase()
  const renamed = upper === 'CREATE' ? 'POST' : upper === 'UPDATE' ? 'PUT' : upper === 'HEAD' ? 'GET' : upper
  return KNOWN_VERBS.includes(renamed) ? renamed : 'other'
}

/** Paths that are about no resource are counted by what they are. */
function pathWord(path: string): string {
  return /^\/(healthz|livez|readyz|metrics|version|openapi\/v[23])\b/.exec(path)?.[0] ?? ''
}
