import { rfc3339 } from '../../kernel/clock.ts'
import type { Job, JobCondition, JobStatus, Pod } from '../resources/kinds.ts'
import { again, normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { isDeleting, isPodActive, isPodReady, nameOf, sameJson } from './objects.ts'
import { claimPods, podFromTemplate } from './replicas.ts'
import { selects } from './selectors.ts'

const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
/** Failed pods are replaced after this long, twice as long each time. */
const firstBackOffMillis = 10_000
const lastBackOffMillis = 600_000

/** One reading of a Job. */
interface Run {
  readonly job: Job
  readonly active: readonly Pod[]
  readonly succeeded: readonly Pod[]
  readonly failed: readonly Pod[]
  readonly now: number
}

/**
 * Runs pods until enough have succeeded, or too many have failed.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export function reconcileJob(job: Job, podsOfNamespace: readonly Pod[], now: number): Change[] {
  if (isDeleting(job)) return []
  const claims = claimPods(job, podsOfNamespace, (pod) => selects(job.spec?.selector, pod.metadata.labels))
  const run: Run = {
    job,
    active: claims.owned.filter(isPodActive),
    succeeded: claims.owned.filter((pod) => pod.status?.phase === 'Succeeded'),
    failed: claims.owned.filter((pod) => pod.status?.phase === 'Failed'),
    now,
  }
  if (finishedAt(job) !== undefined) return [...claims.changes, ...expire(job, now)]
  const verdict = verdictOf(run)
  return [...claims.changes, ...(verdict ? finish(run, verdict) : carryOn(run))]
}

function finishedAt(job: Job): number | undefined {
  const end = job.status?.conditions?.find((one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True')
  return end ? Date.parse(end.lastTransitionTime ?? '') : undefined
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/ */
function expire(job: Job, now: number): Change[] {
  const ttl = job.spec?.ttlSecondsAfterFinished
  const end = finishedAt(job)
  if (ttl === undefined || end === undefined) return []
  const left = end + ttl * 1000 - now
  return left > 0
    ? again(left)
    : [{ do: 'delete', kind: 'Job', namespace: job.metadata.namespace, name: nameOf(job), options: { propagationPolicy: 'Foreground' } }]
}

interface Verdict {
  readonly complete: boolean
  readonly reason: string
  readonly message: string
}

function verdictOf({ job, active, succeeded, failed, now }: Run): Verdict | undefined {
  const spec = job.spec
  const restarts = active.flatMap((pod) => pod.status?.containerStatuses ?? []).reduce((sum, one) => sum + one.restartCount, 0)
  const limit = spec?.backoffLimit ?? 6
  if (failed.length > limit || (spec?.template.spec?.restartPolicy === 'OnFailure' && limit > 0 && restarts >= limit)) {
    return { complete: false, reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  const started = job.status?.startTime
  if (spec?.activeDeadlineSeconds !== undefined && started && Date.parse(started) + spec.activeDeadlineSeconds * 1000 <= now) {
    return { complete: false, reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  const enough =
    spec?.completions === undefined ? succeeded.length > 0 && active.length === 0 : indexesDone(succeeded, job) >= spec.completions
  return enough ? { complete: true, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } : undefined
}

const isIndexed = (job: Job): boolean => job.spec?.completionMode === 'Indexed'
const indexOf = (pod: Pod): number => Number(pod.metadata.annotations?.[indexAnnotation] ?? -1)
const indexesDone = (succeeded: readonly Pod[], job: Job): number =>
  isIndexed(job) ? new Set(succeeded.map(indexOf)).size : succeeded.length

function finish(run: Run, verdict: Verdict): Change[] {
  const { job, active, now } = run
  const at = rfc3339(now)
  const condition = (type: string): JobCondition => ({
    type,
    status: 'True',
    reason: verdict.reason,
    message: verdict.message,
    lastProbeTime: at,
    lastTransitionTime: at,
  })
  const added = verdict.complete
    ? [condition('SuccessCriteriaMet'), condition('Complete')]
    : [condition('FailureTarget'), condition('Failed')]
  const status: JobStatus = {
    ...countsOf({ ...run, active: [] }),
    ...(verdict.complete ? { completionTime: at } : {}),
    conditions: [...(job.status?.conditions ?? []), ...added],
  }
  return [
    ...active.map((pod): Change => ({ do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) })),
    ...active.map((pod) => normal(job, 'SuccessfulDelete', `Deleted pod: ${nameOf(pod)}`)),
    { do: 'status', object: { ...job, status } },
    verdict.complete ? normal(job, 'Completed', 'Job completed') : warning(job, verdict.reason, verdict.message),
    ...(job.spec?.ttlSecondsAfterFinished === undefined ? [] : again(job.spec.ttlSecondsAfterFinished * 1000)),
  ]
}

function countsOf({ job, active, succeeded, failed, now }: Run): JobStatus {
  const nonzero = (value: number): number | undefined => (value === 0 ? undefined : value)
  const indexes = [...new Set(succeeded.map(indexOf))].toSorted((a, b) => a - b)
  return {
    startTime: job.status?.startTime ?? (job.spec?.suspend ? undefined : rfc3339(now)),
    active: nonzero(active.length),
    succeeded: nonzero(indexesDone(succeeded, job)),
    failed: nonzero(failed.length),
    ready: active.filter(isPodReady).length,
    terminating: 0,
    uncountedTerminatedPods: {},
    ...(isIndexed(job) ? { completedIndexes: rangesOf(indexes) } : {}),
    ...(job.status?.conditions ? { conditions: job.status.conditions } : {}),
  }
}

/** `0-2,5`. */
function rangesOf(indexes: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const index of indexes) {
    const last = ranges.at(-1)
    if (last && last[1] === index - 1) last[1] = index
    else ranges.push([index, index])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`)).join(',')
}

function carryOn(run: Run): Change[] {
  const { job, active, succeeded, failed, now } = run
  const spec = job.spec
  const status = countsOf(run)
  const write: Change[] = sameJson(status, job.status) ? [] : [{ do: 'status', object: { ...job, status } }]
  if (spec?.suspend)
    return [
      ...write,
      ...active.flatMap((pod): Change[] => [{ do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) }]),
    ]
  const deadline = spec?.activeDeadlineSeconds
  const patience = deadline === undefined ? [] : again(Date.parse(status.startTime ?? '') + deadline * 1000 - now)
  const wait = backOffLeft(failed, now)
  if (wait > 0) return [...write, ...patience, ...again(wait)]
  const parallelism = spec?.parallelism ?? 1
  const left = spec?.completions === undefined ? (succeeded.length > 0 ? 0 : parallelism) : spec.completions - indexesDone(succeeded, job)
  const missing = Math.max(Math.min(parallelism, left) - active.length, 0)
  const surplus = active.slice(Math.max(Math.min(parallelism, left), 0))
  return [
    ...write,
    ...freeIndexes(run, missing).map((index) => createPod(job, index)),
    ...surplus.flatMap((pod): Change[] => [
      { do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) },
      normal(job, 'SuccessfulDelete', `Deleted pod: ${nameOf(pod)}`),
    ]),
    ...patience,
  ]
}

function backOffLeft(failed: readonly Pod[], now: number): number {
  const ends = failed.map((pod) =>
    Math.max(0, ...(pod.status?.containerStatuses ?? []).map((one) => Date.parse(one.state?.terminated?.finishedAt ?? '') || 0)),
  )
  if (ends.length === 0) return 0
  return Math.max(...ends) + Math.min(firstBackOffMillis * 2 ** (failed.length - 1), lastBackOffMillis) - now
}

function freeIndexes({ job, active, succeeded }: Run, count: number): (number | undefined)[] {
  if (!isIndexed(job)) return Array.from({ length: count }, () => undefined)
  const taken = new Set([...active, ...succeeded].map(indexOf))
  return Array.from({ length: job.spec?.completions ?? 0 }, (_, index) => index)
    .filter((index) => !taken.has(index))
    .slice(0, count)
}

function createPod(job: Job, index: number | undefined): Change {
  const base = podFromTemplate(job, job.spec?.template)
  const indexed = index === undefined ? base : withIndex(base, job, index)
  return {
    do: 'create',
    object: indexed,
    done: (pod) => [normal(job, 'SuccessfulCreate', `Created pod: ${nameOf(pod)}`)],
    refused: (error) => [warning(job, 'FailedCreate', `Error creating: ${error.message}`)],
  }
}

function withIndex(pod: Pod, job: Job, index: number): Pod {
  const env = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${indexAnnotation}']` } },
  }
  const spec = pod.spec ?? { containers: [] }
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${nameOf(job)}-${index}-`,
      annotations: { ...pod.metadata.annotations, [indexAnnotation]: String(index) },
      labels: { ...pod.metadata.labels, [indexAnnotation]: String(index) },
    },
    spec: {
      ...spec,
      hostname: spec.hostname ?? `${nameOf(job)}-${index}`,
      containers: spec.containers.map((one) => ({ ...one, env: [...(one.env ?? []), env] })),
    },
  }
}
