import type { SimulatedContainer } from '../images/container.ts'
import { quantityNumber } from '../images/machine-builder.ts'
import { cpuRate, cpuSeconds, memoryBytes, networkBytes } from '../images/usage.ts'
import type { Retired } from '../images/runtime.ts'
import type { Node, Pod } from '../resources/kinds.ts'

/** The running containers of one node, by pod. */
export interface PodUsage {
  readonly pod: Pod
  readonly containers: readonly SimulatedContainer[]
}

/** Groups the running containers of a node (of all nodes without one) by their pods. */
export function podsOf(containers: readonly SimulatedContainer[], node?: string): PodUsage[] {
  const pods = new Map<string, { pod: Pod; containers: SimulatedContainer[] }>()
  for (const container of containers) {
    const { pod } = container.config
    if (!container.running || (node !== undefined && container.config.node !== node)) continue
    const key = pod.metadata.uid ?? `${pod.metadata.namespace}/${pod.metadata.name}`
    const entry = pods.get(key) ?? { pod, containers: [] }
    pods.set(key, entry)
    entry.containers.push(container)
  }
  return [...pods.values()]
}

/** What runs on a node beside pods: kubelet, container runtime, the system itself. */
const system = (node: string) => ({
  seed: `node/${node}`,
  cpu: 62,
  memory: 690_000_000,
  swing: 0.35,
  growthPerHour: 0,
  receive: 9000,
  transmit: 8000,
})

/** CPU seconds and memory of what runs on a node beside pods. @param at milliseconds since the epoch */
export function systemUsage(node: Node, at: number): { readonly cpuSeconds: number; readonly memoryBytes: number } {
  const seconds = Math.max((at - (Date.parse(node.metadata.creationTimestamp ?? '') || at)) / 1000, 0)
  const model = system(node.metadata.name ?? '')
  return { cpuSeconds: cpuSeconds(model, seconds), memoryBytes: memoryBytes(model, seconds + 60) }
}

/** Bytes that a node has received and sent beside its pods. @param at milliseconds since the epoch */
export function systemTraffic(node: Node, at: number): { readonly receive: number; readonly transmit: number } {
  const seconds = Math.max((at - (Date.parse(node.metadata.creationTimestamp ?? '') || at)) / 1000, 0)
  const model = system(node.metadata.name ?? '')
  return { receive: networkBytes(model, 'receive', seconds), transmit: networkBytes(model, 'transmit', seconds) }
}

/** What all those that have ended on a node had used. */
export function retiredSum(retired: ReadonlyMap<string, Retired>, pick: (each: Retired) => number): number {
  let sum = 0
  for (const each of retired.values()) sum += pick(each)
  return sum
}

/** CPU seconds and working set of a whole node. @param at milliseconds since the epoch @param retired what those that ended there had used */
export function nodeUsage(
  node: Node,
  containers: readonly SimulatedContainer[],
  at: number,
  retired: ReadonlyMap<string, Retired>,
): { readonly cpuSeconds: number; readonly cpuCores: number; readonly memoryBytes: number } {
  const name = node.metadata.name ?? ''
  const booted = Date.parse(node.metadata.creationTimestamp ?? '') || at
  const seconds = Math.max((at - booted) / 1000, 0)
  const model = system(name)
  const here = containers.filter((container) => container.running && container.config.node === name)
  const used = here.map((container) => container.usage(at))
  return {
    cpuSeconds:
      cpuSeconds(model, seconds) + used.reduce((sum, each) => sum + each.cpuSeconds, 0) + retiredSum(retired, (each) => each.cpuSeconds),
    cpuCores: cpuRate(model, seconds) + here.reduce((sum, each) => sum + each.cpuCores(at), 0),
    memoryBytes: memoryBytes(model, seconds + 60) + used.reduce((sum, each) => sum + each.memoryBytes, 0),
  }
}

export const limitOf = (container: SimulatedContainer, resource: 'cpu' | 'memory') =>
  quantityNumber(container.config.container.resources?.limits?.[resource])
export const requestOf = (container: SimulatedContainer, resource: 'cpu' | 'memory') =>
  quantityNumber(container.config.container.resources?.requests?.[resource])
