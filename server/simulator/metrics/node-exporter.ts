import { describedFamilies } from './described.ts'
import { counter, gauge } from './families.ts'
import { nodeUsage, podsOf, retiredSum, systemTraffic } from './node-usage.ts'
import { loadAt } from '../images/rhythm.ts'
import { quantityNumber } from '../images/machine-builder.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { Retired } from '../images/runtime.ts'
import type { Node } from '../resources/kinds.ts'
import type { DescribedPage, Member } from './described.ts'
import type { Family, Labels } from './exposition.ts'
import type { ProgramSources } from './programs.ts'

const filesystem: Labels = { device: '/dev/vda1', device_error: '', fstype: 'ext4', mountpoint: '/' }
const disk: Labels = { device: 'vda' }

/** How a busy processor's time is spent. */
const modes = [
  ['user', 0.62],
  ['system', 0.27],
  ['softirq', 0.05],
  ['iowait', 0.05],
  ['irq', 0.01],
] as const

interface Machine {
  readonly node: Node
  readonly cores: number
  readonly seconds: number
  readonly used: ReturnType<typeof nodeUsage>
  readonly running: readonly SimulatedContainer[]
  readonly retired: ReadonlyMap<string, Retired>
}

/**
 * node-exporter's page: its node, summed from what runs there. What it never says is less than before: a fork
 * does not know what had ended earlier. https://github.com/prometheus/node_exporter
 */
export function nodeExporterFamilies(
  container: SimulatedContainer,
  { api, containers, retired, described }: ProgramSources,
  at: number,
): readonly Family[] {
  const node = api.get('Node', undefined, container.config.node)
  if (!node) return []
  const seconds = Math.max((at - (Date.parse(node.metadata.creationTimestamp ?? '') || at)) / 1000, 1)
  const cores = quantityNumber(node.status?.capacity?.['cpu']) || 1
  const running = containers().filter((each) => each.running && each.config.node === container.config.node)
  const machine: Machine = {
    node,
    cores,
    seconds,
    used: nodeUsage(node, running, at, retired(container.config.node)),
    running,
    retired: retired(container.config.node),
  }
  return [
    ...processorFamilies(container, machine, at),
    ...memoryFamilies(machine),
    ...storageFamilies(container, machine),
    ...networkFamilies(container, machine, at),
    ...systemFamilies(machine, at),
    ...furtherFamilies(container, machine, described['node-exporter'] ?? {}),
  ]
}

function furtherFamilies(
  container: SimulatedContainer,
  { node, cores, seconds, used, running }: Machine,
  described: DescribedPage,
): Family[] {
  const busy = container.high('cpu', used.cpuSeconds)
  const facts = {
    second: seconds,
    busy,
    operation: container.high('writes', Math.floor(seconds * 6 + used.cpuSeconds * 8)),
    total: quantityNumber(node.status?.capacity?.['memory']),
    used: used.memoryBytes,
    running: running.length,
  }
  const processors = Array.from({ length: Math.round(cores) }, (_, cpu): Member => ({
    labels: { cpu: String(cpu) },
    facts: { busy: busy / cores },
  }))
  return describedFamilies(described, facts, { processors })
}

function processorFamilies(container: SimulatedContainer, { cores, seconds, used, running }: Machine, at: number): Family[] {
  const busy = Math.min(container.high('cpu', used.cpuSeconds) / cores, seconds)
  const rows = Array.from({ length: Math.round(cores) }, (_, cpu) => [
    [{ cpu: String(cpu), mode: 'idle' }, container.high(`idle${cpu}`, seconds - busy)] as const,
    ...modes.map(([mode, share]) => [{ cpu: String(cpu), mode }, busy * share] as const),
    ...(['nice', 'steal'] as const).map((mode) => [{ cpu: String(cpu), mode }, 0] as const),
  ]).flat()
  const load = used.cpuCores * loadAt(at)
  const switches = container.high('switches', Math.floor(seconds * 900 + used.cpuSeconds * 5200))
  return [
    counter('node_cpu_seconds_total', 'Seconds the CPUs spent in each mode.', rows),
    gauge('node_load1', '1m load average.', Math.round(load * 100) / 100),
    gauge('node_load5', '5m load average.', Math.round(used.cpuCores * 98) / 100),
    gauge('node_load15', '15m load average.', Math.round(used.cpuCores * 95) / 100),
    counter('node_context_switches_total', 'Total number of context switches.', switches),
    counter('node_intr_total', 'Total number of interrupts serviced.', Math.floor(switches * 0.6)),
    counter('node_forks_total', 'Total number of forks.', container.high('forks', Math.floor(seconds * 0.4) + running.length * 12)),
    gauge('node_procs_running', 'Number of processes in runnable state.', 1 + Math.round(load)),
    gauge('node_procs_blocked', 'Number of processes blocked waiting for I/O to complete.', 0),
  ]
}

function memoryFamilies({ node, used }: Machine): Family[] {
  const total = quantityNumber(node.status?.capacity?.['memory'])
  const inUse = Math.min(used.memoryBytes, total)
  const cached = Math.min(inUse * 0.9 + 1_400_000_000, total - inUse)
  const of = (name: string, bytes: number) =>
    gauge(`node_memory_${name}_bytes`, `Memory information field ${name}_bytes.`, Math.round(bytes / 4096) * 4096)
  return [
    of('MemTotal', total),
    of('MemAvailable', total - inUse),
    of('MemFree', Math.max(total - inUse - cached, 0)),
    of('Buffers', cached * 0.08),
    of('Cached', cached * 0.92),
    of('Active', inUse * 0.8),
    of('Inactive', cached * 0.7),
    of('AnonPages', inUse * 0.75),
    of('Slab', 210_000_000),
    of('SwapTotal', 0),
    of('SwapFree', 0),
  ]
}

function storageFamilies(container: SimulatedContainer, { node, seconds, used, running }: Machine): Family[] {
  const size = quantityNumber(node.status?.capacity?.['ephemeral-storage']) || 107_374_182_400
  const written = running.reduce((sum, each) => sum + each.machine.files.written, 0)
  const images = 2_400_000_000 + running.reduce((sum, { image }) => sum + image.document.size, 0)
  const full = node.status?.conditions?.some(({ type, status }) => type === 'DiskPressure' && status === 'True')
  const free = Math.max(full ? size * 0.04 : size - images - written, 0)
  const operations = container.high('writes', Math.floor(seconds * 6 + used.cpuSeconds * 8))
  return [
    gauge('node_filesystem_size_bytes', 'Filesystem size in bytes.', [[filesystem, size]]),
    gauge('node_filesystem_free_bytes', 'Filesystem free space in bytes.', [[filesystem, Math.round(free)]]),
    gauge('node_filesystem_avail_bytes', 'Filesystem space available to non-root users in bytes.', [[filesystem, Math.round(free * 0.95)]]),
    gauge('node_filesystem_files', 'Filesystem total file nodes.', [[filesystem, Math.round(size / 16_384)]]),
    gauge('node_filesystem_files_free', 'Filesystem total free file nodes.', [[filesystem, Math.round(size / 16_384) - 190_000]]),
    gauge('node_filesystem_readonly', 'Filesystem read-only status.', [[filesystem, 0]]),
    counter('node_disk_reads_completed_total', 'The total number of reads completed successfully.', [
      [disk, 41_000 + Math.floor(operations * 0.2)],
    ]),
    counter('node_disk_writes_completed_total', 'The total number of writes completed successfully.', [[disk, operations]]),
    counter('node_disk_read_bytes_total', 'The total number of bytes read successfully.', [
      [disk, 1_300_000_000 + Math.floor(operations * 0.2) * 18_000],
    ]),
    counter('node_disk_written_bytes_total', 'The total number of bytes written successfully.', [[disk, operations * 9000]]),
    counter('node_disk_io_time_seconds_total', 'Total seconds spent doing I/Os.', [[disk, operations * 0.0011]]),
  ]
}

function networkFamilies(container: SimulatedContainer, { node, running, retired }: Machine, at: number): Family[] {
  const system = systemTraffic(node, at)
  const sum = (pick: (usage: ReturnType<SimulatedContainer['usage']>) => number) =>
    podsOf(running).reduce((total, { containers }) => total + containers.reduce((part, each) => part + pick(each.usage(at)), 0), 0)
  const received = container.high(
    'received',
    system.receive + sum(({ receiveBytes }) => receiveBytes) + retiredSum(retired, (each) => each.receiveBytes),
  )
  const sent = container.high(
    'sent',
    system.transmit + sum(({ transmitBytes }) => transmitBytes) + retiredSum(retired, (each) => each.transmitBytes),
  )
  const of = (device: string, value: number) =>
    [
      [{ device }, Math.floor(value)],
      [{ device: 'lo' }, Math.floor(value * 0.3)],
    ] as const
  return [
    counter('node_network_receive_bytes_total', 'Network device statistic receive_bytes.', of('eth0', received)),
    counter('node_network_receive_packets_total', 'Network device statistic receive_packets.', of('eth0', received / 420)),
    counter('node_network_receive_errs_total', 'Network device statistic receive_errs.', of('eth0', 0)),
    counter('node_network_receive_drop_total', 'Network device statistic receive_drop.', of('eth0', 0)),
    counter('node_network_transmit_bytes_total', 'Network device statistic transmit_bytes.', of('eth0', sent)),
    counter('node_network_transmit_packets_total', 'Network device statistic transmit_packets.', of('eth0', sent / 380)),
    counter('node_network_transmit_errs_total', 'Network device statistic transmit_errs.', of('eth0', 0)),
    counter('node_network_transmit_drop_total', 'Network device statistic transmit_drop.', of('eth0', 0)),
    gauge('node_network_up', "Value is 1 if operstate is 'up', 0 otherwise.", [[{ device: 'eth0' }, 1]]),
  ]
}

function systemFamilies({ node, seconds, running }: Machine, at: number): Family[] {
  const info = node.status?.nodeInfo
  const name = node.metadata.name ?? ''
  return [
    gauge('node_uname_info', 'Labeled system information as provided by the uname system call.', [
      [
        {
          domainname: '(none)',
          machine: 'x86_64',
          nodename: name,
          release: info?.kernelVersion ?? '',
          sysname: 'Linux',
          version: '#1 SMP PREEMPT_DYNAMIC',
        },
        1,
      ],
    ]),
    gauge(
      'node_os_info',
      "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, name, pretty_name, variant, variant_id, version, version_codename, version_id.",
      [[{ pretty_name: info?.osImage ?? '' }, 1]],
    ),
    gauge('node_time_seconds', 'System time in seconds since epoch (1970).', at / 1000),
    gauge('node_boot_time_seconds', 'Node boot time, in unixtime.', Math.floor(at / 1000 - seconds)),
    gauge('node_timex_offset_seconds', 'Time offset in between local system and reference clock.', 0.000_02),
    gauge('node_timex_sync_status', 'Is clock synchronized to a reliable server (1 = yes, 0 = no).', 1),
    gauge('node_filefd_allocated', 'File descriptor statistics: allocated.', 1900 + running.length * 40),
    gauge('node_filefd_maximum', 'File descriptor statistics: maximum.', 9.223372036854776e18),
    gauge('node_entropy_available_bits', 'Bits of available entropy.', 256),
    gauge('node_nf_conntrack_entries', 'Number of currently allocated flow entries for connection tracking.', 90 + running.length * 6),
    gauge('node_nf_conntrack_entries_limit', 'Maximum size of connection tracking table.', 131_072),
    gauge(
      'node_scrape_collector_success',
      'node_exporter: Whether a collector succeeded.',
      ['cpu', 'diskstats', 'filesystem', 'loadavg', 'meminfo', 'netdev', 'time', 'uname'].map((collector) => [{ collector }, 1] as const),
    ),
  ]
}
