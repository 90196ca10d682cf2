import { rfc3339 } from '../../kernel/clock.ts'
import { faultsOf } from '../kubelet/faults.ts'
import type { Node, NodeCondition, Pod, Taint } from '../resources/kinds.ts'
import { again, normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { isPodReady, nameOf, sameJson } from './objects.ts'

/** A kubelet that says nothing for this long is taken for lost. */
const graceMillis = 50_000
const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
/** Which taint a condition sets. https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-nodes-by-condition */
const conditionTaints: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: 'Ready', status: 'False', key: notReady },
  { type: 'Ready', status: 'Unknown', key: unreachable },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
]
const unschedulable = 'node.kubernetes.io/unschedulable'
const managed = new Set([...conditionTaints.map((one) => one.key), unschedulable])

/**
 * Taints nodes by their conditions, and gives up nodes whose kubelet is silent.
 * https://kubernetes.io/docs/reference/node/node-status/#condition
 * @param silentSince when the kubelet was last heard, if it is silent
 */
export function reconcileNode(node: Node, pods: readonly Pod[], silentSince: number | undefined, now: number): Change[] {
  // A node that nobody reports for keeps what it was made with.
  if ((node.status?.conditions ?? []).length === 0) return []
  if (silentSince !== undefined && faultsOf(node).has('unreachable')) {
    const left = silentSince + graceMillis - now
    if (left > 0) return again(left)
    const conditions = unknownConditions(node, now)
    if (!sameJson(conditions, node.status?.conditions)) {
      const words = `Node ${nameOf(node)} status is now: NodeNotReady`
      return [{ do: 'status', object: { ...node, status: { ...node.status, conditions } } }, normal(node, 'NodeNotReady', words)]
    }
  }
  return [...retaint(node, now), ...(isReady(node) ? [] : pods.filter(isPodReady).flatMap((pod) => markNotReady(pod, now)))]
}

const isReady = (node: Node): boolean => node.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false

function unknownConditions(node: Node, now: number): NodeCondition[] {
  const lost = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
  const posted = new Set(['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'])
  return (node.status?.conditions ?? []).map((one) =>
    posted.has(one.type) && one.status !== 'Unknown' ? { ...one, ...lost, lastTransitionTime: rfc3339(now) } : one,
  )
}

function retaint(node: Node, now: number): Change[] {
  const timeAdded = rfc3339(now)
  const wanted: Taint[] = []
  for (const { type, status, key } of conditionTaints) {
    if (!node.status?.conditions?.some((one) => one.type === type && one.status === status)) continue
    wanted.push({ key, effect: 'NoSchedule', timeAdded })
    if (key === notReady || key === unreachable) wanted.push({ key, effect: 'NoExecute', timeAdded })
  }
  if (node.spec?.unschedulable) wanted.push({ key: unschedulable, effect: 'NoSchedule', timeAdded })
  const old = node.spec?.taints ?? []
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect
  const kept = old.filter((taint) => !managed.has(taint.key) || wanted.some((one) => same(one, taint)))
  const added = wanted.filter((taint) => !old.some((one) => same(one, taint)))
  if (added.length === 0 && kept.length === old.length) return []
  const taints = [...kept, ...added]
  return [{ do: 'update', object: { ...node, spec: { ...node.spec, taints: taints.length > 0 ? taints : undefined } } }]
}

/** Pods of a lost node get no more traffic. */
function markNotReady(pod: Pod, now: number): Change[] {
  const conditions = (pod.status?.conditions ?? []).map((one) =>
    one.type === 'Ready' ? { ...one, status: 'False', lastTransitionTime: rfc3339(now) } : one,
  )
  return [{ do: 'status', object: { ...pod, status: { ...pod.status, conditions } } }, warning(pod, 'NodeNotReady', 'Node is not ready')]
}
