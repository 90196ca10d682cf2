import { isTrue } from './call.ts'
import { ApiError } from './door.ts'
import { eventText } from './json-text.ts'
import { checkListOptions, invalidVersion, tooLarge } from './list-options.ts'
import { initialEvents } from './local.ts'
import { shownAs } from '../resources/versions.ts'
import type { Platform } from '../platform.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Store, StoreEvent } from '../store/store.ts'
import type { Call } from './call.ts'
import type { BodySink, BodyStream } from './http.ts'

/** Answers watches. */

export interface Watching {
  readonly store: Store
  readonly platform: Platform
  readonly matches: (object: StoredObject) => boolean
  /** How the client wants to see objects; undefined for as they are. */
  readonly show: ((object: StoredObject) => JsonObject) | undefined
}

/** How long a watcher that asked for bookmarks may know of an old revision only. Source: k8s.io/apiserver, defaultBookmarkFrequency */
const BOOKMARK_MILLIS = 60_000

/** @throws ApiError for a watch that makes no sense; one that comes too late is told so in the stream */
export function watchStream(call: Call, { store, platform, matches, show }: Watching): BodyStream {
  const { query } = call.request
  checkListOptions(query)
  const version = query.get('resourceVersion') ?? ''
  if (!/^\d*$/.test(version)) throw new ApiError(500, '', invalidVersion(version))
  const begins = beginning(query)
  if (begins === 'all' && Number(version) > store.revision) throw tooLarge(version, store.revision)
  return (sink) => {
    const { table } = call.resource
    const initial = initialFor(store, table, begins, version)
    if (!initial) return expired(sink, `too old resource version: ${version} (${store.oldest + 1})`)
    const write = (type: string, object: StoredObject) =>
      sink.write(show ? `${JSON.stringify({ type, object: show(object) })}\n` : eventText(type, shownAs(call.resource, object)))
    const bookmarks = isTrue(query.get('allowWatchBookmarks') ?? 'false')
      ? new Bookmarks(store, platform, (revision, initialEnd) => write('BOOKMARK', bookmark(call, revision, initialEnd)))
      : undefined
    const after = begins === 'later' ? Number(version) : 0
    const tell = (event: StoreEvent) => {
      const seen = event.revision > after ? transition(event, matches) : undefined
      if (!seen) return
      bookmarks?.told(event.revision)
      write(seen.type, seen.object)
    }
    const ends = call.resource.custom?.life.ends
    const stop = () => {
      ends?.delete(gone)
      stopWatching()
      bookmarks?.stop()
      cancel()
    }
    const gone = () => {
      stop()
      sink.end()
    }
    const stopWatching = store.watch(table, initial, tell, { ended: () => gone() })
    if (begins === 'all' && query.has('sendInitialEvents')) queueMicrotask(() => bookmarks?.send(true))
    const seconds = Number(query.get('timeoutSeconds') ?? 0)
    const timedOut = () => {
      bookmarks?.send(false)
      gone()
    }
    const cancel = seconds > 0 ? platform.clock.after(seconds * 1000, timedOut) : () => undefined
    ends?.add(gone)
    return stop
  }
}

/** What a watcher hears first: all that there is, what happened since a revision, or nothing. */
function beginning(query: URLSearchParams): 'all' | 'later' | 'now' {
  const version = query.get('resourceVersion') ?? ''
  const sends = query.get('sendInitialEvents')
  if (sends !== null && isTrue(sends)) return 'all'
  if (version !== '' && version !== '0') return 'later'
  return sends === null ? 'all' : 'now'
}

/** @returns undefined when nobody remembers that far back */
function initialFor(store: Store, table: string, begins: ReturnType<typeof beginning>, version: string): readonly StoreEvent[] | undefined {
  if (begins === 'now') return []
  if (begins === 'all') return initialEvents(store.list(table), table)
  try {
    return store.since(table, Number(version))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function expired(sink: BodySink, message: string): () => void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'Expired', code: 410 }
  sink.write(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
  sink.end()
  return () => undefined
}

/** What a change means to somebody who sees only what matches: what stops to match is shown as it was last. */
function transition(
  { type, object, old }: StoreEvent,
  matches: (object: StoredObject) => boolean,
): { readonly type: StoreEvent['type']; readonly object: StoredObject } | undefined {
  const now = type !== 'DELETED' && matches(object)
  const before = old !== undefined && matches(old)
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object }
  if (!before) return undefined
  const resourceVersion = object.metadata.resourceVersion ?? ''
  return { type: 'DELETED', object: type === 'DELETED' ? object : { ...old, metadata: { ...old.metadata, resourceVersion } } }
}

function bookmark(call: Call, revision: number, initialEnd: boolean): StoredObject {
  const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  return {
    kind: call.resource.kind,
    apiVersion: call.resource.groupVersion,
    metadata: { resourceVersion: String(revision), creationTimestamp: null, ...annotations } as unknown as StoredObject['metadata'],
  }
}

/**
 * Tells a watcher how far time has gone when nothing of what it watches happens: a minute after something else has
 * happened, and not while nothing does.
 */
class Bookmarks {
  readonly #store: Store
  readonly #platform: Platform
  readonly #write: (revision: number, initialEnd: boolean) => void
  #known = 0
  #cancel: () => void

  constructor(store: Store, platform: Platform, write: (revision: number, initialEnd: boolean) => void) {
    this.#store = store
    this.#platform = platform
    this.#write = write
    this.#cancel = this.#wait()
  }

  told(revision: number): void {
    this.#known = Math.max(this.#known, revision)
  }

  send(initialEnd: boolean): void {
    const { revision } = this.#store
    if (!initialEnd && revision === this.#known) return
    this.#known = revision
    this.#write(revision, initialEnd)
  }

  stop(): void {
    this.#cancel()
  }

  #wait(): () => void {
    return this.#store.nextChange(() => {
      this.#cancel = this.#platform.clock.after(BOOKMARK_MILLIS, () => {
        this.send(false)
        this.#cancel = this.#wait()
      })
    })
  }
}
