import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Position } from '../../server/protocol/session-event.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { walked, type Walk } from '../slides/walk.ts'

export interface Steering {
  readonly position: ReadonlySignal<Position>
  readonly walk: (walk: Walk) => void
  readonly goTo: (position: Position) => void
}

/** How long the console believes its own key press before it believes the log again. */
const ECHO_MILLIS = 2000

/** Moves the stage. The console shows the move at once and does not wait for its echo, nor jump back to an older one. */
export function useSteering(store: SessionStore): Steering {
  const steering = useMemo(() => {
    const ahead = signal<Position | undefined>(undefined)
    let timer: ReturnType<typeof setTimeout> | undefined
    const position = computed(() => {
      const { stage } = store.session.value
      const wanted = ahead.value
      return wanted && !(stage?.slide === wanted.slide && stage.step === wanted.step) ? wanted : store.stage()
    })
    const goTo = (to: Position): void => {
      if (!store.send({ type: 'slide.show', ...to })) return
      ahead.value = to
      clearTimeout(timer)
      timer = setTimeout(() => {
        ahead.value = undefined
      }, ECHO_MILLIS)
    }
    const walk = (how: Walk): void => {
      const to = walked(store.deck.value, position.value, how)
      if (to) goTo(to)
    }
    return { position, walk, goTo }
  }, [store])
  useEffect(() => {
    // The first slide is a move too: the recording's first chapter begins there.
    store.onWelcome(() => {
      if (!store.session.value.stage) steering.goTo(store.stage())
    })
    if (store.welcome.value && !store.session.value.stage) steering.goTo(store.stage())
  }, [store, steering])
  return steering
}
