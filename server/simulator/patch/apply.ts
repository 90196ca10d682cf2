import { rfc3339 } from '../../kernel/clock.ts'
import { ApiError } from '../api/door.ts'
import { badRequest } from '../api/errors.ts'
import { isObject, same } from '../resources/draft.ts'
import { intersect, isEmpty, pathsOf, subtract, union } from './field-set.ts'
import { byOperationAndTime, comparison, entriesOf, entryOf, ownable, typedOf, withEntries, withoutTaken } from './managed-fields.ts'
import { complaintsAbout, fieldsIn, merged, withNamed, without } from './typed.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Schemas } from '../resources/schema.ts'
import type { FieldSet } from './field-set.ts'
import type { ManagedEntry } from './managed-fields.ts'
import type { Typed } from './typed.ts'

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
  /** Top-level fields that this way of writing leaves alone. */
  readonly ignored: readonly string[]
}

/**
 * Server-side apply: the manager's fields are merged in, fields that it owned and no longer sends go,
 * and others' fields are not changed without force.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 * @see https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/merge/update.go
 * @throws ApiError Conflict, BadRequest; a Status without a reason for values of the wrong type
 */
export function applyPatch(request: ApplyRequest): JsonObject {
  const { schemas, schema, sent, manager } = request
  const typed = typedOf(schemas, schema)
  if (isObject(sent['metadata']) && sent['metadata']['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil')
  checkTypes(typed, sent)
  if (manager !== 'kubectl') return applyOnce(request, typed)
  const upgrading = request.force || allowedByLastApplied(typed, request.current)
  return withLastApplied(applyOnce(request, typed, upgrading), sent)
}

/** @param allowed what may be taken from others without force; true for anything */
function applyOnce(request: ApplyRequest, typed: Typed, allowed: FieldSet | boolean = request.force): JsonObject {
  const { current, sent, manager, now, subresource, ignored } = request
  const apiVersion = String(sent['apiVersion'])
  const entries = current ? managersOf(typed, current) : []
  const mine = (entry: ManagedEntry) => entry.manager === manager && entry.operation === 'Apply' && entry.subresource === subresource
  const previous = entries.find(mine)
  const others = entries.filter((entry) => !mine(entry))
  const named = fieldsIn(typed, sent)
  const wanted = ownable(named, ignored)
  const live = current ?? { apiVersion, kind: sent['kind'] ?? null, metadata: {} }
  const whole = merged(typed, withoutManagers(live), sent)
  const result = previous ? pruned(typed, whole, previous.fieldsV1, union(named, allFields(others))) : whole
  const { changed, removed } = comparison(typed, withoutManagers(live), result, ignored)
  checkConflicts(others, changed, allowed)
  const unchanged = isEmpty(changed) && isEmpty(removed)
  const time = unchanged ? previous?.time : rfc3339(now)
  const own = isEmpty(wanted) ? [] : [entryOf(manager, 'Apply', apiVersion, time, wanted, subresource)]
  const managers = [...own, ...withoutTaken(entries, changed, removed, mine)]
  // Who says again what it said leaves even the time as it was.
  const before = entries.toSorted(byOperationAndTime)
  const after = managers.toSorted(byOperationAndTime)
  return withEntries(result as unknown as StoredObject, sameButTime(before, after) ? before : after)
}

function sameButTime(before: readonly ManagedEntry[], after: readonly ManagedEntry[]): boolean {
  const bare = (entries: readonly ManagedEntry[]) =>
    entries.map(({ time: _time, ...rest }) => JSON.stringify(rest)).toSorted() as unknown as JsonObject[]
  return same(bare(before), bare(after))
}

/** @throws ApiError a Status without a reason, as of an error that the server did not foresee */
function checkTypes(typed: Typed, sent: JsonObject): void {
  const complaints = complaintsAbout(typed, sent)
  if (complaints.length === 0) return
  const { namespace = '', name = '' } = (isObject(sent['metadata']) ? sent['metadata'] : {}) as { namespace?: string; name?: string }
  const why = complaints.length === 1 ? complaints[0] : ['errors:', ...complaints.map((one) => `  ${one}`)].join('\n')
  const kind = `${String(sent['apiVersion'])}, Kind=${String(sent['kind'])}`
  throw new ApiError(500, '', `failed to create typed patch object (${namespace}/${name}; ${kind}): ${why}`)
}

function withoutManagers(object: JsonObject): JsonObject {
  const { managedFields: _managers, ...metadata } = isObject(object['metadata']) ? object['metadata'] : ({} as JsonObject)
  return { ...object, metadata }
}

/** The managers so far; what was there before anybody was noted is somebody's too. */
function managersOf(typed: Typed, current: StoredObject): readonly ManagedEntry[] {
  const entries = entriesOf(current)
  if (entries.length > 0) return entries
  const { apiVersion, kind } = current
  const { changed } = comparison(typed, { apiVersion, kind, metadata: {} }, withoutManagers(current), [])
  const fields = ownable(changed, [])
  return isEmpty(fields) ? [] : [entryOf('before-first-apply', 'Update', apiVersion, undefined, fields, undefined)]
}

function allFields(entries: readonly ManagedEntry[]): FieldSet {
  return entries.reduce<FieldSet>((all, { fieldsV1 }) => union(all, fieldsV1), {})
}

/** Without what the manager had before, and neither it nor anybody else has now. */
function pruned(typed: Typed, whole: JsonObject, last: FieldSet, managed: FieldSet): JsonObject {
  const all = withNamed(typed, fieldsIn(typed, whole))
  const had = withNamed(typed, last)
  const rest = withNamed(typed, fieldsIn(typed, without(typed, whole, had)))
  const owned = without(typed, whole, subtract(all, union(rest, withNamed(typed, managed))))
  const left = withNamed(typed, fieldsIn(typed, owned))
  return without(typed, whole, intersect(subtract(all, left), had))
}

interface Contest {
  readonly entry: ManagedEntry
  readonly paths: readonly string[]
}

function checkConflicts(others: readonly ManagedEntry[], changed: FieldSet, allowed: FieldSet | boolean): void {
  if (allowed === true) return
  const contested = others.map((entry) => ({ entry, fields: intersect(entry.fieldsV1, changed) }))
  const left = contested.map(({ entry, fields }) => ({ entry, paths: pathsOf(allowed === false ? fields : subtract(fields, allowed)) }))
  const conflicts = left.filter(({ paths }) => paths.length > 0)
  if (conflicts.length > 0) throw conflictError(conflicts)
}

/** Managers come in the order of their descriptions. Source: k8s.io/apimachinery, managedfields/internal/conflict.go */
function conflictError(contests: readonly Contest[]): ApiError {
  const conflicts = contests.toSorted((a, b) => (a.entry.manager < b.entry.manager ? -1 : 1))
  const all = conflicts.flatMap(({ entry, paths }) => paths.map((field) => ({ entry, field })))
  const who = ({ manager, subresource, operation, apiVersion }: ManagedEntry) =>
    JSON.stringify(manager) +
    (subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`) +
    (operation === 'Update' ? ` using ${apiVersion}` : '')
  const causes = all.map(({ entry, field }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who(entry)}`, field }))
  const [first] = all
  if (all.length === 1 && first)
    return applyConflict(`Apply failed with 1 conflict: conflict with ${who(first.entry)}: ${first.field}`, causes)
  const lists = conflicts.flatMap(({ entry, paths }) => [`conflicts with ${who(entry)}:`, ...paths.map((path) => `- ${path}`)])
  return applyConflict(`Apply failed with ${all.length} conflicts: ${lists.join('\n')}`, causes)
}

function applyConflict(message: string, causes: JsonObject[]): ApiError {
  return new ApiError(409, 'Conflict', message, { causes })
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** What `kubectl apply` set without the server's help, and is still so, `kubectl apply --server-side` may take over. */
function allowedByLastApplied(typed: Typed, current: StoredObject | undefined): FieldSet {
  const last = lastAppliedTo(current)
  if (!last || !current || last['apiVersion'] !== current.apiVersion) return {}
  const { changed, removed } = comparison(typed, last, withoutManagers(current), [])
  return subtract(fieldsIn(typed, last), union(changed, removed))
}

function lastAppliedTo(current: StoredObject | undefined): JsonObject | undefined {
  const text = current?.metadata.annotations?.[LAST_APPLIED]
  if (!text) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value as JsonObject) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** Keeps the annotation of `kubectl apply` true, where there is one. */
function withLastApplied(object: JsonObject, sent: JsonObject): JsonObject {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {}
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {}
  if (!annotations[LAST_APPLIED]) return object
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: `${JSON.stringify(withoutLastApplied(sent))}\n` } },
  }
}

function withoutLastApplied(sent: JsonObject): JsonObject {
  const metadata = isObject(sent['metadata']) ? sent['metadata'] : {}
  if (!isObject(metadata['annotations'])) return sortedKeys(sent)
  const annotations = Object.fromEntries(Object.entries(metadata['annotations']).filter(([key]) => key !== LAST_APPLIED))
  const { annotations: _before, ...rest } = metadata
  return sortedKeys({ ...sent, metadata: { ...rest, ...(Object.keys(annotations).length > 0 && { annotations }) } })
}

/** As Go writes maps. */
function sortedKeys(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.keys(object)
      .toSorted()
      .map((key) => {
        const value = object[key]
        return [key, isObject(value) ? sortedKeys(value) : value]
      }),
  )
}
