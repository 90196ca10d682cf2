import { isObject, same } from '../resources/draft.ts'
import { below, element, isEmpty, isMember, shown } from './field-set.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Schema, Schemas } from '../resources/schema.ts'
import type { FieldSet, MutableSet } from './field-set.ts'

/**
 * Values with their types: what of them can be owned, how two are merged and compared, and what is left when fields go.
 * @see https://github.com/kubernetes-sigs/structured-merge-diff/tree/master/typed
 */

type Value = JsonValue | undefined

type Shape =
  | { readonly kind: 'scalar' }
  | { readonly kind: 'list'; readonly keys: readonly string[] | undefined; readonly items: Schema }
  /** A list or a map that is owned as a whole. */
  | { readonly kind: 'atomic' }
  | { readonly kind: 'map'; readonly schema: Schema }

/** Objects of one kind. `zeros` says that they are Go's: fields that are never left out are there even when empty. */
export interface Typed {
  readonly schemas: Schemas
  readonly root: Schema
  readonly zeros: boolean
}

/** How a value of this type is merged and owned. Where a type says nothing, the value decides. */
function shapeOf({ schemas }: Typed, property: Schema, value: Value): Shape {
  const { schema, name } = schemas.resolve(property)
  const isList = Array.isArray(value) || (!isObject(value) && schema.type === 'array')
  const isMap = isObject(value) || (!Array.isArray(value) && schema.type === 'object')
  if (isList) {
    const type = property['x-kubernetes-list-type'] ?? schema['x-kubernetes-list-type']
    const keys = property['x-kubernetes-list-map-keys'] ?? schema['x-kubernetes-list-map-keys']
    const items = schema.items ?? {}
    if (type === 'set') return { kind: 'list', keys: undefined, items }
    return type === 'map' && keys ? { kind: 'list', keys, items } : { kind: 'atomic' }
  }
  if (!isMap) return { kind: 'scalar' }
  if (property['x-kubernetes-map-type'] === 'atomic' || schema['x-kubernetes-map-type'] === 'atomic') return { kind: 'atomic' }
  const arbitrary = !schema.properties && !schema.additionalProperties
  return arbitrary && (name !== undefined || schema.type === 'object') ? { kind: 'atomic' } : { kind: 'map', schema }
}

function fieldType(schema: Schema, key: string): Schema {
  return schema.properties?.[key] ?? schema.additionalProperties ?? {}
}

/** Which element of a list this is: `k:{"name":"main"}`, `v:"x"`; keys that are defaulted (a port's protocol) count as set. */
function elementOf({ schemas }: Typed, keys: readonly string[] | undefined, items: Schema, item: Value): string {
  if (keys === undefined) return `v:${JSON.stringify(item)}`
  const { schema } = schemas.resolve(items)
  const named = keys.toSorted().map((key) => [key, (isObject(item) ? item[key] : undefined) ?? schema.properties?.[key]?.default])
  return `k:${JSON.stringify(Object.fromEntries(named))}`
}

/** All that somebody owns who sends exactly this. */
export function fieldsIn(typed: Typed, value: JsonObject): FieldSet {
  return setOf(typed, typed.root, value)
}

function setOf(typed: Typed, property: Schema, value: Value): FieldSet {
  const shape = shapeOf(typed, property, value)
  const result: MutableSet = {}
  if (shape.kind === 'map' && isObject(value)) {
    for (const [key, field] of Object.entries(value)) {
      if (field === undefined) continue
      const inside = fieldType(shape.schema, key)
      const leaf = shapeOf(typed, inside, field).kind !== 'list' && shapeOf(typed, inside, field).kind !== 'map'
      const empty = field === null || (isObject(field) && isEmptyObject(field))
      const made = element(leaf || empty || shape.schema.properties?.[key] === undefined, setOf(typed, inside, field))
      if (made) result[`f:${key}`] = made
    }
  }
  if (shape.kind === 'list' && Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) {
      const made = element(true, setOf(typed, shape.items, item))
      if (made) result[elementOf(typed, shape.keys, shape.items, item)] = made
    }
  }
  return result
}

function isEmptyObject(value: JsonObject): boolean {
  return Object.values(value).every((field) => field === undefined)
}

/** The one value over the other: what only one has stays, and of what both have the second wins. */
export function merged(typed: Typed, before: JsonObject, sent: JsonObject): JsonObject {
  const value = mergeValue(typed, typed.root, before, sent)
  return isObject(value) ? value : {}
}

function mergeValue(typed: Typed, property: Schema, before: Value, sent: Value): Value {
  if (sent === undefined || before === undefined) return sent ?? before
  const shape = shapeOf(typed, property, sent)
  if (shape.kind === 'map' && isObject(before) && (isObject(sent) || sent === null)) {
    const result: { [key: string]: Value } = { ...before }
    for (const [key, field] of Object.entries(sent ?? {})) {
      const made = mergeValue(typed, fieldType(shape.schema, key), before[key], field)
      if (made === undefined || made === null) delete result[key]
      else result[key] = made
    }
    return result
  }
  if (shape.kind === 'list' && Array.isArray(before) && (Array.isArray(sent) || sent === null)) {
    return mergeLists(typed, shape, before as readonly JsonValue[], (sent ?? []) as readonly JsonValue[])
  }
  return sent
}

/** Elements keep the order of what is sent; what only the server has stays before what followed it. */
function mergeLists(
  typed: Typed,
  { keys, items }: Extract<Shape, { kind: 'list' }>,
  before: readonly JsonValue[],
  sent: readonly JsonValue[],
): JsonValue[] {
  const id = (item: JsonValue) => elementOf(typed, keys, items, item)
  const left = before.map(id)
  const right = sent.map(id)
  const shared = right.filter((one) => left.includes(one))
  const result: JsonValue[] = []
  const take = (index: number) => {
    const item = sent[index]
    const existing = before[left.indexOf(right[index] ?? '')]
    const made = mergeValue(typed, items, existing, item)
    if (made !== undefined) result.push(made)
    if (shared[0] === right[index]) shared.shift()
  }
  let next = 0
  for (const [index, one] of left.entries()) {
    if (!right.includes(one)) {
      const item = before[index]
      if (item !== undefined) result.push(item)
      continue
    }
    if (shared[0] !== one) continue
    // Everything that is sent up to the element that both have comes before it.
    while (next < right.length) {
      take(next)
      next += 1
      if (right[next - 1] === one) break
    }
  }
  for (; next < right.length; next += 1) take(next)
  return result
}

export interface Comparison {
  readonly removed: FieldSet
  /** Added or modified. */
  readonly changed: FieldSet
}

/** What has to change to make the one value the other. */
export function compare(typed: Typed, before: JsonObject, after: JsonObject): Comparison {
  const { changed, removed } = compareValues(typed, typed.root, before, after)
  return { changed: below(changed ?? {}), removed: below(removed ?? {}) }
}

interface Difference {
  readonly changed: FieldSet | undefined
  readonly removed: FieldSet | undefined
}

const NO_DIFFERENCE: Difference = { changed: undefined, removed: undefined }

function compareValues(typed: Typed, property: Schema, before: Value, after: Value): Difference {
  if (before === undefined && after === undefined) return NO_DIFFERENCE
  const shape = shapeOf(typed, property, after ?? before)
  const added = before === undefined
  const gone = after === undefined
  const leaf = shape.kind === 'scalar' || shape.kind === 'atomic' || (nothingIn(before) && nothingIn(after))
  if (leaf) {
    if (gone) return { changed: undefined, removed: {} }
    return added || !same(before, after) ? { changed: {}, removed: undefined } : NO_DIFFERENCE
  }
  const inside = shape.kind === 'map' ? compareMaps(typed, shape.schema, before, after) : compareLists(typed, shape, before, after)
  return { changed: element(added, inside.changed), removed: element(gone, inside.removed) }
}

function nothingIn(value: Value): boolean {
  if (value === undefined || value === null) return true
  return Array.isArray(value) ? value.length === 0 : isObject(value) && isEmptyObject(value)
}

function compareMaps(typed: Typed, schema: Schema, before: Value, after: Value): { changed: FieldSet; removed: FieldSet } {
  const result: { changed: MutableSet; removed: MutableSet } = { changed: {}, removed: {} }
  const left = isObject(before) ? before : undefined
  const right = isObject(after) ? after : undefined
  for (const key of new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])) {
    const one = left && (left[key] ?? zeroOf(typed, schema, key))
    const other = right && (right[key] ?? zeroOf(typed, schema, key))
    keep(result, `f:${key}`, compareValues(typed, fieldType(schema, key), one, other))
  }
  return result
}

/** What a field of a Go struct holds that was not set and is never left out. */
function zeroOf({ zeros }: Typed, schema: Schema, key: string): Value {
  if (!zeros) return undefined
  if (isObject(schema.properties?.[key]?.default)) return {}
  return schema.required?.includes(key) ? null : undefined
}

function compareLists(
  typed: Typed,
  { keys, items }: Extract<Shape, { kind: 'list' }>,
  before: Value,
  after: Value,
): { changed: FieldSet; removed: FieldSet } {
  const result: { changed: MutableSet; removed: MutableSet } = { changed: {}, removed: {} }
  const byId = (list: Value) =>
    new Map(
      (Array.isArray(list) ? (list as readonly JsonValue[]).toReversed() : []).map((item) => [elementOf(typed, keys, items, item), item]),
    )
  const left = byId(before)
  const right = byId(after)
  for (const id of new Set([...left.keys(), ...right.keys()])) keep(result, id, compareValues(typed, items, left.get(id), right.get(id)))
  return result
}

function keep(result: { changed: MutableSet; removed: MutableSet }, key: string, { changed, removed }: Difference): void {
  if (changed) result.changed[key] = changed
  if (removed) result.removed[key] = removed
}

/** The value without these fields. */
export function without(typed: Typed, value: JsonObject, fields: FieldSet): JsonObject {
  const left = isEmpty(fields) ? value : remove(typed, typed.root, value, fields)
  return isObject(left) ? left : {}
}

function remove(typed: Typed, property: Schema, value: JsonValue, fields: FieldSet): Value {
  const shape = shapeOf(typed, property, value)
  if (shape.kind === 'map' && isObject(value)) {
    const result: { [key: string]: Value } = {}
    for (const [key, field] of Object.entries(value)) {
      const gone = fields[`f:${key}`]
      if (field === undefined || (gone && isMember(gone))) continue
      const left = gone ? remove(typed, fieldType(shape.schema, key), field, gone) : field
      if (left !== undefined) result[key] = left
    }
    return result
  }
  if (shape.kind === 'list' && Array.isArray(value)) {
    const left = (value as readonly JsonValue[]).flatMap((item) => {
      const gone = fields[elementOf(typed, shape.keys, shape.items, item)]
      if (!gone) return [item]
      if (isMember(gone)) return []
      const rest = remove(typed, shape.items, item, gone)
      return rest === undefined ? [] : [rest]
    })
    return left.length > 0 ? left : undefined
  }
  return shape.kind === 'scalar' ? value : undefined
}

/** The set with every field that a type names, and that something below is in, in it itself. */
export function withNamed(typed: Typed, fields: FieldSet, property: Schema = typed.root): FieldSet {
  const { schema } = typed.schemas.resolve(property)
  const result: MutableSet = {}
  for (const [key, node] of Object.entries(fields)) {
    const field = key.startsWith('f:') ? key.slice(2) : undefined
    const inside = field === undefined ? (schema.items ?? {}) : fieldType(schema, field)
    const named = field !== undefined && schema.properties?.[field] !== undefined
    const made = element(named || isMember(node), withNamed(typed, below(node), inside))
    if (made) result[key] = made
  }
  return result
}

/** What is wrong with the types of what is sent: `.spec.foo: field not declared in schema`. */
export function complaintsAbout(typed: Typed, value: JsonObject): readonly string[] {
  return checkValue(typed, typed.root, value, '')
}

function checkValue(typed: Typed, property: Schema, value: JsonValue, path: string): readonly string[] {
  if (value === null) return []
  const { schema } = typed.schemas.resolve(property)
  const wrong = wrongType(schema, value)
  if (wrong !== undefined) return [`${path}: ${wrong}`]
  if (Array.isArray(value)) return checkItems(typed, property, value as readonly JsonValue[], path)
  if (!isObject(value)) return []
  const keys = Object.keys(value).toSorted()
  const undeclared = schema.properties && !schema.additionalProperties ? keys.find((key) => !schema.properties?.[key]) : undefined
  return [
    ...keys
      .filter((key) => undeclared === undefined || key < undeclared)
      .flatMap((key) => checkValue(typed, fieldType(schema, key), value[key] ?? null, `${path}.${key}`)),
    ...(undeclared === undefined ? [] : [`${path}.${undeclared}: field not declared in schema`]),
  ]
}

/** In the words of Go's `%v` and `%#v` for a value that came from JSON. */
function wrongType(schema: Schema, value: JsonValue): string | undefined {
  const inGo = Array.isArray(value) || isObject(value) ? JSON.stringify(value) : String(value)
  switch (schema.type) {
    case 'integer':
    case 'number':
      if (typeof value === 'number') return undefined
      return Array.isArray(value) || isObject(value)
        ? `expected numeric (int or float), got ${Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'}`
        : `expected numeric (int or float), got ${typeof value === 'boolean' ? 'bool' : 'string'}`
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${inGo}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${inGo}}`
    case 'array':
      return Array.isArray(value) ? undefined : `expected list, got &{${inGo}}`
    case 'object':
      return isObject(value) ? undefined : `expected map, got &{${inGo}}`
    default:
      return undefined
  }
}

function checkItems(typed: Typed, property: Schema, value: readonly JsonValue[], path: string): readonly string[] {
  const shape = shapeOf(typed, property, value)
  const items = typed.schemas.resolve(property).schema.items ?? {}
  const seen = new Set<string>()
  const complaints: string[] = []
  for (const [index, item] of value.entries()) {
    const why = shape.kind === 'list' ? elementless(typed, shape, item) : undefined
    if (why !== undefined) return [...complaints, `${path}: element ${index}: ${why}`]
    const key = shape.kind === 'list' ? elementOf(typed, shape.keys, items, item) : undefined
    if (key !== undefined && seen.has(key)) complaints.push(`${path}: duplicate entries for key ${shown(key)}`)
    if (key !== undefined) seen.add(key)
    complaints.push(...checkValue(typed, items, item, `${path}${key === undefined ? `[${index}]` : shown(key)}`))
  }
  return complaints
}

/** Why an item can be no element of such a list. */
function elementless(typed: Typed, { keys, items }: Extract<Shape, { kind: 'list' }>, item: JsonValue): string | undefined {
  if (keys === undefined) {
    if (isObject(item)) return "associative list without keys has an element that's a map type"
    if (Array.isArray(item)) return 'not supported: associative list with lists as elements'
    return item === null ? "associative list without keys has an element that's an explicit null" : undefined
  }
  if (item === null) return 'associative list with keys may not have a null element'
  if (!isObject(item)) return 'associative list with keys may not have non-map elements'
  const { schema } = typed.schemas.resolve(items)
  const missing = keys.find((key) => item[key] === undefined && schema.properties?.[key]?.default === undefined)
  if (missing === undefined) return undefined
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`
}
