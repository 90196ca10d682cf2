import { rfc3339 } from '../../kernel/clock.ts'
import type { Pod, PodDisruptionBudget } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { isPodActive, isPodReady, sameJson } from './objects.ts'
import { selects } from './selectors.ts'

/**
 * How many pods of a budget may be evicted now. Percentages round up.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets
 */
export function reconcileBudget(budget: PodDisruptionBudget, podsOfNamespace: readonly Pod[], now: number): Change[] {
  const pods = podsOfNamespace.filter((pod) => isPodActive(pod) && selects(budget.spec?.selector, pod.metadata.labels))
  const healthy = pods.filter(isPodReady).length
  const share = (value: number | string): number =>
    typeof value === 'string' ? Math.ceil((Number.parseInt(value, 10) * pods.length) / 100) : value
  const { minAvailable, maxUnavailable } = budget.spec ?? {}
  const desired = maxUnavailable === undefined ? share(minAvailable ?? 1) : Math.max(pods.length - share(maxUnavailable), 0)
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
    expectedPods: pods.length,
    conditions: [condition],
  }
  return sameJson(status, budget.status) ? [] : [{ do: 'status', object: { ...budget, status } }]
}
