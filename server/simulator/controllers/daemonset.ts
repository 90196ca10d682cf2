import type { ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod, PodSpec, Toleration } from '../resources/kinds.ts'
import { isAttracted, tolerates } from '../scheduler/filters.ts'
import { again, normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { isDeleting, isPodActive, isPodAvailable, isPodFinished, isPodReady, nameOf, sameJson, untilAvailable } from './objects.ts'
import { claimPods, deletePod, podFromTemplate } from './replicas.ts'
import { dropRevisions, historyOf, revisionHashLabel } from './revisions.ts'
import { selects } from './selectors.ts'

/** What every daemon pod tolerates. https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations */
const standing: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

/**
 * One pod on every node that the template's selector, affinity and tolerations allow.
 * https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
 */
export function reconcileDaemonSet(
  set: DaemonSet,
  nodes: readonly Node[],
  podsOfNamespace: readonly Pod[],
  revisions: readonly ControllerRevision[],
  now: number,
): Change[] {
  const history = historyOf(set, revisions)
  const hash = history.update.metadata.labels?.[revisionHashLabel] ?? ''
  const claims = claimPods(set, podsOfNamespace, (pod) => selects(set.spec?.selector, pod.metadata.labels))
  const byNode = new Map<string, Pod[]>()
  for (const pod of claims.owned) {
    const node = nodeOf(pod)
    byNode.set(node, [...(byNode.get(node) ?? []), pod])
  }
  const changes: Change[] = [...history.changes, ...claims.changes]
  const wanted = nodes.filter((node) => belongs(set, node))
  const staying = new Set(nodes.filter((node) => belongs(set, node, ['NoExecute'])).map(nameOf))
  const wantedNames = new Set(wanted.map(nameOf))
  if (!isDeleting(set)) {
    for (const node of wanted) changes.push(...keepOne(set, node, byNode.get(nameOf(node)) ?? [], hash))
    for (const [node, pods] of byNode)
      if (!staying.has(node)) changes.push(...pods.filter((pod) => !isDeleting(pod)).flatMap((pod) => deletePod(set, pod)))
    changes.push(...rollOver(set, wanted, byNode, hash, now))
  }
  const minReady = set.spec?.minReadySeconds ?? 0
  const inUse = new Set(claims.owned.map((pod) => pod.metadata.labels?.[revisionHashLabel] ?? ''))
  const status = statusOf(set, wantedNames, byNode, hash, now)
  return [
    ...changes,
    ...dropRevisions(set, history, inUse),
    ...(sameJson(status, set.status) ? [] : [{ do: 'status' as const, object: { ...set, status } }]),
    ...again(untilAvailable(claims.owned, minReady, now)),
  ]
}

/** The node that a pod runs on, or is meant for. */
function nodeOf(pod: Pod): string {
  if (pod.spec?.nodeName) return pod.spec.nodeName
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms.flatMap((term) => term.matchFields ?? []).find((field) => field.key === 'metadata.name')?.values?.[0] ?? ''
}

/** Whether a node is one for the set. Pods that are there already stay though the node would take no more (`NoExecute` alone counts). */
function belongs(set: DaemonSet, node: Node, effects: readonly string[] = ['NoSchedule', 'NoExecute']): boolean {
  const spec = withTolerations(set.spec?.template.spec ?? { containers: [] })
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec }
  if (spec.nodeName && spec.nodeName !== nameOf(node)) return false
  const taints = (node.spec?.taints ?? []).filter((taint) => effects.includes(taint.effect))
  return isAttracted(pod, node) && taints.every((taint) => tolerates(spec.tolerations, taint))
}

function withTolerations(spec: PodSpec): PodSpec {
  const network: readonly Toleration[] = spec.hostNetwork
    ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }]
    : []
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...standing, ...network] }
}

function keepOne(set: DaemonSet, node: Node, pods: readonly Pod[], hash: string): Change[] {
  const changes = pods
    .filter((pod) => isPodFinished(pod) && !isDeleting(pod))
    .flatMap((pod) => [ended(set, node, pod), ...deletePod(set, pod)])
  if (pods.length === 0) changes.push(createFor(set, node, hash))
  const running = pods
    .filter((pod) => isPodActive(pod))
    .toSorted((a, b) => Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName)) || bornAt(a) - bornAt(b))
  const kept = surgeOf(set, 1) === 0 ? running.slice(0, 1) : firstOfEach(running, hash)
  return [...changes, ...running.filter((pod) => !kept.includes(pod)).flatMap((pod) => deletePod(set, pod))]
}

const bornAt = (pod: Pod): number => Date.parse(pod.metadata.creationTimestamp ?? '')
const isNew = (pod: Pod, hash: string): boolean => pod.metadata.labels?.[revisionHashLabel] === hash

/** While a new pod is made before the old one goes, a node may have one of each. */
function firstOfEach(pods: readonly Pod[], hash: string): Pod[] {
  return [pods.find((pod) => isNew(pod, hash)), pods.find((pod) => !isNew(pod, hash))].filter((pod) => pod !== undefined)
}

function ended(set: DaemonSet, node: Node, pod: Pod): Change {
  const which = `daemon pod ${pod.metadata.namespace ?? ''}/${nameOf(pod)} on node ${nameOf(node)}, will try to`
  return pod.status?.phase === 'Failed'
    ? warning(set, 'FailedDaemonPod', `Found failed ${which} kill it`)
    : normal(set, 'SucceededDaemonPod', `Found succeeded ${which} delete it`)
}

function createFor(set: DaemonSet, node: Node, hash: string): Change {
  const pod = podFromTemplate(set, set.spec?.template)
  const spec = withTolerations(pod.spec ?? { containers: [] })
  const required = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nameOf(node)] }] }] }
  const affinity = {
    ...spec.affinity,
    nodeAffinity: { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required },
  }
  const generation = String(set.metadata.generation ?? 1)
  const labels = { ...pod.metadata.labels, [revisionHashLabel]: hash, 'pod-template-generation': generation }
  return {
    do: 'create',
    object: { ...pod, metadata: { ...pod.metadata, labels }, spec: { ...spec, affinity } },
    done: (created) => [normal(set, 'SuccessfulCreate', `Created pod: ${nameOf(created)}`)],
    refused: (error) => [warning(set, 'FailedCreate', `Error creating: ${error.message}`)],
  }
}

/** How many nodes of `count` a number or a share of them is. Shares are rounded up. */
const scaled = (value: number | string, count: number): number =>
  typeof value === 'string' ? Math.ceil((Number.parseInt(value, 10) * count) / 100) : value

/** How many nodes may have two pods at once. */
const surgeOf = (set: DaemonSet, nodes: number): number => scaled(set.spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0, nodes)

/** What a node has of the old and of the new, not counting what is going. */
interface Site {
  readonly node: Node
  readonly fresh: Pod | undefined
  readonly old: Pod | undefined
}

/**
 * Replaces outdated pods, as many at a time as may be unavailable, or as may be there twice.
 * https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/
 */
function rollOver(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: ReadonlyMap<string, readonly Pod[]>,
  hash: string,
  now: number,
): Change[] {
  if (set.spec?.updateStrategy?.type === 'OnDelete') return []
  const minReady = set.spec?.minReadySeconds ?? 0
  const available = (pod: Pod): boolean => isPodAvailable(pod, minReady, now)
  const sites = nodes.map((node): Site => {
    const pods = (byNode.get(nameOf(node)) ?? []).filter(isPodActive)
    return { node, fresh: pods.find((pod) => isNew(pod, hash)), old: pods.find((pod) => !isNew(pod, hash)) }
  })
  const surge = surgeOf(set, nodes.length)
  if (surge > 0) return surgeOver(set, sites, surge, hash, available)
  const max = Math.max(scaled(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes.length), 1)
  const unavailable = sites.filter(({ fresh, old }) => (fresh === undefined) === (old === undefined) || (fresh && !available(fresh))).length
  const outdated = sites.flatMap(({ fresh, old }) => (old && !fresh ? [old] : []))
  // What does not run anyway can be replaced at once.
  const broken = outdated.filter((pod) => !available(pod))
  const sound = outdated.filter(available).slice(0, Math.max(max - unavailable, 0))
  return [...broken, ...sound].flatMap((pod) => deletePod(set, pod))
}

/** The new pod comes first; the old one goes when the new one is available. */
function surgeOver(set: DaemonSet, sites: readonly Site[], surge: number, hash: string, available: (pod: Pod) => boolean): Change[] {
  const waiting = sites.filter(({ fresh, old }) => fresh && old && !available(fresh)).length
  const replaced = sites.flatMap(({ fresh, old }) => (fresh && old && available(fresh) ? [old] : []))
  const outdated = sites.flatMap(({ node, fresh, old }) => (old && !fresh ? [{ node, sound: available(old) }] : []))
  const sound = outdated.filter((one) => one.sound).slice(0, Math.max(surge - waiting, 0))
  const next = [...outdated.filter((one) => !one.sound), ...sound]
  return [...replaced.flatMap((pod) => deletePod(set, pod)), ...next.map(({ node }) => createFor(set, node, hash))]
}

function statusOf(
  set: DaemonSet,
  wanted: ReadonlySet<string>,
  byNode: ReadonlyMap<string, readonly Pod[]>,
  hash: string,
  now: number,
): DaemonSetStatus {
  const minReady = set.spec?.minReadySeconds ?? 0
  const count = (test: (pods: readonly Pod[]) => boolean): number =>
    [...byNode].filter(([node, pods]) => wanted.has(node) && test(pods)).length
  const available = count((pods) => pods.some((pod) => isPodAvailable(pod, minReady, now) && !isDeleting(pod)))
  const updated = count((pods) => pods.some((pod) => pod.metadata.labels?.[revisionHashLabel] === hash))
  const nonzero = (value: number): number | undefined => (value === 0 ? undefined : value)
  return {
    currentNumberScheduled: count((pods) => pods.length > 0),
    desiredNumberScheduled: wanted.size,
    numberMisscheduled: [...byNode].filter(([node, pods]) => !wanted.has(node) && pods.some((pod) => !isPodFinished(pod))).length,
    numberReady: count((pods) => pods.some(isPodReady)),
    numberAvailable: nonzero(available),
    numberUnavailable: nonzero(wanted.size - available),
    updatedNumberScheduled: nonzero(updated),
    observedGeneration: set.metadata.generation,
  }
}
