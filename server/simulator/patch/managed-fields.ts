import { rfc3339 } from '../../kernel/clock.ts'
import { isObject, same } from '../resources/draft.ts'
import { intersect, isEmpty, sorted, subtract, union } from './field-set.ts'
import { compare } from './typed.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Schemas } from '../resources/schema.ts'
import type { FieldSet } from './field-set.ts'
import type { Comparison, Typed } from './typed.ts'

/**
 * Who owns which fields of an object.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */

export interface ManagedEntry extends JsonObject {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  /** Absent for who came to own fields without changing anything. */
  readonly time?: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: FieldSet & JsonObject
  readonly subresource?: string
}

/** What nobody owns, since it is the server's. Source: k8s.io/apimachinery, managedfields/internal/stripmeta.go */
const SERVERS_OWN: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:uid': {},
    'f:creationTimestamp': {},
    'f:resourceVersion': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:selfLink': {},
  },
}

/** The managers beyond these are merged, the oldest first. Source: managedfields/internal/fieldmanager.go */
const MOST_UPDATERS = 10

export function entriesOf(object: StoredObject | undefined): readonly ManagedEntry[] {
  const entries = object?.metadata['managedFields']
  return (Array.isArray(entries) ? entries : []) as readonly ManagedEntry[]
}

export function typedOf(schemas: Schemas, schema: string): Typed {
  return { schemas, root: { $ref: schema }, zeros: schemas.data.schemas[schema] !== undefined }
}

/** What a manager may own of these fields: not the server's, and not what this way of writing leaves alone. */
export function ownable(fields: FieldSet, ignored: readonly string[]): FieldSet {
  const kept = Object.fromEntries(Object.entries(fields).filter(([key]) => !ignored.includes(key.slice(2))))
  return subtract(kept, SERVERS_OWN)
}

/** What a write through the object itself, or through one of its subresources, leaves alone. */
export function ignoredBy(subresource: string | undefined, hasStatus: boolean): readonly string[] {
  if (subresource === undefined) return hasStatus ? ['status'] : []
  return subresource === 'status' ? ['spec'] : []
}

export interface Update {
  readonly schemas: Schemas
  readonly schema: string | undefined
  readonly object: StoredObject
  readonly old: StoredObject | undefined
  readonly manager: string
  readonly now: number
  readonly subresource: string | undefined
  /** Top-level fields that this way of writing leaves alone. */
  readonly ignored: readonly string[]
}

/** The object with its managers after a create, an update or a patch. */
export function recordUpdate({ schemas, schema, object, old, manager, now, subresource, ignored }: Update): StoredObject {
  if (schema === undefined) return object
  const before = managersBefore(object, old, subresource)
  if (old && before.length === 0) return withEntries(object, [])
  const { apiVersion, kind } = object
  const { changed, removed } = comparison(typedOf(schemas, schema), old ?? { apiVersion, kind, metadata: {} }, object, ignored)
  if (isEmpty(changed) && isEmpty(removed)) return withEntries(object, before)
  const mine = (entry: ManagedEntry) =>
    entry.manager === manager && entry.operation === 'Update' && entry.subresource === subresource && entry.apiVersion === apiVersion
  const kept = withoutTaken(before, changed, removed, mine)
  const own = before.find(mine)
  const fields = ownable(changed, ignored)
  const time = isEmpty(fields) ? own?.time : rfc3339(now)
  const all = union(own ? subtract(own.fieldsV1, removed) : {}, fields)
  const entry = entryOf(manager, 'Update', apiVersion, time, all, subresource)
  return withEntries(object, capped(isEmpty(all) ? kept : [...kept, entry]))
}

/** Managers as the writer wants them, if it says so; otherwise as they were. An empty list, or an empty entry, forgets all. */
function managersBefore(object: StoredObject, old: StoredObject | undefined, subresource: string | undefined): readonly ManagedEntry[] {
  if (subresource !== undefined) return entriesOf(old)
  const sent = object.metadata['managedFields']
  if (!Array.isArray(sent)) return entriesOf(old)
  if (sent.length === 0 || (sent.length === 1 && same(sent[0] as JsonObject, {}))) return []
  const entries = sent as readonly ManagedEntry[]
  return entries.every(isEntry) ? entries : entriesOf(old)
}

function isEntry(entry: ManagedEntry): boolean {
  return (
    isObject(entry) &&
    (entry.operation === 'Apply' || entry.operation === 'Update') &&
    Boolean(entry.apiVersion) &&
    isObject(entry.fieldsV1)
  )
}

/** What changed, but for what this way of writing leaves alone. */
export function comparison(typed: Typed, old: JsonObject, object: JsonObject, ignored: readonly string[]): Comparison {
  const left = Object.fromEntries(Object.entries(old).filter(([key]) => !ignored.includes(key)))
  const right = Object.fromEntries(Object.entries(object).filter(([key]) => !ignored.includes(key)))
  return compare(typed, left, right)
}

/** The others, without what somebody has just changed or taken away. */
export function withoutTaken(
  entries: readonly ManagedEntry[],
  changed: FieldSet,
  removed: FieldSet,
  mine: (entry: ManagedEntry) => boolean,
): readonly ManagedEntry[] {
  return entries
    .filter((entry) => !mine(entry))
    .map((entry) => {
      const lost = union(intersect(entry.fieldsV1, changed), intersect(entry.fieldsV1, removed))
      return isEmpty(lost) ? entry : { ...entry, fieldsV1: subtract(entry.fieldsV1, lost) }
    })
    .filter((entry) => !isEmpty(entry.fieldsV1))
}

export function entryOf(
  manager: string,
  operation: ManagedEntry['operation'],
  apiVersion: string,
  time: string | undefined,
  fields: FieldSet,
  subresource: string | undefined,
): ManagedEntry {
  return {
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(fields),
    ...(subresource !== undefined && { subresource }),
  }
}

/** At most ten updaters: the oldest of a version become `ancient-changes`. Source: managedfields/internal/capmanagers.go */
function capped(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  const updaters = entries.filter(({ operation }) => operation === 'Update').toSorted(byOperationAndTime)
  const kept = [...entries]
  let length = updaters.length
  const first = new Map<string, ManagedEntry>()
  for (const updater of updaters) {
    if (length <= MOST_UPDATERS) break
    const { apiVersion } = updater
    const bucket = first.get(apiVersion)
    if (!bucket) {
      first.set(apiVersion, updater)
      continue
    }
    const ancient = entryOf('ancient-changes', 'Update', apiVersion, updater.time, union(bucket.fieldsV1, updater.fieldsV1), undefined)
    kept.splice(kept.indexOf(bucket), 1, ancient)
    kept.splice(kept.indexOf(updater), 1)
    first.set(apiVersion, ancient)
    length -= 1
  }
  return kept
}

export function withEntries(object: StoredObject, entries: readonly ManagedEntry[]): StoredObject {
  if (same(object.metadata['managedFields'] ?? [], entries) && entries.length > 0) return object
  const { managedFields: _before, ...metadata } = object.metadata
  if (entries.length === 0) return { ...object, metadata }
  return { ...object, metadata: { ...metadata, managedFields: entries.toSorted(byOperationAndTime) } }
}

/** Those who apply come first; then the older. Source: managedfields/internal/managedfields.go, sortEncodedManagedFields */
export function byOperationAndTime(a: ManagedEntry, b: ManagedEntry): number {
  const key = ({ operation, time = '', manager, apiVersion, subresource = '' }: ManagedEntry) =>
    [operation, time, manager, apiVersion, subresource].join('\n')
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0
}
