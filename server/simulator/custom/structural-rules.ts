import { draftOf, isObject, same } from '../resources/draft.ts'
import { forbidden, invalid, required, unsupported } from '../resources/field-error.ts'
import { patternOf } from './patterns.ts'
import { validateRuleTexts } from './rule-texts.ts'
import { prune, setSchemaDefaults } from './shape.ts'
import { inner, valuesOf } from './structural.ts'
import { validateValue } from './validate.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Level, Structural } from './structural.ts'

/**
 * What a definition's schema must be: structural, with defaults that fit and rules that compile.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function validateDefinedSchema(schema: Structural, path: string): FieldError[] {
  const forbiddenErrors = validateOpenApi(schema, path)
  const structural = [...validateStructure(schema, path, 'root'), ...validateCompleteness(schema, path)].toSorted((a, b) =>
    `${a.field}: ${a.message}` < `${b.field}: ${b.message}` ? -1 : 1,
  )
  const errors = [...forbiddenErrors, ...structural]
  return errors.length > 0 ? errors : [...validateDefaults(schema, path), ...validateRuleTexts(schema, path, true)]
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']

function logical(schema: Structural): (readonly [string, Structural])[] {
  const of = (key: 'allOf' | 'anyOf' | 'oneOf') => (schema[key] ?? []).map((one, index) => [`${key}[${index}]`, one] as const)
  return [...of('allOf'), ...of('anyOf'), ...of('oneOf'), ...(schema.not ? [['not', schema.not] as const] : [])]
}

const UNSUPPORTED = ['$ref', 'id', 'patternProperties', 'definitions', 'dependencies', 'additionalItems'] as const

/** What OpenAPI v3 allows and definitions do not. */
function validateOpenApi(schema: Structural, path: string): FieldError[] {
  const errors: FieldError[] = []
  const raw = schema as unknown as JsonObject
  for (const key of UNSUPPORTED) if (raw[key]) errors.push(forbidden(`${path}.${key}`, `${key} is not supported`))
  if (raw['uniqueItems'] === true)
    errors.push(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'))
  if (schema.additionalProperties === false)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'))
  if (valuesOf(schema) && Object.keys(schema.properties ?? {}).length > 0)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
  if (schema.type !== undefined && schema.type !== '' && !TYPES.includes(schema.type)) {
    errors.push(
      schema.type === 'null'
        ? forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative')
        : unsupported(`${path}.type`, schema.type, TYPES),
    )
  }
  if (Array.isArray(schema.items)) return [...errors, forbidden(`${path}.items`, 'items must be a schema object and not an array')]
  errors.push(...validateListType(schema, path))
  const mapType = schema['x-kubernetes-map-type']
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(unsupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
  for (const [name, one] of [...inner(schema), ...logical(schema)]) errors.push(...validateOpenApi(one, `${path}.${name}`))
  return errors
}

function validateListType(schema: Structural, path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const at = `${path}.x-kubernetes-list-map-keys`
  if (type === undefined)
    return keys.length > 0
      ? [invalid(`${path}.x-kubernetes-list-type`, null, 'must be map if x-kubernetes-list-map-keys is non-empty')]
      : []
  if (!['atomic', 'set', 'map'].includes(type)) return [unsupported(`${path}.x-kubernetes-list-type`, type, ['atomic', 'map', 'set'])]
  const errors: FieldError[] =
    schema.type === 'array'
      ? []
      : [
          schema.type
            ? invalid(`${path}.type`, schema.type, 'must be array if x-kubernetes-list-type is specified')
            : required(`${path}.type`, 'must be array if x-kubernetes-list-type is specified'),
        ]
  if (type !== 'map')
    return keys.length > 0
      ? [...errors, invalid(`${path}.x-kubernetes-list-type`, type, 'must be map if x-kubernetes-list-map-keys is non-empty')]
      : errors
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'))
  if (schema.items && schema.items.type !== 'object')
    errors.push(invalid(`${path}.items.type`, schema.items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"))
  keys.forEach((key, index) => {
    const property = schema.items?.properties?.[key]
    if (!property) return void errors.push(invalid(`${at}[${index}]`, key, 'entries must all be names of item properties'))
    if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalid(
          `${path}.items.properties[${key}].type`,
          property.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      )
    if (property.default === undefined && !schema.items?.required?.includes(key)) {
      errors.push(
        required(
          `${path}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      )
    }
  })
  return errors
}

function validateStructure(schema: Structural, path: string, level: Level): FieldError[] {
  const errors: FieldError[] = []
  if (schema.type === 'array' && !schema.items) errors.push(required(`${path}.items`, 'must be specified'))
  if (schema.additionalProperties !== undefined && level === 'root')
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'))
  for (const [name, one, inside] of inner(schema)) errors.push(...validateStructure(one, `${path}.${name}`, inside))
  errors.push(...extensionErrors(schema, path), ...typeErrors(schema, path, level))
  const anyType = isIntOrString(schema.anyOf)
  errors.push(...valueErrors(schema, path, anyType))
  const resource = level === 'root' || schema['x-kubernetes-embedded-resource']
  for (const key of ['kind', 'apiVersion']) {
    const type = schema.properties?.[key]?.type
    if (resource && schema.properties?.[key] && type !== 'string')
      errors.push(invalid(`${path}.properties[${key}].type`, type ?? '', 'must be string'))
  }
  const metadata = schema.properties?.['metadata']
  if (metadata && resource && metadata.type !== 'object')
    errors.push(invalid(`${path}.properties[metadata].type`, metadata.type ?? '', 'must be object'))
  if (metadata && level === 'root' && !onlyNames(metadata))
    errors.push(
      forbidden(
        `${path}.properties[metadata]`,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    )
  return errors
}

function onlyNames(metadata: Structural): boolean {
  const { type: _type, properties = {}, ...rest } = metadata
  return Object.keys(rest).length === 0 && Object.keys(properties).every((key) => key === 'name' || key === 'generateName')
}

function typeErrors(schema: Structural, path: string, level: Level): FieldError[] {
  const at = `${path}.type`
  if (schema['x-kubernetes-embedded-resource'] && schema.type !== 'object') {
    const words = 'must be object if x-kubernetes-embedded-resource is true'
    return [schema.type ? invalid(at, schema.type, words) : required(at, words)]
  }
  if (!schema.type && !schema['x-kubernetes-int-or-string'] && !schema['x-kubernetes-preserve-unknown-fields']) {
    const words = {
      root: 'must not be empty at the root',
      item: 'must not be empty for specified array items',
      field: 'must not be empty for specified object fields',
    }
    return [required(at, words[level])]
  }
  return level === 'root' && schema.type && schema.type !== 'object' ? [invalid(at, schema.type, 'must be object at the root')] : []
}

function extensionErrors(schema: Structural, path: string): FieldError[] {
  const errors: FieldError[] = []
  const either = schema['x-kubernetes-int-or-string']
  if (either && schema.type) errors.push(invalid(`${path}.type`, schema.type, 'must be empty if x-kubernetes-int-or-string is true'))
  for (const key of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
    if (either && schema[key]) errors.push(invalid(`${path}.${key}`, true, 'must be false if x-kubernetes-int-or-string is true'))
  }
  if (schema['x-kubernetes-embedded-resource']) {
    if (schema.additionalProperties !== undefined)
      errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'))
    if (!schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(schema.properties ?? {}).length === 0) {
      errors.push(
        required(
          `${path}.properties`,
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
        ),
      )
    }
  }
  return errors
}

function isIntOrString(schemas: readonly Structural[] | undefined): boolean {
  return same((schemas ?? []) as unknown as JsonValue, [{ type: 'integer' }, { type: 'string' }])
}

/** Value validation may not bring in structure. */
function valueErrors(schema: Structural, path: string, skipAnyOf: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (schema.pattern && !patternOf(schema.pattern).valid)
    errors.push(
      invalid(
        `${path}.pattern`,
        schema.pattern,
        `must be a valid regular expression, but isn't: error parsing regexp: ${JSON.stringify(schema.pattern)}`,
      ),
    )
  for (const [name, one] of logical(schema)) {
    if (skipAnyOf && name.startsWith('anyOf')) continue
    errors.push(...nestedErrors(one, `${path}.${name}`, name === 'allOf[0]' && isIntOrString(one.anyOf)))
  }
  return errors
}

const MUST_BE_EMPTY = ['type', 'title', 'description', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'] as const
const MUST_BE_UNDEFINED = ['additionalProperties', 'default', 'x-kubernetes-list-type', 'x-kubernetes-map-type'] as const
const MUST_BE_FALSE = [
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
] as const

function nestedErrors(schema: Structural, path: string, skipAnyOf: boolean): FieldError[] {
  const errors = valueErrors(schema, path, skipAnyOf)
  if (schema.items) errors.push(...nestedErrors(schema.items, `${path}.items`, false))
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...nestedErrors(property, `${path}.properties[${key}]`, false))
    if (key === 'metadata') errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
  }
  for (const key of MUST_BE_EMPTY) if (schema[key]) errors.push(forbidden(`${path}.${key}`, 'must be empty to be structural'))
  for (const key of MUST_BE_UNDEFINED)
    if (schema[key] !== undefined) errors.push(forbidden(`${path}.${key}`, 'must be undefined to be structural'))
  for (const key of MUST_BE_FALSE) if (schema[key]) errors.push(forbidden(`${path}.${key}`, 'must be false to be structural'))
  return errors
}

/** Every field that value validation speaks of is also there outside of it. */
function validateCompleteness(schema: Structural, path: string): FieldError[] {
  const here = logical(schema).flatMap(([name, one]) => missingIn(schema, one, path, `${path}.${name}`))
  return [...here, ...inner(schema).flatMap(([name, one]) => validateCompleteness(one, `${path}.${name}`))]
}

function missingIn(structure: Structural, nested: Structural, path: string, nestedPath: string): FieldError[] {
  const errors = logical(nested).flatMap(([name, one]) => missingIn(structure, one, path, `${nestedPath}.${name}`))
  if (nested.items) {
    if (structure.items) errors.push(...missingIn(structure.items, nested.items, `${path}.items`, `${nestedPath}.items`))
    else errors.push(required(`${path}.items`, `because it is defined in ${nestedPath}.items`))
  }
  for (const [key, property] of Object.entries(nested.properties ?? {})) {
    const own = structure.properties?.[key]
    if (own) errors.push(...missingIn(own, property, `${path}.properties[${key}]`, `${nestedPath}.properties[${key}]`))
    else errors.push(required(`${path}.properties[${key}]`, `because it is defined in ${nestedPath}.properties[${key}]`))
  }
  return errors
}

/** Defaults are valid themselves, and nothing in them is unknown. */
function validateDefaults(schema: Structural, path: string): FieldError[] {
  const errors = inner(schema).flatMap(([name, one]) => validateDefaults(one, `${path}.${name}`))
  if (schema.default === undefined || schema.default === null) return errors
  const at = `${path}.default`
  if (isObject(schema.default)) {
    const draft = draftOf(schema.default)
    setSchemaDefaults(schema, draft)
    if (prune(schema, draft).length > 0) errors.push(invalid(at, schema.default, 'must not have unknown fields'))
    return [...errors, ...validateValue(schema, draft, at)]
  }
  return [...errors, ...validateValue(schema, schema.default, at)]
}
