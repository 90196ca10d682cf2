import { isObject, same } from '../resources/draft.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Schema, Schemas } from '../resources/schema.ts'

/** A strategic merge patch that makes no sense: `refused` when the server says so itself, otherwise it fails with what it says. */
export class StrategicPatchError extends Error {
  readonly refused: boolean

  constructor(message: string, refused = false) {
    super(message)
    this.refused = refused
  }
}

type Fields = { [key: string]: JsonValue | undefined }

/**
 * Strategic merge patch: a merge patch that knows which lists are maps by a key, with directives
 * `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 * @throws StrategicPatchError
 */
export function strategicPatch(schemas: Schemas, schemaName: string, target: JsonObject, patch: JsonObject): JsonObject {
  return new Merger(schemas).object({ $ref: schemaName }, target, patch)
}

class Merger {
  readonly #schemas: Schemas

  constructor(schemas: Schemas) {
    this.#schemas = schemas
  }

  object(reference: Schema, target: JsonObject, patch: JsonObject): JsonObject {
    const directive = patch['$patch']
    if (directive === 'replace') return without(patch, ['$patch'])
    if (directive === 'delete') return {}
    if (directive !== undefined) throw new StrategicPatchError(`unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`)
    const { schema } = this.#schemas.resolve(reference)
    const result: Fields = { ...target }
    retain(result, patch)
    for (const [key, value] of Object.entries(patch)) {
      if (key.startsWith('$')) continue
      if (value === null) delete result[key]
      else if (value !== undefined) result[key] = this.#field(fieldSchema(schema, key), key, result[key], value, patch)
    }
    for (const key of Object.keys(patch)) this.#listDirective(result, key, schema, patch)
    return result
  }

  #field(field: Schema, key: string, current: JsonValue | undefined, value: JsonValue, patch: JsonObject): JsonValue {
    if (isObject(value)) return this.object(field, isObject(current) ? current : {}, value)
    if (!Array.isArray(value)) return value
    const strategy = field['x-kubernetes-patch-strategy'] ?? ''
    const before: readonly JsonValue[] = Array.isArray(current) ? current : []
    const mergeKey = field['x-kubernetes-patch-merge-key']
    if (!strategy.split(',').includes('merge')) {
      return (value as readonly JsonValue[]).filter((item) => !isDirective(item, 'replace')).map(stripDirectives)
    }
    const order = patch[`$setElementOrder/${key}`]
    checkElements(before, value as readonly JsonValue[])
    checkOrder(value as readonly JsonValue[], order, mergeKey)
    if (mergeKey === undefined || !value.every((item: JsonValue) => isObject(item))) return mergePrimitives(before, value, order)
    return this.#keyed(field, mergeKey, before.filter(isObject), value, order)
  }

  #keyed(
    field: Schema,
    mergeKey: string,
    before: readonly JsonObject[],
    patches: readonly JsonObject[],
    order: JsonValue | undefined,
  ): JsonValue[] {
    const replacing = patches.some((item) => isDirective(item, 'replace'))
    if (replacing) return patches.filter((item) => !isDirective(item, 'replace'))
    let result = [...before]
    for (const item of patches) {
      const id = item[mergeKey]
      const directive = item['$patch']
      if (directive === 'merge') throw new StrategicPatchError('merging lists cannot yet be specified in the patch')
      if (directive !== undefined && directive !== 'delete')
        throw new StrategicPatchError(`unknown patch type: ${goValue(directive)} in map: ${goValue(item)}`)
      if (id === undefined) throw new StrategicPatchError(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`)
      if (directive === 'delete') {
        result = result.filter((existing) => !same(existing[mergeKey], id))
        continue
      }
      const index = result.findIndex((existing) => same(existing[mergeKey], id))
      const existing = result[index]
      if (existing) result[index] = this.object(field.items ?? {}, existing, item)
      else result.push(this.object(field.items ?? {}, {}, item))
    }
    const wanted = Array.isArray(order) ? order.filter(isObject) : patches.filter((item) => item['$patch'] === undefined)
    return ordered(
      result,
      wanted.map((item) => item[mergeKey]),
      (item) => item[mergeKey],
      before.map((item) => item[mergeKey]),
    )
  }

  /** Directives about a list that the patch itself need not contain. */
  #listDirective(result: Fields, directive: string, schema: Schema, patch: JsonObject): void {
    const deletion = /^\$deleteFromPrimitiveList\/(.*)$/.exec(directive)?.[1]
    if (deletion !== undefined) {
      const list = result[deletion]
      const gone = patch[directive]
      if (Array.isArray(list) && Array.isArray(gone))
        result[deletion] = (list as JsonValue[]).filter((item) => !gone.some((other: JsonValue) => same(item, other)))
    }
    const ordering = /^\$setElementOrder\/(.*)$/.exec(directive)?.[1]
    if (ordering === undefined || patch[ordering] !== undefined) return
    const list = result[ordering]
    const order = patch[directive]
    if (!Array.isArray(list) || !Array.isArray(order)) return
    const mergeKey = fieldSchema(schema, ordering)['x-kubernetes-patch-merge-key']
    const id = (item: JsonValue): JsonValue | undefined => (mergeKey !== undefined && isObject(item) ? item[mergeKey] : item)
    result[ordering] = ordered(list as JsonValue[], (order as JsonValue[]).map(id), id, (list as JsonValue[]).map(id))
  }
}

function fieldSchema(schema: Schema, key: string): Schema {
  return schema.properties?.[key] ?? schema.additionalProperties ?? {}
}

function isDirective(value: JsonValue, directive: string): boolean {
  return isObject(value) && value['$patch'] === directive
}

function stripDirectives(value: JsonValue): JsonValue {
  return isObject(value) ? without(value, ['$patch', '$retainKeys']) : value
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
}

/** `$retainKeys` names all keys that may stay. */
function retain(result: Fields, patch: JsonObject): void {
  const keep = patch['$retainKeys']
  if (keep === undefined) return
  const wrong = new StrategicPatchError('invalid patch format of retainKeys', true)
  if (!Array.isArray(keep)) throw wrong
  const named = Object.keys(patch).filter((key) => patch[key] !== null && !key.startsWith('$'))
  if (named.some((key) => !keep.includes(key))) throw wrong
  for (const key of Object.keys(result)) if (!keep.includes(key)) delete result[key]
}

function mergePrimitives(before: readonly JsonValue[], added: readonly JsonValue[], order: JsonValue | undefined): JsonValue[] {
  const merged = [...before, ...added.filter((item) => !before.some((existing) => same(existing, item)))]
  return ordered(merged, Array.isArray(order) ? order : added, (item) => item, before)
}

/** Lists are of one type, and not of lists. */
function checkElements(...lists: readonly (readonly JsonValue[])[]): void {
  const all = lists.flat() as readonly JsonValue[]
  const type = (value: JsonValue) => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value)
  if (all[0] !== undefined && Array.isArray(all[0])) throw new StrategicPatchError('lists of lists are not supported')
  if (new Set(all.map(type)).size > 1) throw new StrategicPatchError(`list element types are not identical: ${goValue(lists)}`)
}

/** What a patch changes has to be in the order that the patch declares. */
function checkOrder(patches: readonly JsonValue[], order: JsonValue | undefined, mergeKey: string | undefined): void {
  if (order === undefined) return
  if (!Array.isArray(order)) throw new StrategicPatchError('invalid patch format of setElementOrder list', true)
  if (order.length === 0) return
  const id = (item: JsonValue) => (mergeKey !== undefined && isObject(item) ? item[mergeKey] : item)
  const declared = (order as readonly JsonValue[]).map(id)
  let next = 0
  for (const item of patches.filter((candidate) => !isObject(candidate) || candidate['$patch'] === undefined)) {
    const found = declared.findIndex((one, index) => index >= next && same(one, id(item)))
    if (found < 0)
      throw new StrategicPatchError(
        `The order in patch list:\n${goValue(patches)}\n doesn't match $setElementOrder list:\n${goValue(order)}\n`,
      )
    next = found + 1
  }
}

/** A value as Go's `%v` writes it. */
export function goValue(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => goValue(item)).join(' ')}]`
  if (!isObject(value)) return value === null || value === undefined ? '<nil>' : String(value)
  const keys = Object.keys(value).toSorted()
  return `map[${keys.map((key) => `${key}:${goValue(value[key])}`).join(' ')}]`
}

/** What the patch orders comes in its order; what only the server has keeps its place relative to what stood before it. */
function ordered<T extends JsonValue>(
  items: readonly T[],
  order: readonly (JsonValue | undefined)[],
  id: (item: T) => JsonValue | undefined,
  before: readonly (JsonValue | undefined)[],
): T[] {
  const rank = (item: T) => order.findIndex((wanted) => same(wanted, id(item)))
  const listed = items.filter((item) => rank(item) >= 0).toSorted((a, b) => rank(a) - rank(b))
  const place = (item: T) => before.findIndex((old) => same(old, id(item)))
  const result = [...listed]
  for (const item of items.filter((candidate) => rank(candidate) < 0)) {
    const own = place(item)
    const next = result.findIndex((other) => place(other) > own && own >= 0)
    if (next < 0) result.push(item)
    else result.splice(next, 0, item)
  }
  return result
}
