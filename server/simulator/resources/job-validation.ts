import { atLeastZero, invalid, required, tooLong, unsupported } from './field-error.ts'
import { validateFailurePolicy, validateSuccessPolicy } from './job-policies.ts'
import { domainPrefixedPath } from './names.ts'
import { validateTemplate } from './templates.ts'
import type { FieldError } from './field-error.ts'
import type { JobSpec } from './kinds.ts'
import type { JsonObject } from './object.ts'

const MOST_PARALLEL = 100_000
const MOST_FAILED_INDEXES = 100_000
const MANY_COMPLETIONS = 100_000
const MOST_AT_MANY = 10_000
const MANAGED_BY_LENGTH = 63

/** What a job is, for jobs and for what a cron job makes. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go validateJobSpec */
export function validateJobSpec(spec: JobSpec, field: string): FieldError[] {
  const { completionMode, maxFailedIndexes, backoffLimitPerIndex, managedBy } = spec
  const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'] as const
  const errors = [...counts, 'backoffLimitPerIndex' as const, 'maxFailedIndexes' as const].flatMap((key) =>
    atLeastZero(`${field}.${key}`, spec[key]),
  )
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined)
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  if (managedBy !== undefined) {
    errors.push(...domainPrefixedPath(managedBy).map((words) => invalid(`${field}.managedBy`, managedBy, words)))
    if (managedBy.length > MANAGED_BY_LENGTH) errors.push(tooLong(`${field}.managedBy`, MANAGED_BY_LENGTH))
  }
  const modes = ['NonIndexed', 'Indexed']
  if (completionMode !== undefined && !modes.includes(completionMode))
    errors.push(unsupported(`${field}.completionMode`, completionMode, modes))
  errors.push(...(completionMode === 'Indexed' ? validateIndexed(spec, field) : []))
  if (completionMode === undefined || completionMode === 'NonIndexed')
    for (const key of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[key] !== undefined) errors.push(invalid(`${field}.${key}`, spec[key], 'requires indexed completion mode'))
  if (spec.podFailurePolicy) errors.push(...validateFailurePolicy(spec, `${field}.podFailurePolicy`))
  if (spec.successPolicy)
    errors.push(
      ...(completionMode === 'Indexed'
        ? validateSuccessPolicy(spec, `${field}.successPolicy`)
        : [invalid(`${field}.successPolicy`, goSuccessPolicy(spec), 'requires indexed completion mode')]),
    )
  return [
    ...errors,
    ...validateReplacement(spec, field),
    ...validateTemplate(spec.template, `${field}.template`),
    ...validateRestart(spec, field),
  ]
}

function validateIndexed(
  { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex }: JobSpec,
  field: string,
): FieldError[] {
  const errors: FieldError[] = []
  const most = (key: 'parallelism' | 'maxFailedIndexes', value: number, limit: number, when: string) => {
    if (value > limit) errors.push(invalid(`${field}.${key}`, value, `must be less than or equal to ${limit}${when}`))
  }
  if (completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  most('parallelism', parallelism, MOST_PARALLEL, ' when completion mode is Indexed')
  if (completions !== undefined && failed !== undefined && failed > completions)
    errors.push(invalid(`${field}.maxFailedIndexes`, failed, 'must be less than or equal to completions'))
  most('maxFailedIndexes', failed ?? 0, MOST_FAILED_INDEXES, '')
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors
  if (failed === undefined)
    errors.push(required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${MANY_COMPLETIONS}`))
  const when = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`
  most('parallelism', parallelism, MOST_AT_MANY, when)
  most('maxFailedIndexes', failed ?? 0, MOST_AT_MANY, when)
  return errors
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  const policies = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  return policy === undefined || policies.includes(policy) ? [] : [unsupported(`${field}.podReplacementPolicy`, policy, policies)]
}

function validateRestart({ template, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  const path = `${field}.template.spec.restartPolicy`
  const policy = template?.spec?.restartPolicy
  if (!policy || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [unsupported(path, policy, ['OnFailure', 'Never'])]
  return podFailurePolicy && policy !== 'Never'
    ? [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : []
}

/** As Go shows the internal type. */
function goSuccessPolicy({ successPolicy }: JobSpec): JsonObject {
  const rules = successPolicy?.rules ?? []
  return {
    Rules: rules.map(({ succeededIndexes = null, succeededCount = null }) => ({
      SucceededIndexes: succeededIndexes,
      SucceededCount: succeededCount,
    })),
  }
}
