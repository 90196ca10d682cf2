import { counter, gauge, histogram } from './families.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { Family, Labels } from './exposition.ts'
import type { ProgramSources } from './programs.ts'

const secondsOf = (container: SimulatedContainer, at: number): number => Math.max((at - container.usage(at).startedAt) / 1000, 0)
const fine = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192] as const

/** Revisions count every write since the cluster began. */
function revisionOf({ api }: ProgramSources): number {
  return [...api.list('Pod'), ...api.list('Node'), ...api.list('Event')].reduce(
    (most, { metadata }) => Math.max(most, Number(metadata.resourceVersion) || 0),
    0,
  )
}

/** https://etcd.io/docs/v3.6/metrics/ */
export function etcdFamilies(container: SimulatedContainer, sources: ProgramSources, at: number): Family[] {
  const seconds = secondsOf(container, at)
  const writes = container.high('writes', revisionOf(sources))
  const objects = sources.api.list('Pod').length + sources.api.list('Event').length + 420
  const syncs = writes + Math.floor(seconds / 10)
  return [
    gauge('etcd_server_has_leader', 'Whether or not a leader exists. 1 is existence, 0 is not.', 1),
    gauge('etcd_server_is_leader', 'Whether or not this member is a leader. 1 if is, 0 otherwise.', 1),
    counter('etcd_server_leader_changes_seen_total', 'The number of leader changes seen.', 1),
    counter('etcd_server_proposals_committed_total', 'The total number of consensus proposals committed.', syncs + 4),
    counter('etcd_server_proposals_applied_total', 'The total number of consensus proposals applied.', syncs + 4),
    gauge('etcd_server_proposals_pending', 'The current number of pending proposals to commit.', 0),
    counter('etcd_server_proposals_failed_total', 'The total number of failed proposals seen.', 0),
    gauge('etcd_server_version', "Which version is running. 1 for 'server_version' label with current version.", [
      [{ server_version: container.fields()['tag'] ?? '' }, 1],
    ]),
    histogram(
      'etcd_disk_wal_fsync_duration_seconds',
      'The latency distributions of fsync called by WAL.',
      [{ count: syncs, mean: 0.0019 }],
      fine,
    ),
    histogram(
      'etcd_disk_backend_commit_duration_seconds',
      'The latency distributions of commit called by backend.',
      [{ count: Math.floor(syncs / 2), mean: 0.003 }],
      fine,
    ),
    gauge('etcd_mvcc_db_total_size_in_bytes', 'Total size of the underlying database physically allocated in bytes.', 20_480_000),
    gauge(
      'etcd_mvcc_db_total_size_in_use_in_bytes',
      'Total size of the underlying database logically in use in bytes.',
      Math.min(1_200_000 + objects * 2600, 20_000_000),
    ),
    counter('etcd_mvcc_put_total', 'Total number of puts seen by this member.', writes),
    counter('etcd_mvcc_range_total', 'Total number of ranges seen by this member.', 900 + writes * 2 + Math.floor(seconds)),
    gauge('etcd_debugging_mvcc_keys_total', 'Total number of keys.', objects),
    gauge('etcd_network_known_peers', 'The current number of known peers.', []),
    counter('grpc_server_handled_total', 'Total number of RPCs completed on the server, regardless of success or failure.', [
      [
        { grpc_code: 'OK', grpc_method: 'Range', grpc_service: 'etcdserverpb.KV', grpc_type: 'unary' },
        900 + writes * 2 + Math.floor(seconds),
      ],
      [{ grpc_code: 'OK', grpc_method: 'Txn', grpc_service: 'etcdserverpb.KV', grpc_type: 'unary' }, writes],
    ]),
  ]
}

/** https://kubernetes.io/docs/reference/instrumentation/metrics/ */
export function schedulerFamilies(container: SimulatedContainer, sources: ProgramSources, at: number): Family[] {
  const pods = sources.api.list('Pod')
  const waiting = pods.filter(
    ({ status, spec }) => !spec?.nodeName && status?.conditions?.some(({ type, status: is }) => type === 'PodScheduled' && is === 'False'),
  ).length
  const scheduled = container.high('scheduled', pods.filter(({ spec }) => spec?.nodeName).length)
  const failed = container.high('failed', waiting)
  const profile = { profile: 'default-scheduler' }
  return [
    gauge('scheduler_pending_pods', '[STABLE] Number of pending pods, by the queue type.', [
      [{ queue: 'active' }, 0],
      [{ queue: 'backoff' }, 0],
      [{ queue: 'gated' }, pods.filter(({ spec }) => (spec?.schedulingGates?.length ?? 0) > 0).length],
      [{ queue: 'unschedulable' }, waiting],
    ]),
    counter(
      'scheduler_schedule_attempts_total',
      "[STABLE] Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      [
        [{ ...profile, result: 'scheduled' }, scheduled],
        [{ ...profile, result: 'unschedulable' }, failed],
        [{ ...profile, result: 'error' }, 0],
      ],
    ),
    histogram(
      'scheduler_scheduling_attempt_duration_seconds',
      '[STABLE] Scheduling attempt latency in seconds (scheduling algorithm + binding)',
      [{ labels: { ...profile, result: 'scheduled' }, count: scheduled, mean: 0.004 }],
      fine,
    ),
    counter('scheduler_preemption_attempts_total', '[STABLE] Total preemption attempts in the cluster till now', failed),
    ...leading('kube-scheduler'),
    ...restFamilies(secondsOf(container, at), scheduled * 3),
  ]
}

const queues = [
  'deployment',
  'replicaset',
  'endpoint_slice',
  'job',
  'namespace',
  'serviceaccount',
  'garbage_collector_attempt_to_delete',
  'node',
  'daemonset',
  'statefulset',
  'disruption',
  'horizontalpodautoscaler',
]

export function controllerManagerFamilies(container: SimulatedContainer, sources: ProgramSources, at: number): Family[] {
  const writes = container.high('writes', revisionOf(sources))
  const adds = queues.map((name, index) => [name, Math.floor(writes / (index + 3)) + 4] as const)
  const nodes = sources.api.list('Node')
  const ready = nodes.filter(({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')).length
  return [
    counter(
      'workqueue_adds_total',
      '[BETA] Total number of adds handled by workqueue',
      adds.map(([name, count]) => [{ name }, count] as const),
    ),
    gauge(
      'workqueue_depth',
      '[BETA] Current depth of workqueue',
      queues.map((name) => [{ name }, 0] as const),
    ),
    counter(
      'workqueue_retries_total',
      '[BETA] Total number of retries handled by workqueue',
      adds.map(([name, count]) => [{ name }, Math.floor(count / 20)] as const),
    ),
    histogram(
      'workqueue_queue_duration_seconds',
      '[BETA] How long in seconds an item stays in workqueue before being requested.',
      adds.map(([name, count]) => ({ labels: { name }, count, mean: 0.00004 })),
      [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10],
    ),
    histogram(
      'workqueue_work_duration_seconds',
      '[BETA] How long in seconds processing an item from workqueue takes.',
      adds.map(([name, count]) => ({ labels: { name }, count, mean: 0.003 })),
      [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10],
    ),
    gauge('node_collector_zone_health', '[ALPHA] Gauge measuring percentage of healthy nodes per zone.', [
      [{ zone: '' }, nodes.length === 0 ? 0 : (100 * ready) / nodes.length],
    ]),
    gauge('node_collector_zone_size', '[ALPHA] Gauge measuring number of registered Nodes per zones.', [[{ zone: '' }, nodes.length]]),
    gauge('node_collector_unhealthy_nodes_in_zone', '[ALPHA] Gauge measuring number of not Ready Nodes per zones.', [
      [{ zone: '' }, nodes.length - ready],
    ]),
    ...leading('kube-controller-manager'),
    ...restFamilies(secondsOf(container, at), writes),
  ]
}

export function kubeProxyFamilies(container: SimulatedContainer, sources: ProgramSources, at: number): Family[] {
  const services = sources.api.list('Service')
  const ports = services.reduce((sum, { spec }) => sum + (spec?.ports?.length ?? 0), 0)
  const endpoints = sources.api
    .list('EndpointSlice')
    .reduce((sum, slice) => sum + (slice.endpoints?.length ?? 0) * (slice.ports?.length ?? 0), 0)
  const changes = container.high('changes', services.length + endpoints)
  const seconds = secondsOf(container, at)
  const family = { ip_family: 'IPv4' }
  const syncs = changes + Math.floor(seconds / 3600) + 1
  return [
    histogram(
      'kubeproxy_sync_proxy_rules_duration_seconds',
      '[ALPHA] SyncProxyRules latency in seconds',
      [{ labels: family, count: syncs, mean: 0.03 }],
      fine,
    ),
    gauge('kubeproxy_sync_proxy_rules_last_timestamp_seconds', '[ALPHA] The last time proxy rules were successfully synced', [
      [family, Math.floor(container.usage(at).startedAt / 1000) + 1],
    ]),
    gauge('kubeproxy_sync_proxy_rules_iptables_total', '[ALPHA] Total number of iptables rules owned by kube-proxy', [
      [{ ...family, table: 'filter' }, 8],
      [{ ...family, table: 'nat' }, 12 + ports * 4 + endpoints * 3],
    ]),
    counter('kubeproxy_sync_proxy_rules_endpoint_changes_total', '[ALPHA] Cumulative proxy rules Endpoint changes', [[family, changes]]),
    counter('kubeproxy_sync_proxy_rules_service_changes_total', '[ALPHA] Cumulative proxy rules Service changes', [
      [family, container.high('services', services.length)],
    ]),
    histogram(
      'kubeproxy_network_programming_duration_seconds',
      '[ALPHA] In Cluster Network Programming Latency in seconds',
      [{ labels: family, count: changes, mean: 0.6 }],
      [0.25, 0.5, 1, 2, 3, 4, 5, 10, 20, 30, 60],
    ),
    counter('kubeproxy_proxy_healthz_total', '[ALPHA] Cumulative proxy healthz HTTP status', [[{ code: '200' }, Math.floor(seconds / 10)]]),
    ...restFamilies(seconds, 4),
  ]
}

function leading(name: string): Family[] {
  return [
    gauge(
      'leader_election_master_status',
      '[ALPHA] Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.',
      [[{ name }, 1]],
    ),
  ]
}

function restFamilies(seconds: number, writes: number): Family[] {
  const of = (code: string, method: string): Labels => ({ code, host: 'control-plane:6443', method })
  return [
    counter('rest_client_requests_total', '[ALPHA] Number of HTTP requests, partitioned by status code, method, and host.', [
      [of('200', 'GET'), 20 + Math.floor(seconds / 4)],
      [of('200', 'PUT'), Math.floor(seconds / 2) + writes],
      [of('201', 'POST'), writes],
    ]),
  ]
}
