import { rfc3339, rfc3339Micro } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import type { Event, ObjectMeta } from '../resources/kinds.ts'
import type { Platform } from '../platform.ts'
import { referenceTo } from './objects.ts'

/** Whom an event is about. */
export interface Subject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

export interface Saying {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** e.g. `spec.containers{web}` */
  readonly fieldPath?: string
  /** What the reporter was doing; only the newer events API has it. */
  readonly action?: string
}

export type EventRecorder = (about: Subject, saying: Saying) => void

export interface Reporter {
  /** e.g. `deployment-controller` */
  readonly component: string
  /** The node, for kubelets. */
  readonly host?: string
  /** Writes as the events.k8s.io API does (the scheduler): `eventTime` and `series`, no `source`, no `count`. */
  readonly modern?: boolean
}

/** One source may say 25 things about one object, and then one every five minutes. client-go's EventSourceObjectSpamFilter. */
const burst = 25
const refillMillis = 300_000
/** More than this many different messages of one kind within ten minutes are told as one. client-go's EventAggregator. */
const similarLimit = 10
const similarMillis = 600_000
/** Enough for everything that is happening at once; older memories only cost a repeated event. */
const remembered = 512

/**
 * Writes events as client-go's recorders do: the same words about the same object raise `count` and
 * `lastTimestamp` of the event that is already there.
 */
export function createEventRecorder(api: Api, platform: Platform, reporter: Reporter): EventRecorder {
  // Most recorders of a cluster never have anything to say.
  let memory: Memory | undefined

  const allowed = ({ buckets }: Memory, key: string): boolean => {
    const now = platform.clock.now()
    const bucket = buckets.get(key) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMillis)
    remember(buckets, key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
    return tokens >= 1
  }

  const combined = ({ similar }: Memory, key: string, message: string): string | undefined => {
    const now = platform.clock.now()
    const before = similar.get(key)
    const group = before && now - before.at <= similarMillis ? before : { at: now, messages: new Set<string>() }
    group.at = now
    if (group.messages.size <= similarLimit) group.messages.add(message)
    remember(similar, key, group)
    return group.messages.size > similarLimit ? `(combined from similar events): ${message}` : undefined
  }

  return (about, saying) => {
    try {
      const { uid = '', name = '' } = about.metadata
      memory ??= { known: new Map(), buckets: new Map(), similar: new Map() }
      const { known } = memory
      if (!allowed(memory, uid || name)) return
      const kind = [uid || name, saying.fieldPath, saying.type, saying.reason, saying.action].join('|')
      const together = combined(memory, kind, saying.message)
      const key = together === undefined ? `${kind}|${saying.message}` : kind
      const namespace = about.metadata.namespace ?? 'default'
      const again = { ...saying, message: together ?? saying.message }
      const existing = known.get(key)
      if (existing !== undefined && repeat(api, platform, namespace, existing, again.message)) return
      const event = newEvent(platform, reporter, about, again, namespace)
      api.create<'Event'>(event)
      remember(known, key, event.metadata.name ?? '')
    } catch {
      // An event that cannot be written (its namespace is going, say) is lost, as on a real cluster.
    }
  }
}

interface Memory {
  readonly known: Map<string, string>
  readonly buckets: Map<string, { tokens: number; at: number }>
  readonly similar: Map<string, { at: number; messages: Set<string> }>
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= remembered) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}

/** @returns whether the event was there to be repeated */
function repeat(api: Api, platform: Platform, namespace: string, name: string, message: string): boolean {
  const now = platform.clock.now()
  const done = api.modify('Event', namespace, name, (event): Event => {
    if (event.eventTime && !event.count) {
      const count = (event.series?.count ?? 1) + 1
      return { ...event, message, series: { count, lastObservedTime: rfc3339Micro(now) } }
    }
    return { ...event, message, count: (event.count ?? 1) + 1, lastTimestamp: rfc3339(now) }
  })
  return done !== undefined
}

function newEvent(platform: Platform, reporter: Reporter, about: Subject, saying: Saying, namespace: string): Event {
  const now = platform.clock.now()
  const nanos = BigInt(now) * 1_000_000n + BigInt(Math.floor(platform.random() * 1_000_000))
  const host = reporter.host ?? ''
  const common = {
    apiVersion: 'v1' as const,
    kind: 'Event' as const,
    metadata: { name: `${about.metadata.name ?? ''}.${nanos.toString(16)}`, namespace },
    involvedObject: { ...referenceTo(about), ...(saying.fieldPath ? { fieldPath: saying.fieldPath } : {}) },
    type: saying.type,
    reason: saying.reason,
    message: saying.message,
    reportingComponent: reporter.component,
  }
  if (reporter.modern) {
    // Whole seconds, as the other events have, so that clients that sort by time don't put a pod's start before its scheduling.
    const eventTime = rfc3339Micro(Math.floor(now / 1000) * 1000)
    return { ...common, source: {}, action: saying.action ?? '', eventTime, reportingInstance: `${reporter.component}-${host}` }
  }
  const at = rfc3339(now)
  const source = { component: reporter.component, ...(host ? { host } : {}) }
  return { ...common, source, firstTimestamp: at, lastTimestamp: at, count: 1, reportingInstance: host }
}
