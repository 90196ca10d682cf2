import { child, children, ensure, setDefaults } from './draft.ts'
import { duplicate, forbidden, invalid, required } from './field-error.ts'
import { qualifiedName } from './names.ts'
import { nanoOf } from './quantity.ts'
import { isOvercommittable, validateContainerResourceName, validateResourceName } from './resource-validation.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { LimitRange, LimitRangeItem } from './kinds.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateLimitRange */

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']

export const limitRange: KindBehaviour = {
  returnsDeleted: true,
  defaults(draft) {
    for (const limit of children(child(draft, 'spec'), 'limits')) {
      if (limit['type'] !== 'Container') continue
      const fill = (from: string, to: string) => {
        const source = child(limit, from)
        if (source) for (const [name, value] of Object.entries(source)) setDefaults(ensure(limit, to), { [name]: value })
      }
      fill('max', 'default')
      fill('default', 'defaultRequest')
      fill('min', 'defaultRequest')
    }
  },
  validate(object) {
    const types = new Set<string>()
    return ((object as unknown as LimitRange).spec?.limits ?? []).flatMap((limit, index) => {
      const field = `spec.limits[${index}]`
      const errors = validateType(limit.type, `${field}.type`)
      if (types.has(limit.type)) errors.push(duplicate(`${field}.type`, limit.type))
      types.add(limit.type)
      return [...errors, ...validateNames(limit, field), ...validateAmounts(limit, field)]
    })
  },
}

function validateType(type: string, field: string): FieldError[] {
  const errors = qualifiedName(type).map((words) => invalid(field, type, words))
  if (errors.length > 0 || type.includes('/') || TYPES.includes(type)) return errors
  return [invalid(field, type, 'must be a standard limit type or fully qualified')]
}

function validateNames(limit: LimitRangeItem, field: string): FieldError[] {
  const check = limit.type === 'Pod' || limit.type === 'Container' ? validateContainerResourceName : validateResourceName
  const names = (part: 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio') =>
    Object.keys(limit[part] ?? {}).flatMap((name) => check(name, `${field}.${part}[${name}]`))
  const errors = [...names('max'), ...names('min')]
  if (limit.type === 'Pod') {
    for (const part of ['default', 'defaultRequest'] as const)
      if (Object.keys(limit[part] ?? {}).length > 0) errors.push(forbidden(`${field}.${part}`, "may not be specified when `type` is 'Pod'"))
  } else errors.push(...names('default'), ...names('defaultRequest'))
  const bounded = limit.min?.['storage'] !== undefined || limit.max?.['storage'] !== undefined
  if (limit.type === 'PersistentVolumeClaim' && !bounded)
    errors.push(required(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided'))
  return [...errors, ...names('maxLimitRequestRatio')]
}

/** Least ≤ default request ≤ default ≤ most. Two of the messages show another value than they speak of. */
function validateAmounts(limit: LimitRangeItem, field: string): FieldError[] {
  const errors: FieldError[] = []
  const ofPod = limit.type === 'Pod'
  const parts = { ...limit.max, ...limit.min, ...limit.maxLimitRequestRatio, ...(!ofPod && { ...limit.default, ...limit.defaultRequest }) }
  for (const name of Object.keys(parts).toSorted()) {
    const of = (values: LimitRangeItem['max']) => (values?.[name] === undefined ? undefined : String(values[name]))
    const [max, min, ratio] = [of(limit.max), of(limit.min), of(limit.maxLimitRequestRatio)]
    const [standard, request] = ofPod ? [undefined, undefined] : [of(limit.default), of(limit.defaultRequest)]
    const more = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && nanoOf(a) > nanoOf(b)
    const say = (part: string, value: string | undefined, words: string) => errors.push(invalid(`${field}.${part}[${name}]`, value, words))
    if (more(min, max)) say('min', min, `min value ${min} is greater than max value ${max}`)
    if (more(min, request)) say('defaultRequest', request, `min value ${min} is greater than default request value ${request}`)
    if (more(request, max)) say('defaultRequest', request, `default request value ${request} is greater than max value ${max}`)
    if (more(request, standard))
      say('defaultRequest', request, `default request value ${request} is greater than default limit value ${standard}`)
    if (more(min, standard)) say('default', min, `min value ${min} is greater than default value ${standard}`)
    if (more(standard, max)) say('default', max, `default value ${standard} is greater than max value ${max}`)
    if (more('1', ratio)) say('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`)
    if (ratio !== undefined && min !== undefined && max !== undefined && nanoOf(min) > 0n) {
      const most = Number(nanoOf(max)) / Number(nanoOf(min))
      if (Number(nanoOf(ratio)) / 1e9 > most)
        say('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)
    }
    if (!isOvercommittable(name) && standard !== undefined && request !== undefined && nanoOf(standard) !== nanoOf(request))
      say('defaultRequest', request, `default value ${standard} must equal to defaultRequest value ${request} in ${name}`)
  }
  return errors
}
