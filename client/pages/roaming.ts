import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Position } from '../../server/protocol/session-event.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { walked, type Walk } from '../slides/walk.ts'

export interface Roaming {
  /** Where this page is. */
  readonly position: ReadonlySignal<Position>
  readonly following: ReadonlySignal<boolean>
  readonly walk: (walk: Walk) => void
  readonly goTo: (position: Position) => void
  readonly toggle: () => void
}

/**
 * Follows the stage, or goes its own way. This page decides where it is; the server is told, also again after
 * every reconnect, because what was said while the network was away is lost.
 */
export function useRoaming(store: SessionStore): Roaming {
  const own = useMemo(() => ({ place: signal<Position | undefined>(undefined), known: false }), [store])
  const roaming = useMemo((): Roaming => {
    const position = computed(() => own.place.value ?? store.stage())
    const goTo = (to: Position): void => {
      own.place.value = to
      store.send({ type: 'slide.show', ...to })
    }
    return {
      position,
      following: computed(() => own.place.value === undefined),
      goTo,
      walk: (walk) => {
        const to = walked(store.deck.value, position.value, walk)
        if (to) goTo(to)
      },
      toggle: () => {
        if (own.place.value === undefined) return goTo(position.value)
        own.place.value = undefined
        store.send({ type: 'follow' })
      },
    }
  }, [store, own])
  useEffect(() => {
    const welcomed = (): void => {
      // Who came by an address that names a slide is there already, wherever they were before.
      if (own.known || own.place.value) {
        own.known = true
        if (own.place.value) store.send({ type: 'slide.show', ...own.place.value })
        else store.send({ type: 'follow' })
        return
      }
      own.known = true
      const me = store.shown.value === undefined ? undefined : store.session.value.people.get(store.shown.value)
      if (me && !me.following && me.position) own.place.value = me.position
    }
    store.onWelcome(welcomed)
    if (store.welcome.value) welcomed()
  }, [store, own])
  return roaming
}
