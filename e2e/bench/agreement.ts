import type { ClusterLease } from '../../server/clusters/lease.ts'
import type { Kept, Oddity } from './plausible.ts'

type Of = (name: string) => readonly Kept[]

const last = ({ samples }: Kept): number => samples.at(-1)?.[1] ?? NaN
/** Those whose last sample is of the last scrapes: what is gone is not there to be compared. */
function current(series: readonly Kept[]): readonly Kept[] {
  const newest = Math.max(...series.map(({ samples }) => samples.at(-1)?.[0] ?? 0))
  return series.filter(({ samples }) => (samples.at(-1)?.[0] ?? 0) > newest - 8)
}

/** Growth a second over the last minute. */
function rate({ samples }: Kept): number {
  const end = samples.at(-1)
  const begin = samples.find(([seconds]) => end && seconds >= end[0] - 60)
  return begin && end && end[0] > begin[0] ? (end[1] - begin[1]) / (end[0] - begin[0]) : 0
}

const where = ({ labels }: Kept): string => [labels['namespace'], labels['pod'], labels['container']].filter(Boolean).join('/')
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** What cannot be at the same time: more than a limit, a pod of less than its containers, a node of less than its pods. */
export function sumsThatDisagree(of: Of): readonly Oddity[] {
  const odd: Oddity[] = []
  const note = (what: string, metric: string, place: string) => odd.push({ what, metric, series: 1, where: place })
  const limits = new Map(
    current(of('kube_pod_container_resource_limits')).map((each) => [`${where(each)}/${each.labels['resource']}`, last(each)]),
  )
  const cadvisor = (name: string) => current(of(name)).filter(({ labels }) => labels['job'] === 'cadvisor')
  for (const each of cadvisor('container_cpu_usage_seconds_total')) {
    const limit = limits.get(`${where(each)}/cpu`)
    if (each.labels['container'] && limit !== undefined && rate(each) > limit * 1.02)
      note('uses more CPU than its limit', 'container_cpu_usage_seconds_total', `${where(each)} ${rate(each).toFixed(3)} > ${limit}`)
  }
  for (const name of [
    'container_memory_working_set_bytes',
    'container_memory_usage_bytes',
    'container_memory_rss',
    'container_memory_max_usage_bytes',
  ])
    for (const each of cadvisor(name)) {
      const limit = limits.get(`${where(each)}/memory`)
      const over = each.samples.filter(([, value]) => limit !== undefined && value > limit)
      if (each.labels['container'] && over.length > 0)
        note('more memory than its limit', name, `${where(each)} ${over.at(-1)?.[1]} > ${limit} (${over.length} samples)`)
    }
  for (const name of ['container_memory_working_set_bytes', 'container_cpu_usage_seconds_total']) {
    const value = name.endsWith('total') ? rate : last
    for (const [pod, rows] of Map.groupBy(cadvisor(name), ({ labels }) => `${labels['namespace']}/${labels['pod']}`)) {
      const own = rows.filter(({ labels }) => !labels['container'])
      const inside = sum(rows.filter(({ labels }) => labels['container']).map(value))
      if (own.length !== 1) note('a pod that is not there once', name, pod)
      else if (sum(own.map(value)) < inside * 0.98)
        note('a pod below the sum of its containers', name, `${pod} ${sum(own.map(value))} < ${inside}`)
    }
    for (const [node, rows] of Map.groupBy(cadvisor(name), ({ labels }) => labels['instance'] ?? '')) {
      const pods = sum(rows.filter(({ labels }) => labels['container']).map(value))
      const resource = current(of(name.replace('container', 'node'))).filter(({ labels }) => labels['instance'] === node && !labels['cpu'])
      if (resource.length > 0 && sum(resource.map(value)) < pods * 0.98)
        note('a node below the sum of its containers', name, `${node} ${sum(resource.map(value))} < ${pods}`)
    }
  }
  for (const [node, rows] of Map.groupBy(current(of('node_cpu_seconds_total')), ({ labels }) => labels['node'] ?? '')) {
    for (const [cpu, modes] of Map.groupBy(rows, ({ labels }) => labels['cpu'] ?? '')) {
      const whole = sum(modes.map(rate))
      if (Math.abs(whole - 1) > 0.05)
        note('the modes of a processor are not one second a second', 'node_cpu_seconds_total', `${node} cpu ${cpu} ${whole.toFixed(3)}`)
    }
    const busy = sum(rows.filter(({ labels }) => labels['mode'] !== 'idle').map(rate))
    const inside = sum(
      cadvisor('container_cpu_usage_seconds_total')
        .filter(({ labels }) => labels['container'] && (labels['instance'] === node || labels['kubernetes_io_hostname'] === node))
        .map(rate),
    )
    if (busy < inside * 0.95)
      note('a node that works less than its containers', 'node_cpu_seconds_total', `${node} ${busy.toFixed(3)} < ${inside.toFixed(3)}`)
  }
  for (const each of current(of('container_start_time_seconds')))
    if (last(each) > Date.now() / 1000 || last(each) < Date.now() / 1000 - 7 * 86_400)
      note('a start that cannot be', 'container_start_time_seconds', `${where(each)} ${last(each)}`)
  const known = new Set(current(of('kube_pod_container_info')).map(where))
  for (const each of cadvisor('container_memory_working_set_bytes'))
    if (each.labels['container'] && !known.has(where(each)))
      note('a container that kube-state-metrics does not know', 'kube_pod_container_info', where(each))
  return odd
}

interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly status?: Readonly<Record<string, unknown>>
}

type Rows = readonly (readonly [string, number])[]

const count = (object: ApiObject, part: 'spec' | 'status', field: string): number => Number(object[part]?.[field] ?? 0)
const replicas =
  (field: string) =>
  (object: ApiObject): Rows => [['', count(object, 'status', field)]]

/** What kube-state-metrics says, and what the API does: the label that names the object, and values by what else tells them apart. */
const compared: readonly (readonly [
  metric: string,
  path: string,
  label: string,
  further: readonly string[],
  values: (object: ApiObject) => Rows,
])[] = [
  ['kube_pod_info', '/api/v1/pods', 'pod', [], () => [['', 1]]],
  [
    'kube_pod_status_phase',
    '/api/v1/pods',
    'pod',
    ['phase'],
    ({ status }) => ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'].map((phase) => [phase, Number(status?.['phase'] === phase)]),
  ],
  [
    'kube_pod_container_status_restarts_total',
    '/api/v1/pods',
    'pod',
    ['container'],
    ({ status }) =>
      ((status?.['containerStatuses'] ?? []) as { name: string; restartCount: number }[]).map(({ name, restartCount }) => [
        name,
        restartCount,
      ]),
  ],
  [
    'kube_pod_container_status_ready',
    '/api/v1/pods',
    'pod',
    ['container'],
    ({ status }) =>
      ((status?.['containerStatuses'] ?? []) as { name: string; ready: boolean }[]).map(({ name, ready }) => [name, Number(ready)]),
  ],
  [
    'kube_pod_status_ready',
    '/api/v1/pods',
    'pod',
    ['condition'],
    ({ status }) => {
      const found = ((status?.['conditions'] ?? []) as { type: string; status: string }[]).find(({ type }) => type === 'Ready')
      return found ? ['true', 'false', 'unknown'].map((each) => [each, Number(found.status.toLowerCase() === each)]) : []
    },
  ],
  ['kube_node_info', '/api/v1/nodes', 'node', [], () => [['', 1]]],
  ['kube_service_info', '/api/v1/services', 'service', [], () => [['', 1]]],
  ['kube_configmap_info', '/api/v1/configmaps', 'configmap', [], () => [['', 1]]],
  ['kube_secret_info', '/api/v1/secrets', 'secret', [], () => [['', 1]]],
  ['kube_persistentvolumeclaim_info', '/api/v1/persistentvolumeclaims', 'persistentvolumeclaim', [], () => [['', 1]]],
  ['kube_deployment_spec_replicas', '/apis/apps/v1/deployments', 'deployment', [], (object) => [['', count(object, 'spec', 'replicas')]]],
  ['kube_deployment_status_replicas_available', '/apis/apps/v1/deployments', 'deployment', [], replicas('availableReplicas')],
  ['kube_deployment_status_replicas_updated', '/apis/apps/v1/deployments', 'deployment', [], replicas('updatedReplicas')],
  ['kube_replicaset_status_ready_replicas', '/apis/apps/v1/replicasets', 'replicaset', [], replicas('readyReplicas')],
  ['kube_daemonset_status_number_ready', '/apis/apps/v1/daemonsets', 'daemonset', [], replicas('numberReady')],
  ['kube_statefulset_replicas', '/apis/apps/v1/statefulsets', 'statefulset', [], (object) => [['', count(object, 'spec', 'replicas')]]],
  ['kube_job_status_succeeded', '/apis/batch/v1/jobs', 'job_name', [], replicas('succeeded')],
]

/** Where kube-state-metrics and the API disagree now. */
export async function kubeStateDifferences(
  of: (name: string) => Promise<readonly Kept[]>,
  lease: ClusterLease,
): Promise<readonly Oddity[]> {
  const odd: Oddity[] = []
  for (const [metric, path, label, further, values] of compared) {
    const { items } = (await lease.client.getJson(path)).body as { items: ApiObject[] }
    const key = (namespace: string | undefined, name: string | undefined, rest: string) => [namespace ?? '', name, rest].join('/')
    const there = new Map(
      items.flatMap((each) => values(each).map(([rest, value]) => [key(each.metadata.namespace, each.metadata.name, rest), value])),
    )
    const said = new Map(
      current(await of(metric)).map((each) => [
        key(each.labels['namespace'], each.labels[label], further.map((name) => each.labels[name]).join()),
        last(each),
      ]),
    )
    const wrong = [...new Set([...there.keys(), ...said.keys()])].filter((each) => there.get(each) !== said.get(each))
    const [first] = wrong
    if (first !== undefined)
      odd.push({
        what: 'kube-state-metrics and the API disagree',
        metric,
        series: wrong.length,
        where: `${first}: ${said.get(first)} and ${there.get(first)}`,
      })
  }
  return odd
}
