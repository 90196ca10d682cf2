import { rfc3339 } from '../../../kernel/clock.ts'
import type { Job, JobCondition, JobStatus, Pod } from '../../resources/kinds.ts'
import { again, normal, warning } from '../change.ts'
import type { Change } from '../change.ts'
import { controllerOf, isDeleting, isPodReady, nameOf, sameJson, uidOf } from '../objects.ts'
import { claimPods } from '../replicas.ts'
import { selects } from '../selectors.ts'
import { fulfilledRule } from './failure-policy.ts'
import { formatIndexes } from './indexes.ts'
import { createPod, indexOf, isIndexed, isTracked, release, removePod } from './job-pods.ts'
import { readRun } from './job-run.ts'
import type { Run } from './job-run.ts'

/** Failed pods are replaced after this long, twice as long each time. */
const firstBackOffMillis = 10_000
const lastBackOffMillis = 600_000
/** Creates at most this many pods in one go. */
const burst = 500

/**
 * Runs pods until enough have succeeded, or too many have failed.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export function reconcileJob(job: Job, podsOfNamespace: readonly Pod[], now: number): Change[] {
  // Others look after a Job that says so.
  if (job.spec?.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller') return []
  if (isDeleting(job)) return releaseAll(podsOfNamespace, (pod) => controllerOf(pod)?.uid === uidOf(job))
  const claims = claimPods(job, podsOfNamespace, (pod) => selects(job.spec?.selector, pod.metadata.labels))
  if (finishedAt(job) !== undefined) return [...claims.changes, ...releaseAll(claims.owned, () => true), ...expire(job, now)]
  const run = readRun(job, claims.owned, now)
  const target = job.status?.conditions?.find((one) => isTarget(one))
  const verdict = target
    ? { complete: target.type === 'SuccessCriteriaMet', reason: target.reason ?? '', message: target.message ?? '' }
    : verdictOf(run)
  return [...claims.changes, ...(verdict ? finish(run, verdict) : carryOn(run))]
}

/** Lets go the pods of a Job that is no more. @param job the one that has its name now */
export function releaseOrphans(name: string, podsOfNamespace: readonly Pod[], job: Job | undefined): Change[] {
  return releaseAll(podsOfNamespace, (pod) => {
    const owner = controllerOf(pod)
    if (owner) return owner.kind === 'Job' && owner.name === name && owner.uid !== (job && uidOf(job))
    return !job && pod.metadata.labels?.['batch.kubernetes.io/job-name'] === name
  })
}

const releaseAll = (pods: readonly Pod[], which: (pod: Pod) => boolean): Change[] =>
  pods.filter((pod) => isTracked(pod) && which(pod)).flatMap(release)

const isTarget = (condition: JobCondition): boolean =>
  (condition.type === 'SuccessCriteriaMet' || condition.type === 'FailureTarget') && condition.status === 'True'

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

const failing = (reason: string, message: string): Verdict => ({ complete: false, reason, message })
const succeeding = (reason: string, message: string): Verdict => ({ complete: true, reason, message })

function verdictOf(run: Run): Verdict | undefined {
  const { job, active, failed, now } = run
  const { spec } = job
  if (run.fatal !== undefined) return failing('PodFailurePolicy', run.fatal)
  const limit = spec?.backoffLimit ?? 6
  if (failed > limit || restartsExceed(job, active, limit)) {
    return failing('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const started = job.status?.startTime
  if (
    !spec?.suspend &&
    spec?.activeDeadlineSeconds !== undefined &&
    started &&
    Date.parse(started) + spec.activeDeadlineSeconds * 1000 <= now
  ) {
    return failing('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  const indexes = run.failedIndexes.size
  if (spec?.maxFailedIndexes !== undefined && indexes > spec.maxFailedIndexes) {
    return failing('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  }
  if (indexes > 0 && indexes + run.completedIndexes.size >= (spec?.completions ?? 0))
    return failing('FailedIndexes', 'Job has failed indexes')
  const rule = isIndexed(job) ? fulfilledRule(job, run.completedIndexes) : undefined
  if (rule !== undefined) return succeeding('SuccessPolicy', `Matched rules at index ${rule}`)
  const enough = spec?.completions === undefined ? run.succeeded > 0 && active.length === 0 : run.succeeded >= spec.completions
  return enough ? succeeding('CompletionsReached', 'Reached expected number of succeeded pods') : undefined
}

/** Containers that are restarted in place count towards the limit too. */
function restartsExceed(job: Job, active: readonly Pod[], limit: number): boolean {
  if (job.spec?.template.spec?.restartPolicy !== 'OnFailure') return false
  const statuses = active.flatMap((pod) => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])])
  const restarts = statuses.reduce((sum, one) => sum + one.restartCount, 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

/** Ends every pod first; the last condition comes when none runs any more. */
function finish(run: Run, verdict: Verdict): Change[] {
  const { job, active, terminating, now } = run
  const at = rfc3339(now)
  const condition = (type: string): JobCondition => ({
    type,
    status: 'True',
    reason: verdict.reason,
    message: verdict.message,
    lastProbeTime: at,
    lastTransitionTime: at,
  })
  const over = active.length + terminating.length === 0
  const before = job.status?.conditions ?? []
  const [target, end] = verdict.complete ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed']
  const added = [...(before.some(isTarget) ? [] : [condition(target)]), ...(over ? [condition(end)] : [])]
  // Whatever still runs when a Job has failed has failed with it.
  const ended = verdict.complete ? [] : active
  const status: JobStatus = {
    ...countsOf({ ...run, active: [], terminating: [...terminating, ...active], failed: run.failed + ended.length }),
    ...(verdict.complete && over ? { completionTime: at } : {}),
    conditions: [...before, ...added],
  }
  return [
    ...(sameJson(status, job.status) ? [] : [{ do: 'status' as const, object: { ...job, status } }]),
    ...run.counted.flatMap(release),
    ...active.flatMap((pod) => [...removePod(job, pod), ...release(pod)]),
    ...(over ? [verdict.complete ? normal(job, 'Completed', 'Job completed') : warning(job, verdict.reason, verdict.message)] : []),
    ...(over && job.spec?.ttlSecondsAfterFinished !== undefined ? again(job.spec.ttlSecondsAfterFinished * 1000) : []),
  ]
}

function countsOf(run: Run): JobStatus {
  const { job, active, terminating, now } = run
  const nonzero = (value: number): number | undefined => (value === 0 ? undefined : value)
  const startTime = job.status?.startTime ?? (job.spec?.suspend ? undefined : rfc3339(now))
  return {
    ...(startTime === undefined ? {} : { startTime }),
    active: nonzero(active.length),
    succeeded: nonzero(run.succeeded),
    failed: nonzero(run.failed),
    ready: active.filter(isPodReady).length,
    terminating: terminating.length,
    uncountedTerminatedPods: {},
    ...(isIndexed(job) && run.completedIndexes.size > 0 ? { completedIndexes: formatIndexes(run.completedIndexes) } : {}),
    ...(job.spec?.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(run.failedIndexes) }),
    ...(job.status?.conditions ? { conditions: job.status.conditions } : {}),
  }
}

function carryOn(run: Run): Change[] {
  const { job, now } = run
  const { spec } = job
  const suspension = suspensionOf(job, now)
  const status: JobStatus = { ...countsOf(run), ...suspension?.status }
  const write: Change[] = [
    ...(sameJson(status, job.status) ? [] : [{ do: 'status' as const, object: { ...job, status } }]),
    ...run.counted.flatMap(release),
    ...(suspension?.said ?? []),
  ]
  if (spec?.suspend) return [...write, ...run.active.flatMap((pod) => removePod(job, pod)), ...run.terminating.flatMap(release)]
  const deadline = spec?.activeDeadlineSeconds
  const patience = deadline === undefined ? [] : again(Date.parse(status.startTime ?? '') + deadline * 1000 - now)
  const wanted = wantedPods(run)
  const surplus = run.active.slice(Math.max(wanted, 0))
  if (surplus.length > 0) return [...write, ...surplus.flatMap((pod) => removePod(job, pod)), ...patience]
  const going = spec?.podReplacementPolicy === 'Failed' ? run.terminating.length : 0
  const missing = Math.min(wanted - run.active.length - going, burst)
  const plan = isIndexed(job) ? planIndexes(run, missing) : planPods(run, missing)
  return [...write, ...plan.create, ...again(plan.wait), ...patience]
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job */
function suspensionOf(job: Job, now: number): { readonly status: Partial<JobStatus>; readonly said: readonly Change[] } | undefined {
  const conditions = job.status?.conditions ?? []
  const old = conditions.find((one) => one.type === 'Suspended')
  const truth = job.spec?.suspend ? 'True' : 'False'
  if ((old?.status ?? 'False') === truth) return undefined
  const at = rfc3339(now)
  const [reason, message] = job.spec?.suspend ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed']
  const changed: JobCondition = { type: 'Suspended', status: truth, reason, message, lastProbeTime: at, lastTransitionTime: at }
  const kept = old ? conditions.map((one) => (one === old ? changed : one)) : [...conditions, changed]
  return {
    status: { conditions: kept, ...(job.spec?.suspend ? {} : { startTime: at }) },
    said: [normal(job, job.spec?.suspend ? 'Suspended' : 'Resumed', message)],
  }
}

function wantedPods({ job, active, succeeded, failedIndexes }: Run): number {
  const parallelism = job.spec?.parallelism ?? 1
  const completions = job.spec?.completions
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(Math.min(completions - succeeded - failedIndexes.size, parallelism), 0)
}

interface Plan {
  readonly create: readonly Change[]
  readonly wait: number | undefined
}

function planPods(run: Run, missing: number): Plan {
  const wait = backOffLeft(run.pods, run.now)
  if (wait > 0) return { create: [], wait: missing > 0 ? wait : undefined }
  return { create: Array.from({ length: Math.max(missing, 0) }, () => createPod(run.job, undefined, undefined)), wait: undefined }
}

/** The lowest indexes that are free; where failures count by index, each waits for its own back-off. */
function planIndexes(run: Run, missing: number): Plan {
  const { job, now } = run
  const perIndex = job.spec?.backoffLimitPerIndex !== undefined
  const going = job.spec?.podReplacementPolicy === 'Failed' ? run.terminating : []
  const taken = new Set([...run.active, ...going].map(indexOf))
  const free = Array.from({ length: job.spec?.completions ?? 0 }, (_, index) => index).filter(
    (index) => !taken.has(index) && !run.completedIndexes.has(index) && !run.failedIndexes.has(index),
  )
  const overall = perIndex ? 0 : backOffLeft(run.pods, now)
  const waits = free.map((index) => {
    const own = perIndex
      ? backOffLeft(
          run.pods.filter((pod) => indexOf(pod) === index),
          now,
        )
      : overall
    return { index, wait: own }
  })
  const ready = waits.filter((one) => one.wait <= 0).slice(0, Math.max(missing, 0))
  const later = waits.filter((one) => one.wait > 0).map((one) => one.wait)
  return {
    create: ready.map(({ index }) => createPod(job, index, perIndex ? (run.failures.get(index) ?? { counted: 0, ignored: 0 }) : undefined)),
    wait: missing > ready.length && later.length > 0 ? Math.min(...later) : undefined,
  }
}

const endOf = (pod: Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map((one) => Date.parse(one.state?.terminated?.finishedAt ?? '') || 0))

/** Failures since the last success make the wait longer. */
function backOffLeft(pods: readonly Pod[], now: number): number {
  const lastSuccess = Math.max(0, ...pods.filter((pod) => pod.status?.phase === 'Succeeded').map(endOf))
  const ends = pods.filter((pod) => pod.status?.phase === 'Failed' && endOf(pod) > lastSuccess).map(endOf)
  if (ends.length === 0) return 0
  return Math.max(...ends) + Math.min(firstBackOffMillis * 2 ** (ends.length - 1), lastBackOffMillis) - now
}
