import { scheduleComplaint } from './cron-format.ts'
import { child, ensure, setDefaults, text } from './draft.ts'
import { invalid, required, unsupported } from './field-error.ts'
import { selects } from './label-selector.ts'
import { immutable } from './metadata.ts'
import { defaultPodSpec } from './pod-defaults.ts'
import { atLeastZero } from './pod-validation.ts'
import { validateTemplate } from './workloads.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { CronJob, Job } from './kinds.ts'
import type { Draft, JsonObject } from './object.ts'

function defaultJobSpec(spec: Draft): void {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) Object.assign(spec, { completions: 1, parallelism: 1 })
  setDefaults(spec, {
    parallelism: 1,
    backoffLimit: spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
  })
  if (spec['podReplacementPolicy'] === undefined)
    spec['podReplacementPolicy'] = spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed'
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/batch/job/strategy.go */
export const job: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    defaultJobSpec(spec)
    defaultPodSpec(ensure(ensure(spec, 'template'), 'spec'))
    const labels = child(child(child(spec, 'template'), 'metadata'), 'labels')
    const meta = ensure(draft, 'metadata')
    if (labels && Object.keys(child(meta, 'labels') ?? {}).length === 0) meta['labels'] = { ...labels }
  },
  prepareCreate(draft) {
    draft['status'] = {}
    const spec = ensure(draft, 'spec')
    if (spec['manualSelector'] === true) return
    const meta = ensure(draft, 'metadata')
    const uid = text(meta, 'uid') ?? ''
    const name = text(meta, 'name') ?? ''
    const labels = ensure(ensure(ensure(spec, 'template'), 'metadata'), 'labels')
    Object.assign(labels, {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    })
    if (Object.keys(child(meta, 'labels') ?? {}).length === 0) meta['labels'] = { ...labels }
    Object.assign(ensure(ensure(spec, 'selector'), 'matchLabels'), { 'batch.kubernetes.io/controller-uid': uid })
  },
  validate(object) {
    const { spec } = object as unknown as Job
    const errors: FieldError[] = []
    for (const key of ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'] as const)
      errors.push(...atLeastZero(`spec.${key}`, spec?.[key]))
    const modes = ['NonIndexed', 'Indexed']
    if (!modes.includes(spec?.completionMode ?? '')) errors.push(unsupported('spec.completionMode', spec?.completionMode, modes))
    const labels = spec?.template?.metadata?.labels
    const expected = spec?.manualSelector ? undefined : (spec?.selector?.matchLabels ?? {})
    if (expected && Object.keys(expected).length > 1)
      errors.push(invalid('spec.selector', spec?.selector as unknown as JsonObject, '`selector` not auto-generated'))
    if (!selects(spec?.selector, labels))
      errors.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
    return [...errors, ...validateJobTemplate(spec?.template, 'spec.template')]
  },
  validateUpdate(object, old) {
    const after = object['spec'] as JsonObject
    const before = old['spec'] as JsonObject
    return [
      ...(after['completionMode'] === 'Indexed' ? [] : immutable('spec.completions', after['completions'], before['completions'])),
      ...immutable('spec.selector', after['selector'], before['selector']),
      ...immutable('spec.template', after['template'], before['template']),
      ...immutable('spec.completionMode', after['completionMode'], before['completionMode']),
    ]
  },
  fields: (object) => ({ 'status.successful': String((object as unknown as Job).status?.succeeded ?? 0) }),
}

function validateJobTemplate(template: Parameters<typeof validateTemplate>[0], field: string): FieldError[] {
  const policy = template?.spec?.restartPolicy
  if (policy !== 'Always') return validateTemplate(template, ['OnFailure', 'Never'], field)
  return [...validateTemplate(template, ['Always'], field), required(`${field}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')]
}

export const cronJob: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })
    defaultPodSpec(ensure(ensure(ensure(ensure(spec, 'jobTemplate'), 'spec'), 'template'), 'spec'))
  },
  prepareCreate: (draft) => void (draft['status'] = {}),
  validateName: (name) => (name.length > 52 ? ['must be no more than 52 characters'] : []),
  validate(object) {
    const { spec } = object as unknown as CronJob
    const errors = validateSchedule(spec?.schedule ?? '')
    const policies = ['Allow', 'Forbid', 'Replace']
    if (!policies.includes(spec?.concurrencyPolicy ?? ''))
      errors.push(unsupported('spec.concurrencyPolicy', spec?.concurrencyPolicy, policies))
    for (const key of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const)
      errors.push(...atLeastZero(`spec.${key}`, spec?.[key]))
    // Zones are a file on a real server; a zone is AREA/PLACE with a known area.
    if (
      spec?.timeZone !== undefined &&
      !/^(UTC|Etc\/\S+|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\/\S+)$/.test(spec.timeZone)
    ) {
      errors.push(invalid('spec.timeZone', spec.timeZone, `unknown time zone ${spec.timeZone}`))
    }
    return [...errors, ...validateJobTemplate(spec?.jobTemplate?.spec?.template, 'spec.jobTemplate.spec.template')]
  },
}

function validateSchedule(schedule: string): FieldError[] {
  if (!schedule) return [required('spec.schedule')]
  const complaint = scheduleComplaint(schedule)
  return complaint === undefined ? [] : [invalid('spec.schedule', schedule, complaint)]
}
