import type { Platform } from '../platform.ts'
import type { StoredObject } from '../resources/object.ts'

export interface StoreEvent {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** For DELETED: as it was last, with the deletion's revision. */
  readonly object: StoredObject
  readonly old?: StoredObject
  /** Which table it is of, e.g. `apps/deployments`. */
  readonly table: string
}

export interface WatchOptions {
  /** Called when the store closes, and nothing comes any more. */
  readonly ended?: () => void
  /** One of those who act on changes: hears of nothing while they are held. */
  readonly acts?: boolean
}

interface Watcher extends WatchOptions {
  readonly table: string | undefined
  readonly handler: (event: StoreEvent) => void
  closed: boolean
}

/** Two states of an object: `old` is undefined when it was made, `object` when it was removed. */
export interface ObjectChange {
  readonly table: string
  readonly old?: StoredObject
  readonly object?: StoredObject
}

/** What a store is, for one that begins as it. */
export interface StoreContents {
  readonly revision: number
  readonly objects: Iterable<{ readonly table: string; readonly object: StoredObject }>
}

/** Bounds the memory of the log: what is older cannot be watched from, as on a real API server after compaction. */
const LOG_LENGTH = 2000

/**
 * All objects of a cluster under one revision counter, with the log of the latest changes.
 * Objects are immutable; writers are synchronous; watchers hear of changes in order, in a microtask.
 */
export class Store {
  #revision = 1000
  #compacted = 1000
  #log: StoreEvent[] = []
  #tables = new Map<string, Map<string, StoredObject>>()
  #sorted = new Map<string, readonly StoredObject[]>()
  /** Tables that another store reads too: whoever writes first makes itself a copy. */
  #shared = new Set<string>()
  readonly #watchers = new Set<Watcher>()
  readonly #curious = new Set<() => void>()
  #deliveries: { readonly watcher: Watcher; readonly event: StoreEvent }[] = []
  #scheduled = false
  /** Events that those who act have not heard of yet; undefined while they hear of them at once. */
  #held: { readonly watcher: Watcher; readonly event: StoreEvent }[] | undefined
  #journal: ((event: StoreEvent) => void) | undefined
  readonly #platform: Platform

  /** @param contents what it begins with; nothing when absent */
  constructor(platform: Platform, contents?: StoreContents) {
    this.#platform = platform
    if (!contents) return
    this.#revision = contents.revision
    this.#compacted = contents.revision
    for (const { table, object } of contents.objects)
      this.#own(table).set(keyOf(object.metadata.namespace, object.metadata.name ?? ''), object)
  }

  /**
   * A store of its own that begins with what is in this one, at the same revision and with nothing in its log.
   * Costs what `change` changes: everything else is shared until one of the two writes to it.
   * @param change returns the very object when nothing of it has to be different; absent when nothing has
   */
  fork(platform: Platform, change?: (object: StoredObject) => StoredObject): Store {
    const made = new Store(platform)
    made.#revision = this.#revision
    made.#compacted = this.#revision
    this.#shared = new Set(this.#tables.keys())
    made.#shared = new Set(this.#shared)
    made.#tables = new Map(this.#tables)
    made.#sorted = new Map(this.#sorted)
    if (!change) return made
    for (const [table, objects] of this.#tables) {
      for (const object of objects.values()) {
        const changed = change(object)
        if (changed === object) continue
        const own = made.#own(table)
        own.delete(keyOf(object.metadata.namespace, object.metadata.name ?? ''))
        own.set(keyOf(changed.metadata.namespace, changed.metadata.name ?? ''), changed)
        made.#sorted.delete(table)
      }
    }
    return made
  }

  get revision(): number {
    return this.#revision
  }

  /** Makes the next revision come after `revision`, and what was before it unwatchable: another store's clients come here now. */
  follow(revision: number): void {
    this.#revision = Math.max(this.#revision, revision) + 1
    this.compact()
  }

  /** Calls `journal` with each change before it is made; when it throws, nothing has changed. */
  keep(journal: (event: StoreEvent) => void): void {
    this.#journal = journal
  }

  /** Everything there is. */
  contents(): StoreContents {
    const objects = [...this.#tables].flatMap(([table, all]) => [...all.values()].map((object) => ({ table, object })))
    return { revision: this.#revision, objects }
  }

  /** What is not the same in `other`, in the order of tables and keys. Tables and objects that the two share cost nothing. */
  changesTo(other: Store): readonly ObjectChange[] {
    const changes: ObjectChange[] = []
    for (const table of [...new Set([...this.#tables.keys(), ...other.#tables.keys()])].toSorted(compare)) {
      const before = this.#tables.get(table) ?? new Map<string, StoredObject>()
      const after = other.#tables.get(table) ?? new Map<string, StoredObject>()
      if (before === after) continue
      for (const key of [...new Set([...before.keys(), ...after.keys()])].toSorted(compare)) {
        const [old, object] = [before.get(key), after.get(key)]
        if (old !== object) changes.push({ table, ...(old && { old }), ...(object && { object }) })
      }
    }
    return changes
  }

  /** The oldest revision that can still be watched from. */
  get oldest(): number {
    return this.#compacted
  }

  get(table: string, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#tables.get(table)?.get(keyOf(namespace, name))
  }

  /** How many objects a table has. */
  size(table: string): number {
    return this.#tables.get(table)?.size ?? 0
  }

  /** In the order of keys: namespace, then name. */
  list(table: string, namespace?: string): readonly StoredObject[] {
    const all = this.#sortedList(table)
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace)
  }

  /** The objects as they were at `revision`. @throws RangeError when that is too long ago */
  listAt(table: string, revision: number, namespace?: string): readonly StoredObject[] {
    if (revision >= this.#revision) return this.list(table, namespace)
    if (revision < this.#compacted) throw new RangeError('too old')
    const objects = new Map(this.#tables.get(table))
    for (const event of this.#log.toReversed()) {
      if (event.revision <= revision) break
      if (event.table !== table) continue
      const key = keyOf(event.object.metadata.namespace, event.object.metadata.name ?? '')
      if (event.old) objects.set(key, event.old)
      else objects.delete(key)
    }
    const sorted = [...objects].toSorted(([a], [b]) => compare(a, b)).map(([, object]) => object)
    return namespace === undefined ? sorted : sorted.filter((object) => object.metadata.namespace === namespace)
  }

  /** Writes the object, new or changed, with the next revision. @returns it as stored */
  put(table: string, object: StoredObject): StoredObject {
    const key = keyOf(object.metadata.namespace, object.metadata.name ?? '')
    const objects = this.#own(table)
    const old = objects.get(key)
    const stored = this.#stamp(object)
    const event: StoreEvent = { revision: this.#revision, type: old ? 'MODIFIED' : 'ADDED', object: stored, ...(old && { old }), table }
    this.#journal?.(event)
    objects.set(key, stored)
    this.#record(event)
    return stored
  }

  /** Removes the object. `last` is how it is shown in the DELETED event. */
  remove(table: string, last: StoredObject): StoredObject {
    const key = keyOf(last.metadata.namespace, last.metadata.name ?? '')
    const old = this.#tables.get(table)?.get(key)
    if (!old) return last
    const stamped = this.#stamp(last)
    const event: StoreEvent = { revision: this.#revision, type: 'DELETED', object: stamped, old, table }
    this.#journal?.(event)
    this.#own(table).delete(key)
    this.#record(event)
    return stamped
  }

  /** Changes of `table` (all tables when undefined) after `revision`. @throws RangeError when that is too long ago */
  since(table: string | undefined, revision: number): readonly StoreEvent[] {
    if (revision < this.#compacted) throw new RangeError('too old')
    return this.#log.filter((event) => event.revision > revision && (table === undefined || event.table === table))
  }

  /** Tells `handler` of `initial` and then of each change, never before this returns. @returns ends it */
  watch(
    table: string | undefined,
    initial: readonly StoreEvent[],
    handler: (event: StoreEvent) => void,
    options: WatchOptions = {},
  ): () => void {
    const watcher: Watcher = { ...options, table, handler, closed: false }
    this.#watchers.add(watcher)
    for (const event of initial) this.#deliveries.push({ watcher, event })
    this.#schedule()
    return () => {
      watcher.closed = true
      this.#watchers.delete(watcher)
    }
  }

  /** Calls once, with the next change of anything. @returns forgets it */
  nextChange(callback: () => void): () => void {
    this.#curious.add(callback)
    return () => this.#curious.delete(callback)
  }

  /** Forgets the log so far: nobody can watch from before now. */
  compact(): void {
    this.#log = []
    this.#compacted = this.#revision
  }

  /** From now on those who act hear of nothing, until `release`. */
  hold(): void {
    this.#held ??= []
  }

  /** Those who act hear of everything that has happened meanwhile. */
  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.#deliveries.push(...held)
    this.#schedule()
  }

  close(): void {
    const watchers = [...this.#watchers]
    for (const watcher of watchers) watcher.closed = true
    this.#watchers.clear()
    this.#curious.clear()
    this.#deliveries = []
    this.#held = undefined
    for (const watcher of watchers) watcher.ended?.()
  }

  /** The table, for writing. */
  #own(table: string): Map<string, StoredObject> {
    const there = this.#tables.get(table)
    if (there && !this.#shared.has(table)) return there
    const own = new Map(there)
    this.#tables.set(table, own)
    this.#shared.delete(table)
    return own
  }

  #sortedList(table: string): readonly StoredObject[] {
    const cached = this.#sorted.get(table)
    if (cached) return cached
    const objects = this.#tables.get(table) ?? new Map<string, StoredObject>()
    const sorted = [...objects].toSorted(([a], [b]) => compare(a, b)).map(([, object]) => object)
    this.#sorted.set(table, sorted)
    return sorted
  }

  #stamp(object: StoredObject): StoredObject {
    this.#revision++
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } }
  }

  #record(event: StoreEvent): void {
    if (this.#curious.size > 0) {
      const curious = [...this.#curious]
      this.#curious.clear()
      for (const callback of curious) callback()
    }
    this.#sorted.delete(event.table)
    this.#log.push(event)
    if (this.#log.length > LOG_LENGTH * 1.5) {
      this.#log = this.#log.slice(-LOG_LENGTH)
      this.#compacted = (this.#log[0]?.revision ?? this.#revision + 1) - 1
    }
    for (const watcher of this.#watchers) {
      if (watcher.table === undefined || watcher.table === event.table) this.#deliveries.push({ watcher, event })
    }
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#deliveries.length === 0) return
    this.#scheduled = true
    queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    for (let index = 0; index < this.#deliveries.length; index++) {
      const delivery = this.#deliveries[index]
      if (!delivery || delivery.watcher.closed) continue
      if (this.#held && delivery.watcher.acts) {
        this.#held.push(delivery)
        continue
      }
      try {
        delivery.watcher.handler(delivery.event)
      } catch (error) {
        this.#platform.report(error)
      }
    }
    this.#deliveries = []
    this.#scheduled = false
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
