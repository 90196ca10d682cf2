import type { Job, Pod } from '../../resources/kinds.ts'
import { isDeleting, isPodActive, isPodFinished } from '../objects.ts'
import { judgeFailure } from './failure-policy.ts'
import type { FailureVerdict } from './failure-policy.ts'
import { parseIndexes } from './indexes.ts'
import { earlierFailures, indexOf, isIndexed, isTracked } from './job-pods.ts'

/** One reading of a Job and its pods: what was counted before, and what is counted now. */
export interface Run {
  readonly job: Job
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
  /** Ended pods that this reading counts: after it they are let go. */
  readonly counted: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  readonly completedIndexes: ReadonlySet<number>
  readonly failedIndexes: ReadonlySet<number>
  /** Why the Job has to fail, by its own pod failure policy. */
  readonly fatal: string | undefined
  /** How often each index has failed, where the Job limits that. */
  readonly failures: ReadonlyMap<number, { readonly counted: number; readonly ignored: number }>
  readonly pods: readonly Pod[]
  readonly now: number
}

/** With `podReplacementPolicy: Failed` a pod that is going counts only when it has gone. */
const waitsForEnd = (job: Job): boolean => job.spec?.podReplacementPolicy === 'Failed'

export function readRun(job: Job, pods: readonly Pod[], now: number): Run {
  const completions = job.spec?.completions ?? 0
  const isOver = (pod: Pod): boolean => isPodFinished(pod) || (isDeleting(pod) && !waitsForEnd(job) && !job.spec?.suspend)
  const counted = pods.filter((pod) => isTracked(pod) && isOver(pod))
  const fresh = { succeeded: 0, failed: 0 }
  const completedIndexes = parseIndexes(job.status?.completedIndexes, completions)
  const failedIndexes = parseIndexes(job.status?.failedIndexes, completions)
  const failures = new Map<number, { counted: number; ignored: number }>()
  let fatal: string | undefined
  for (const pod of counted) {
    const index = indexOf(pod)
    if (pod.status?.phase === 'Succeeded') {
      fresh.succeeded++
      if (index !== undefined && index < completions) completedIndexes.add(index)
      continue
    }
    const verdict = judgeFailure(job, pod)
    if (verdict.action === 'FailJob') fatal ??= verdict.message
    if (verdict.action !== 'Ignore') fresh.failed++
    if (index !== undefined) countForIndex(job, pod, index, verdict, failures, failedIndexes)
  }
  for (const pod of pods) noteEarlier(pod, failures)
  return {
    job,
    pods,
    active: pods.filter(isPodActive),
    terminating: pods.filter((pod) => isDeleting(pod) && !isPodFinished(pod)),
    counted,
    succeeded: isIndexed(job) ? completedIndexes.size : (job.status?.succeeded ?? 0) + fresh.succeeded,
    failed: (job.status?.failed ?? 0) + fresh.failed,
    completedIndexes,
    failedIndexes,
    fatal,
    failures,
    now,
  }
}

type Failures = Map<number, { counted: number; ignored: number }>

function countForIndex(job: Job, pod: Pod, index: number, verdict: FailureVerdict, failures: Failures, failedIndexes: Set<number>): void {
  const limit = job.spec?.backoffLimitPerIndex
  if (limit === undefined) return
  const before = earlierFailures(pod)
  const ignored = verdict.action === 'Ignore' ? 1 : 0
  failures.set(index, { counted: before.counted + 1 - ignored, ignored: before.ignored + ignored })
  if (verdict.action === 'FailIndex' || (verdict.action !== 'Ignore' && before.counted >= limit)) failedIndexes.add(index)
}

/** A pod that has been let go already still tells how often its index had failed. */
function noteEarlier(pod: Pod, failures: Failures): void {
  const index = indexOf(pod)
  if (index === undefined || isTracked(pod) || pod.status?.phase !== 'Failed') return
  const before = earlierFailures(pod)
  const known = failures.get(index)
  if (!known || known.counted + known.ignored < before.counted + before.ignored + 1) {
    failures.set(index, { counted: before.counted + 1, ignored: before.ignored })
  }
}
