import { rfc3339 } from '../../kernel/clock.ts'
import type { Pod, PodDisruptionBudget } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { controllerOf, isPodActive, isPodReady, sameJson } from './objects.ts'
import { selects } from './selectors.ts'

/** How many pods the controller of a pod wants, and who that is; undefined for a pod without one. */
export type ControllerSize = (pod: Pod) => { readonly uid: string; readonly replicas: number } | undefined

/** The sizes of the pods' controllers together: a pod that is missing for a moment still counts. */
function expectedOf(pods: readonly Pod[], sizeOf: ControllerSize | undefined): number {
  const sizes = new Map<string, number>()
  for (const pod of pods) {
    const size = controllerOf(pod) && sizeOf?.(pod)
    if (!size) return pods.length
    sizes.set(size.uid, size.replicas)
  }
  return [...sizes.values()].reduce((sum, one) => sum + one, 0)
}

/**
 * How many pods of a budget may be evicted now. Percentages round up.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets
 */
export function reconcileBudget(
  budget: PodDisruptionBudget,
  podsOfNamespace: readonly Pod[],
  now: number,
  sizeOf?: ControllerSize,
): Change[] {
  const pods = podsOfNamespace.filter((pod) => isPodActive(pod) && selects(budget.spec?.selector, pod.metadata.labels))
  const healthy = pods.filter(isPodReady).length
  const { minAvailable, maxUnavailable } = budget.spec ?? {}
  const whole = maxUnavailable !== undefined || typeof minAvailable === 'string'
  const expected = whole ? expectedOf(pods, sizeOf) : pods.length
  const share = (value: number | string): number =>
    typeof value === 'string' ? Math.ceil((Number.parseInt(value, 10) * expected) / 100) : value
  const desired = maxUnavailable === undefined ? share(minAvailable ?? 1) : Math.max(expected - share(maxUnavailable), 0)
  const allowed = pods.length === 0 ? 0 : Math.max(healthy - desired, 0)
  const old = budget.status?.conditions?.find((one) => one.type === 'DisruptionAllowed')
  const truth = allowed > 0 ? 'True' : 'False'
  const condition = {
    type: 'DisruptionAllowed',
    status: truth,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: budget.metadata.generation,
    lastTransitionTime: old?.status === truth ? (old.lastTransitionTime ?? rfc3339(now)) : rfc3339(now),
  }
  const status = {
    observedGeneration: budget.metadata.generation,
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    conditions: [condition],
  }
  return sameJson(status, budget.status) ? [] : [{ do: 'status', object: { ...budget, status } }]
}
