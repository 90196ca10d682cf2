import { durationBuckets, sizeBuckets } from '../api/request-counts.ts'
import { describedFamilies, goFacts } from './described.ts'
import { exposition } from './exposition.ts'
import type { RequestCount } from '../api/request-counts.ts'
import type { Operations } from '../api/operations.ts'
import type { DescribedPages, Facts, Member } from './described.ts'
import type { Family, Labels, Sample } from './exposition.ts'

export interface ApiServerFacts {
  readonly operations: Operations
  readonly requests: readonly RequestCount[]
  /** Milliseconds since the epoch: when it began to answer. */
  readonly startedAt: number
  readonly described: Pick<DescribedPages, 'go' | 'api-server'>
}

/** The API server's `/metrics`, counted from what it has really answered; the rest follows from that and from time. */
export function apiServerPage(facts: ApiServerFacts): string {
  const counted = [...requestFamilies(facts.requests), ...objectFamilies(facts.operations), ...fixedFamilies(facts)]
  const process = processFacts(facts)
  const all = [
    ...counted,
    ...describedFamilies(facts.described['api-server'], process, membersOf(facts), new Set(counted.map(({ name }) => name))),
    ...describedFamilies(facts.described.go, process),
  ]
  return exposition(all.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
}

const writing = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'DELETECOLLECTION'])
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The resources that are stored, with how often each was listed and written. */
function membersOf({ operations: { registry, store }, requests }: ApiServerFacts): Readonly<Record<string, readonly Member[]>> {
  const about = Map.groupBy(requests, ({ labels }) => `${labels.group}/${labels.resource}`)
  const resources = registry
    .all()
    .filter((resource) => registry.storageOf(resource) === resource)
    .map(({ resource, group, table }): Member => {
      const asked = about.get(`${group}/${resource}`) ?? []
      const of = (fits: (verb: string) => boolean) => sum(asked.map(({ labels, total }) => (fits(labels.verb) ? total : 0)))
      return {
        labels: { group, resource },
        facts: { object: store.size(table), list: of((verb) => verb === 'LIST'), event: of((verb) => writing.has(verb)) },
      }
    })
  // The core group's own is called `v1.`.
  const services = registry.discovery.groups.map(({ groupVersion }) =>
    groupVersion.includes('/') ? groupVersion.split('/').toReversed().join('.') : `${groupVersion}.`,
  )
  return { resources, services: services.map((name): Member => ({ labels: { name }, facts: {} })), loopback }
}

/** What the API server asks of itself. */
const loopback: readonly Member[] = ['namespaces', 'services', 'endpoints', 'leases'].map((resource) => ({
  labels: { group: resource === 'leases' ? 'coordination.k8s.io' : '', resource, subresource: '', verb: 'get' },
  facts: {},
}))

/** The samples of one histogram. @param counts how many were at most each bound */
function histogram(labels: Labels, bounds: readonly number[], counts: readonly number[], sum: number, count: number): Sample[] {
  return [
    ...bounds.map((bound, index): Sample => ({ suffix: '_bucket', labels: { ...labels, le: String(bound) }, value: counts[index] ?? 0 })),
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: count },
  ]
}

const component = 'apiserver'

function requestFamilies(requests: readonly RequestCount[]): Family[] {
  const answered = requests.filter(({ total }) => total > 0)
  const withoutDryRun = ({ labels: { dry_run: _dryRun, ...labels } }: RequestCount): Labels => ({ component, ...labels })
  // Requests that differ in nothing but a dry run are one series where that is no label.
  const merged = mergedBy(answered, (each) => JSON.stringify(withoutDryRun(each)))
  return [
    {
      name: 'apiserver_request_total',
      help: '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      type: 'counter',
      samples: requests.flatMap(({ labels, codes }) =>
        [...codes].map(([code, value]) => ({ labels: { code, component, ...labels, system_client: '' }, value })),
      ),
    },
    {
      name: 'apiserver_request_duration_seconds',
      help: '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
      type: 'histogram',
      samples: answered.flatMap((each) =>
        histogram({ component, ...each.labels }, durationBuckets, each.durations, each.seconds, each.total),
      ),
    },
    {
      name: 'apiserver_request_sli_duration_seconds',
      help: '[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.',
      type: 'histogram',
      samples: merged.flatMap((each) => histogram(withoutDryRun(each), durationBuckets, each.durations, each.seconds, each.total)),
    },
    {
      name: 'apiserver_response_sizes',
      help: '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
      type: 'histogram',
      samples: merged.flatMap((each) => histogram(withoutDryRun(each), sizeBuckets, each.sizes, each.bytes, each.total)),
    },
    {
      name: 'apiserver_longrunning_requests',
      help: '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
      type: 'gauge',
      samples: requests.flatMap((each) =>
        each.open > 0 && each.labels.dry_run === '' ? [{ labels: withoutDryRun(each), value: each.open }] : [],
      ),
    },
    {
      name: 'apiserver_current_inflight_requests',
      help: '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      type: 'gauge',
      // The one that asks for this page.
      samples: [
        { labels: { request_kind: 'mutating' }, value: 0 },
        { labels: { request_kind: 'readOnly' }, value: 1 },
      ],
    },
  ]
}

function mergedBy(requests: readonly RequestCount[], key: (each: RequestCount) => string): RequestCount[] {
  const merged = new Map<string, RequestCount>()
  for (const each of requests) {
    const there = merged.get(key(each))
    const sum = (one: readonly number[], other: readonly number[] = []) => one.map((value, index) => value + (other[index] ?? 0))
    merged.set(key(each), {
      ...each,
      durations: sum(each.durations, there?.durations),
      sizes: sum(each.sizes, there?.sizes),
      seconds: each.seconds + (there?.seconds ?? 0),
      bytes: each.bytes + (there?.bytes ?? 0),
      total: each.total + (there?.total ?? 0),
    })
  }
  return [...merged.values()]
}

function objectFamilies({ registry, store }: Operations): Family[] {
  const stored = registry.all().filter((resource) => registry.storageOf(resource) === resource)
  return [
    {
      name: 'apiserver_storage_objects',
      help: '[STABLE] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      type: 'gauge',
      samples: stored.map(({ resource, group, table }) => ({
        labels: { resource: group ? `${resource}.${group}` : resource },
        value: store.size(table),
      })),
    },
    {
      name: 'apiserver_resource_objects',
      help: '[ALPHA] Number of stored objects at the time of last check split by kind.',
      type: 'gauge',
      samples: stored.map(({ resource, group, table }) => ({ labels: { group, resource }, value: store.size(table) })),
    },
    {
      name: 'apiserver_watch_cache_resource_version',
      help: '[ALPHA] Current resource version of watch cache broken by resource type.',
      type: 'gauge',
      samples: stored.map(({ resource, group }) => ({ labels: { group, resource }, value: store.revision })),
    },
  ]
}

function fixedFamilies({ requests, operations }: ApiServerFacts): Family[] {
  const answers = (fits: (code: string) => boolean) =>
    requests.reduce((sum, { codes }) => sum + [...codes].reduce((part, [code, value]) => part + (fits(code) ? value : 0), 0), 0)
  const version = operations.registry.discovery.version
  const allowed = answers((code) => code !== '401' && code !== '403')
  return [
    {
      name: 'authentication_attempts',
      help: '[ALPHA] Counter of authenticated attempts.',
      type: 'counter',
      samples: [
        { labels: { result: 'success' }, value: answers((code) => code !== '401') },
        { labels: { result: 'failure' }, value: answers((code) => code === '401') },
      ],
    },
    {
      name: 'authorization_attempts_total',
      help: '[ALPHA] Counter of authorization attempts broken down by result. It can be either allowed, denied, no-opinion or error.',
      type: 'counter',
      samples: [
        { labels: { result: 'allowed' }, value: allowed },
        { labels: { result: 'no-opinion' }, value: answers((code) => code === '403') },
      ],
    },
    {
      name: 'kubernetes_build_info',
      help: '[ALPHA] A metric with a constant "1" value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.',
      type: 'gauge',
      samples: [
        {
          labels: Object.fromEntries(
            (
              [
                ['build_date', 'buildDate'],
                ['compiler', 'compiler'],
                ['git_commit', 'gitCommit'],
                ['git_tree_state', 'gitTreeState'],
                ['git_version', 'gitVersion'],
                ['go_version', 'goVersion'],
                ['major', 'major'],
                ['minor', 'minor'],
                ['platform', 'platform'],
              ] as const
            ).map(([label, field]) => [label, String((version as { readonly [name: string]: unknown })[field] ?? '')]),
          ),
          value: 1,
        },
      ],
    },
  ]
}

/** The process as its load would have it: memory with the objects, processor time with the requests and the hours. */
function processFacts({ operations, requests, startedAt }: ApiServerFacts): Facts {
  const { registry, store, platform } = operations
  const at = platform.clock.now()
  const uptime = Math.max((at - startedAt) / 1000, 0)
  const objects = sum(registry.all().map((resource) => (registry.storageOf(resource) === resource ? store.size(resource.table) : 0)))
  const total = sum(requests.map((each) => each.total))
  const open = sum(requests.map((each) => each.open))
  const made = sum(requests.map(({ labels, total: count }) => (labels.resource === 'services' && labels.verb === 'POST' ? count : 0)))
  const services = operations.list('Service')
  return {
    ...goFacts({
      startedAt,
      at,
      cpuSeconds: 2.1 + uptime * 0.021 + total * 0.0021,
      memoryBytes: 215_000_000 + objects * 24_000 + open * 90_000,
      goroutines: 1240 + open * 4,
    }),
    object: objects,
    request: total,
    write: sum(requests.map(({ labels, total: count }) => (writing.has(labels.verb) ? count : 0))),
    service: services.length,
    made: made + 2,
    nodeport: sum(services.map(({ spec }) => spec?.ports?.filter(({ nodePort }) => nodePort !== undefined).length ?? 0)),
  }
}
