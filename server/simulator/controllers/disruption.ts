import { rfc3339 } from '../../kernel/clock.ts'
import type { Pod, PodDisruptionBudget } from '../resources/kinds.ts'
import { normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { controllerOf, isPodActive, isPodReady, sameJson } from './objects.ts'
import { goSelector, selects } from './selectors.ts'

/** How many pods the controller of a pod wants, and who that is; undefined for a pod without one. */
export type ControllerSize = (pod: Pod) => { readonly uid: string; readonly replicas: number } | { readonly problem: string } | undefined

/** The sizes of the pods' controllers together: a pod that is missing for a moment still counts. @returns what is wrong when one has no size */
function expectedOf(pods: readonly Pod[], sizeOf: ControllerSize | undefined): number | string {
  const sizes = new Map<string, number>()
  for (const pod of pods) {
    const size = controllerOf(pod) && sizeOf?.(pod)
    if (!size) continue
    if ('problem' in size) return size.problem
    sizes.set(size.uid, size.replicas)
  }
  return [...sizes.values()].reduce((sum, one) => sum + one, 0)
}

/** A budget that cannot be worked out lets nobody go. */
function failSafe(budget: PodDisruptionBudget, problem: string, now: number): Change[] {
  const before = budget.status?.conditions?.find((one) => one.type === 'DisruptionAllowed')
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message: problem,
    observedGeneration: budget.metadata.generation,
    lastTransitionTime: before?.status === 'False' ? (before.lastTransitionTime ?? rfc3339(now)) : rfc3339(now),
  }
  const counts = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...budget.status }
  const status = { ...counts, disruptionsAllowed: 0, conditions: [condition] }
  return [
    warning(budget, 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${problem}`),
    ...(sameJson(status, budget.status) ? [] : [{ do: 'status' as const, object: { ...budget, status } }]),
  ]
}

/** It counts by how many pods there should be, which only their controllers know. */
const whole = ({ spec }: PodDisruptionBudget): boolean => spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string'

function unmanagedWords({ spec }: PodDisruptionBudget): string {
  const advice = 'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
  const effect = 'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior.'
  return `Pods selected by this PodDisruptionBudget (selector: ${goSelector(spec?.selector)}) were found to be unmanaged. ${effect} ${advice}`
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
  const unmanaged = whole(budget) && pods.some((pod) => !controllerOf(pod))
  const expected = whole(budget) ? expectedOf(pods, sizeOf) : pods.length
  if (typeof expected === 'string') return failSafe(budget, expected, now)
  const share = (value: number | string): number =>
    typeof value === 'string' ? Math.ceil((Number.parseInt(value, 10) * expected) / 100) : value
  const desired = maxUnavailable === undefined ? share(minAvailable ?? 1) : Math.max(expected - share(maxUnavailable), 0)
  const allowed = expected <= 0 ? 0 : Math.max(healthy - desired, 0)
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
  return [
    ...(pods.length === 0 ? [normal(budget, 'NoPods', 'No matching pods found')] : []),
    ...(unmanaged ? [warning(budget, 'UnmanagedPods', unmanagedWords(budget))] : []),
    ...(sameJson(status, budget.status) ? [] : [{ do: 'status' as const, object: { ...budget, status } }]),
  ]
}
