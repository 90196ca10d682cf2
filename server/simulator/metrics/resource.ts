import type { SimulatedContainer } from '../images/container.ts'
import type { Retired } from '../images/runtime.ts'
import type { Node } from '../resources/kinds.ts'
import type { Family, Sample } from './exposition.ts'
import { nodeUsage, podsOf } from './node-usage.ts'

/** The kubelet's /metrics/resource: what metrics-server reads. @param briefly only of the node itself */
export function resourcePage(
  node: Node,
  containers: readonly SimulatedContainer[],
  at: number,
  retired: ReadonlyMap<string, Retired>,
  briefly = false,
): Family[] {
  const pods = briefly ? [] : podsOf(containers, node.metadata.name)
  const whole = nodeUsage(node, containers, at, retired)
  const eachContainer = (value: (usage: ReturnType<SimulatedContainer['usage']>) => number): Sample[] =>
    pods.flatMap(({ pod, containers: inside }) =>
      inside.map((container) => ({
        labels: { container: container.config.container.name, namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' },
        value: value(container.usage(at)),
      })),
    )
  const eachPod = (value: (usage: ReturnType<SimulatedContainer['usage']>) => number, own: (uid: string) => number): Sample[] =>
    pods.map(({ pod, containers: inside }) => ({
      labels: { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' },
      value: inside.reduce((sum, each) => sum + value(each.usage(at)), own(pod.metadata.uid ?? '')),
    }))
  return [
    {
      name: 'container_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      type: 'counter',
      samples: eachContainer((usage) => usage.cpuSeconds),
    },
    {
      name: 'container_memory_working_set_bytes',
      help: '[STABLE] Current working set of the container in bytes',
      type: 'gauge',
      samples: eachContainer((usage) => usage.memoryBytes),
    },
    {
      name: 'container_start_time_seconds',
      help: '[STABLE] Start time of the container since unix epoch in seconds',
      type: 'gauge',
      samples: eachContainer((usage) => usage.startedAt / 1000),
    },
    {
      name: 'container_swap_usage_bytes',
      help: '[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems',
      type: 'gauge',
      samples: eachContainer(() => 0),
    },
    {
      name: 'node_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      type: 'counter',
      samples: [{ labels: {}, value: whole.cpuSeconds }],
    },
    {
      name: 'node_memory_working_set_bytes',
      help: '[STABLE] Current working set of the node in bytes',
      type: 'gauge',
      samples: [{ labels: {}, value: whole.memoryBytes }],
    },
    {
      name: 'pod_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      type: 'counter',
      samples: eachPod(
        (usage) => usage.cpuSeconds,
        (uid) => 0.02 + (retired.get(uid)?.cpuSeconds ?? 0),
      ),
    },
    {
      name: 'pod_memory_working_set_bytes',
      help: '[STABLE] Current working set of the pod in bytes',
      type: 'gauge',
      samples: eachPod(
        (usage) => usage.memoryBytes,
        () => 262_144,
      ),
    },
    {
      name: 'resource_scrape_error',
      help: '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
      type: 'gauge',
      samples: [{ labels: {}, value: 0 }],
    },
  ]
}
