import { isDeleting, isPodFinished, nameOf, namespaceOf, uidOf } from '../controllers/objects.ts'
import { selects } from '../controllers/selectors.ts'
import type { Node, Pod, PodDisruptionBudget } from '../resources/kinds.ts'
import { whyNot } from './filters.ts'
import type { Misfit, Snapshot } from './filters.ts'

/** One node's answer: why the pod does not fit. */
export interface Verdict {
  readonly node: Node
  readonly misfit: Misfit
}

export type Preemption =
  | { readonly node: Node; readonly victims: readonly Pod[] }
  /** No one can be evicted for it: what each node says. */
  | { readonly node: undefined; readonly reasons: readonly string[] }

interface Candidate {
  readonly node: Node
  readonly victims: readonly Pod[]
  readonly violations: number
}

const priorityOf = (pod: Pod): number => pod.spec?.priority ?? 0

/**
 * Finds the node on which the fewest, least important pods have to go so that this one fits.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#preemption
 */
export function preempt(pod: Pod, verdicts: readonly Verdict[], snapshot: Snapshot, budgets: readonly PodDisruptionBudget[]): Preemption {
  const candidates: Candidate[] = []
  const reasons: string[] = []
  for (const { node, misfit } of verdicts) {
    const found = misfit.helpless ? ['Preemption is not helpful for scheduling'] : victimsOn(pod, node, snapshot, budgets)
    if ('victims' in found) candidates.push(found)
    else reasons.push(...found)
  }
  const best = candidates.toSorted(
    (a, b) =>
      a.violations - b.violations ||
      highest(a) - highest(b) ||
      total(a) - total(b) ||
      a.victims.length - b.victims.length ||
      earliest(b) - earliest(a),
  )[0]
  return best ?? { node: undefined, reasons }
}

const highest = ({ victims }: Candidate): number => Math.max(...victims.map(priorityOf))
const total = ({ victims }: Candidate): number => victims.reduce((sum, one) => sum + priorityOf(one) + 2 ** 31, 0)
/** When the longest running of the most important victims started. */
function earliest(candidate: Candidate): number {
  const top = candidate.victims.filter((one) => priorityOf(one) === highest(candidate))
  return Math.min(...top.map((one) => Date.parse(one.status?.startTime ?? '') || 0))
}

/** Everyone less important goes first; then whoever can stay is let stay, the most important before the others. */
function victimsOn(pod: Pod, node: Node, snapshot: Snapshot, budgets: readonly PodDisruptionBudget[]): Candidate | readonly string[] {
  const lesser = snapshot.pods.filter(
    (one) => one.spec?.nodeName === nameOf(node) && !isPodFinished(one) && priorityOf(one) < priorityOf(pod),
  )
  if (lesser.length === 0) return ['No preemption victims found for incoming pod']
  let gone = new Set(lesser.map(uidOf))
  const fits = (without: ReadonlySet<string>): Misfit | undefined =>
    whyNot(pod, node, { ...snapshot, pods: snapshot.pods.filter((one) => !without.has(uidOf(one))) })
  const still = fits(gone)
  if (still) return still.reasons
  const guarded = violating(lesser, budgets)
  const important = (a: Pod, b: Pod): number =>
    priorityOf(b) - priorityOf(a) || (Date.parse(a.status?.startTime ?? '') || 0) - (Date.parse(b.status?.startTime ?? '') || 0)
  const order = [
    ...lesser.filter((one) => guarded.has(one)).toSorted(important),
    ...lesser.filter((one) => !guarded.has(one)).toSorted(important),
  ]
  for (const one of order) {
    const fewer = new Set([...gone].filter((uid) => uid !== uidOf(one)))
    if (!fits(fewer)) gone = fewer
  }
  const victims = lesser.filter((one) => gone.has(uidOf(one)))
  return { node, victims, violations: victims.filter((one) => guarded.has(one)).length }
}

/** Pods that a disruption budget does not let go, all being evicted together. */
function violating(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): ReadonlySet<Pod> {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]))
  const found = new Set<Pod>()
  for (const pod of pods) {
    for (const budget of budgets) {
      if (namespaceOf(budget) !== namespaceOf(pod) || !selects(budget.spec?.selector, pod.metadata.labels)) continue
      const allowed = (left.get(budget) ?? 0) - 1
      left.set(budget, allowed)
      if (allowed < 0) found.add(pod)
    }
  }
  return found
}

/** Somebody still has to leave the node that was promised to the pod. */
export function awaitsVictims(pod: Pod, pods: readonly Pod[]): boolean {
  const node = pod.status?.nominatedNodeName
  if (!node) return false
  return pods.some((one) => one.spec?.nodeName === node && isDeleting(one) && !isPodFinished(one) && priorityOf(one) < priorityOf(pod))
}
