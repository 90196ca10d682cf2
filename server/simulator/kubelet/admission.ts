import { nameOf } from '../controllers/objects.ts'
import type { Node, Pod } from '../resources/kinds.ts'
import { amountOf } from '../controllers/quantity.ts'
import { isAttracted, portsClash, requestsOf, tolerates } from '../scheduler/filters.ts'

/** Why a kubelet does not take a pod: the pod's `status.reason`, and the rest of what its message says. */
export interface Rejection {
  readonly reason: string
  readonly message: string
}

/** CPU is told in thousandths, everything else whole. */
export const whole = (resource: string, value: number): number => (resource === 'cpu' ? Math.round(value * 1000) : Math.round(value))

/**
 * Checks again on the node what the scheduler checks first: a pod that names its node itself has met nobody else.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
 * @param others the pods that the node has taken and that have not ended
 */
export function rejectionOf(pod: Pod, node: Node, others: readonly Pod[]): Rejection | undefined {
  const short = shortage(pod, node, others)
  if (short) return short
  const refuse = (predicate: string, why: string): Rejection => ({ reason: predicate, message: `Predicate ${predicate} failed: ${why}` })
  if (!isAttracted(pod, node)) return refuse('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
  if (pod.spec?.nodeName !== nameOf(node)) return refuse('NodeName', "node(s) didn't match the requested node name")
  if (portsClash(pod, others)) return refuse('NodePorts', "node(s) didn't have free ports for the requested pod ports")
  const taints = (node.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute')
  if (taints.some((taint) => !tolerates(pod.spec?.tolerations, taint)))
    return refuse('TaintToleration', "node(s) had taints that the pod didn't tolerate")
  return undefined
}

/** The first resource of which the node has not enough left. */
export function shortage(pod: Pod, node: Node, others: readonly Pod[]): Rejection | undefined {
  const allocatable = node.status?.allocatable ?? {}
  const told = (resource: string, requested: number, used: number, capacity: number): Rejection => ({
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  })
  const room = amountOf(allocatable['pods'])
  if (others.length + 1 > room) return told('pods', 1, others.length, room)
  for (const [name, wanted] of requestsOf(pod)) {
    if (wanted === 0) continue
    const has = amountOf(allocatable[name])
    const used = others.reduce((sum, other) => sum + (requestsOf(other).get(name) ?? 0), 0)
    if (used + wanted > has) return told(name, whole(name, wanted), whole(name, used), whole(name, has))
  }
  return undefined
}
