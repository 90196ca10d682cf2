import { isObject } from '../resources/draft.ts'
import { valuesOf } from './structural.ts'
import type { JsonValue } from '../resources/object.ts'
import type { Structural } from './structural.ts'

/** Types as rules see them: what a schema's values are to CEL, and the values themselves. */

const RESERVED =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' ')

/** A field's name as rules write it; undefined when no rule can. @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules */
export function celName(name: string): string | undefined {
  if (RESERVED.includes(name)) return `__${name}__`
  const escaped = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__')
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined
}

export interface StructType {
  readonly name: string
  readonly fields: { readonly [field: string]: string }
}

/** What CEL calls the schema's type; structs on the way are added to `structs`. */
export function celType(schema: Structural, name: string, structs: StructType[], root = false): string {
  if (schema.nullable || schema['x-kubernetes-int-or-string']) return 'dyn'
  if (schema.type === 'array') return `list<${celType(schema.items ?? {}, `${name}Item`, structs)}>`
  if (schema.type === 'object') return objectType(schema, name, structs, root)
  if (schema.type === 'boolean') return 'bool'
  if (schema.type === 'integer') return 'int'
  if (schema.type === 'number') return 'double'
  if (schema.type !== 'string') return 'dyn'
  if (schema.format === 'date-time' || schema.format === 'date') return 'google.protobuf.Timestamp'
  return schema.format === 'byte' ? 'bytes' : 'string'
}

function objectType(schema: Structural, name: string, structs: StructType[], root: boolean): string {
  const values = valuesOf(schema)
  if (values) return `map<string, ${celType(values, `${name}Value`, structs)}>`
  const resource = root || schema['x-kubernetes-embedded-resource']
  if (!resource && (schema['x-kubernetes-preserve-unknown-fields'] || !schema.properties)) return 'dyn'
  const fields: { [field: string]: string } = {}
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const field = celName(key)
    if (field !== undefined && !(resource && key === 'metadata')) fields[field] = celType(property, `${name}_${field}`, structs)
  }
  if (resource) {
    structs.push({ name: `${name}_meta`, fields: { name: 'string', generateName: 'string' } })
    Object.assign(fields, { apiVersion: 'string', kind: 'string', metadata: `${name}_meta` })
  }
  structs.push({ name, fields })
  return name
}

/** The value as CEL takes it: integers are big, structs have escaped names, maps are maps. */
export function celValue(schema: Structural, value: JsonValue | undefined, root = false): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return schema.type === 'number' || !Number.isInteger(value) ? value : BigInt(value)
  if (typeof value === 'string') return textValue(schema, value)
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => celValue(schema.items ?? {}, item))
  if (!isObject(value)) return value
  const values = valuesOf(schema)
  if (values) return new Map(Object.entries(value).map(([key, item]) => [key, celValue(values, item)]))
  const resource = root || schema['x-kubernetes-embedded-resource']
  const loose = !resource && (schema['x-kubernetes-preserve-unknown-fields'] || !schema.properties)
  const result: { [key: string]: unknown } = {}
  for (const [key, item] of Object.entries(value)) {
    const name = loose ? key : celName(key)
    if (name === undefined || item === undefined) continue
    const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (resource && key === 'metadata' && isObject(item))
      result[name] = { name: item['name'] ?? '', generateName: item['generateName'] ?? '' }
    else if (known || loose || resource) result[name] = celValue(known ?? {}, item)
  }
  return result
}

function textValue(schema: Structural, value: string): unknown {
  if (schema['x-kubernetes-int-or-string']) return value
  if (schema.format === 'date-time' || schema.format === 'date') return new Date(value)
  if (schema.format === 'byte') return Uint8Array.from(atob(value), (character) => character.codePointAt(0) ?? 0)
  return value
}
