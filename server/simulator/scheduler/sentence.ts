import type { Misfit } from './filters.ts'

/** `2 Insufficient cpu, 1 node(s) were unschedulable`: each reason with the number of nodes that gave it, sorted. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ')
}

/** What came of looking for pods to evict: each node's answer, why nobody looked, or nothing to say when some go. */
export type PreemptionTold = readonly string[] | 'never' | 'found'

/** What FailedScheduling says when the nodes refuse the pod, each for its reasons. */
export function refusalSentence(misfits: readonly Misfit[], told: PreemptionTold): string {
  const nodes = `0/${misfits.length} nodes are available`
  if (misfits.length === 0) return 'no nodes available to schedule pods'
  const refusal = `${nodes}: ${histogram(misfits.flatMap((one) => one.reasons))}.`
  if (told === 'found') return refusal
  const preemption = told === 'never' ? 'not eligible due to preemptionPolicy=Never.' : `${nodes}: ${histogram(told)}.`
  return `${refusal} no new claims to deallocate, preemption: ${preemption}`
}

/** What FailedScheduling says when the pod's claims alone rule out every node. */
export function claimSentence(nodeCount: number, why: string): string {
  return `0/${nodeCount} nodes are available: ${why}. not found`
}
