import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet, StatefulSetStatus } from '../resources/kinds.ts'
import { again, normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { retainClaims } from './claim-retention.ts'
import {
  isControlledBy,
  isDeleting,
  isPodAvailable,
  isPodFinished,
  isPodReady,
  nameOf,
  namespaceOf,
  sameJson,
  untilAvailable,
} from './objects.ts'
import { claimPods, podFromTemplate } from './replicas.ts'
import { dropRevisions, historyOf, templateOf } from './revisions.ts'
import type { History } from './revisions.ts'
import { selects } from './selectors.ts'

const revisionLabel = 'controller-revision-hash'

/** One reading of a StatefulSet. */
interface Stateful {
  readonly set: StatefulSet
  readonly history: History
  readonly current: string
  readonly pods: ReadonlyMap<number, Pod>
  readonly claims: ReadonlySet<string>
  readonly now: number
}

/**
 * Pods with stable names and claims, made, replaced and removed in order.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 */
export function reconcileStatefulSet(
  set: StatefulSet,
  podsOfNamespace: readonly Pod[],
  claimsOfNamespace: readonly PersistentVolumeClaim[],
  revisions: readonly ControllerRevision[],
  now: number,
): Change[] {
  const claimed = claimPods(
    set,
    podsOfNamespace,
    (pod) => selects(set.spec?.selector, pod.metadata.labels) && (isControlledBy(pod, set) || ordinalOf(set, pod) !== undefined),
  )
  const history = historyOf(set, revisions)
  const update = nameOf(history.update)
  const known = set.status?.currentRevision
  const current = known && history.revisions.some((one) => nameOf(one) === known) ? known : update
  const pods = new Map<number, Pod>()
  for (const pod of claimed.owned) {
    const ordinal = ordinalOf(set, pod)
    if (ordinal !== undefined) pods.set(ordinal, pod)
  }
  const state: Stateful = { set, history, current, pods, claims: new Set(claimsOfNamespace.map(nameOf)), now }
  const inUse = new Set([current, update, ...claimed.owned.map((pod) => pod.metadata.labels?.[revisionLabel] ?? '')])
  const status = statusOf(state)
  return [
    ...history.changes,
    ...claimed.changes,
    ...(sameJson(status, set.status) ? [] : [{ do: 'status' as const, object: { ...set, status } }]),
    ...dropRevisions(set, history, inUse),
    ...retainClaims(set, claimsOfNamespace, pods, (ordinal) => ordinal < range(set).first || ordinal >= range(set).end),
    ...(isDeleting(set) ? [] : step(state)),
    ...again(untilAvailable(claimed.owned, set.spec?.minReadySeconds ?? 0, now)),
  ]
}

function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(nameOf(pod))
  return match && match[1] === nameOf(set) ? Number(match[2]) : undefined
}

const isHealthy = (state: Stateful, pod: Pod): boolean =>
  !isDeleting(pod) && isPodAvailable(pod, state.set.spec?.minReadySeconds ?? 0, state.now)

function range(set: StatefulSet): { readonly first: number; readonly end: number } {
  const first = set.spec?.ordinals?.start ?? 0
  return { first, end: first + (set.spec?.replicas ?? 1) }
}

function step(state: Stateful): Change[] {
  const { set, pods } = state
  const { first, end } = range(set)
  const parallel = set.spec?.podManagementPolicy === 'Parallel'
  const changes: Change[] = []
  for (let ordinal = first; ordinal < end; ordinal++) {
    const pod = pods.get(ordinal)
    if (!pod) changes.push(...create(state, ordinal))
    else if (isPodFinished(pod) && !isDeleting(pod)) changes.push(recreating(set, pod), ...remove(set, pod))
    else if (isHealthy(state, pod)) continue
    if (!parallel) return changes
  }
  const condemned = [...pods.keys()].filter((ordinal) => ordinal < first || ordinal >= end).toSorted((a, b) => b - a)
  for (const ordinal of condemned) {
    const pod = pods.get(ordinal)
    if (pod && !isDeleting(pod)) changes.push(...remove(set, pod))
    if (!parallel) return changes
  }
  return changes.length > 0 ? changes : rollOver(state)
}

/** Replaces outdated pods from the highest ordinal down to the partition, each once the one before is ready. */
function rollOver(state: Stateful): Change[] {
  const { set, pods, history } = state
  if (set.spec?.updateStrategy?.type === 'OnDelete') return []
  const { first, end } = range(set)
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
  for (let ordinal = end - 1; ordinal >= first + partition; ordinal--) {
    const pod = pods.get(ordinal)
    if (!pod) return []
    if (pod.metadata.labels?.[revisionLabel] !== nameOf(history.update)) return isDeleting(pod) ? [] : remove(set, pod)
    if (!isHealthy(state, pod)) return []
  }
  return []
}

function recreating(set: StatefulSet, pod: Pod): Change {
  const where = `StatefulSet ${namespaceOf(set)}/${nameOf(set)} is recreating`
  return pod.status?.phase === 'Failed'
    ? warning(set, 'RecreatingFailedPod', `${where} failed Pod ${nameOf(pod)}`)
    : normal(set, 'RecreatingTerminatedPod', `${where} terminated Pod ${nameOf(pod)}`)
}

function remove(set: StatefulSet, pod: Pod): Change[] {
  return [
    { do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) },
    normal(set, 'SuccessfulDelete', `delete Pod ${nameOf(pod)} in StatefulSet ${nameOf(set)} successful`),
  ]
}

function create(state: Stateful, ordinal: number): Change[] {
  const { set, history, current } = state
  const name = `${nameOf(set)}-${ordinal}`
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
  const old = history.revisions.find((one) => nameOf(one) === current)
  const behind = set.spec?.updateStrategy?.type !== 'OnDelete' && ordinal < range(set).first + partition && old
  const template = behind ? templateOf(old) : set.spec?.template
  const base = podFromTemplate(set, template, name)
  const templates = set.spec?.volumeClaimTemplates ?? []
  const own = templates.map((claim) => ({ name: nameOf(claim), persistentVolumeClaim: { claimName: `${nameOf(claim)}-${name}` } }))
  const replaced = new Set(own.map((volume) => volume.name))
  const spec = base.spec ?? { containers: [] }
  const pod: Pod = {
    ...base,
    metadata: {
      ...base.metadata,
      labels: {
        ...base.metadata.labels,
        [revisionLabel]: behind ? nameOf(old) : nameOf(history.update),
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
    },
    spec: {
      ...spec,
      hostname: name,
      subdomain: set.spec?.serviceName,
      volumes: [...own, ...(spec.volumes ?? []).filter((volume) => !replaced.has(volume.name))],
    },
  }
  return [
    ...templates.flatMap((claim) => createClaim(state, claim, name)),
    {
      do: 'create',
      object: pod,
      done: () => [normal(set, 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${nameOf(set)} successful`)],
      refused: (error) => [warning(set, 'FailedCreate', `create Pod ${name} in StatefulSet ${nameOf(set)} failed error: ${error.message}`)],
    },
  ]
}

function createClaim(state: Stateful, template: PersistentVolumeClaim, pod: string): Change[] {
  const { set } = state
  const name = `${nameOf(template)}-${pod}`
  if (state.claims.has(name)) return []
  const labels = { ...template.metadata.labels, ...set.spec?.selector.matchLabels }
  const { annotations } = template.metadata
  return [
    {
      do: 'create',
      object: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, namespace: namespaceOf(set), ...(annotations ? { annotations } : {}), labels },
        spec: template.spec,
      },
      done: () => [normal(set, 'SuccessfulCreate', `create Claim ${name} Pod ${pod} in StatefulSet ${nameOf(set)} success`)],
      refused: (error) => [
        warning(set, 'FailedCreate', `create Claim ${name} for Pod ${pod} in StatefulSet ${nameOf(set)} failed error: ${error.message}`),
      ],
    },
  ]
}

function statusOf(state: Stateful): StatefulSetStatus {
  const { set, history } = state
  const pods = [...state.pods.values()]
  const update = nameOf(history.update)
  const live = pods.filter((pod) => !isDeleting(pod))
  const of = (revision: string): number => live.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length
  const minReady = set.spec?.minReadySeconds ?? 0
  const { first, end } = range(set)
  const ready = live.filter(isPodReady).length
  // The rollout is over when every pod runs the new revision and is ready.
  const done =
    set.spec?.updateStrategy?.type !== 'OnDelete' && of(update) === end - first && ready === end - first && pods.length === end - first
  const current = done ? update : state.current
  const nonzero = (value: number): number | undefined => (value === 0 ? undefined : value)
  return {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: nonzero(ready),
    currentReplicas: nonzero(of(current)),
    updatedReplicas: nonzero(of(update)),
    availableReplicas: live.filter((pod) => isPodAvailable(pod, minReady, state.now)).length,
    currentRevision: current,
    updateRevision: update,
    collisionCount: set.status?.collisionCount ?? 0,
  }
}
