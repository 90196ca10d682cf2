import { describedFamilies, goFacts } from './described.ts'
import { counter, gauge, histogram } from './families.ts'
import { podsOf, systemUsage } from './node-usage.ts'
import type { Api } from '../api/door.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { NodeActivity } from '../images/runtime.ts'
import { quantityNumber } from '../images/machine-builder.ts'
import type { Node, Pod } from '../resources/kinds.ts'
import type { DescribedPages, Member } from './described.ts'
import type { Family, Labels } from './exposition.ts'

/** What kubelets ask their container runtime a second, whatever happens: the pod lifecycle event generator looks each second. */
const routine = [
  ['container_status', 0.12, 0.0006],
  ['list_containers', 1.02, 0.0011],
  ['list_images', 0.034, 0.0009],
  ['list_podsandbox', 1.02, 0.0007],
  ['status', 0.2, 0.0004],
  ['version', 1 / 60, 0.0003],
  ['image_fs_info', 0.1, 0.0004],
] as const

const slowBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
const startBounds = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600] as const

/**
 * A kubelet's own /metrics. Counters of what it did are counted since it began (which a fork does anew), those of its routine
 * are worked out from its time. https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
export function kubeletFamilies(
  node: Node,
  containers: readonly SimulatedContainer[],
  activity: NodeActivity,
  api: Api,
  at: number,
  described: DescribedPages,
): Family[] {
  const name = node.metadata.name ?? ''
  const startedAt = Date.parse(node.metadata.creationTimestamp ?? '') || at
  const seconds = Math.max((at - startedAt) / 1000, 0)
  const bound = api.list('Pod').filter(({ spec }) => spec?.nodeName === name)
  const alive = bound.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  const here = containers.filter(({ config }) => config.node === name)
  const isStatic = ({ metadata }: Pod) => metadata.annotations?.['kubernetes.io/config.source'] === 'file'
  const perStatic = (pods: readonly Pod[]): readonly (readonly [Labels, number])[] => [
    [{ static: '' }, pods.filter((pod) => !isStatic(pod)).length],
    [{ static: 'true' }, pods.filter(isStatic).length],
  ]
  const system = systemUsage(node, at)
  const go = goFacts({
    startedAt,
    at,
    cpuSeconds: system.cpuSeconds * 0.45,
    memoryBytes: system.memoryBytes * 0.13,
    goroutines: 190 + here.length * 4,
  })
  const facts = { ...go, pod: activity.pods, container: activity.created, removed: activity.removed, running: alive.length }
  const members = { containers: logsOf(here, at), exits: exitsOf(activity) }
  const counted = [
    gauge('kubelet_node_name', "[ALPHA] The node's name. The count is always 1.", [[{ node: name }, 1]]),
    gauge('kubelet_running_pods', '[BETA] Number of pods that have a running pod sandbox', podsOf(containers, name).length),
    gauge('kubelet_running_containers', '[BETA] Number of containers currently running', [
      [{ container_state: 'running' }, here.filter(({ running }) => running).length],
      [{ container_state: 'exited' }, here.filter(({ running }) => !running).length],
    ]),
    gauge(
      'kubelet_active_pods',
      '[ALPHA] The number of pods the kubelet considers active and which are being considered when admitting new pods.',
      perStatic(alive),
    ),
    gauge('kubelet_desired_pods', '[ALPHA] The number of pods the kubelet is being instructed to run.', perStatic(bound)),
    gauge(
      'kubelet_mirror_pods',
      '[ALPHA] The number of mirror pods the kubelet will try to create (one per admitted static pod)',
      alive.filter(isStatic).length,
    ),
    gauge(
      'kubelet_managed_ephemeral_containers',
      '[ALPHA] Current number of ephemeral containers in pods managed by this kubelet.',
      alive.reduce((sum, { spec }) => sum + (spec?.ephemeralContainers?.length ?? 0), 0),
    ),
    gauge('kubelet_cgroup_version', '[ALPHA] cgroup version on the hosts.', 2),
    counter('kubelet_started_pods_total', '[ALPHA] Cumulative number of pods started', activity.pods),
    counter('kubelet_started_containers_total', '[ALPHA] Cumulative number of containers started', [
      [{ container_type: 'container' }, activity.created],
    ]),
    counter('kubelet_started_pods_errors_total', '[ALPHA] Cumulative number of errors when starting pods', 0),
    ...operations(seconds, activity),
    ...routines(seconds, activity),
    ...volumeFamilies(alive, api),
    gauge(
      'kubernetes_build_info',
      '[ALPHA] A metric with a constant "1" value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.',
      [
        [
          {
            compiler: 'gc',
            git_version: node.status?.nodeInfo?.kubeletVersion ?? '',
            go_version: 'go1.26.1',
            major: '1',
            minor: '36',
            platform: 'linux/amd64',
          },
          1,
        ],
      ],
    ),
  ]
  return [...counted, ...describedFamilies(described.kubelet, facts, members), ...describedFamilies(described.go, go)]
}

/** What their logs take on the node's disk, an estimate from their age: counting them would mean to write them. */
function logsOf(containers: readonly SimulatedContainer[], at: number): readonly Member[] {
  return containers
    .filter(({ running }) => running)
    .map((each): Member => {
      const { pod, container } = each.config
      const { name = '', namespace = '', uid = '' } = pod.metadata
      const pages = Math.floor((at - each.usage(at).startedAt) / 90_000)
      return { labels: { container: container.name, namespace, pod: name, uid }, facts: { log: Math.min(pages * 4096, 10_485_760) } }
    })
}

/** How those that are gone have ended is not kept: they were replaced, which Completed is nearest to. */
function exitsOf({ removed }: NodeActivity): readonly Member[] {
  if (removed === 0) return []
  return [{ labels: { container_type: 'container', exit_code: '0', reason: 'Completed' }, facts: { exit: removed } }]
}

function operations(seconds: number, { pods, created, removed }: NodeActivity): Family[] {
  const done = [
    ...routine.map(([type, rate, mean]) => [type, Math.floor(seconds * rate), mean] as const),
    ['create_container', created, 0.05] as const,
    ['start_container', created, 0.06] as const,
    ['run_podsandbox', pods, 0.18] as const,
    ['pull_image', Math.min(created, pods), 1.9] as const,
    ['remove_container', removed, 0.02] as const,
    ['stop_container', removed, 0.4] as const,
  ].filter(([, count]) => count > 0)
  const timings = done.map(([type, count, mean]) => ({ labels: { operation_type: type }, count, mean }))
  return [
    counter(
      'kubelet_runtime_operations_total',
      '[BETA] Cumulative number of runtime operations by operation type.',
      done.map(([type, count]) => [{ operation_type: type }, count] as const),
    ),
    histogram(
      'kubelet_runtime_operations_duration_seconds',
      '[BETA] Duration in seconds of runtime operations. Broken down by operation type.',
      timings,
      slowBounds,
    ),
    histogram(
      'kubelet_run_podsandbox_duration_seconds',
      '[ALPHA] Duration in seconds of the run_podsandbox operations. Broken down by RuntimeClass.Handler.',
      [{ labels: { runtime_handler: '' }, count: pods, mean: 0.18 }],
    ),
  ]
}

function routines(seconds: number, { pods, created }: NodeActivity): Family[] {
  const looks = Math.floor(seconds)
  return [
    histogram('kubelet_pleg_relist_duration_seconds', '[ALPHA] Duration in seconds for relisting pods in PLEG.', [
      { count: looks, mean: 0.004 },
    ]),
    histogram('kubelet_pleg_relist_interval_seconds', '[ALPHA] Interval in seconds between relisting in PLEG.', [
      { count: looks, mean: 1.004 },
    ]),
    counter('kubelet_pleg_discard_events', '[ALPHA] The number of discard events in PLEG.', 0),
    histogram(
      'kubelet_pod_start_duration_seconds',
      '[ALPHA] Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run',
      [{ count: pods, mean: 1.6 }],
      startBounds,
    ),
    histogram(
      'kubelet_pod_start_sli_duration_seconds',
      '[ALPHA] Duration in seconds to start a pod, excluding time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch',
      [{ count: pods, mean: 0.9 }],
      startBounds,
    ),
    histogram(
      'kubelet_pod_worker_duration_seconds',
      '[ALPHA] Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync',
      [
        { labels: { operation_type: 'create' }, count: pods, mean: 0.9 },
        { labels: { operation_type: 'sync' }, count: created + Math.floor(looks / 60) * Math.max(pods, 1), mean: 0.006 },
      ],
    ),
    histogram(
      'kubelet_cgroup_manager_duration_seconds',
      '[ALPHA] Duration in seconds for cgroup manager operations. Broken down by method.',
      [
        { labels: { operation_type: 'create' }, count: pods, mean: 0.004 },
        { labels: { operation_type: 'update' }, count: Math.floor(looks / 60) + 3, mean: 0.002 },
      ],
    ),
    counter('kubelet_http_requests_total', '[ALPHA] Number of the http requests received since the server started', [
      [{ long_running: 'false', method: 'GET', path: 'metrics/resource', server_type: 'readwrite' }, Math.floor(looks / 15)],
      [{ long_running: 'false', method: 'GET', path: 'healthz', server_type: 'readwrite' }, Math.floor(looks / 10)],
    ]),
    counter('rest_client_requests_total', '[ALPHA] Number of HTTP requests, partitioned by status code, method, and host.', [
      [{ code: '200', host: 'control-plane:6443', method: 'GET' }, 12 + Math.floor(looks / 300) + pods * 3],
      [{ code: '200', host: 'control-plane:6443', method: 'PATCH' }, pods * 3 + Math.floor(looks / 300)],
      [{ code: '200', host: 'control-plane:6443', method: 'PUT' }, Math.floor(looks / 10)],
    ]),
  ]
}

const volumeHelp = {
  kubelet_volume_stats_available_bytes: '[ALPHA] Number of available bytes in the volume',
  kubelet_volume_stats_capacity_bytes: '[ALPHA] Capacity in bytes of the volume',
  kubelet_volume_stats_used_bytes: '[ALPHA] Number of used bytes in the volume',
  kubelet_volume_stats_inodes: '[ALPHA] Maximum number of inodes in the volume',
  kubelet_volume_stats_inodes_free: '[ALPHA] Number of free inodes in the volume',
  kubelet_volume_stats_inodes_used: '[ALPHA] Number of used inodes in the volume',
} as const

/** Claims that pods here use. How full they are is what an image's description would have written by now. */
function volumeFamilies(pods: readonly Pod[], api: Api): Family[] {
  const claims = new Map<string, readonly [Labels, number]>()
  const plugins = new Map<string, number>()
  for (const { metadata, spec } of pods) {
    for (const volume of spec?.volumes ?? []) {
      const plugin = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir'
      const called = `kubernetes.io/${plugin.replace('configMap', 'configmap').replace('emptyDir', 'empty-dir').replace('hostPath', 'host-path')}`
      plugins.set(called, (plugins.get(called) ?? 0) + 1)
      const claim =
        volume.persistentVolumeClaim && api.get('PersistentVolumeClaim', metadata.namespace, volume.persistentVolumeClaim.claimName)
      if (claim?.status?.phase !== 'Bound') continue
      const labels = { namespace: metadata.namespace ?? '', persistentvolumeclaim: claim.metadata.name ?? '' }
      claims.set(JSON.stringify(labels), [labels, quantityNumber(claim.status.capacity?.['storage'])])
    }
  }
  const stats = (value: (capacity: number) => number) =>
    [...claims.values()].map(([labels, capacity]) => [labels, value(capacity)] as const)
  const values: Readonly<Record<keyof typeof volumeHelp, (capacity: number) => number>> = {
    kubelet_volume_stats_available_bytes: (capacity) => Math.round(capacity * 0.93),
    kubelet_volume_stats_capacity_bytes: (capacity) => capacity,
    kubelet_volume_stats_used_bytes: (capacity) => Math.round(capacity * 0.07),
    kubelet_volume_stats_inodes: (capacity) => Math.round(capacity / 16_384),
    kubelet_volume_stats_inodes_free: (capacity) => Math.round(capacity / 16_384) - 120,
    kubelet_volume_stats_inodes_used: () => 120,
  }
  return [
    ...(Object.keys(volumeHelp) as (keyof typeof volumeHelp)[]).map((each) => gauge(each, volumeHelp[each], stats(values[each]))),
    gauge(
      'volume_manager_total_volumes',
      `[ALPHA] Number of volumes in Volume Manager`,
      [...plugins].flatMap(([plugin_name, count]) =>
        (['actual_state_of_world', 'desired_state_of_world'] as const).map((state) => [{ plugin_name, state }, count] as const),
      ),
    ),
  ]
}
