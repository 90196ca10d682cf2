import type { ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod, PodSpec, Toleration } from '../resources/kinds.ts'
import { isAttracted, tolerates } from '../scheduler/filters.ts'
import { again, normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { isDeleting, isPodAvailable, isPodFinished, isPodReady, nameOf, sameJson, untilAvailable } from './objects.ts'
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
  const wantedNames = new Set(wanted.map(nameOf))
  if (!isDeleting(set)) {
    for (const node of wanted) changes.push(...keepOne(set, node, byNode.get(nameOf(node)) ?? [], hash))
    for (const [node, pods] of byNode)
      if (!wantedNames.has(node)) changes.push(...pods.filter((pod) => !isDeleting(pod)).flatMap((pod) => deletePod(set, pod)))
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

function belongs(set: DaemonSet, node: Node): boolean {
  const spec = withTolerations(set.spec?.template.spec ?? { containers: [] })
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec }
  if (spec.nodeName && spec.nodeName !== nameOf(node)) return false
  const taints = (node.spec?.taints ?? []).filter((taint) => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute')
  return isAttracted(pod, node) && taints.every((taint) => tolerates(spec.tolerations, taint))
}

function withTolerations(spec: PodSpec): PodSpec {
  const network: readonly Toleration[] = spec.hostNetwork
    ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }]
    : []
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...standing, ...network] }
}

function keepOne(set: DaemonSet, node: Node, pods: readonly Pod[], hash: string): Change[] {
  const failed = pods.filter((pod) => isPodFinished(pod) && !isDeleting(pod))
  const changes = failed.flatMap((pod): Change[] => [
    warning(
      set,
      'FailedDaemonPod',
      `Found failed daemon pod ${pod.metadata.namespace ?? ''}/${nameOf(pod)} on node ${nameOf(node)}, will try to kill it`,
    ),
    ...deletePod(set, pod),
  ])
  const running = pods.filter((pod) => !isPodFinished(pod))
  if (running.length === 0 && failed.length === 0) changes.push(createFor(set, node, hash))
  const extra = running
    .filter((pod) => !isDeleting(pod))
    .toSorted((a, b) => Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName)))
  return [...changes, ...extra.slice(1).flatMap((pod) => deletePod(set, pod))]
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

/** Replaces outdated pods, as many at a time as may be unavailable. */
function rollOver(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: ReadonlyMap<string, readonly Pod[]>,
  hash: string,
  now: number,
): Change[] {
  if (set.spec?.updateStrategy?.type === 'OnDelete') return []
  const limit = set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1
  const max = typeof limit === 'string' ? Math.max(1, Math.ceil((Number.parseInt(limit, 10) * nodes.length) / 100)) : limit
  const minReady = set.spec?.minReadySeconds ?? 0
  const outdated: Pod[] = []
  let unavailable = 0
  for (const node of nodes) {
    const pods = byNode.get(nameOf(node)) ?? []
    const available = pods.some((pod) => !isDeleting(pod) && isPodAvailable(pod, minReady, now))
    if (!available) unavailable++
    outdated.push(...pods.filter((pod) => !isDeleting(pod) && pod.metadata.labels?.[revisionHashLabel] !== hash))
  }
  // What does not run anyway can be replaced at once.
  const broken = outdated.filter((pod) => !isPodAvailable(pod, minReady, now))
  const sound = outdated.filter((pod) => isPodAvailable(pod, minReady, now)).slice(0, Math.max(max - unavailable, 0))
  return [...broken, ...sound].flatMap((pod) => deletePod(set, pod))
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
