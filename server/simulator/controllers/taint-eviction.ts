import { rfc3339 } from '../../kernel/clock.ts'
import type { Node, Pod, PodCondition, Taint } from '../resources/kinds.ts'
import { tolerates } from '../scheduler/filters.ts'
import { again, normal } from './change.ts'
import type { Change } from './change.ts'
import { isDeleting, isPodFinished, keyOf, nameOf } from './objects.ts'

/**
 * Ends the pods that do not tolerate a node's `NoExecute` taints, those with `tolerationSeconds` when their time is up.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
export function reconcileTaintedPod(pod: Pod, node: Node | undefined, now: number): Change[] {
  const taints = (node?.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute')
  if (taints.length === 0 || isDeleting(pod) || isPodFinished(pod)) return []
  const end = Math.min(...taints.map((taint) => endOf(pod, taint, now)))
  if (end === Number.POSITIVE_INFINITY) return []
  return end > now ? again(end - now) : evict(pod, now)
}

/** When this taint ends the pod: the shortest of the tolerations that cover it counts. */
function endOf(pod: Pod, taint: Taint, now: number): number {
  const covering = (pod.spec?.tolerations ?? []).filter((one) => tolerates([one], taint))
  if (covering.length === 0) return now
  const seconds = covering.map((one) => one.tolerationSeconds).filter((one) => one !== undefined)
  if (seconds.length === 0) return Number.POSITIVE_INFINITY
  return (taint.timeAdded ? Date.parse(taint.timeAdded) : now) + Math.max(Math.min(...seconds), 0) * 1000
}

function evict(pod: Pod, now: number): Change[] {
  const at = rfc3339(now)
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation,
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastProbeTime: undefined,
    lastTransitionTime: at,
  }
  const conditions = [...(pod.status?.conditions ?? []).filter((one) => one.type !== condition.type), condition]
  return [
    normal(pod, 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`),
    { do: 'status', object: { ...pod, status: { ...pod.status, conditions } } },
    { do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) },
  ]
}
