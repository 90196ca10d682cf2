import { describe, expect, it } from 'vitest'
import type { Api } from '../../api/door.ts'
import type { CronJob, Job, JobSpec, Pod } from '../../resources/kinds.ts'
import { living, messages } from '../living.test-support.ts'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { parseSchedule } from './schedule.ts'

const scripts = {
  good: { exit: { code: 0, reason: 'Completed', after: 1000 } },
  bad: { exit: { code: 3, reason: 'Error', after: 1000 } },
  long: {},
}

describe('a Job', () => {
  it('runs its completions, lets its pods go when it has counted them, and says how it ended', async () => {
    const { api, clock } = await living(scripts)
    api.create<'Job'>(job('once', 'good', { completions: 3, parallelism: 2 }))
    await clock.advance(2000)
    expect(pods(api)[0]?.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking'])
    await clock.advance(20_000)
    expect(api.get('Job', 'default', 'once')?.status).toMatchObject({ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} })
    expect(conditions(api, 'once')).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
    expect(pods(api).map((pod) => pod.metadata.finalizers)).toEqual([undefined, undefined, undefined])
  })

  it('gives each pod of an indexed Job its own index', async () => {
    const { api, clock } = await living(scripts)
    api.create<'Job'>(job('parts', 'good', { completions: 3, parallelism: 3, completionMode: 'Indexed' }))
    await clock.advance(10_000)
    expect(
      pods(api)
        .map((pod) => pod.metadata.name?.replace(/.....$/, ''))
        .toSorted(),
    ).toEqual(['parts-0-', 'parts-1-', 'parts-2-'])
    expect(api.get('Job', 'default', 'parts')?.status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' })
  })

  it('fails after its back-off limit, and names the target before the end', async () => {
    const { api, clock } = await living(scripts)
    api.create<'Job'>(job('hopeless', 'bad', { backoffLimit: 1 }))
    await clock.advance(60_000)
    expect(api.get('Job', 'default', 'hopeless')?.status?.failed).toBe(2)
    expect(conditions(api, 'hopeless')).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
  })

  it('fails at once when its pod failure policy says so', async () => {
    const { api, clock } = await living(scripts)
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [3] } }]
    api.create<'Job'>(job('strict', 'bad', { backoffLimit: 5, podFailurePolicy: { rules } }))
    await clock.advance(10_000)
    const [pod] = pods(api)
    const message = `Container c for pod default/${pod?.metadata.name ?? ''} failed with exit code 3 matching FailJob rule at index 0`
    expect(api.get('Job', 'default', 'strict')?.status?.conditions?.map((one) => one.message)).toEqual([message, message])
  })

  it('counts failures by index, where it limits them by index', async () => {
    const { api, clock } = await living(scripts)
    api.create<'Job'>(
      job('each', 'bad', { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1, backoffLimit: 100 }),
    )
    await clock.advance(120_000)
    expect(api.get('Job', 'default', 'each')?.status).toMatchObject({ failed: 4, failedIndexes: '0,1' })
    expect(conditions(api, 'each')).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes'])
  })

  it('ends early when its success policy is met', async () => {
    const { api, clock } = await living(scripts)
    const spec = { completions: 3, parallelism: 1, completionMode: 'Indexed', successPolicy: { rules: [{ succeededIndexes: '0' }] } }
    api.create<'Job'>(job('leader', 'good', spec))
    await clock.advance(20_000)
    expect(conditions(api, 'leader')).toEqual(['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy'])
  })

  it('ends its pods while it is suspended and starts over when resumed', async () => {
    const { api, clock } = await living(scripts)
    api.create<'Job'>(job('paused', 'long', {}))
    await clock.advance(5000)
    api.modify('Job', 'default', 'paused', (one) => ({ ...one, spec: { ...one.spec, template: one.spec?.template ?? {}, suspend: true } }))
    await clock.advance(5000)
    expect(pods(api)).toEqual([])
    expect(api.get('Job', 'default', 'paused')?.status).toMatchObject({ conditions: [{ type: 'Suspended', status: 'True' }] })
    api.modify('Job', 'default', 'paused', (one) => ({ ...one, spec: { ...one.spec, template: one.spec?.template ?? {}, suspend: false } }))
    await clock.advance(5000)
    expect(pods(api)).toHaveLength(1)
    expect(messages(api)).toEqual(expect.arrayContaining(['Suspended: Job suspended', 'Resumed: Job resumed']))
  })

  it('fails at its deadline, with everything that still runs', async () => {
    const { api, clock } = await living(scripts)
    api.create<'Job'>(job('slow', 'long', { activeDeadlineSeconds: 5 }))
    await clock.advance(10_000)
    expect(conditions(api, 'slow')).toEqual(['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded'])
    expect(api.get('Job', 'default', 'slow')?.status?.failed).toBe(1)
    expect(pods(api)).toEqual([])
  })

  it('takes its pods with it when it is deleted', async () => {
    const { api, clock } = await living(scripts)
    api.create<'Job'>(job('gone', 'long', {}))
    await clock.advance(5000)
    api.delete('Job', 'default', 'gone', { propagationPolicy: 'Background' })
    await clock.advance(5000)
    expect(pods(api)).toEqual([])
  })
})

describe('a CronJob', () => {
  it('makes a Job at each scheduled time and keeps the last three', async () => {
    const { api, clock } = await living(scripts)
    api.create<'CronJob'>(cronJob('* * * * *', {}, 'good'))
    await clock.advance(6 * 60_000 + 30_000)
    const minutes = Math.floor(clock.now() / 60_000)
    expect(api.list('Job').map((one) => one.metadata.name)).toEqual([`tick-${minutes - 2}`, `tick-${minutes - 1}`, `tick-${minutes}`])
    expect(api.get('CronJob', 'default', 'tick')?.status).toMatchObject({ lastScheduleTime: '2026-01-01T00:06:00Z' })
    expect(messages(api)).toEqual(
      expect.arrayContaining([
        `SuccessfulCreate: Created job tick-${minutes}`,
        `SawCompletedJob: Saw completed job: tick-${minutes}, condition: Complete`,
        `SuccessfulDelete: Deleted job tick-${minutes - 3}`,
      ]),
    )
  })

  it('waits for the one before, or replaces it, as its policy says', async () => {
    const { api, clock } = await living(scripts)
    api.create<'CronJob'>(cronJob('* * * * *', { concurrencyPolicy: 'Forbid' }, 'long'))
    await clock.advance(150_000)
    expect(api.list('Job')).toHaveLength(1)
    expect(messages(api)).toContain(
      'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
    )
    api.modify('CronJob', 'default', 'tick', (one) => ({ ...one, spec: { ...one.spec, concurrencyPolicy: 'Replace' } }))
    await clock.advance(60_000)
    expect(api.list('Job').map((one) => one.metadata.name)).toEqual([`tick-${Math.floor(clock.now() / 60_000)}`])
  })

  it('sets no timer while it is suspended', async () => {
    const { api, clock } = await living(scripts)
    const idle = clock.pending
    api.create<'CronJob'>(cronJob('* * * * *', { suspend: true }, 'good'))
    await clock.advance(1000)
    expect(clock.pending).toBe(idle)
  })
})

describe('a schedule', () => {
  it('is read in its time zone, with descriptors and delays', () => {
    const at = Date.UTC(2026, 6, 1, 12, 0, 30)
    const next = (text: string, zone?: string): string => new Date(parseSchedule(text, zone)?.next(at) ?? 0).toISOString()
    expect(next('0 9 * * *', 'Europe/Berlin')).toBe('2026-07-02T07:00:00.000Z')
    expect(next('@hourly')).toBe('2026-07-01T13:00:00.000Z')
    expect(next('@every 1h30m')).toBe('2026-07-01T13:30:30.000Z')
    expect(next('*/5 * ? * MON-FRI')).toBe('2026-07-01T12:05:00.000Z')
    expect(parseSchedule('soon', undefined)).toBeUndefined()
  })
})

describe('a set of indexes', () => {
  it('is written as ranges and read back', () => {
    expect(formatIndexes([5, 0, 2, 1, 7, 8])).toBe('0-2,5,7,8')
    expect([...parseIndexes('0-2,5,9', 8)]).toEqual([0, 1, 2, 5])
  })
})

const pods = (api: Api): readonly Pod[] => api.list('Pod', 'default')
const conditions = (api: Api, name: string): string[] =>
  (api.get('Job', 'default', name)?.status?.conditions ?? []).map((one) => `${one.type} ${one.reason ?? ''}`)

function job(name: string, image: string, spec: Partial<JobSpec>): Job {
  const template = { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image }] } }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'default' }, spec: { template, ...spec } }
}

function cronJob(schedule: string, spec: Partial<CronJob['spec']>, image: string): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace: 'default' },
    spec: { schedule, jobTemplate: { spec: job('x', image, {}).spec ?? { template: {} } }, ...spec },
  }
}
