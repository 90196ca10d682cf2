import { ApiError } from '../api/door.ts'
import type { Api, WatchEvent } from '../api/door.ts'
import type { Kinds } from '../resources/kinds.ts'
import type { Platform } from '../platform.ts'
import type { Change } from './change.ts'
import { createEventRecorder } from './event-recorder.ts'
import type { EventRecorder } from './event-recorder.ts'
import { withMetadata } from './objects.ts'
import { Pace } from './pace.ts'

export interface Controller {
  /** As events name it, e.g. `deployment-controller`. */
  readonly name: string
  readonly watches: readonly Watch[]
  /** Reads the present state and decides. @param key `namespace/name`, or a name */
  readonly reconcile: (key: string) => readonly Change[]
}

/** Subscribes to one kind and turns its events into keys. */
export type Watch = (api: Api, enqueue: (key: string) => void) => () => void

/** `keys` says whose business an object is. An object's state before the change is asked too. */
export function watching<K extends keyof Kinds>(
  kind: K,
  keys: (object: Kinds[K], event: WatchEvent<Kinds[K]>['type']) => readonly string[],
): Watch {
  return (api, enqueue) =>
    api.watch(kind, (event) => {
      for (const key of keys(event.object, event.type)) enqueue(key)
      if (event.old) for (const key of keys(event.old, event.type)) enqueue(key)
    })
}

/** The first and the longest wait before a key that failed is tried again; each is twice the one before. */
const firstRetryMillis = 50
const lastRetryMillis = 60_000

/** Runs one controller: a queue of keys, each handled once however often it was asked for. @returns stops it */
export function runController(api: Api, platform: Platform, controller: Controller): () => void {
  const record = createEventRecorder(api, platform, { component: controller.name })
  const queue = new Set<string>()
  const timers = new Map<string, { at: number; cancel: () => void }>()
  const failures = new Map<string, number>()
  const pace = new Pace(platform.clock)
  let scheduled = false
  let stopped = false

  const enqueue = (key: string): void => {
    if (stopped) return
    queue.add(key)
    if (scheduled) return
    scheduled = true
    pace.soon(drain)
  }

  const later = (key: string, millis: number): void => {
    const at = platform.clock.now() + millis
    const waiting = timers.get(key)
    if (waiting && waiting.at <= at) return
    waiting?.cancel()
    const cancel = platform.clock.after(millis, () => {
      timers.delete(key)
      enqueue(key)
    })
    timers.set(key, { at, cancel })
  }

  const fail = (key: string): void => {
    const times = failures.get(key) ?? 0
    failures.set(key, times + 1)
    later(key, Math.min(firstRetryMillis * 2 ** times, lastRetryMillis))
  }

  const handle = (key: string): void => {
    // What it waited for is decided anew now.
    timers.get(key)?.cancel()
    timers.delete(key)
    try {
      carryOut(api, record, controller.reconcile(key), (millis) => later(key, millis))
      failures.delete(key)
    } catch (error) {
      if (!(error instanceof ApiError)) platform.report(error)
      fail(key)
    }
  }

  const drain = (): void => {
    scheduled = false
    const keys = [...queue]
    queue.clear()
    for (const [index, key] of keys.entries()) {
      if (stopped) return
      handle(key)
      if (!pace.isLong()) continue
      for (const left of keys.slice(index + 1)) enqueue(left)
      return
    }
  }

  const ends = controller.watches.map((watch) => watch(api, enqueue))
  return () => {
    stopped = true
    for (const end of ends) end()
    for (const timer of timers.values()) timer.cancel()
  }
}

function carryOut(api: Api, record: EventRecorder, changes: readonly Change[], later: (millis: number) => void): void {
  for (const change of changes) {
    switch (change.do) {
      case 'create':
        create(api, record, change, later)
        break
      case 'update':
        api.update(change.object)
        break
      case 'status':
        // What was decided from this turn's reading stays right though other fields were written in between.
        if (api.get(change.object.kind, change.object.metadata.namespace, change.object.metadata.name ?? '')) {
          api.updateStatus(withMetadata(change.object, { resourceVersion: undefined }))
        }
        break
      case 'rescale':
        api.generic.rescale(change.target, change.replicas)
        break
      case 'delete':
        api.delete(change.kind, change.namespace, change.name, change.options)
        break
      case 'say':
        record(change.about, change)
        break
      case 'again':
        later(change.millis)
    }
  }
}

function create(api: Api, record: EventRecorder, change: Extract<Change, { do: 'create' }>, later: (millis: number) => void): void {
  let created
  try {
    created = api.create(change.object)
  } catch (error) {
    if (error instanceof ApiError) carryOut(api, record, change.refused?.(error) ?? [], later)
    throw error
  }
  carryOut(api, record, change.done?.(created) ?? [], later)
}
