import { describe, expect, it } from 'vitest'
import { deckWith } from '../slides/deck.test-support.ts'
import { addressOf, positionOf } from './address.ts'

const deck = deckWith([
  { id: 'one', title: 'One' },
  { id: 'Ζωή / 2', title: 'Two', html: ['a', 'b'] },
])
const second = deck.slides[1]

describe('a slide’s address', () => {
  it('leads back to the slide and step that it was made of', () => {
    for (const slide of deck.slides)
      for (const step of slide.steps.keys())
        expect(positionOf(deck, addressOf({ slide: slide.id, step }))).toEqual({ slide: slide.id, step })
  })

  it('counts steps from one, and leaves the first out', () => {
    expect(deck.slides[0] && addressOf({ slide: deck.slides[0].id, step: 0 })).toBe('#/one')
    expect(second && addressOf({ slide: second.id, step: 1 })).toMatch(/\/2$/)
  })

  it('leads to the last step when there are fewer now', () => expect(positionOf(deck, '#/one/9')).toEqual({ slide: 'one', step: 0 }))

  it.each(['', '#', '#one', '#/', '#/gone', '#/%E0%A4', '#/one/x'])('leads nowhere when it is %j', (hash) => {
    expect(positionOf(deck, hash)).toBeUndefined()
  })
})
