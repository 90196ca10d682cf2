import type { JsonValue } from './object.ts'

/**
 * One thing wrong with one field, in the API's own words.
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go
 */
export interface FieldError {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueTypeInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueNotFound'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
  readonly field: string
  /** Without the field: `Invalid value: 0: must be …`. */
  readonly message: string
}

export function required(field: string, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: detail ? `Required value: ${detail}` : 'Required value' }
}
export function invalid(field: string, value: JsonValue | undefined, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown(value)}${detail && `: ${detail}`}` }
}
/** Wrong in a way that no single value shows. */
export function invalidAsSuch(field: string, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` }
}
export function typeInvalid(field: string, value: JsonValue, detail: string): FieldError {
  return { reason: 'FieldValueTypeInvalid', field, message: `Invalid value: ${shown(value)}: ${detail}` }
}
export function unsupported(field: string, value: JsonValue | undefined, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ')
  return { reason: 'FieldValueNotSupported', field, message: `Unsupported value: ${shown(value)}: supported values: ${list}` }
}
export function duplicate(field: string, value: JsonValue | undefined): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}` }
}
export function forbidden(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` }
}
export function notFoundField(field: string, value: JsonValue | undefined): FieldError {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${shown(value)}` }
}
export function tooLong(field: string, bytes: number): FieldError {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${bytes} bytes` }
}
export function tooMany(field: string, actual: number, most: number): FieldError {
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${most} ${most === 1 ? 'item' : 'items'}` }
}
/** Counts, sizes, seconds. */
export function atLeastZero(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : []
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return '""'
  const text = JSON.stringify(value)
  // What Go writes as JSON, it writes so that it can stand in a page.
  return typeof value === 'object' ? text.replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`) : text
}
