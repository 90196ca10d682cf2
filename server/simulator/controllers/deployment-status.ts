import { rfc3339 } from '../../kernel/clock.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../resources/kinds.ts'
import { nameOf } from './objects.ts'

export const wantedOf = (object: Deployment | ReplicaSet): number => object.spec?.replicas ?? 1
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((total, set) => total + (count(set) ?? 0), 0)

/** How many pods a rolling update may have too many, and how many too few. Percentages: surge rounds up, the other down. */
export function roomFor(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const rolling = deployment.spec?.strategy?.rollingUpdate
  if (deployment.spec?.strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 }
  const wanted = wantedOf(deployment)
  const scaled = (value: number | string | undefined, round: (x: number) => number): number =>
    typeof value === 'string' ? round((Number.parseInt(value, 10) * wanted) / 100) : (value ?? 0)
  const surge = scaled(rolling?.maxSurge ?? '25%', Math.ceil)
  const unavailable = scaled(rolling?.maxUnavailable ?? '25%', Math.floor)
  return { surge, unavailable: Math.min(surge === 0 && unavailable === 0 ? 1 : unavailable, wanted) }
}

/** Replaces the condition of the same type, unless nothing but the time differs. */
export function setCondition(conditions: readonly DeploymentCondition[], condition: DeploymentCondition): DeploymentCondition[] {
  const before = conditions.find((one) => one.type === condition.type)
  if (before && before.status === condition.status && before.reason === condition.reason) return [...conditions]
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : condition.lastTransitionTime
  return [...conditions.filter((one) => one.type !== condition.type), { ...condition, lastTransitionTime }]
}

export function conditionNow(now: number, type: string, status: string, reason: string, message: string): DeploymentCondition {
  const at = rfc3339(now)
  return { type, status, lastUpdateTime: at, lastTransitionTime: at, reason, message }
}

/** The counts and the Available condition, from the ReplicaSets' own status. */
export function countsOf(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = sum(sets, (set) => set.status?.availableReplicas)
  const enough = available >= wantedOf(deployment) - roomFor(deployment).unavailable
  const condition = enough
    ? conditionNow(now, 'Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : conditionNow(now, 'Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.')
  const nonzero = (value: number): number | undefined => (value === 0 ? undefined : value)
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: nonzero(sum(sets, (set) => set.status?.replicas)),
    updatedReplicas: nonzero(newest?.status?.replicas ?? 0),
    readyReplicas: nonzero(sum(sets, (set) => set.status?.readyReplicas)),
    availableReplicas: nonzero(available),
    unavailableReplicas: nonzero(Math.max(sum(sets, wantedOf) - available, 0)),
    terminatingReplicas: sum(sets, (set) => set.status?.terminatingReplicas),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
    conditions: setCondition(deployment.status?.conditions ?? [], condition),
  }
}

/** Everything new runs and is available, and nothing old is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedOf(deployment)
  return (status.updatedReplicas ?? 0) === wanted && (status.replicas ?? 0) === wanted && (status.availableReplicas ?? 0) === wanted
}

function isProgressing(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

/**
 * The rollout's conditions: Progressing with its reasons, ReplicaFailure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
export function rolloutStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = countsOf(deployment, sets, newest, now)
  const deadline = deployment.spec?.progressDeadlineSeconds
  const conditions = [...(status.conditions ?? [])]
  const current = conditions.find((one) => one.type === 'Progressing')
  const settled = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable'
  const subject = newest ? `ReplicaSet "${nameOf(newest)}"` : `Deployment "${nameOf(deployment)}"`
  const progressing = (truth: string, reason: string, message: string): DeploymentCondition =>
    conditionNow(now, 'Progressing', truth, reason, message)
  let next = conditions
  if (deadline === undefined) next = conditions.filter((one) => one.type !== 'Progressing')
  else if (!settled) {
    if (isComplete(deployment, status)) {
      next = setCondition(conditions, progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`))
    } else if (isProgressing(deployment.status ?? {}, status)) {
      const moved = progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`)
      const since = current?.status === 'True' ? current.lastTransitionTime : moved.lastTransitionTime
      next = [...conditions.filter((one) => one.type !== 'Progressing'), { ...moved, lastTransitionTime: since }]
    } else if (deadlineLeft(deployment, now) === 0) {
      next = setCondition(conditions, progressing('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`))
    }
  }
  const failure = [...(newest ? [newest] : []), ...sets]
    .flatMap((set) => set.status?.conditions ?? [])
    .find((one) => one.type === 'ReplicaFailure')
  next = failure
    ? setCondition(next, conditionNow(now, 'ReplicaFailure', failure.status, failure.reason ?? '', failure.message ?? ''))
    : next.filter((one) => one.type !== 'ReplicaFailure')
  return { ...status, conditions: next }
}

/** Milliseconds until the rollout counts as stuck; 0 when it does; undefined when it cannot get stuck. */
export function deadlineLeft(deployment: Deployment, now: number): number | undefined {
  const deadline = deployment.spec?.progressDeadlineSeconds
  const current = deployment.status?.conditions?.find((one) => one.type === 'Progressing')
  // 2^31 - 1 seconds stands for "no deadline".
  if (deadline === undefined || deadline >= 2_147_483_647 || !current || current.reason === 'NewReplicaSetAvailable') return undefined
  if (current.reason === 'DeploymentPaused') return undefined
  if (current.reason === 'ProgressDeadlineExceeded') return 0
  return Math.max(0, Date.parse(current.lastUpdateTime ?? '') + deadline * 1000 - now)
}
