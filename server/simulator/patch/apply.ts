import { rfc3339 } from '../../kernel/clock.ts'
import { ApiError } from '../api/door.ts'
import { isObject, same } from '../resources/draft.ts'
import { byOperationAndTime, elementOf, entriesOf, fieldsOf, intersect, pathsOf, subtract, union } from './managed-fields.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { Schema, Schemas } from '../resources/schema.ts'
import type { FieldSet, ManagedEntry } from './managed-fields.ts'

export interface ApplyRequest {
  readonly schemas: Schemas
  readonly schema: string
  readonly current: StoredObject | undefined
  /** What the manager wants, and nothing else. */
  readonly sent: JsonObject
  readonly manager: string
  readonly force: boolean
  readonly now: number
  readonly subresource: string | undefined
}

/**
 * Server-side apply: the manager's fields are merged in, fields that it owned and no longer sends go,
 * and others' fields are not changed without force.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 * @throws ApiError Conflict
 */
export function applyPatch(request: ApplyRequest): JsonObject {
  const { schemas, schema, current, sent, manager, now, subresource } = request
  const wanted = fieldsOf(schemas, schema, sent, false)
  const entries = entriesOf(current)
  const mine = (entry: ManagedEntry) => entry.manager === manager && entry.operation === 'Apply' && entry.subresource === subresource
  const others = entries.filter((entry) => !mine(entry))
  const contested = current ? others.map((entry) => ({ entry, fields: differing(intersect(entry.fieldsV1, wanted), current, sent) })) : []
  const conflicts = contested.filter(({ fields }) => pathsOf(fields).length > 0)
  if (conflicts.length > 0 && !request.force) throw conflictError(conflicts)
  const previous = entries.find(mine)
  let merged: JsonObject = current ? merge(schemas, { $ref: schema }, current, sent) : sent
  if (previous && current) {
    const owned = others.reduce((all, entry) => union(all, entry.fieldsV1), wanted)
    merged = prune(merged, subtract(previous.fieldsV1, owned)) as JsonObject
  }
  const kept = contested
    .map(({ entry, fields }) => ({ ...entry, fieldsV1: subtract(entry.fieldsV1, fields) }))
    .filter((entry) => Object.keys(entry.fieldsV1).length > 0)
  const unchanged = previous && same(previous.fieldsV1, wanted)
  const entry = {
    manager,
    operation: 'Apply',
    apiVersion: String(sent['apiVersion']),
    time: unchanged ? previous.time : rfc3339(now),
    fieldsType: 'FieldsV1',
    fieldsV1: wanted,
    ...(subresource !== undefined && { subresource }),
  } as unknown as ManagedEntry
  return {
    ...merged,
    metadata: { ...(merged['metadata'] as JsonObject | undefined), managedFields: [entry, ...kept].toSorted(byOperationAndTime) },
  }
}

/** The leaves among `fields` whose value would change. */
function differing(fields: FieldSet, current: JsonValue | undefined, sent: JsonValue | undefined): FieldSet {
  const result: { [element: string]: FieldSet } = {}
  for (const [element, inside] of Object.entries(fields)) {
    if (element === '.') continue
    const before = lookUp(current, element)
    const after = lookUp(sent, element)
    if (Object.keys(inside).length > 0) {
      const deeper = differing(inside, before, after)
      if (Object.keys(deeper).length > 0) result[element] = deeper
    } else if (!same(before, after)) result[element] = {}
  }
  return result
}

function lookUp(value: JsonValue | undefined, element: string): JsonValue | undefined {
  if (element.startsWith('f:')) return isObject(value) ? value[element.slice(2)] : undefined
  if (!Array.isArray(value)) return undefined
  return (value as readonly JsonValue[]).find((item) => isElement(item, element))
}

function isElement(item: JsonValue, element: string): boolean {
  if (element.startsWith('v:')) return JSON.stringify(item) === element.slice(2)
  const wanted = JSON.parse(element.slice(2)) as JsonObject
  return isObject(item) && Object.entries(wanted).every(([key, part]) => same(item[key], part))
}

function merge(schemas: Schemas, reference: Schema, current: JsonObject, sent: JsonObject): JsonObject {
  const { schema } = schemas.resolve(reference)
  const result: { [key: string]: JsonValue | undefined } = { ...current }
  for (const [key, value] of Object.entries(sent)) {
    if (value === undefined || value === null) continue
    const property = schema.properties?.[key] ?? schema.additionalProperties ?? {}
    result[key] = mergeValue(schemas, property, result[key], value)
  }
  return result
}

function mergeValue(schemas: Schemas, property: Schema, current: JsonValue | undefined, sent: JsonValue): JsonValue {
  const { schema } = schemas.resolve(property)
  if (isObject(sent) && isObject(current)) {
    const atomic = property['x-kubernetes-map-type'] === 'atomic' || schema['x-kubernetes-map-type'] === 'atomic'
    return atomic ? sent : merge(schemas, property, current, sent)
  }
  if (!Array.isArray(sent) || !Array.isArray(current)) return sent
  const before = current as readonly JsonValue[]
  const after = sent as readonly JsonValue[]
  if (property['x-kubernetes-list-type'] === 'set') return [...after, ...before.filter((item) => !after.some((other) => same(item, other)))]
  const keys = property['x-kubernetes-list-map-keys']
  if (property['x-kubernetes-list-type'] !== 'map' || !keys) return sent
  const id = (item: JsonValue) => (isObject(item) ? elementOf(withDefaults(schemas, property.items ?? {}, item, keys), keys) : '')
  const merged = after.map((item) => {
    const existing = before.find((candidate) => id(candidate) === id(item))
    return isObject(item) && isObject(existing) ? merge(schemas, property.items ?? {}, existing, item) : item
  })
  return [...merged, ...before.filter((item) => !after.some((other) => id(other) === id(item)))]
}

/** Keys that are defaulted (a port's protocol) count as set. */
function withDefaults(schemas: Schemas, items: Schema, item: JsonObject, keys: readonly string[]): JsonObject {
  const { schema } = schemas.resolve(items)
  const missing = keys.filter((key) => item[key] === undefined && schema.properties?.[key]?.default !== undefined)
  return { ...item, ...Object.fromEntries(missing.map((key) => [key, schema.properties?.[key]?.default])) }
}

/** The value without those fields. */
function prune(value: JsonValue, fields: FieldSet): JsonValue {
  if (isObject(value)) {
    const result: { [key: string]: JsonValue | undefined } = { ...value }
    for (const [element, inside] of Object.entries(fields)) {
      if (!element.startsWith('f:')) continue
      const key = element.slice(2)
      const field = result[key]
      if (field === undefined) continue
      if (Object.keys(inside).filter((inner) => inner !== '.').length === 0) delete result[key]
      else result[key] = prune(field, inside)
    }
    return result
  }
  if (!Array.isArray(value)) return value
  return (value as readonly JsonValue[]).flatMap((item) => {
    const found = Object.entries(fields).find(([element]) => element !== '.' && isElement(item, element))
    if (!found) return [item]
    return '.' in found[1] || found[0].startsWith('v:') ? [] : [prune(item, found[1])]
  })
}

interface Contest {
  readonly entry: ManagedEntry
  readonly fields: FieldSet
}

function conflictError(conflicts: readonly Contest[]): ApiError {
  const all = conflicts.flatMap(({ entry, fields }) => pathsOf(fields).map((field) => ({ entry, field })))
  const who = ({ entry }: { readonly entry: ManagedEntry }) =>
    `${JSON.stringify(entry.manager)}${entry.subresource === undefined ? '' : ` with subresource ${JSON.stringify(entry.subresource)}`}${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`
  const causes = all.map((one) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who(one)}`, field: one.field }))
  const [first] = all
  const message =
    all.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${who(first)}: ${first.field}`
      : `Apply failed with ${all.length} conflicts: ${conflicts
          .map(
            (contest) =>
              `conflicts with ${who(contest)}:\n${pathsOf(contest.fields)
                .map((path) => `- ${path}`)
                .join('\n')}`,
          )
          .join('\n')}`
  return new ApiError(409, 'Conflict', message, { causes })
}
