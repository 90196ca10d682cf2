import type { Deployment, DeploymentCondition, Pod, ReplicaSet } from '../resources/kinds.ts'
import { again, normal } from './change.ts'
import type { Change } from './change.ts'
import { conditionNow, countsOf, deadlineLeft, isComplete, rolloutStatus, roomFor, setCondition, wantedOf } from './deployment-status.ts'
import { templateHash } from './hash.ts'
import {
  controllerOf,
  controllerReference,
  isControlledBy,
  isDeleting,
  isPodFinished,
  nameOf,
  namespaceOf,
  sameJson,
  withMetadata,
} from './objects.ts'
import { selects } from './selectors.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
const maxAnnotation = 'deployment.kubernetes.io/max-replicas'
const hashLabel = 'pod-template-hash'
/** Annotations of the Deployment that its ReplicaSets don't get. */
const notInherited = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
])

/** One reading of everything that a Deployment's next step depends on. */
interface Rollout {
  readonly deployment: Deployment
  readonly sets: readonly ReplicaSet[]
  readonly newest: ReplicaSet | undefined
  readonly old: readonly ReplicaSet[]
  readonly now: number
}

/**
 * Takes a Deployment one step on: scale, roll, or only report. Its ReplicaSets' changes bring it back here.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 * @param pods of the namespace; a Recreate waits for the old ones to be gone
 */
export function reconcileDeployment(
  deployment: Deployment,
  setsOfNamespace: readonly ReplicaSet[],
  pods: readonly Pod[],
  now: number,
): Change[] {
  const claims = claimSets(deployment, setsOfNamespace)
  const sets = claims.owned.toSorted(byAge)
  const newest = sets.find((set) => sameTemplate(set, deployment))
  const rollout: Rollout = { deployment, sets, newest, old: sets.filter((set) => set !== newest), now }
  return [...claims.changes, ...step(rollout, pods), ...again(patience(deployment, now))]
}

function step(rollout: Rollout, pods: readonly Pod[]): Change[] {
  const { deployment, newest } = rollout
  if (isDeleting(deployment)) return report(rollout, countsOf(deployment, rollout.sets, newest, rollout.now).conditions)
  const pausing = pauseCondition(rollout)
  if (pausing) return report(rollout, pausing)
  if (deployment.spec?.paused || isScaling(rollout)) {
    const scaled = scaleProportionally(rollout)
    return [
      ...(newest ? syncNewest(rollout, newest) : []),
      ...scaled,
      ...report(rollout, countsOf(deployment, rollout.sets, newest, rollout.now).conditions),
    ]
  }
  return deployment.spec?.strategy?.type === 'Recreate' ? recreate(rollout, pods) : roll(rollout)
}

const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') || (nameOf(a) < nameOf(b) ? -1 : 1)

function claimSets(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): { readonly owned: readonly ReplicaSet[]; readonly changes: readonly Change[] } {
  const owned: ReplicaSet[] = []
  const changes: Change[] = []
  for (const set of sets) {
    const matches = selects(deployment.spec?.selector, set.metadata.labels)
    if (isControlledBy(set, deployment)) {
      if (matches) owned.push(set)
      else changes.push({ do: 'update', object: withMetadata(set, { ownerReferences: undefined }) })
    } else if (matches && !controllerOf(set) && !isDeleting(set) && !isDeleting(deployment)) {
      const adopted = withMetadata(set, { ownerReferences: [...(set.metadata.ownerReferences ?? []), controllerReference(deployment)] })
      changes.push({ do: 'update', object: adopted })
      owned.push(adopted)
    }
  }
  return { owned, changes }
}

function sameTemplate(set: ReplicaSet, deployment: Deployment): boolean {
  const template = set.spec?.template
  const labels = Object.fromEntries(Object.entries(template?.metadata?.labels ?? {}).filter(([key]) => key !== hashLabel))
  const wanted = deployment.spec?.template
  return (
    sameJson(labels, wanted?.metadata?.labels ?? {}) &&
    sameJson(template?.metadata?.annotations ?? {}, wanted?.metadata?.annotations ?? {}) &&
    sameJson(template?.spec, wanted?.spec)
  )
}

const revisionOf = (object: ReplicaSet): number => Number(object.metadata.annotations?.[revisionAnnotation] ?? 0)

function setAnnotations(deployment: Deployment): { [key: string]: string } {
  const wanted = wantedOf(deployment)
  const { surge } = roomFor(deployment)
  return { [desiredAnnotation]: String(wanted), [maxAnnotation]: String(wanted + surge) }
}

function inherited(deployment: Deployment): { [key: string]: string } {
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notInherited.has(key)))
}

/** How many pods the newest set may have now. */
function newestSize(rollout: Rollout, present: number): number {
  const wanted = wantedOf(rollout.deployment)
  if (rollout.deployment.spec?.strategy?.type === 'Recreate') return wanted
  const total = rollout.sets.reduce((sum, set) => sum + wantedOf(set), 0)
  const room = wanted + roomFor(rollout.deployment).surge - total
  return room <= 0 ? present : present + Math.min(room, wanted - present)
}

function createNewest(rollout: Rollout): Change[] {
  const { deployment, now } = rollout
  const template = deployment.spec?.template
  const hash = freeHash(rollout)
  const name = `${nameOf(deployment)}-${hash}`
  const labels = { ...template?.metadata?.labels, [hashLabel]: hash }
  const replicas = newestSize(rollout, 0)
  const revision = String(Math.max(0, ...rollout.old.map(revisionOf)) + 1)
  const set: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: namespaceOf(deployment),
      labels,
      annotations: { ...inherited(deployment), ...setAnnotations(deployment), [revisionAnnotation]: revision },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: { ...deployment.spec?.selector, matchLabels: { ...deployment.spec?.selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  }
  const created = conditionNow(now, 'Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
  return [
    { do: 'create', object: set, done: () => (replicas > 0 ? [scaledEvent(deployment, name, 0, replicas)] : []) },
    ...annotateRevision(deployment, revision),
    ...report(rollout, setCondition(deployment.status?.conditions ?? [], created)),
  ]
}

/** Another template with the same hash may have the name already. */
function freeHash(rollout: Rollout): string {
  const taken = new Set(rollout.sets.map(nameOf))
  const template = rollout.deployment.spec?.template
  let collisions = rollout.deployment.status?.collisionCount ?? 0
  while (taken.has(`${nameOf(rollout.deployment)}-${templateHash(template, collisions)}`)) collisions++
  return templateHash(template, collisions)
}

function annotateRevision(deployment: Deployment, revision: string): Change[] {
  if (deployment.metadata.annotations?.[revisionAnnotation] === revision) return []
  const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: revision }
  return [{ do: 'update', object: withMetadata(deployment, { annotations }) }]
}

/** Keeps the newest set's revision, annotations and size notes right; a set that was rolled back to gets a new revision. */
function syncNewest(rollout: Rollout, newest: ReplicaSet): Change[] {
  const { deployment } = rollout
  const highest = Math.max(0, ...rollout.old.map(revisionOf))
  const current = revisionOf(newest)
  const revision = String(current > highest ? current : highest + 1)
  const history = newest.metadata.annotations?.['deployment.kubernetes.io/revision-history']
  const past = current > 0 && String(current) !== revision ? [...(history ? history.split(',') : []), String(current)].join(',') : history
  const annotations = {
    ...newest.metadata.annotations,
    ...inherited(deployment),
    [revisionAnnotation]: revision,
    ...(past === undefined ? {} : { 'deployment.kubernetes.io/revision-history': past }),
  }
  const minReadySeconds = deployment.spec?.minReadySeconds
  const changed = !sameJson(annotations, newest.metadata.annotations) || (newest.spec?.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)
  const selector = newest.spec?.selector ?? {}
  const updated = { ...withMetadata(newest, { annotations }), spec: { ...newest.spec, selector, minReadySeconds } }
  return [...(changed ? [{ do: 'update' as const, object: updated }] : []), ...annotateRevision(deployment, revision)]
}

function scaledEvent(deployment: Deployment, name: string, from: number, to: number): Change {
  return normal(deployment, 'ScalingReplicaSet', `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`)
}

function scale(rollout: Rollout, set: ReplicaSet, replicas: number): Change[] {
  const { deployment } = rollout
  const annotations = { ...set.metadata.annotations, ...setAnnotations(deployment) }
  const from = wantedOf(set)
  if (from === replicas && sameJson(annotations, set.metadata.annotations)) return []
  const object = { ...withMetadata(set, { annotations }), spec: { ...set.spec, selector: set.spec?.selector ?? {}, replicas } }
  return [{ do: 'update', object }, ...(from === replicas ? [] : [scaledEvent(deployment, nameOf(set), from, replicas)])]
}

function roll(rollout: Rollout): Change[] {
  const { newest, deployment } = rollout
  if (!newest) return createNewest(rollout)
  const kept = syncNewest(rollout, newest)
  // What was written brings it back here, with a fresh reading.
  if (kept.length > 0) return kept
  const present = wantedOf(newest)
  const size = present > wantedOf(deployment) ? wantedOf(deployment) : newestSize(rollout, present)
  const grown = present === size ? [] : scale(rollout, newest, size)
  const shrunk = grown.length > 0 ? [] : scaleDownOld(rollout, newest)
  return [...grown, ...shrunk, ...finish(rollout, grown.length + shrunk.length === 0)]
}

/** Old pods go as far as enough pods stay available; those that don't run anyway go first. */
function scaleDownOld(rollout: Rollout, newest: ReplicaSet): Change[] {
  const wanted = wantedOf(rollout.deployment)
  const old = rollout.old.filter((set) => wantedOf(set) > 0)
  const total = rollout.sets.reduce((sum, set) => sum + wantedOf(set), 0)
  const minimum = wanted - roomFor(rollout.deployment).unavailable
  const unavailableNew = wantedOf(newest) - (newest.status?.availableReplicas ?? 0)
  let room = total - minimum - unavailableNew
  if (room <= 0) return []
  const sizes = new Map(old.map((set) => [set, wantedOf(set)]))
  for (const set of old) {
    const unhealthy = Math.min(room, wantedOf(set) - (set.status?.availableReplicas ?? 0))
    if (unhealthy <= 0) continue
    sizes.set(set, wantedOf(set) - unhealthy)
    room -= unhealthy
  }
  const available = rollout.sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0)
  let spare = available - minimum
  for (const set of old) {
    if (spare <= 0) break
    const size = sizes.get(set) ?? 0
    const fewer = Math.min(size, spare)
    sizes.set(set, size - fewer)
    spare -= fewer
  }
  return old.flatMap((set) => ((sizes.get(set) ?? 0) === wantedOf(set) ? [] : scale(rollout, set, sizes.get(set) ?? 0)))
}

function recreate(rollout: Rollout, pods: readonly Pod[]): Change[] {
  const shrunk = rollout.old.filter((set) => wantedOf(set) > 0).flatMap((set) => scale(rollout, set, 0))
  if (shrunk.length > 0) return [...shrunk, ...finish(rollout, false)]
  const oldPods = pods.some((pod) => !isPodFinished(pod) && rollout.old.some((set) => isControlledBy(pod, set)))
  if (oldPods) return finish(rollout, false)
  if (!rollout.newest) return createNewest(rollout)
  const kept = syncNewest(rollout, rollout.newest)
  if (kept.length > 0) return kept
  const grown = scale(rollout, rollout.newest, wantedOf(rollout.deployment))
  return [...grown, ...finish(rollout, grown.length === 0)]
}

function finish(rollout: Rollout, tidy: boolean): Change[] {
  const status = rolloutStatus(rollout.deployment, rollout.sets, rollout.newest, rollout.now)
  return [...(tidy && isComplete(rollout.deployment, status) ? dropHistory(rollout) : []), ...report(rollout, status.conditions)]
}

function dropHistory(rollout: Rollout): Change[] {
  const limit = rollout.deployment.spec?.revisionHistoryLimit
  if (limit === undefined) return []
  const idle = rollout.old.filter((set) => wantedOf(set) === 0 && (set.status?.replicas ?? 0) === 0 && !isDeleting(set))
  return idle
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(rollout.old.length - limit, 0))
    .map((set) => ({ do: 'delete', kind: 'ReplicaSet', namespace: set.metadata.namespace, name: nameOf(set) }))
}

function report(rollout: Rollout, conditions: readonly DeploymentCondition[] | undefined): Change[] {
  const { deployment, sets, newest, now } = rollout
  const counts = countsOf(deployment, sets, newest, now)
  const available = counts.conditions?.find((one) => one.type === 'Available')
  const status = { ...counts, conditions: available ? setCondition(conditions ?? [], available) : conditions }
  return sameJson(status, deployment.status) ? [] : [{ do: 'status', object: { ...deployment, status } }]
}

function isScaling(rollout: Rollout): boolean {
  const wanted = String(wantedOf(rollout.deployment))
  return rollout.sets.some((set) => {
    const noted = set.metadata.annotations?.[desiredAnnotation]
    return wantedOf(set) > 0 && noted !== undefined && noted !== wanted
  })
}

/** While a rollout is under way a new size is spread over its sets by their share; else the one active set gets it. */
function scaleProportionally(rollout: Rollout): Change[] {
  const { deployment, newest } = rollout
  const wanted = wantedOf(deployment)
  const active = rollout.sets.filter((set) => wantedOf(set) > 0)
  const only = active.length === 1 ? active[0] : active.length === 0 ? (newest ?? rollout.old.at(-1)) : undefined
  if (only) return scale(rollout, only, wanted)
  if (newest && (newest.status?.availableReplicas ?? 0) === wanted && wantedOf(newest) === wanted) {
    return rollout.old.filter((set) => wantedOf(set) > 0).flatMap((set) => scale(rollout, set, 0))
  }
  if (deployment.spec?.strategy?.type === 'Recreate') return []
  const total = active.reduce((sum, set) => sum + wantedOf(set), 0)
  let left = (wanted > 0 ? wanted + roomFor(deployment).surge : 0) - total
  const sign = Math.sign(left)
  const target = total + left
  return active
    .toSorted((a, b) => wantedOf(b) - wantedOf(a))
    .flatMap((set, index, all) => {
      const share =
        index === all.length - 1
          ? left
          : sign * Math.min(Math.abs(left), Math.abs(Math.round((wantedOf(set) * target) / total) - wantedOf(set)))
      left -= share
      return scale(rollout, set, Math.max(wantedOf(set) + share, 0))
    })
}

function pauseCondition(rollout: Rollout): readonly DeploymentCondition[] | undefined {
  const { deployment, now } = rollout
  const conditions = deployment.status?.conditions ?? []
  const current = conditions.find((one) => one.type === 'Progressing')
  if (deployment.spec?.progressDeadlineSeconds === undefined || current?.reason === 'ProgressDeadlineExceeded') return undefined
  const paused = current?.reason === 'DeploymentPaused'
  if (deployment.spec.paused && !paused)
    return setCondition(conditions, conditionNow(now, 'Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused'))
  if (!deployment.spec.paused && paused)
    return setCondition(conditions, conditionNow(now, 'Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed'))
  return undefined
}

/** When to look again though nothing happens: at the progress deadline. */
function patience(deployment: Deployment, now: number): number | undefined {
  const left = deadlineLeft(deployment, now)
  return left === undefined || left === 0 ? undefined : left + 1000
}
