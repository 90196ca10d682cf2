import { invalid, required } from './field-error.ts'
import { labelValue, qualifiedName } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { LabelSelector } from './kinds.ts'

type Labels = { readonly [key: string]: string } | undefined

/** Whether labels satisfy a selector as objects have it; an absent selector matches nothing, an empty one everything. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false
  if (!selectsAll(selector.matchLabels, labels)) return false
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels?.[key]
    if (operator === 'In') return value !== undefined && values.includes(value)
    if (operator === 'NotIn') return value === undefined || !values.includes(value)
    if (operator === 'Exists') return value !== undefined
    return operator === 'DoesNotExist' && value === undefined
  })
}

/** Whether all of these labels are there. */
export function selectsAll(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels?.[key] === value)
}

export function validateSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  if (!selector) return []
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    errors.push(...qualifiedName(key).map((words) => invalid(`${field}.matchLabels`, key, words)))
    errors.push(...labelValue(value).map((words) => invalid(`${field}.matchLabels`, value, words)))
  }
  selector.matchExpressions?.forEach(({ key, operator, values }, index) => {
    const path = `${field}.matchExpressions[${index}]`
    if (operator === 'In' || operator === 'NotIn') {
      if (!values?.length) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values?.length)
        errors.push({
          reason: 'FieldValueForbidden',
          field: `${path}.values`,
          message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        })
    } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
    errors.push(...qualifiedName(key).map((words) => invalid(`${path}.key`, key, words)))
    values?.forEach((value, at) => {
      errors.push(...labelValue(value).map((words) => invalid(`${path}.values[${at}]`, value, words)))
    })
  })
  return errors
}
