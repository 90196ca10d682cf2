import { rfc3339 } from '../../../kernel/clock.ts'
import type { CronJob, Job, ObjectReference } from '../../resources/kinds.ts'
import { again, normal, warning } from '../change.ts'
import type { Change } from '../change.ts'
import { controllerReference, isControlledBy, isDeleting, nameOf, namespaceOf, referenceTo, sameJson, uidOf } from '../objects.ts'
import { parseSchedule } from './schedule.ts'
import type { Schedule } from './schedule.ts'

/** The controller looks this much after the scheduled time, so that clocks agree that it has come. */
const delayMillis = 100
/** More missed times than this say that something is wrong. */
const missedLimit = 100

/**
 * Makes a Job at each scheduled time, as its concurrency policy allows, and keeps a short history.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 * @param jobsOfNamespace the namespace's Jobs, of whoever
 */
export function reconcileCronJob(cron: CronJob, jobsOfNamespace: readonly Job[], now: number): Change[] {
  const jobs = jobsOfNamespace.filter((job) => isControlledBy(job, cron))
  const review = reviewActive(cron, jobs)
  const tidy = [...oldest(cron, jobs, 'Complete'), ...oldest(cron, jobs, 'Failed')]
  const kept = withStatus(cron, review.status)
  const due = isDeleting(cron) || cron.spec.suspend ? nothing(kept) : trigger(kept, jobs, now)
  const status: Change[] = sameJson(due.cron.status, cron.status) ? [] : [{ do: 'status', object: due.cron }]
  return [...review.said, ...due.before, ...status, ...tidy, ...due.after]
}

interface Due {
  /** With the status as it is after this. */
  readonly cron: CronJob
  readonly before: readonly Change[]
  readonly after: readonly Change[]
}

const nothing = (cron: CronJob, after: readonly Change[] = []): Due => ({ cron, before: [], after })
const withStatus = (cron: CronJob, status: CronJob['status']): CronJob => ({ ...cron, status })

type End = 'Complete' | 'Failed'

function endOf(job: Job): End | undefined {
  const found = job.status?.conditions?.find((one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True')
  return found?.type === 'Complete' ? 'Complete' : found ? 'Failed' : undefined
}

/** Takes ended and lost Jobs off the list of active ones. */
function reviewActive(cron: CronJob, jobs: readonly Job[]): { readonly status: CronJob['status']; readonly said: readonly Change[] } {
  const said: Change[] = []
  let last = cron.status?.lastSuccessfulTime
  const active: ObjectReference[] = []
  for (const reference of cron.status?.active ?? []) {
    const job = jobs.find((one) => uidOf(one) === reference.uid)
    const end = job && endOf(job)
    if (!job) said.push(normal(cron, 'MissingJob', `Active job went missing: ${reference.name ?? ''}`))
    else if (end) said.push(normal(cron, 'SawCompletedJob', `Saw completed job: ${nameOf(job)}, condition: ${end}`))
    else active.push(reference)
  }
  for (const job of jobs) {
    const at = endOf(job) === 'Complete' ? job.status?.completionTime : undefined
    if (at !== undefined && (last === undefined || Date.parse(at) > Date.parse(last))) last = at
    if (endOf(job) === undefined && !isDeleting(job) && !cron.status?.active?.some((one) => one.uid === uidOf(job))) {
      said.push(warning(cron, 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${nameOf(job)}`))
    }
  }
  const { active: _active, lastSuccessfulTime: _last, ...rest } = cron.status ?? {}
  return { status: { ...rest, ...(active.length > 0 ? { active } : {}), ...(last ? { lastSuccessfulTime: last } : {}) }, said }
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#jobs-history-limits */
function oldest(cron: CronJob, jobs: readonly Job[], end: End): Change[] {
  const limit = end === 'Complete' ? cron.spec.successfulJobsHistoryLimit : cron.spec.failedJobsHistoryLimit
  if (limit === undefined) return []
  const ended = jobs
    .filter((job) => endOf(job) === end && !isDeleting(job))
    .toSorted((a, b) => (a.status?.startTime ?? '').localeCompare(b.status?.startTime ?? '') || nameOf(a).localeCompare(nameOf(b)))
  return ended.slice(0, Math.max(ended.length - limit, 0)).flatMap((job) => removeJob(cron, job))
}

function removeJob(cron: CronJob, job: Job): Change[] {
  return [
    { do: 'delete', kind: 'Job', namespace: job.metadata.namespace, name: nameOf(job), options: { propagationPolicy: 'Background' } },
    normal(cron, 'SuccessfulDelete', `Deleted job ${nameOf(job)}`),
  ]
}

function trigger(cron: CronJob, jobs: readonly Job[], now: number): Due {
  const schedule = parseSchedule(cron.spec.schedule, cron.spec.timeZone)
  if (!schedule) return nothing(cron, [warning(cron, 'UnparseableSchedule', `unparseable schedule for cronjob: ${cron.spec.schedule}`)])
  const missed = missedTimes(cron, schedule, now)
  const next = schedule.next(now)
  const wait = again(next === undefined ? undefined : Math.min(next + delayMillis - now, 2 ** 31 - 1))
  const warnings = missed.tooMany
    ? [
        warning(
          cron,
          'TooManyMissedTimes',
          'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
        ),
      ]
    : []
  const at = missed.last
  if (at === undefined) return nothing(cron, [...warnings, ...wait])
  const deadline = cron.spec.startingDeadlineSeconds
  if (deadline !== undefined && at + deadline * 1000 < now) {
    const stamp = new Date(at).toUTCString().replace('GMT', '+0000')
    return nothing(cron, [...warnings, warning(cron, 'MissSchedule', `Missed scheduled time to start a job: ${stamp}`), ...wait])
  }
  return { ...start(cron, jobs, at, wait), before: warnings }
}

function start(cron: CronJob, jobs: readonly Job[], at: number, wait: readonly Change[]): Due {
  const name = `${nameOf(cron)}-${Math.floor(at / 60_000)}`
  const active = cron.status?.active ?? []
  if (jobs.some((job) => nameOf(job) === name)) return nothing(cron, wait)
  if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const words = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    return nothing(cron, [normal(cron, 'JobAlreadyActive', words), ...wait])
  }
  const replaced = cron.spec.concurrencyPolicy === 'Replace' ? jobs.filter((job) => active.some((one) => one.uid === uidOf(job))) : []
  const left = active.filter((one) => !replaced.some((job) => uidOf(job) === one.uid))
  const { active: _active, ...rest } = cron.status ?? {}
  const status = { ...rest, lastScheduleTime: rfc3339(at) }
  return {
    cron: withStatus(cron, { ...status, ...(left.length > 0 ? { active: left } : {}) }),
    before: [],
    after: [
      ...replaced.flatMap((job) => removeJob(cron, job)),
      {
        do: 'create',
        object: jobFrom(cron, name, at),
        done: (job) => [
          { do: 'status', object: withStatus(cron, { ...status, active: [...left, referenceTo(job)] }) },
          normal(cron, 'SuccessfulCreate', `Created job ${name}`),
        ],
        refused: (error) => [warning(cron, 'FailedCreate', `Error creating job: ${error.message}`)],
      },
      ...wait,
    ],
  }
}

function jobFrom(cron: CronJob, name: string, at: number): Job {
  const { labels, annotations } = cron.spec.jobTemplate.metadata ?? {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: namespaceOf(cron),
      ...(labels ? { labels } : {}),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': rfc3339(at) },
      ownerReferences: [controllerReference(cron)],
    },
    spec: cron.spec.jobTemplate.spec,
  }
}

/** The last time up to now that has not been acted on. */
function missedTimes(cron: CronJob, schedule: Schedule, now: number): { readonly last: number | undefined; readonly tooMany: boolean } {
  const since = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp ?? '') || now
  const deadline = cron.spec.startingDeadlineSeconds
  let time = deadline === undefined ? since : Math.max(since, now - deadline * 1000)
  let last: number | undefined
  let count = 0
  for (;;) {
    const next = schedule.next(time)
    if (next === undefined || next > now) return { last, tooMany: count > missedLimit }
    last = next
    time = next
    count++
    // Of very many only the last matters: leap close to now.
    if (count === missedLimit + 1) time = Math.max(time, leap(schedule, now))
  }
}

/** A time shortly before now from which few steps are left. */
function leap(schedule: Schedule, now: number): number {
  const period = Math.max((schedule.next(now) ?? now) - now, 60_000)
  return now - 10 * period
}
