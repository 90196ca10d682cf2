import { durationBuckets, sizeBuckets } from '../api/request-counts.ts'
import { exposition } from './exposition.ts'
import type { RequestCount } from '../api/request-counts.ts'
import type { Operations } from '../api/operations.ts'
import type { Family, Labels, Sample } from './exposition.ts'

/** What the page of an API server is made of: names and types of the families without labels (api-server-metrics.json). */
export type ApiServerFamilies = { readonly [name: string]: string }

export interface ApiServerFacts {
  readonly operations: Operations
  readonly requests: readonly RequestCount[]
  /** Milliseconds since the epoch: when it began to answer. */
  readonly startedAt: number
  readonly families: ApiServerFamilies
}

/** The API server's `/metrics`, counted from what it has really answered. */
export function apiServerPage(facts: ApiServerFacts): string {
  const counted = [...requestFamilies(facts.requests), ...objectFamilies(facts.operations), ...fixedFamilies(facts)]
  const named = new Set(counted.map(({ name }) => name))
  const values = processValues(facts)
  const rest = Object.entries(facts.families).flatMap(([name, type]): Family[] =>
    named.has(name) ? [] : [plainFamily(name, type, values[name] ?? 0)],
  )
  return exposition([...counted, ...rest].toSorted((a, b) => (a.name < b.name ? -1 : 1)))
}

function plainFamily(name: string, type: string, value: number): Family {
  const help = name.replaceAll('_', ' ')
  if (type === 'histogram') return { name, help, type, samples: histogram({}, [], [], 0, 0) }
  return { name, help, type: type === 'counter' ? 'counter' : 'gauge', samples: [{ labels: {}, value }] }
}

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
function processValues({ operations, requests, startedAt }: ApiServerFacts): { readonly [name: string]: number } {
  const { registry, store, platform } = operations
  const uptime = Math.max((platform.clock.now() - startedAt) / 1000, 0)
  const objects = registry
    .all()
    .reduce((sum, resource) => sum + (registry.storageOf(resource) === resource ? store.size(resource.table) : 0), 0)
  const total = requests.reduce((sum, each) => sum + each.total, 0)
  const open = requests.reduce((sum, each) => sum + each.open, 0)
  const sent = requests.reduce((sum, each) => sum + each.bytes, 0)
  const resident = 215_000_000 + objects * 24_000 + open * 90_000
  const cpu = 2.1 + uptime * 0.021 + total * 0.0021
  return {
    process_cpu_seconds_total: cpu,
    process_max_fds: 1_048_576,
    process_open_fds: 61 + open,
    process_resident_memory_bytes: resident,
    process_start_time_seconds: startedAt / 1000,
    process_virtual_memory_bytes: 1_480_000_000,
    process_virtual_memory_max_bytes: Number('18446744073709551615'),
    process_network_receive_bytes_total: 40_000 + total * 1200,
    process_network_transmit_bytes_total: 40_000 + sent,
    go_goroutines: 1240 + open * 4,
    go_sched_goroutines_goroutines: 1240 + open * 4,
    go_threads: 12,
    go_sched_gomaxprocs_threads: 2,
    go_gc_gogc_percent: 100,
    go_memstats_alloc_bytes: resident * 0.45,
    go_memstats_alloc_bytes_total: 400_000_000 + uptime * 1_100_000 + total * 42_000,
    go_memstats_heap_alloc_bytes: resident * 0.45,
    go_memstats_heap_inuse_bytes: resident * 0.55,
    go_memstats_heap_sys_bytes: resident * 0.8,
    go_memstats_heap_objects: 520_000 + objects * 90,
    go_memstats_sys_bytes: resident,
    go_memstats_next_gc_bytes: resident * 0.6,
    registered_metrics_total: 313,
  }
}
