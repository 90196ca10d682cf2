import type { SimulatedContainer, UsageSnapshot } from '../images/container.ts'
import { quantityNumber } from '../images/machine-builder.ts'
import type { Retired } from '../images/runtime.ts'
import type { Node } from '../resources/kinds.ts'
import { describedFamilies } from './described.ts'
import type { DescribedPage, Member } from './described.ts'
import type { Family, Labels, Sample } from './exposition.ts'
import { counter as counted, gauge as plain } from './families.ts'
import { limitOf, podsOf, requestOf } from './node-usage.ts'

interface Row {
  readonly labels: Labels
  readonly usage: UsageSnapshot
  readonly container: SimulatedContainer | undefined
}

/** The labels as a v1.36 kubelet has them: pod rows have neither container, image nor name. */
function rowsOf(containers: readonly SimulatedContainer[], node: string, at: number, retired: ReadonlyMap<string, Retired>): Row[] {
  return podsOf(containers, node).flatMap(({ pod, containers: inside }) => {
    const { name = '', namespace = '', uid = '' } = pod.metadata
    const quality = (pod.status?.qosClass ?? 'BestEffort').toLowerCase()
    const slice = `/kubepods/${quality === 'guaranteed' ? '' : `${quality}/`}pod${uid}`
    const rows = inside.map((container): Row => {
      const id = container.id.replace('containerd://', '')
      return {
        labels: {
          container: container.config.container.name,
          id: `${slice}/${id}`,
          image: container.image.reference.full,
          name: id,
          namespace,
          pod: name,
        },
        usage: container.usage(at),
        container,
      }
    })
    // Its own cgroup and network outlive containers that are started again.
    const ended = retired.get(uid) ?? { cpuSeconds: 0, receiveBytes: 0, transmitBytes: 0 }
    const sum = (pick: (usage: UsageSnapshot) => number) => rows.reduce((total, row) => total + pick(row.usage), 0)
    const whole: UsageSnapshot = {
      startedAt: Date.parse(pod.status?.startTime ?? '') || Math.min(...rows.map((row) => row.usage.startedAt)),
      cpuSeconds: sum((usage) => usage.cpuSeconds) + ended.cpuSeconds + 0.02,
      memoryBytes: sum((usage) => usage.memoryBytes) + 262_144,
      receiveBytes: sum((usage) => usage.receiveBytes) + ended.receiveBytes,
      transmitBytes: sum((usage) => usage.transmitBytes) + ended.transmitBytes,
      requests: sum((usage) => usage.requests),
      throttledSeconds: sum((usage) => usage.throttledSeconds),
      processes: sum((usage) => usage.processes) + 1,
    }
    return [
      { labels: { container: '', id: slice, image: '', name: '', namespace, pod: name }, usage: whole, container: undefined },
      ...rows,
    ]
  })
}

/** The scheduler's periods (100 ms) of containers with a CPU limit, and those in which the limit held them back. */
function throttling(rows: readonly Row[], at: number): Family[] {
  const limited = rows.filter(({ container }) => container && limitOf(container, 'cpu') > 0)
  const each = (value: (usage: UsageSnapshot, periods: number) => number) =>
    limited.map(({ labels, usage }) => [labels, value(usage, Math.floor(Math.max(at - usage.startedAt, 0) / 100))] as const)
  return [
    counted(
      'container_cpu_cfs_periods_total',
      'Number of elapsed enforcement period intervals.',
      each((_, periods) => periods),
    ),
    counted(
      'container_cpu_cfs_throttled_periods_total',
      'Number of throttled period intervals.',
      each(({ throttledSeconds }, periods) => Math.min(Math.floor(throttledSeconds * 10), periods)),
    ),
    counted(
      'container_cpu_cfs_throttled_seconds_total',
      'Total time duration the container has been throttled.',
      each(({ throttledSeconds }) => throttledSeconds),
    ),
  ]
}

/** Whole pages, and no more than the kernel would let it have. */
function withinLimit(bytes: number, container: SimulatedContainer | undefined): number {
  const limit = (container && limitOf(container, 'memory')) || Infinity
  return Math.round(Math.min(bytes, limit) / 4096) * 4096
}

/** What the kernel has been told and counts beside, of containers and their pods. */
function furtherFamilies(rows: readonly Row[], info: Labels): Family[] {
  const each = (value: (row: Row) => number, more: Labels = {}) => rows.map((row) => [{ ...row.labels, ...more }, value(row)] as const)
  return [
    plain(
      'container_memory_max_usage_bytes',
      'Maximum memory usage recorded in bytes',
      each(({ usage, container }) => withinLimit(usage.memoryBytes * 1.2, container)),
    ),
    plain(
      'container_memory_mapped_file',
      'Size of memory mapped files in bytes.',
      each(({ usage }) => Math.round((usage.memoryBytes * 0.05) / 4096) * 4096),
    ),
    plain(
      'container_memory_kernel_usage',
      'Size of kernel memory allocated in bytes.',
      each(({ usage }) => Math.round((usage.memoryBytes * 0.03) / 4096) * 4096),
    ),
    counted('container_memory_failures_total', 'Cumulative count of memory allocation failures.', [
      ...each(({ usage }) => Math.floor(usage.cpuSeconds * 900), { failure_type: 'pgfault', scope: 'container' }),
      ...each(() => 0, { failure_type: 'pgmajfault', scope: 'container' }),
    ]),
    plain(
      'container_file_descriptors',
      'Number of open file descriptors for the container.',
      each(({ usage }) => usage.processes * 11),
    ),
    plain(
      'container_sockets',
      'Number of open sockets for the container.',
      each(({ usage }) => usage.processes * 2),
    ),
    plain('machine_cpu_sockets', 'Number of CPU sockets.', [[info, 1]]),
  ]
}

/** What the described families have a series of each. */
function membersOf(
  rows: readonly Row[],
  pods: readonly Row[],
  machine: Labels,
  disk: (row: Row) => Labels,
): Record<string, readonly Member[]> {
  const facts = ({ usage }: Row) => ({ cpu: usage.cpuSeconds, memory: usage.memoryBytes, process: usage.processes })
  const own = rows.filter(({ container }) => container !== undefined)
  return {
    containers: rows.map((row) => ({ labels: row.labels, facts: facts(row) })),
    disks: own.map((row) => ({ labels: disk(row), facts: facts(row) })),
    networks: pods.map((row) => ({ labels: { ...row.labels, interface: 'eth0' }, facts: facts(row) })),
    machines: [{ labels: machine, facts: {} }],
  }
}

/** The kubelet's /metrics/cadvisor. */
export function cadvisorPage(
  node: Node,
  containers: readonly SimulatedContainer[],
  at: number,
  retired: ReadonlyMap<string, Retired>,
  described: DescribedPage,
): Family[] {
  const rows = rowsOf(containers, node.metadata.name ?? '', at, retired)
  const pods = rows.filter((row) => row.container === undefined)
  const info = node.status?.nodeInfo
  const machine: Labels = { boot_id: info?.bootID ?? '', machine_id: info?.machineID ?? '', system_uuid: info?.systemUUID ?? '' }
  const each = (value: (row: Row) => number, labels: (row: Row) => Labels = (row) => row.labels): Sample[] =>
    rows.map((row) => ({ labels: labels(row), value: value(row) }))
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, help, type: 'gauge', samples })
  const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, help, type: 'counter', samples })
  const network = (value: (row: Row) => number) =>
    pods.map((row): Sample => ({
      labels: {
        container: '',
        id: row.labels['id'] ?? '',
        image: '',
        interface: 'eth0',
        name: '',
        namespace: row.labels['namespace'] ?? '',
        pod: row.labels['pod'] ?? '',
      },
      value: value(row),
    }))
  const disk = (row: Row): Labels => ({
    container: row.labels['container'] ?? '',
    device: '/dev/vda1',
    id: row.labels['id'] ?? '',
    image: row.labels['image'] ?? '',
    name: row.labels['name'] ?? '',
    namespace: row.labels['namespace'] ?? '',
    pod: row.labels['pod'] ?? '',
  })
  const own = rows.filter((row) => row.container !== undefined)
  const cpu = (row: Row): Labels => {
    const { container = '', ...rest } = row.labels
    return { container, cpu: 'total', ...rest }
  }
  return [
    gauge(
      'cadvisor_version_info',
      "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.",
      [
        {
          labels: {
            cadvisorRevision: '',
            cadvisorVersion: '',
            dockerVersion: '',
            kernelVersion: info?.kernelVersion ?? '',
            osVersion: info?.osImage ?? '',
          },
          value: 1,
        },
      ],
    ),
    counter(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed in seconds.',
      each((row) => row.usage.cpuSeconds, cpu),
    ),
    counter(
      'container_cpu_user_seconds_total',
      'Cumulative user cpu time consumed in seconds.',
      each((row) => row.usage.cpuSeconds * 0.62),
    ),
    counter(
      'container_cpu_system_seconds_total',
      'Cumulative system cpu time consumed in seconds.',
      each((row) => row.usage.cpuSeconds * 0.38),
    ),
    ...throttling(own, at),
    gauge(
      'container_memory_working_set_bytes',
      'Current working set in bytes.',
      each((row) => row.usage.memoryBytes),
    ),
    gauge(
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      each((row) => withinLimit(row.usage.memoryBytes * 1.09, row.container)),
    ),
    gauge(
      'container_memory_rss',
      'Size of RSS in bytes.',
      each((row) => Math.round((row.usage.memoryBytes * 0.81) / 4096) * 4096),
    ),
    gauge(
      'container_memory_cache',
      'Number of bytes of page cache memory.',
      each((row) => Math.round((row.usage.memoryBytes * 0.22) / 4096) * 4096),
    ),
    gauge(
      'container_memory_swap',
      'Container swap usage in bytes.',
      each(() => 0),
    ),
    counter(
      'container_memory_failcnt',
      'Number of memory usage hits limits',
      each(() => 0),
    ),
    counter(
      'container_oom_events_total',
      'Count of out of memory events observed for the container',
      each(() => 0),
    ),
    counter(
      'container_network_receive_bytes_total',
      'Cumulative count of bytes received',
      network((row) => row.usage.receiveBytes),
    ),
    counter(
      'container_network_receive_packets_total',
      'Cumulative count of packets received',
      network((row) => Math.floor(row.usage.receiveBytes / 420)),
    ),
    counter(
      'container_network_receive_errors_total',
      'Cumulative count of errors encountered while receiving',
      network(() => 0),
    ),
    counter(
      'container_network_transmit_bytes_total',
      'Cumulative count of bytes transmitted',
      network((row) => row.usage.transmitBytes),
    ),
    counter(
      'container_network_transmit_packets_total',
      'Cumulative count of packets transmitted',
      network((row) => Math.floor(row.usage.transmitBytes / 380)),
    ),
    counter(
      'container_network_transmit_errors_total',
      'Cumulative count of errors encountered while transmitting',
      network(() => 0),
    ),
    gauge(
      'container_fs_usage_bytes',
      'Number of bytes that are consumed by the container on this filesystem.',
      own.map((row) => ({ labels: disk(row), value: 53_248 + (row.container?.machine.files.written ?? 0) })),
    ),
    gauge(
      'container_fs_limit_bytes',
      'Number of bytes that can be consumed by the container on this filesystem.',
      own.map((row) => ({ labels: disk(row), value: 270_553_174_016 })),
    ),
    counter(
      'container_fs_reads_total',
      'Cumulative count of reads completed',
      own.map((row) => ({ labels: disk(row), value: Math.floor(row.usage.cpuSeconds * 3) })),
    ),
    counter(
      'container_fs_writes_total',
      'Cumulative count of writes completed',
      own.map((row) => ({ labels: disk(row), value: Math.floor(row.usage.cpuSeconds * 2) })),
    ),
    gauge(
      'container_spec_cpu_period',
      'CPU period of the container.',
      each(() => 100_000),
    ),
    gauge(
      'container_spec_cpu_quota',
      'CPU quota of the container.',
      own.flatMap((row) =>
        row.container && limitOf(row.container, 'cpu') > 0
          ? [{ labels: row.labels, value: Math.round(limitOf(row.container, 'cpu') * 100_000) }]
          : [],
      ),
    ),
    gauge(
      'container_spec_cpu_shares',
      'CPU share of the container.',
      own.map((row) => ({
        labels: row.labels,
        value: Math.max(2, Math.round((row.container ? requestOf(row.container, 'cpu') : 0) * 1024)),
      })),
    ),
    gauge(
      'container_spec_memory_limit_bytes',
      'Memory limit for the container.',
      own.map((row) => ({ labels: row.labels, value: row.container ? limitOf(row.container, 'memory') : 0 })),
    ),
    gauge(
      'container_start_time_seconds',
      'Start time of the container since unix epoch in seconds.',
      each((row) => Math.floor(row.usage.startedAt / 1000)),
    ),
    gauge(
      'container_last_seen',
      'Last time a container was seen by the exporter',
      each(() => Math.floor(at / 1000)),
    ),
    gauge(
      'container_processes',
      'Number of processes running inside the container.',
      each((row) => row.usage.processes),
    ),
    gauge(
      'container_threads',
      'Number of threads running inside the container',
      each((row) => row.usage.processes * 3),
    ),
    ...furtherFamilies(rows, machine),
    ...describedFamilies(described, {}, membersOf(rows, pods, machine, disk)),
    gauge('container_scrape_error', '1 if there was an error while getting container metrics, 0 otherwise', [{ labels: {}, value: 0 }]),
    gauge('machine_cpu_cores', 'Number of logical CPU cores.', [
      { labels: machine, value: quantityNumber(node.status?.capacity?.['cpu']) },
    ]),
    gauge('machine_cpu_physical_cores', 'Number of physical CPU cores.', [
      { labels: machine, value: quantityNumber(node.status?.capacity?.['cpu']) },
    ]),
    gauge('machine_memory_bytes', 'Amount of memory installed on the machine.', [
      { labels: machine, value: quantityNumber(node.status?.capacity?.['memory']) },
    ]),
    gauge('machine_swap_bytes', 'Amount of swap memory available on the machine.', [{ labels: machine, value: 0 }]),
    gauge('machine_scrape_error', '1 if there was an error while getting machine metrics, 0 otherwise.', [{ labels: {}, value: 0 }]),
  ]
}
