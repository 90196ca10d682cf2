import { rfc3339 } from '../../kernel/clock.ts'
import type { ObjectMeta, Pod, Service } from '../resources/kinds.ts'
import { keyOf, nameOf } from './objects.ts'

const annotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** What made the addresses of a service change, as a time: undefined when it was something that has none, such as a pod that went. */
export type TriggerTime = string | undefined

/**
 * Remembers of services and their pods when each last changed its readiness, to tell what is new.
 * Source: pkg/controller/util/endpointslice, which calls the earliest of the new times the trigger.
 */
export class TriggerTimes {
  readonly #known = new Map<string, ReadonlyMap<string, number>>()

  /** @param pods those that the service selects */
  next(service: Service, pods: readonly Pod[]): TriggerTime {
    const before = this.#known.get(keyOf(service))
    const times = new Map([['', Date.parse(service.metadata.creationTimestamp ?? '')]])
    for (const pod of pods) {
      const ready = pod.status?.conditions?.find((one) => one.type === 'Ready')
      if (ready?.lastTransitionTime !== undefined) times.set(nameOf(pod), Date.parse(ready.lastTransitionTime))
    }
    this.#known.set(keyOf(service), times)
    const fresh = [...times].filter(([name, at]) => at > (before?.get(name) ?? 0)).map(([, at]) => at)
    return fresh.length > 0 ? rfc3339(Math.min(...fresh)) : undefined
  }

  forget(key: string): void {
    this.#known.delete(key)
  }
}

/** The annotations with the trigger's time instead of the one before. */
export function triggered(before: ObjectMeta['annotations'], time: TriggerTime): ObjectMeta['annotations'] {
  const { [annotation]: _old, ...rest } = before ?? {}
  const after = time === undefined ? rest : { ...rest, [annotation]: time }
  return Object.keys(after).length > 0 ? after : undefined
}
