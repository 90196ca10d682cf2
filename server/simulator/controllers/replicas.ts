import { rfc3339 } from '../../kernel/clock.ts'
import type { ApiError } from '../api/door.ts'
import type { Pod, PodTemplateSpec, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus, ReplicationController } from '../resources/kinds.ts'
import { again, normal, warning } from './change.ts'
import type { Change } from './change.ts'
import {
  controllerOf,
  controllerReference,
  isControlledBy,
  isDeleting,
  isPodActive,
  isPodAvailable,
  isPodReady,
  nameOf,
  namespaceOf,
  readySince,
  sameJson,
  uidOf,
  untilAvailable,
  withMetadata,
} from './objects.ts'
import { mapSelects, selects } from './selectors.ts'

export type Replicator = ReplicaSet | ReplicationController

/** Creates or deletes at most this many pods in one go. */
const burstReplicas = 500

const selectsPod = (owner: Replicator, pod: Pod): boolean =>
  owner.kind === 'ReplicaSet' ? selects(owner.spec?.selector, pod.metadata.labels) : mapSelects(owner.spec?.selector, pod.metadata.labels)

/**
 * Brings the pods that a ReplicaSet or ReplicationController owns to `spec.replicas`. Pods that match the
 * selector and have no controller are adopted; owned pods that no longer match are let go (and replaced).
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#how-a-replicaset-works
 */
export function reconcileReplicas(owner: Replicator, podsOfNamespace: readonly Pod[], now: number): Change[] {
  const claims = claimPods(owner, podsOfNamespace, (pod) => selectsPod(owner, pod))
  const active = claims.owned.filter(isPodActive)
  const terminating = claims.owned.filter(isDeleting)
  const wanted = owner.spec?.replicas ?? 1
  const missing = isDeleting(owner) ? 0 : wanted - active.length
  const minReady = owner.spec?.minReadySeconds ?? 0
  const status = statusOf(owner, active, terminating.length, now)
  return [
    ...claims.changes,
    ...statusChange(owner, status),
    ...createPods(owner, Math.min(missing, burstReplicas), status, now),
    ...deletionOrder(active, podsOfNamespace)
      .slice(0, Math.min(Math.max(-missing, 0), burstReplicas))
      .flatMap((pod) => deletePod(owner, pod)),
    ...again(untilAvailable(active, minReady, now)),
  ]
}

/** Adopts what matches and has no controller, lets go what is owned and no longer matches. */
export function claimPods(
  owner: Parameters<typeof controllerReference>[0],
  pods: readonly Pod[],
  matches: (pod: Pod) => boolean,
): { readonly owned: readonly Pod[]; readonly changes: readonly Change[] } {
  const owned: Pod[] = []
  const changes: Change[] = []
  for (const pod of pods) {
    if (isControlledBy(pod, owner)) {
      if (matches(pod)) owned.push(pod)
      else if (!isDeleting(pod)) {
        const others = (pod.metadata.ownerReferences ?? []).filter((one) => one.uid !== uidOf(owner))
        changes.push({ do: 'update', object: withMetadata(pod, { ownerReferences: others.length > 0 ? others : undefined }) })
      }
    } else if (!controllerOf(pod) && !isDeleting(owner) && isPodActive(pod) && matches(pod)) {
      const adopted = withMetadata(pod, { ownerReferences: [...(pod.metadata.ownerReferences ?? []), controllerReference(owner)] })
      changes.push({ do: 'update', object: adopted })
      owned.push(adopted)
    }
  }
  return { owned, changes }
}

/** A pod as its template has it, owned by `owner`. Give it a `name`, or it gets one that begins with the owner's. */
export function podFromTemplate(
  owner: Parameters<typeof controllerReference>[0],
  template: PodTemplateSpec | undefined,
  name?: string,
): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {}
  const prefix = nameOf(owner)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(name === undefined ? { generateName: `${prefix}-` } : { name }),
      namespace: namespaceOf(owner),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template?.spec ?? { containers: [] },
  }
}

function createPods(owner: Replicator, count: number, status: ReplicaSetStatus, now: number): Change[] {
  return Array.from({ length: Math.max(count, 0) }, () => ({
    do: 'create',
    object: podFromTemplate(owner, owner.spec?.template),
    done: (pod) => [normal(owner, 'SuccessfulCreate', `Created pod: ${nameOf(pod)}`)],
    refused: (error) => [
      warning(owner, 'FailedCreate', `Error creating: ${error.message}`),
      ...statusChange(owner, { ...status, conditions: withFailure(status.conditions, error, now) }),
    ],
  }))
}

/** The deletion of a pod by its controller, and what is said about it. */
export function deletePod(owner: Parameters<typeof normal>[0], pod: Pod): Change[] {
  return [
    { do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) },
    normal(owner, 'SuccessfulDelete', `Deleted pod: ${nameOf(pod)}`),
  ]
}

/**
 * Which pods go first: unassigned, then not running, then not ready, then those on crowded nodes, then the
 * youngest. https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
 */
export function deletionOrder(pods: readonly Pod[], neighbours: readonly Pod[]): Pod[] {
  const owner = pods[0] ? controllerOf(pods[0])?.uid : undefined
  const crowd = new Map<string, number>()
  for (const pod of neighbours) {
    const node = pod.spec?.nodeName
    if (node && isPodActive(pod) && controllerOf(pod)?.uid === owner) crowd.set(node, (crowd.get(node) ?? 0) + 1)
  }
  const phases = ['Pending', 'Unknown', 'Running']
  const cost = (pod: Pod): number => Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0
  const restarts = (pod: Pod): number => Math.max(0, ...(pod.status?.containerStatuses ?? []).map((one) => one.restartCount))
  return pods.toSorted(
    (a, b) =>
      Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
      phases.indexOf(a.status?.phase ?? '') - phases.indexOf(b.status?.phase ?? '') ||
      Number(isPodReady(a)) - Number(isPodReady(b)) ||
      cost(a) - cost(b) ||
      (crowd.get(b.spec?.nodeName ?? '') ?? 0) - (crowd.get(a.spec?.nodeName ?? '') ?? 0) ||
      (readySince(b) ?? 0) - (readySince(a) ?? 0) ||
      restarts(b) - restarts(a) ||
      Date.parse(b.metadata.creationTimestamp ?? '') - Date.parse(a.metadata.creationTimestamp ?? '') ||
      0,
  )
}

function statusOf(owner: Replicator, active: readonly Pod[], terminating: number, now: number): ReplicaSetStatus {
  const templateLabels = owner.spec?.template?.metadata?.labels ?? {}
  const minReady = owner.spec?.minReadySeconds ?? 0
  const labelled = active.filter((pod) => Object.entries(templateLabels).every(([key, value]) => pod.metadata.labels?.[key] === value))
  const nonzero = (value: number): number | undefined => (value === 0 ? undefined : value)
  const failure = active.length < (owner.spec?.replicas ?? 1) ? owner.status?.conditions : undefined
  return {
    replicas: active.length,
    fullyLabeledReplicas: nonzero(labelled.length),
    readyReplicas: nonzero(active.filter(isPodReady).length),
    availableReplicas: nonzero(active.filter((pod) => isPodAvailable(pod, minReady, now)).length),
    ...(owner.kind === 'ReplicaSet' ? { terminatingReplicas: terminating } : {}),
    observedGeneration: owner.metadata.generation,
    ...(failure && failure.length > 0 ? { conditions: failure } : {}),
  }
}

function withFailure(conditions: readonly ReplicaSetCondition[] | undefined, error: ApiError, now: number): ReplicaSetCondition[] {
  const before = conditions?.find((one) => one.type === 'ReplicaFailure')
  if (before) return [before]
  return [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: error.message, lastTransitionTime: rfc3339(now) }]
}

function statusChange(owner: Replicator, status: ReplicaSetStatus): Change[] {
  if (sameJson(status, owner.status)) return []
  return [{ do: 'status', object: owner.kind === 'ReplicaSet' ? { ...owner, status } : { ...owner, status } }]
}
