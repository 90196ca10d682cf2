import { isObject } from '../resources/draft.ts'
import { duplicate, required } from '../resources/field-error.ts'
import { fieldOf, joined } from './structural.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { JsonValue } from '../resources/object.ts'
import type { Structural } from './structural.ts'

/** Embedded objects say what they are. */
export function validateEmbedded(schema: Structural, value: JsonValue, path: string): FieldError[] {
  const here =
    schema['x-kubernetes-embedded-resource'] && isObject(value)
      ? ['apiVersion', 'kind'].filter((key) => !value[key]).map((key) => required(joined(path, key), 'must not be empty'))
      : []
  return [...here, ...inside(schema, value, path, validateEmbedded)]
}

/** Lists that are sets hold nothing twice; lists that are maps hold no key twice. */
export function validateLists(schema: Structural, value: JsonValue, path: string): FieldError[] {
  const here: FieldError[] = []
  const type = schema['x-kubernetes-list-type']
  if (Array.isArray(value) && (type === 'set' || type === 'map')) {
    const keys = schema['x-kubernetes-list-map-keys'] ?? []
    const seen = new Set<string>()
    ;(value as readonly JsonValue[]).forEach((item, index) => {
      const id =
        type === 'set'
          ? item
          : isObject(item)
            ? Object.fromEntries(
                keys
                  .toSorted()
                  .filter((key) => item[key] !== undefined)
                  .map((key) => [key, item[key] ?? null]),
              )
            : item
      const written = JSON.stringify(id)
      if (seen.has(written)) here.push(duplicate(`${path}[${index}]`, id))
      seen.add(written)
    })
  }
  return [...here, ...inside(schema, value, path, validateLists)]
}

type Check = (schema: Structural, value: JsonValue, path: string) => FieldError[]

function inside(schema: Structural, value: JsonValue, path: string, check: Check): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? (value as readonly JsonValue[]).flatMap((item, index) => check(items, item, `${path}[${index}]`)) : []
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, field]) => {
    const of = fieldOf(schema, key)
    return of && field !== undefined ? check(of, field, joined(path, key)) : []
  })
}
