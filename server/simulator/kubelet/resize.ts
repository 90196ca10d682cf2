import type { Container, Node, Pod, ResourceRequirements } from '../resources/kinds.ts'
import { amountOf } from '../controllers/quantity.ts'
import { sameJson } from '../controllers/objects.ts'
import { requestsOf } from '../scheduler/filters.ts'
import { shortage, whole } from './admission.ts'
import { isSidecar } from './restart-policy.ts'

/** What containers have been given, by their names. */
export type Allocation = ReadonlyMap<string, ResourceRequirements>

/** The containers whose resources may change while they run. */
export function resizable(pod: Pod): readonly Container[] {
  return [...(pod.spec?.initContainers ?? []).filter(isSidecar), ...(pod.spec?.containers ?? [])]
}

export function allocationOf(pod: Pod): Allocation {
  return new Map(resizable(pod).map((one) => [one.name, one.resources ?? {}]))
}

/** Whether the pod's spec asks for something else than it has been given. */
export function wantsResize(pod: Pod, allocation: Allocation): boolean {
  return resizable(pod).some((one) => !sameJson(one.resources ?? {}, allocation.get(one.name) ?? {}))
}

/** Whether a change from one to the other may only happen with a restart, by the container's `resizePolicy`. */
export function needsRestart(container: Container, before: ResourceRequirements): boolean {
  return (container.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' &&
      (!sameJson(before.requests?.[resourceName], container.resources?.requests?.[resourceName]) ||
        !sameJson(before.limits?.[resourceName], container.resources?.limits?.[resourceName])),
  )
}

/** Why the pod's new resources have to wait, or cannot be had at all. */
export interface Postponement {
  readonly reason: 'Deferred' | 'Infeasible'
  readonly message: string
}

/**
 * Whether the node has room for what the pod asks for now.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#pod-resize-status
 * @param others the other pods that the node has taken
 */
export function postponement(pod: Pod, node: Node, others: readonly Pod[]): Postponement | undefined {
  const allocatable = node.status?.allocatable ?? {}
  for (const [name, wanted] of requestsOf(pod)) {
    const capacity = amountOf(allocatable[name])
    if (wanted <= capacity) continue
    const words = `${name}, requested: ${whole(name, wanted)}, capacity: ${whole(name, capacity)}`
    return { reason: 'Infeasible', message: `Node didn't have enough capacity: ${words}` }
  }
  const short = shortage(pod, node, others)
  return short && { reason: 'Deferred', message: short.message }
}

/** What an event says of a resize: what it is, and what the pod asks for. @param error why it has to wait */
export function resizeMessage(pod: Pod, what: string, error?: string): string {
  const told = (containers: readonly Container[]) =>
    containers.map(({ name, resources }) => ({
      name,
      resources: { ...(resources?.limits && { limits: resources.limits }), ...(resources?.requests && { requests: resources.requests }) },
    }))
  const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar)
  const summary = {
    ...(sidecars.length > 0 && { initContainers: told(sidecars) }),
    containers: told(pod.spec?.containers ?? []),
    generation: pod.metadata.generation ?? 1,
    ...(error !== undefined && { error }),
  }
  return `Pod resize ${what}: ${JSON.stringify(summary)}`
}
