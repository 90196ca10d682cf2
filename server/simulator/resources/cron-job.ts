import { scheduleComplaint } from './cron-format.ts'
import { child, ensure, setDefaults } from './draft.ts'
import { atLeastZero, invalid, required, unsupported } from './field-error.ts'
import { goSelector } from './go-values.ts'
import { defaultFailurePolicy, nameWarnings } from './job.ts'
import { validateJobSpec } from './job-validation.ts'
import { subdomain } from './names.ts'
import { defaultTemplate } from './templates.ts'
import { timeZoneComplaint } from './time-zones.ts'
import { templateWarnings } from './pod-warnings.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { CronJob, JobSpec } from './kinds.ts'

/** A job's name is its cron job's and eleven characters more. */
const NAME_LENGTH = 52

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go validateCronJobSpec */
export const cronJob: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })
    const made = ensure(ensure(spec, 'jobTemplate'), 'spec')
    defaultTemplate(made)
    defaultFailurePolicy(made)
    if (child(made, 'podFailurePolicy')) setDefaults(made, { podReplacementPolicy: 'Failed' })
  },
  prepareCreate: (draft) => void (draft['status'] = {}),
  validateName: subdomain,
  validate(object, _around, old) {
    const { spec, metadata } = object as unknown as CronJob
    const policies = ['Allow', 'Forbid', 'Replace']
    const errors = [
      ...validateSchedule(spec?.schedule ?? ''),
      ...atLeastZero('spec.startingDeadlineSeconds', spec?.startingDeadlineSeconds),
      ...(spec?.timeZone === undefined
        ? []
        : timeZoneComplaint(spec.timeZone).map((said) => invalid('spec.timeZone', spec.timeZone, said))),
    ]
    if (!policies.includes(spec?.concurrencyPolicy ?? ''))
      errors.push(unsupported('spec.concurrencyPolicy', spec?.concurrencyPolicy, policies))
    errors.push(...validateJobTemplate(spec?.jobTemplate?.spec))
    for (const key of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const)
      errors.push(...atLeastZero(`spec.${key}`, spec?.[key]))
    if (!old && (metadata.name ?? '').length > NAME_LENGTH)
      errors.push(invalid('metadata.name', metadata.name, `must be no more than ${NAME_LENGTH} characters`))
    return errors
  },
  warnings: (object, old) => [...(old ? [] : nameWarnings(object)), ...templateWarnings(object, old, 'spec.jobTemplate.spec.template')],
}

function validateSchedule(schedule: string): FieldError[] {
  if (!schedule) return [required('spec.schedule')]
  const complaint = scheduleComplaint(schedule)
  const errors = complaint === undefined ? [] : [invalid('spec.schedule', schedule, complaint)]
  if (schedule.includes('TZ'))
    errors.push(invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  return errors
}

function validateJobTemplate(spec: JobSpec | undefined): FieldError[] {
  const field = 'spec.jobTemplate.spec'
  if (!spec) return []
  const errors = validateJobSpec(spec, field)
  if (spec.selector) errors.push(invalid(`${field}.selector`, goSelector(spec.selector), '`selector` will be auto-generated'))
  if (spec.manualSelector) errors.push(unsupported(`${field}.manualSelector`, true, ['nil', 'false']))
  return errors
}
