import { useEffect } from 'preact/hooks'
import { SlideId } from '../../server/kernel/ids.ts'
import type { Deck } from '../../server/protocol/deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import type { Roaming } from './roaming.ts'

/** The part of an address that names a slide, and its step when it is not the first: `#/limits/2`. */
export function addressOf({ slide, step }: Position): string {
  return `#/${encodeURIComponent(slide)}${step > 0 ? `/${step + 1}` : ''}`
}

/** Where an address leads in this deck; nowhere when its slide is not there (any more). */
export function positionOf(deck: Deck, hash: string): Position | undefined {
  const [, name, number] = /^#\/([^/]+)(?:\/(\d{1,4}))?$/.exec(hash) ?? []
  if (name === undefined) return undefined
  const id = SlideId.safeParse(decoded(name))
  const slide = id.success ? deck.slides.find((one) => one.id === id.data) : undefined
  return slide && { slide: slide.id, step: Math.min(Math.max(Number(number ?? 1), 1), slide.steps.length) - 1 }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** While somebody roams, the address says where: it can be kept and sent. Who follows the stage has none, and follows again after a reload. */
export function useAddress(deck: Deck, roaming: Roaming): void {
  const position = roaming.position.value
  const following = roaming.following.value
  useEffect(() => {
    const arrive = (): void => {
      const to = positionOf(deck, location.hash)
      if (to) roaming.goTo(to)
    }
    arrive()
    addEventListener('hashchange', arrive)
    return () => removeEventListener('hashchange', arrive)
  }, [roaming])
  useEffect(() => {
    const hash = following ? '' : addressOf(position)
    if (hash !== location.hash) history.replaceState(null, '', location.pathname + hash)
  }, [position.slide, position.step, following])
}
