import type { RuntimePast } from '../images/past.ts'
import type { StoredObject } from '../resources/object.ts'
import type { Store } from '../store/store.ts'

/**
 * What a cluster was at a moment: its objects, and what its containers and volumes held. Nothing changes it. It shares with
 * the cluster what neither has changed since, so it takes no more room than that.
 */
export interface Snapshot {
  /** Never written to. */
  readonly store: Store
  readonly past: RuntimePast
  readonly nodes: readonly string[]
  /** Milliseconds since the epoch, by the cluster's clock. */
  readonly takenAt: number
  /** Nothing waited for its time to come: what begins as this sleeps until it is touched. */
  readonly quiet: boolean
}

/** An object that differs between two snapshots. */
export interface Difference {
  readonly type: 'added' | 'changed' | 'removed'
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  /** JSON pointers (RFC 6901) to what is not the same, for a changed object. */
  readonly fields: readonly string[]
}

/** What differs, in the order of kinds, namespaces and names. Costs what has changed, for everything else is shared. */
export function differences(before: Snapshot, after: Snapshot): readonly Difference[] {
  return before.store.changesTo(after.store).flatMap(({ old, object }) => {
    const shown = object ?? old
    if (!shown) return []
    const { apiVersion, kind, metadata } = shown
    const fields = old && object ? fieldsThatDiffer(old, object) : []
    const type = old && object ? 'changed' : object ? 'added' : 'removed'
    return [
      {
        type,
        apiVersion,
        kind,
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
        name: metadata.name ?? '',
        fields,
      },
    ]
  })
}

/** Bookkeeping that changes with every write and says nothing. */
const bookkeeping = new Set(['/metadata/resourceVersion', '/metadata/managedFields', '/metadata/generation'])

function fieldsThatDiffer(before: StoredObject, after: StoredObject): readonly string[] {
  const found: string[] = []
  const compare = (one: unknown, other: unknown, pointer: string): void => {
    if (one === other || bookkeeping.has(pointer)) return
    if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return void found.push(pointer)
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
      compare(one[key], other[key], `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  }
  compare(before, after, '')
  return found
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
