import { invalid, required } from './field-error.ts'
import { isStandardQuota, validateAmount, validateQuotaName } from './resource-validation.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus } from './kinds.ts'
import type { JsonValue, StoredObject } from './object.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateResourceQuota */

const SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]
/** Scopes that stand for themselves: a selector can only ask whether they are there. */
const PLAIN = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity']
const OF_PODS = ['pods', 'cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']
const CONFLICTING = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const

/** Whether what a scope selects uses the resource at all. */
function scopeCovers(scope: string, name: string): boolean {
  if (['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'].includes(scope))
    return OF_PODS.includes(name)
  if (scope === 'BestEffort') return name === 'pods'
  return scope === 'VolumeAttributesClass' ? name === 'persistentvolumeclaims' || name === 'requests.storage' : true
}

function validateAmounts(amounts: ResourceQuotaSpec['hard'], field: string): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, value]) => [
    ...validateQuotaName(name, `${field}[${name}]`),
    ...validateAmount(name, value, `${field}[${name}]`),
  ])
}

function uncovered(scope: string, hard: ResourceQuotaSpec['hard'], error: FieldError): FieldError[] {
  return Object.keys(hard ?? {})
    .filter((name) => isStandardQuota(name) && !scopeCovers(scope, name))
    .map(() => error)
}

function validateScopes({ scopes = [], hard }: ResourceQuotaSpec): FieldError[] {
  const field = 'spec.scopes'
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES.includes(scope) ? [] : [invalid(field, scopes, 'unsupported scope')]),
    ...uncovered(scope, hard, invalid(field, scopes, 'unsupported scope applied to resource')),
  ])
  for (const pair of CONFLICTING)
    if (pair.every((scope) => scopes.includes(scope))) errors.push(invalid(field, scopes, 'conflicting scopes'))
  return errors
}

function validateSelector({ scopeSelector, scopes, hard }: ResourceQuotaSpec): FieldError[] {
  const field = 'spec.scopeSelector.matchExpressions'
  const wanted = scopeSelector?.matchExpressions ?? []
  const shown: JsonValue = {
    MatchExpressions: wanted.map(({ scopeName, operator, values }) => ({
      ScopeName: scopeName,
      Operator: operator,
      Values: values ?? null,
    })),
  }
  const errors = wanted.flatMap(({ scopeName, operator, values = [] }) => {
    const found: FieldError[] = []
    if (!SCOPES.includes(scopeName)) found.push(invalid(`${field}.scopeName`, scopeName, 'unsupported scope'))
    found.push(...uncovered(scopeName, hard, invalid(field, shown, 'unsupported scope applied to resource')))
    if (PLAIN.includes(scopeName) && operator !== 'Exists')
      found.push(
        invalid(
          `${field}.operator`,
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      )
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        found.push(required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        found.push(invalid(`${field}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
    } else found.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
    return found
  })
  const names = wanted.map(({ scopeName }) => scopeName)
  for (const pair of CONFLICTING)
    if (pair.every((scope) => names.includes(scope))) errors.push(invalid(field, scopes ?? null, 'conflicting scopes'))
  return errors
}

const specOf = (object: StoredObject): ResourceQuotaSpec => (object as unknown as ResourceQuota).spec ?? {}

export const resourceQuota: KindBehaviour = {
  returnsDeleted: true,
  prepareCreate: (draft) => void (draft['status'] = {}),
  validate(object) {
    const spec = specOf(object)
    return [...validateAmounts(spec.hard, 'spec.hard'), ...validateScopes(spec), ...validateSelector(spec)]
  },
  validateUpdate(object, old) {
    const [now, then] = [specOf(object).scopes ?? [], specOf(old).scopes ?? []]
    const changed = new Set([...now, ...then]).size !== new Set(now).size || new Set(now).size !== new Set(then).size
    return changed ? [invalid('spec.scopes', specOf(object).scopes ?? null, 'field is immutable')] : []
  },
  validateStatus(object) {
    const status: ResourceQuotaStatus = (object as unknown as ResourceQuota).status ?? {}
    return [...validateAmounts(status.hard, 'status.hard'), ...validateAmounts(status.used, 'status.used')]
  },
}
