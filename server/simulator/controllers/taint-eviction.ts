import { rfc3339 } from '../../kernel/clock.ts'
import type { Node, Pod, PodCondition, Taint, Toleration } from '../resources/kinds.ts'
import { tolerates } from '../scheduler/filters.ts'
import { again, normal } from './change.ts'
import type { Change } from './change.ts'
import type { Subject } from './event-recorder.ts'
import { split } from './keys.ts'
import { isDeleting, keyOf, nameOf } from './objects.ts'

/** What has been decided about one pod, and when the pod is to go. */
export interface TaintVerdict {
  readonly changes: readonly Change[]
  /** When it will be evicted, in milliseconds; undefined when it may stay, or goes at once. */
  readonly due: number | undefined
}

/**
 * Ends the pods that do not tolerate a node's `NoExecute` taints, those with `tolerationSeconds` when their time is up.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 * @param key of the pod, which may be gone
 * @param due when it was to be evicted, as decided before
 */
export function reviewTaintedPod(
  key: string,
  pod: Pod | undefined,
  node: Node | undefined,
  now: number,
  due: number | undefined,
): TaintVerdict {
  const cancelled: TaintVerdict = {
    changes: due === undefined ? [] : [normal(unnamed(key), 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`)],
    due: undefined,
  }
  const taints = (node?.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute')
  if (!pod || taints.length === 0) return cancelled
  if (isDeleting(pod)) return { changes: [], due }
  const covering = taints.map((taint) => (pod.spec?.tolerations ?? []).filter((one) => tolerates([one], taint)))
  if (covering.some((ones) => ones.length === 0)) return { changes: [...cancelled.changes, ...evict(pod, now)], due: undefined }
  const patience = patienceOf(covering.flat())
  if (patience === undefined) return cancelled
  const end = due ?? now + patience
  return end > now ? { changes: again(end - now), due: end } : { changes: evict(pod, now), due: undefined }
}

/** The shortest time that the tolerations leave, in milliseconds; undefined when it has no end. */
function patienceOf(tolerations: readonly Toleration[]): number | undefined {
  const seconds = tolerations.map((one) => one.tolerationSeconds).filter((one) => one !== undefined)
  return seconds.length === 0 ? undefined : Math.max(Math.min(...seconds), 0) * 1000
}

/** The controller knows pods by name only, and so do its events. */
function unnamed(key: string): Subject {
  const [namespace, name] = split(key)
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } }
}

export const hasNoExecute = (node: Node | undefined): boolean =>
  (node?.spec?.taints ?? []).some((taint: Taint) => taint.effect === 'NoExecute')

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
    normal(unnamed(keyOf(pod)), 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`),
    { do: 'status', object: { ...pod, status: { ...pod.status, conditions } } },
    { do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) },
  ]
}
