import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { Event } from '../resources/kinds.ts'
import { nameOf } from './objects.ts'

/** Source: kube-apiserver --event-ttl */
const lifeMillis = 3_600_000
/** Often enough to bound what is kept, seldom enough to cost nothing. */
const sweepMillis = 300_000

/** Forgets events an hour after they last happened. Looks only when a new one comes, so that nothing ticks. @returns stops it */
export function startEventExpiry(api: Api, platform: Platform): () => void {
  let swept = platform.clock.now()
  return api.watch('Event', ({ type }) => {
    const now = platform.clock.now()
    if (type !== 'ADDED' || now - swept < sweepMillis) return
    swept = now
    for (const event of api.list('Event'))
      if (now - lastSeen(event) > lifeMillis) api.delete('Event', event.metadata.namespace, nameOf(event))
  })
}

function lastSeen(event: Event): number {
  return Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '')
}
