import { quantityNumber } from '../images/machine-builder.ts'
import { limitOf, nodeUsage, podsOf } from './node-usage.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { MetricsSources } from './pages.ts'
import type { PodUsage } from './node-usage.ts'

/** The kubelet's `/stats/summary`: use now, of a node, its pods and their containers. @see https://kubernetes.io/docs/reference/instrumentation/node-metrics/ */
export function summaryOf(nodeName: string, { api, runtime, clock }: MetricsSources): object {
  const node = api.get('Node', undefined, nodeName)
  if (!node) return {}
  const at = clock.now()
  const containers = runtime.containers()
  const used = nodeUsage(node, containers, at, runtime.retired(nodeName))
  const time = stamp(at)
  return {
    node: {
      nodeName,
      startTime: node.metadata.creationTimestamp,
      cpu: { time, usageNanoCores: Math.round(used.cpuCores * 1e9), usageCoreNanoSeconds: Math.round(used.cpuSeconds * 1e9) },
      memory: memoryOf(time, used.memoryBytes, quantityNumber(node.status?.capacity?.['memory'])),
      swap: { time, swapAvailableBytes: 0, swapUsageBytes: 0 },
    },
    pods: podsOf(containers, nodeName).map((pod) => podSummary(pod, at)),
  }
}

function podSummary({ pod, containers }: PodUsage, at: number): object {
  const time = stamp(at)
  const usages = containers.map((container) => container.usage(at))
  const sum = (value: (usage: (typeof usages)[number]) => number) => usages.reduce((total, usage) => total + value(usage), 0)
  const { name, namespace, uid } = pod.metadata
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime,
    containers: containers.map((container) => containerSummary(container, at)),
    cpu: {
      time,
      usageNanoCores: Math.round(containers.reduce((total, each) => total + each.cpuCores(at), 0) * 1e9),
      usageCoreNanoSeconds: Math.round(sum((usage) => usage.cpuSeconds) * 1e9),
    },
    memory: memoryOf(
      time,
      sum((usage) => usage.memoryBytes),
    ),
    network: {
      time,
      name: 'eth0',
      rxBytes: Math.round(sum((usage) => usage.receiveBytes)),
      rxErrors: 0,
      txBytes: Math.round(sum((usage) => usage.transmitBytes)),
      txErrors: 0,
    },
    process_stats: { process_count: sum((usage) => usage.processes) },
    swap: { time, swapUsageBytes: 0 },
  }
}

function containerSummary(container: SimulatedContainer, at: number): object {
  const time = stamp(at)
  const usage = container.usage(at)
  return {
    name: container.config.container.name,
    startTime: stamp(usage.startedAt),
    cpu: { time, usageNanoCores: Math.round(container.cpuCores(at) * 1e9), usageCoreNanoSeconds: Math.round(usage.cpuSeconds * 1e9) },
    memory: memoryOf(time, usage.memoryBytes, limitOf(container, 'memory')),
    swap: { time, swapAvailableBytes: 0, swapUsageBytes: 0 },
  }
}

/** @param limit bytes; 0 when there is none */
function memoryOf(time: string, bytes: number, limit = 0): object {
  const workingSetBytes = Math.round(bytes)
  return {
    time,
    ...(limit > 0 && { availableBytes: Math.max(Math.round(limit - bytes), 0) }),
    usageBytes: workingSetBytes,
    workingSetBytes,
    rssBytes: Math.round(bytes * 0.9),
    pageFaults: 0,
    majorPageFaults: 0,
  }
}

function stamp(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}Z`
}
