import { describe, expect, it } from 'vitest'
import { SlideId } from '../../server/kernel/ids.ts'
import type { Deck } from '../../server/protocol/deck.ts'
import { neighbours, placeOf, progressAt, stepAfter, stepBefore, walkOfKey } from './walk.ts'

const deckOf = (steps: Record<string, number>): Deck => ({
  title: 'Deck',
  presenters: [],
  version: '1',
  slides: Object.entries(steps).map(([name, count]) => ({
    id: SlideId.parse(name),
    title: name,
    layout: 'content',
    classes: [],
    background: {},
    number: '1',
    steps: Array.from({ length: count }, () => ({ html: '', notes: '' })),
    blocks: [],
  })),
})
const at = (slide: string, step: number) => ({ slide: SlideId.parse(slide), step })
const deck = deckOf({ one: 1, two: 3, three: 1 })
const key = (name: string, more = {}) => walkOfKey({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more })

describe('the slides that a page holds', () => {
  it('are the one that is shown and those beside it', () => {
    const held = (index: number) => neighbours(deck, index).slides.map(({ id }) => id)
    expect([held(0), held(1), held(2)]).toEqual([
      ['one', 'two'],
      ['one', 'two', 'three'],
      ['two', 'three'],
    ])
  })
})

describe('walking through a deck', () => {
  it('shows every step of a slide before the next slide', () => {
    expect(stepAfter(deck, at('one', 0))).toEqual(at('two', 0))
    expect(stepAfter(deck, at('two', 1))).toEqual(at('two', 2))
    expect(stepAfter(deck, at('two', 2))).toEqual(at('three', 0))
  })

  it('goes back to a slide in full', () => {
    expect(stepBefore(deck, at('three', 0))).toEqual(at('two', 2))
  })

  it('ends at both ends', () => {
    expect(stepAfter(deck, at('three', 0))).toBeUndefined()
    expect(stepBefore(deck, at('one', 0))).toBeUndefined()
  })

  it('stands on a step that is there when the deck has changed', () => {
    expect(placeOf(deck, at('two', 9)).step).toBe(2)
    expect(placeOf(deck, at('gone', 2))).toMatchObject({ index: 0, step: 0 })
  })

  it('counts progress in steps, from nothing to everything', () => {
    expect([at('one', 0), at('two', 1), at('three', 0)].map((position) => progressAt(deck, position))).toEqual([0, 0.5, 1])
  })

  it('understands clickers, and leaves the browser’s own shortcuts alone', () => {
    expect(key('PageDown')).toBe('next')
    expect(key(' ', { shiftKey: true })).toBe('previous')
    expect(key('ArrowLeft', { altKey: true })).toBeUndefined()
    expect(key('x')).toBeUndefined()
  })
})
