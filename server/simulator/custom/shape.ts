import { isObject } from '../resources/draft.ts'
import { fieldOf, joined } from './structural.ts'
import type { DraftValue, JsonValue } from '../resources/object.ts'
import type { Structural } from './structural.ts'

const RESOURCE = ['apiVersion', 'kind', 'metadata']

/**
 * Drops the fields that the schema does not know. `root` says that the value is an object of the API, with its own
 * `apiVersion`, `kind` and `metadata`.
 * @returns what strict decoding says of them: `unknown field "spec.colour"`
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
export function prune(schema: Structural, value: DraftValue | undefined, root = false, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => prune(schema.items ?? {}, item, false, `${path}[${index}]`))
  if (!isObject(value)) return []
  const resource = root || schema['x-kubernetes-embedded-resource'] === true
  const anything = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
  const unknown: string[] = []
  for (const key of Object.keys(value).toSorted()) {
    if (resource && RESOURCE.includes(key)) continue
    const field = fieldOf(schema, key)
    if (field) unknown.push(...prune(field, value[key], false, joined(path, key)))
    else if (!anything) {
      unknown.push(`unknown field ${JSON.stringify(joined(path, key))}`)
      delete value[key]
    }
  }
  return unknown
}

/**
 * Fills in defaults. Null counts as absent where the schema has a default and does not take null.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
 */
export function setSchemaDefaults(schema: Structural, value: DraftValue | undefined): void {
  if (Array.isArray(value)) {
    const { items } = schema
    if (!items) return
    value.forEach((item, index) => {
      if (item === null && items.default !== undefined && !items.nullable) value[index] = copyOf(items.default)
      setSchemaDefaults(items, value[index])
    })
    return
  }
  if (!isObject(value)) return
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    if (field.default === undefined || field.default === null) continue
    if (value[key] === undefined || (value[key] === null && !field.nullable)) value[key] = copyOf(field.default)
  }
  for (const [key, inside] of Object.entries(value)) {
    const field = fieldOf(schema, key)
    if (field) setSchemaDefaults(field, inside)
  }
}

function copyOf(value: JsonValue): DraftValue {
  return structuredClone(value) as DraftValue
}
