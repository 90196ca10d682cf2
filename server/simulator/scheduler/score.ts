import type { Node, Pod } from '../resources/kinds.ts'
import { controllerOf, isPodActive, isPodFinished, nameOf, namespaceOf } from '../controllers/objects.ts'
import { amountOf } from '../controllers/quantity.ts'
import { hasCompany, requestsOf, spreadOf, termMatches, tolerates } from './filters.ts'
import type { Snapshot } from './filters.ts'

/** What a container that asks for nothing counts as, so that such pods spread too. */
const defaultRequests = { cpu: 0.1, memory: 200 * 2 ** 20 }

/** The higher, the better: free resources, few pods of the same kind, and what the pod would like. */
export function score(pod: Pod, node: Node, snapshot: Snapshot): number {
  return (
    leastAllocated(pod, node, snapshot) +
    2 * spreading(pod, node, snapshot) +
    3 * tolerated(pod, node) +
    2 * liking(pod, node) +
    company(pod, node, snapshot)
  )
}

function leastAllocated(pod: Pod, node: Node, snapshot: Snapshot): number {
  const pods = [...snapshot.pods.filter((other) => other.spec?.nodeName === nameOf(node) && !isPodFinished(other)), pod]
  const shares = (['cpu', 'memory'] as const).map((resource) => {
    const capacity = amountOf(node.status?.allocatable?.[resource])
    const used = pods.reduce((sum, other) => sum + (requestsOf(other).get(resource) ?? defaultRequests[resource]), 0)
    return capacity === 0 ? 0 : Math.max(0, (100 * (capacity - used)) / capacity)
  })
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

function spreading(pod: Pod, node: Node, snapshot: Snapshot): number {
  const soft = (pod.spec?.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === 'ScheduleAnyway')
  if (soft.length > 0) {
    const crowd = soft.map(
      (constraint) => spreadOf(pod, constraint, snapshot).get(node.metadata.labels?.[constraint.topologyKey] ?? '') ?? 0,
    )
    return 100 / (1 + crowd.reduce((sum, count) => sum + count, 0))
  }
  const owner = controllerOf(pod)?.uid
  if (owner === undefined) return 0
  const siblings = snapshot.pods.filter(
    (other) =>
      other.spec?.nodeName === nameOf(node) &&
      namespaceOf(other) === namespaceOf(pod) &&
      isPodActive(other) &&
      controllerOf(other)?.uid === owner,
  )
  return 100 / (1 + siblings.length)
}

function tolerated(pod: Pod, node: Node): number {
  const soft = (node.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule')
  return soft.some((taint) => !tolerates(pod.spec?.tolerations, taint)) ? 0 : 100
}

function liking(pod: Pod, node: Node): number {
  const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return terms.reduce((sum, term) => sum + (termMatches(term.preference, node) ? term.weight : 0), 0)
}

function company(pod: Pod, node: Node, snapshot: Snapshot): number {
  const affinity = pod.spec?.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const anti = pod.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const near = (weight: number, term: (typeof affinity)[number]['podAffinityTerm']): number =>
    hasCompany(term, pod, node, snapshot) ? weight : 0
  return (
    affinity.reduce((sum, one) => sum + near(one.weight, one.podAffinityTerm), 0) * 2 -
    anti.reduce((sum, one) => sum + near(one.weight, one.podAffinityTerm), 0) * 2
  )
}
