import { rfc3339 } from '../../kernel/clock.ts'
import { isObject, same } from '../resources/draft.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { Schema, Schemas } from '../resources/schema.ts'

/**
 * Who owns which fields of an object.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */

/** A set of fields in the form of `fieldsV1`: `{"f:spec": {"f:replicas": {}}}`. */
export interface FieldSet {
  readonly [element: string]: FieldSet
}

export interface ManagedEntry extends JsonObject {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: FieldSet & JsonObject
  readonly subresource?: string
}

/** Metadata that nobody owns: it is the server's. */
const SERVERS_OWN = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'resourceVersion',
  'generation',
  'managedFields',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
]

export function entriesOf(object: StoredObject | undefined): readonly ManagedEntry[] {
  const entries = object?.metadata['managedFields']
  return (Array.isArray(entries) ? entries : []) as readonly ManagedEntry[]
}

/**
 * All fields of an object that somebody can own.
 * @param maps whether maps and lists are themselves owned, as by those who update; who applies owns what is in them
 */
export function fieldsOf(schemas: Schemas, schemaName: string, object: JsonObject, maps: boolean): FieldSet {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object
  const own = isObject(metadata) ? Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVERS_OWN.includes(key))) : {}
  return structFields(schemas, { $ref: schemaName }, { ...(Object.keys(own).length > 0 && { metadata: own }), ...rest }, maps)
}

function structFields(schemas: Schemas, reference: Schema, value: JsonObject, maps: boolean): FieldSet {
  const { schema } = schemas.resolve(reference)
  const result: { [element: string]: FieldSet } = {}
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue
    result[`f:${key}`] = valueFields(schemas, schema.properties?.[key] ?? schema.additionalProperties ?? {}, field, maps)
  }
  return result
}

function valueFields(schemas: Schemas, property: Schema, value: JsonValue, maps: boolean): FieldSet {
  const { schema } = schemas.resolve(property)
  const atomic = property['x-kubernetes-map-type'] === 'atomic' || schema['x-kubernetes-map-type'] === 'atomic'
  if (isObject(value))
    return atomic ? {} : { ...(maps && schema.additionalProperties && { '.': {} }), ...structFields(schemas, property, value, maps) }
  if (!Array.isArray(value)) return {}
  const keys = property['x-kubernetes-list-map-keys']
  if (property['x-kubernetes-list-type'] === 'set')
    return Object.fromEntries([
      ...(maps ? [['.', {}]] : []),
      ...value.map((item: JsonValue) => [`v:${JSON.stringify(item)}`, {}]),
    ]) as FieldSet
  if (property['x-kubernetes-list-type'] !== 'map' || !keys) return {}
  const items = (value as readonly JsonValue[])
    .filter(isObject)
    .map((item) => [elementOf(item, keys), { '.': {}, ...structFields(schemas, property.items ?? {}, item, maps) }] as const)
  return { ...(maps && { '.': {} }), ...Object.fromEntries(items) }
}

/** `k:{"name":"main"}` */
export function elementOf(item: JsonObject, keys: readonly string[]): string {
  const named = keys
    .filter((key) => item[key] !== undefined)
    .toSorted()
    .map((key) => [key, item[key]])
  return `k:${JSON.stringify(Object.fromEntries(named))}`
}

interface Update {
  readonly schemas: Schemas
  readonly schema: string | undefined
  readonly object: StoredObject
  readonly old: StoredObject | undefined
  readonly manager: string
  readonly now: number
  readonly subresource: string | undefined
}

/** The object with its managers after a create, an update or a patch. */
export function recordUpdate({ schemas, schema, object, old, manager, now, subresource }: Update): StoredObject {
  if (schema === undefined) return object
  const before = old ? fieldsOf(schemas, schema, old, true) : {}
  const after = fieldsOf(schemas, schema, object, true)
  const changed = changedFields(before, after, old ?? {}, object)
  const others = entriesOf(object).length > 0 ? entriesOf(object) : entriesOf(old)
  const mine = (entry: ManagedEntry) => entry.manager === manager && entry.operation === 'Update' && entry.subresource === subresource
  const kept = others.map((entry) => ({
    ...entry,
    fieldsV1: mine(entry) ? intersect(entry.fieldsV1, after) : subtract(intersect(entry.fieldsV1, after), changed),
  })) as readonly ManagedEntry[]
  if (Object.keys(changed).length === 0 && same(kept, others)) return object
  const own = kept.find(mine)
  const fields = own ? union(own.fieldsV1, changed) : changed
  const entry = {
    manager,
    operation: 'Update',
    apiVersion: object.apiVersion,
    time: rfc3339(now),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource !== undefined && { subresource }),
  } as unknown as ManagedEntry
  const rest = kept.filter((candidate) => !mine(candidate) && Object.keys(candidate.fieldsV1).length > 0)
  const entries = Object.keys(fields).length > 0 ? [...rest, entry] : rest
  return withEntries(object, entries)
}

export function withEntries(object: StoredObject, entries: readonly ManagedEntry[]): StoredObject {
  return { ...object, metadata: { ...object.metadata, managedFields: entries.toSorted(byOperationAndTime) } }
}

/** Those who apply come first; then the older. */
export function byOperationAndTime(a: ManagedEntry, b: ManagedEntry): number {
  const key = (entry: ManagedEntry) => `${entry.operation} ${entry.time} ${entry.manager}`
  return key(a) < key(b) ? -1 : 1
}

function lookUp(value: JsonValue | undefined, element: string): JsonValue | undefined {
  if (element.startsWith('f:')) return isObject(value) ? value[element.slice(2)] : undefined
  if (!Array.isArray(value)) return undefined
  if (element.startsWith('v:')) return (value as readonly JsonValue[]).find((item) => JSON.stringify(item) === element.slice(2))
  const wanted = JSON.parse(element.slice(2)) as JsonObject
  return (value as readonly JsonValue[]).find(
    (item) => isObject(item) && Object.entries(wanted).every(([key, part]) => same(item[key], part)),
  )
}

/** The fields whose values differ, as leaves. */
export function changedFields(before: FieldSet, after: FieldSet, old: JsonValue | undefined, now: JsonValue | undefined): FieldSet {
  const result: { [element: string]: FieldSet } = {}
  for (const [element, inside] of Object.entries(after)) {
    if (element === '.') {
      if (!('.' in before)) result['.'] = {}
      continue
    }
    const oldValue = lookUp(old, element)
    const newValue = lookUp(now, element)
    if (Object.keys(inside).length === 0) {
      if (!same(oldValue, newValue)) result[element] = {}
      continue
    }
    const deeper = changedFields(before[element] ?? {}, inside, oldValue, newValue)
    if (Object.keys(deeper).length > 0) result[element] = deeper
  }
  return result
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result: { [element: string]: FieldSet } = { ...a }
  for (const [element, inside] of Object.entries(b)) result[element] = union(result[element] ?? {}, inside)
  return result
}

/** What of `a` also exists in `b`. */
export function intersect(a: FieldSet, b: FieldSet): FieldSet {
  const result: { [element: string]: FieldSet } = {}
  for (const [element, inside] of Object.entries(a)) {
    const other = b[element]
    if (!other) continue
    const common = intersect(inside, other)
    // Two sets may both be below an element and have nothing there in common.
    if (Object.keys(common).length > 0 || Object.keys(inside).length === 0 || Object.keys(other).length === 0) result[element] = common
  }
  return result
}

/** `a` without what `b` has as leaves. */
export function subtract(a: FieldSet, b: FieldSet): FieldSet {
  const result: { [element: string]: FieldSet } = {}
  for (const [element, inside] of Object.entries(a)) {
    const other = b[element]
    if (!other) result[element] = inside
    else if (Object.keys(inside).length > 0) {
      const rest = subtract(inside, other)
      if (Object.keys(rest).some((key) => key !== '.') || ('.' in rest && !('.' in other))) result[element] = rest
    }
  }
  return result
}

/** The leaves of a set as dotted paths, for messages: `.spec.replicas`, `.spec.containers[name="a"].image`. */
export function pathsOf(fields: FieldSet, prefix = ''): readonly string[] {
  return Object.entries(fields).flatMap(([element, inside]) => {
    if (element === '.') return []
    const path = prefix + shown(element)
    const deeper = pathsOf(inside, path)
    return deeper.length > 0 ? deeper : [path]
  })
}

function shown(element: string): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`
  const keys = Object.entries(JSON.parse(element.slice(2)) as JsonObject)
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
}
