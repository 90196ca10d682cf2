import type { Deck, Slide } from '../../server/protocol/deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'

/** Where a position is in a deck that may have changed since: indices that are there. A slide that is gone becomes the first. */
export function placeOf(
  deck: Deck,
  position: Position | undefined,
): { readonly index: number; readonly step: number; readonly slide: Slide } {
  const found = deck.slides.findIndex((slide) => slide.id === position?.slide)
  const index = Math.max(found, 0)
  const slide = deck.slides[index]
  if (!slide) throw new Error('A deck has at least one slide.')
  const step = found < 0 ? 0 : Math.min(Math.max(position?.step ?? 0, 0), slide.steps.length - 1)
  return { index, step, slide }
}

/** The slides that a page holds while it shows one: it and those beside it. `from` is the first one's index in the deck. */
export function neighbours(deck: Deck, index: number): { readonly from: number; readonly slides: readonly Slide[] } {
  const from = Math.max(index - 1, 0)
  return { from, slides: deck.slides.slice(from, index + 2) }
}

/** The step after this one; undefined at the end. */
export function stepAfter(deck: Deck, position: Position | undefined): Position | undefined {
  const { index, step, slide } = placeOf(deck, position)
  if (step + 1 < slide.steps.length) return { slide: slide.id, step: step + 1 }
  const next = deck.slides[index + 1]
  return next && { slide: next.id, step: 0 }
}

/** The step before this one; a slide before is shown in full. Undefined at the beginning. */
export function stepBefore(deck: Deck, position: Position | undefined): Position | undefined {
  const { index, step, slide } = placeOf(deck, position)
  if (step > 0) return { slide: slide.id, step: step - 1 }
  const before = deck.slides[index - 1]
  return before && { slide: before.id, step: before.steps.length - 1 }
}

/** How far through the deck's steps a position is, from 0 at the first to 1 at the last. */
export function progressAt(deck: Deck, position: Position | undefined): number {
  const { index, step } = placeOf(deck, position)
  const before = deck.slides.slice(0, index).reduce((sum, slide) => sum + slide.steps.length, 0)
  const all = deck.slides.reduce((sum, slide) => sum + slide.steps.length, 0)
  return all <= 1 ? 1 : (before + step) / (all - 1)
}

export type Walk = 'next' | 'previous' | 'first' | 'last'

/** What a key, a clicker's button or a swipe means. Typing in a field or with a modifier means nothing here. */
export function walkOfKey(event: {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}): Walk | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined
  if (event.key === ' ') return event.shiftKey ? 'previous' : 'next'
  return walkKeys.get(event.key)
}

const walkKeys: ReadonlyMap<string, Walk> = new Map([
  ['ArrowRight', 'next'],
  ['ArrowDown', 'next'],
  ['PageDown', 'next'],
  ['n', 'next'],
  ['ArrowLeft', 'previous'],
  ['ArrowUp', 'previous'],
  ['PageUp', 'previous'],
  ['p', 'previous'],
  ['Home', 'first'],
  ['End', 'last'],
])

export function walked(deck: Deck, from: Position | undefined, walk: Walk): Position | undefined {
  const last = deck.slides.at(-1)
  switch (walk) {
    case 'next':
      return stepAfter(deck, from)
    case 'previous':
      return stepBefore(deck, from)
    case 'first':
      return deck.slides[0] && { slide: deck.slides[0].id, step: 0 }
    case 'last':
      return last && { slide: last.id, step: last.steps.length - 1 }
  }
}
