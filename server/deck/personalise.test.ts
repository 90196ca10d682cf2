import { describe, expect, it } from 'vitest'
import { parseDeck } from './parse-deck.ts'
import { personalise } from './personalise.ts'

describe('a deck for one person', () => {
  const { deck } = parseDeck(
    '# Node workshop-vm-XX-00\n\nYou are {{ attendee.number }}, {{ attendee.name }}.\n\n```bash\n' +
      'kubectl describe node workshop-vm-ΧΧ-01\necho {{ attendee.number }}\n```',
  )
  const [slide] = personalise(deck, { number: '03', name: '<Ada>' }).slides

  it('has their number and name in its text', () => {
    expect(slide?.title).toBe('Node workshop-vm-03-00')
    expect(slide?.steps[0]?.html).toContain('You are 03, &#60;Ada&#62;.')
  })

  it('has their number in its commands', () => {
    expect(slide?.blocks[0]).toMatchObject({ commands: [{ text: 'kubectl describe node workshop-vm-03-01' }, { text: 'echo 03' }] })
  })

  it('leaves other names alone', () => {
    const other = parseDeck('workshop-vm-XX workshop-vm-XXL-00 {{ attendee.shoe }}').deck
    expect(personalise(other, { number: '03' })).toEqual(other)
  })

  it('is the room’s own where nothing differs', () => {
    const shared = parseDeck('# For all\n---\n# Also').deck
    expect(personalise(shared, { number: '03' })).toBe(shared)
    const partly = parseDeck('# For all\n---\n# {{ attendee.number }}').deck
    expect(personalise(partly, { number: '03' }).slides[0]).toBe(partly.slides[0])
  })
})
