import { ApiError } from './door.ts'
import { rfc3339 } from '../../kernel/clock.ts'
import { selects } from '../resources/label-selector.ts'
import type { Pod, PodDisruptionBudget } from '../resources/kinds.ts'
import type { JsonObject } from '../resources/object.ts'
import type { Operations } from './operations.ts'

/**
 * Refuses an eviction that the pod's disruption budget does not allow.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 * @throws ApiError TooManyRequests; InternalError for a pod of two budgets
 */
export function checkBudget(pod: Pod, budgetsOfNamespace: readonly PodDisruptionBudget[]): void {
  const phase = pod.status?.phase
  // Whoever serves nobody may go.
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined) return
  const [budget, ...others] = budgetsOfNamespace.filter((one) => selects(one.spec?.selector, pod.metadata.labels))
  if (!budget) return
  if (others.length > 0) {
    const words = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new ApiError(500, 'InternalError', `Internal error occurred: ${words}`, { causes: [{ message: words }] })
  }
  const { status, spec } = budget
  const [healthy, desired] = [status?.currentHealthy ?? 0, status?.desiredHealthy ?? 0]
  const ready = pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
  if (!ready && (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (healthy >= desired && desired > 0))) return
  const name = budget.metadata.name ?? ''
  if ((status?.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`)
  }
  if ((status?.disruptionsAllowed ?? 0) === 0)
    throw tooMany(`The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`)
}

function tooMany(message: string): ApiError {
  return new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
  })
}

/** Notes on the pod why it goes. */
export function markEvicted(operations: Operations, pod: Pod): void {
  const condition = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: rfc3339(operations.platform.clock.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  const conditions = [...(pod.status?.conditions ?? []).filter((one) => one.type !== condition.type), condition]
  const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: undefined }, status: { ...pod.status, conditions } }
  operations.update(
    operations.registry.ofKind('Pod'),
    pod.metadata.namespace,
    pod.metadata.name ?? '',
    object as unknown as JsonObject,
    'status',
  )
}
