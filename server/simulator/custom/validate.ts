import { isObject, same } from '../resources/draft.ts'
import { invalid, required, tooLong, tooMany, typeInvalid, unsupported } from '../resources/field-error.ts'
import { hasFormat } from './formats.ts'
import { matchesPattern } from './patterns.ts'
import { joined, valuesOf } from './structural.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Structural } from './structural.ts'

const ROOT = '<nil>'

/**
 * Holds a value to its schema, in the words of Kubernetes' validator.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/validation/validation.go
 */
export function validateValue(schema: Structural, value: JsonValue, path: string): FieldError[] {
  if (value === null && schema.nullable) return []
  return [
    ...typeErrors(schema, value, path),
    ...combined(schema, value, path),
    ...(typeof value === 'string' ? textErrors(schema, value, path) : []),
    ...(typeof value === 'number' ? numberErrors(schema, value, path) : []),
    ...(Array.isArray(value) ? listErrors(schema, value as readonly JsonValue[], path) : []),
    ...enumErrors(schema, value, path),
    ...(isObject(value) ? objectErrors(schema, value, path) : []),
  ]
}

function wrong(path: string, value: JsonValue, words: string): FieldError {
  return invalid(path || ROOT, value, `${path} in body ${words}`)
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function typeErrors(schema: Structural, value: JsonValue, path: string): FieldError[] {
  const type = typeOf(value)
  const wanted = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : []
  if (wanted.length === 0 || wanted.includes(type) || (type === 'integer' && wanted.includes('number'))) return []
  return [typeInvalid(path || ROOT, type, `${path} in body must be of type ${wanted.join(',')}: ${JSON.stringify(type)}`)]
}

function combined(schema: Structural, value: JsonValue, path: string): FieldError[] {
  const errors: FieldError[] = []
  const said = (words: string) => invalid(ROOT, '', `${JSON.stringify(path)} must ${words}`)
  const results = (schemas: readonly Structural[]) => schemas.map((one) => validateValue(one, value, path))
  const best = (all: readonly (readonly FieldError[])[]) => all.toSorted((a, b) => a.length - b.length)[0] ?? []
  if (schema.anyOf?.length) {
    const all = results(schema.anyOf)
    if (all.every((one) => one.length > 0)) errors.push(said('validate at least one schema (anyOf)'), ...best(all))
  }
  if (schema.oneOf?.length) {
    const all = results(schema.oneOf)
    const valid = all.filter((one) => one.length === 0).length
    if (valid === 0) errors.push(said('validate one and only one schema (oneOf). Found none valid'), ...best(all))
    else if (valid > 1) errors.push(said(`validate one and only one schema (oneOf). Found ${valid} valid alternatives`))
  }
  if (schema.allOf?.length) {
    const all = results(schema.allOf)
    if (all.some((one) => one.length > 0)) errors.push(...all.flat(), said('validate all the schemas (allOf)'))
  }
  if (schema.not && validateValue(schema.not, value, path).length === 0) errors.push(said('not validate the schema (not)'))
  return errors
}

function textErrors(schema: Structural, value: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  const length = [...value].length
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(tooLong(path || ROOT, schema.maxLength))
  if (schema.minLength !== undefined && length < schema.minLength)
    errors.push(wrong(path, value, `should be at least ${schema.minLength} chars long`))
  if (schema.pattern !== undefined && !matchesPattern(schema.pattern, value))
    errors.push(wrong(path, value, `should match '${schema.pattern}'`))
  if (schema.format !== undefined && !hasFormat(schema.format, value)) {
    errors.push(typeInvalid(path || ROOT, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`))
  }
  return errors
}

function numberErrors(schema: Structural, value: number, path: string): FieldError[] {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema
  const errors: FieldError[] = []
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    errors.push(wrong(path, value, `should be a multiple of ${multipleOf}`))
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    errors.push(wrong(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`))
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    errors.push(wrong(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`))
  return errors
}

function listErrors(schema: Structural, value: readonly JsonValue[], path: string): FieldError[] {
  const { items } = schema
  const errors = items ? value.flatMap((item, index) => validateValue(items, item, `${path}[${index}]`)) : []
  if (schema.minItems !== undefined && value.length < schema.minItems)
    errors.push(invalid(path || ROOT, value.length, `${path} in body should have at least ${schema.minItems} items`))
  if (schema.maxItems !== undefined && value.length > schema.maxItems) errors.push(tooMany(path || ROOT, value.length, schema.maxItems))
  return errors
}

function enumErrors(schema: Structural, value: JsonValue, path: string): FieldError[] {
  if (!schema.enum?.length || schema.enum.some((allowed) => same(allowed, value))) return []
  return [
    unsupported(
      path || ROOT,
      value,
      schema.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed))),
    ),
  ]
}

function objectErrors(schema: Structural, value: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  const keys = Object.keys(value).filter((key) => value[key] !== undefined)
  if (schema.minProperties !== undefined && keys.length < schema.minProperties)
    return [wrong(path, keys.length, `should have at least ${schema.minProperties} properties`)]
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties)
    return [tooMany(path || ROOT, keys.length, schema.maxProperties)]
  const properties = schema.properties ?? {}
  const values = valuesOf(schema)
  if (values)
    for (const key of keys)
      if (!Object.hasOwn(properties, key)) errors.push(...validateValue(values, value[key] ?? null, joined(path, key)))
  for (const key of Object.keys(properties).toSorted()) {
    const inside = value[key]
    const property = properties[key]
    if (inside !== undefined && property) errors.push(...validateValue(property, inside, joined(path, key)))
  }
  for (const key of schema.required ?? []) if (value[key] === undefined) errors.push(required(joined(path, key)))
  return errors
}
