import { atLeastZero, duplicate, invalid, invalidAsSuch, required, tooLong, tooMany, unsupported } from './field-error.ts'
import { indexes } from './job-indexes.ts'
import { qualifiedName } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { JobSpec } from './kinds.ts'

type FailureRule = NonNullable<NonNullable<JobSpec['podFailurePolicy']>['rules']>[number]
type SuccessRule = NonNullable<NonNullable<JobSpec['successPolicy']>['rules']>[number]

const MOST_RULES = 20
const MOST_PATTERNS = 20
const MOST_EXIT_CODES = 255
const MOST_INDEX_BYTES = 65_536
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const STATUSES = ['False', 'True', 'Unknown']
const OPERATORS = ['In', 'NotIn']

/** A list of words as Go's `%q` writes it. */
const quoted = (words: readonly string[]) => `valid values: [${words.map((word) => JSON.stringify(word)).join(' ')}]`
const oneOf = (field: string, value: string | undefined, words: readonly string[]): FieldError[] =>
  !value ? [required(field, quoted(words))] : words.includes(value) ? [] : [unsupported(field, value, words)]

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go validatePodFailurePolicy */
export function validateFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const pod = spec.template?.spec
  const names = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name }) => name)
  return [
    ...(rules.length > MOST_RULES ? [tooMany(`${field}.rules`, rules.length, MOST_RULES)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(spec, rule, `${field}.rules[${index}]`, names)),
  ]
}

function validateFailureRule(spec: JobSpec, rule: FailureRule, field: string, names: readonly string[]): FieldError[] {
  const patterns = rule.onPodConditions ?? []
  const errors = oneOf(`${field}.action`, rule.action, ACTIONS)
  if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.push(invalid(`${field}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'))
  if (rule.onExitCodes) errors.push(...validateExitCodes(rule.onExitCodes, `${field}.onExitCodes`, names))
  if (patterns.length > MOST_PATTERNS) errors.push(tooMany(`${field}.onPodConditions`, patterns.length, MOST_PATTERNS))
  patterns.forEach(({ type, status }, index) => {
    const path = `${field}.onPodConditions[${index}]`
    errors.push(...qualifiedName(type ?? '').map((words) => invalid(`${path}.type`, type ?? '', words)))
    errors.push(...oneOf(`${path}.status`, status, STATUSES))
  })
  if (rule.onExitCodes && patterns.length > 0)
    errors.push(invalidAsSuch(field, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!rule.onExitCodes && patterns.length === 0)
    errors.push(invalidAsSuch(field, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

function validateExitCodes(codes: NonNullable<FailureRule['onExitCodes']>, field: string, names: readonly string[]): FieldError[] {
  const values = codes.values ?? []
  const errors = oneOf(`${field}.operator`, codes.operator, OPERATORS)
  if (codes.containerName !== undefined && !names.includes(codes.containerName))
    errors.push(
      invalid(`${field}.containerName`, codes.containerName, 'must be one of the container or initContainer names in the pod template'),
    )
  if (values.length === 0) errors.push(invalid(`${field}.values`, null, 'at least one value is required'))
  if (values.length > MOST_EXIT_CODES) errors.push(tooMany(`${field}.values`, values.length, MOST_EXIT_CODES))
  values.forEach((value, index) => {
    const path = `${field}.values[${index}]`
    if (codes.operator === 'In' && value === 0) errors.push(invalid(path, value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index) errors.push(duplicate(path, value))
  })
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? value) > value))
    errors.push(invalid(`${field}.values`, values, 'must be ordered'))
  return errors
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go validateSuccessPolicy */
export function validateSuccessPolicy(spec: JobSpec, field: string): FieldError[] {
  const rules = spec.successPolicy?.rules ?? []
  const errors: FieldError[] = []
  if (rules.length === 0)
    errors.push(required(`${field}.rules`, 'at least one rules must be specified when the successPolicy is specified'))
  if (rules.length > MOST_RULES) errors.push(tooMany(`${field}.rules`, rules.length, MOST_RULES))
  return [...errors, ...rules.flatMap((rule, index) => validateSuccessRule(rule, spec.completions ?? 0, `${field}.rules[${index}]`))]
}

function validateSuccessRule({ succeededCount, succeededIndexes }: SuccessRule, completions: number, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (succeededCount === undefined && succeededIndexes === undefined)
    errors.push(required(field, 'at least one of succeededCount or succeededIndexes must be specified'))
  let total = 0
  if (succeededIndexes !== undefined) {
    const path = `${field}.succeededIndexes`
    const read = indexes(succeededIndexes, completions)
    if (succeededIndexes.length > MOST_INDEX_BYTES) errors.push(tooLong(path, MOST_INDEX_BYTES))
    if (typeof read === 'string') errors.push(invalid(path, succeededIndexes, `error parsing succeededIndexes: ${read}`))
    else total = read
  }
  if (succeededCount === undefined) return errors
  const path = `${field}.succeededCount`
  const most = (count: number, of: string) => invalid(path, succeededCount, `must be less than or equal to ${count} (the number of ${of})`)
  errors.push(...atLeastZero(path, succeededCount))
  if (succeededCount > completions) errors.push(most(completions, 'specified completions'))
  if (succeededIndexes !== undefined && succeededCount > total) errors.push(most(total, 'indexes in the specified succeededIndexes field'))
  return errors
}
