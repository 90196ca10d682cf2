import { atLeastZero, invalid } from './field-error.ts'
import type { FieldError } from './field-error.ts'

export type IntOrPercent = number | string | undefined

const PERCENT = /^[0-9]+%$/

/** `2` or `25%`. */
export function positiveIntOrPercent(field: string, value: IntOrPercent): FieldError[] {
  if (typeof value !== 'string') return atLeastZero(field, value)
  if (PERCENT.test(value)) return []
  return [
    invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ]
}

export function notMoreThanAll(field: string, value: IntOrPercent): FieldError[] {
  if (typeof value !== 'string' || !PERCENT.test(value)) return []
  return Number.parseInt(value, 10) > 100 ? [invalid(field, value, 'must not be greater than 100%')] : []
}

/** What counts when only zero or not matters. What cannot be read is zero. */
export function intOrPercentValue(value: IntOrPercent): number {
  if (typeof value === 'number') return value
  return value !== undefined && /^[+-]?[0-9]+%?$/.test(value) ? Number.parseInt(value, 10) : 0
}
