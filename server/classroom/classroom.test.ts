import { describe, expect, it } from 'vitest'
import { ManualClock } from '../kernel/clock.ts'
import { PersonId, SessionId, SlideId } from '../kernel/ids.ts'
import type { LoggedEvent } from '../protocol/session-event.ts'
import { emptySession, reduceSession } from '../protocol/session-state.ts'
import { Classroom, PRESENTER } from './classroom.ts'

const [first, second, third] = ['first', 'second', 'third'].map((id) => SlideId.parse(id)) as [SlideId, SlideId, SlideId]

describe('a classroom', () => {
  it('begins on the first slide, with the presenter as person 0', () => {
    const { classroom } = opened()
    expect(classroom.state.stage).toEqual({ slide: first, step: 0 })
    expect(classroom.person(PRESENTER)).toMatchObject({ number: 0, name: 'Pia', presenter: true })
  })

  it('numbers attendees in the order in which they come', () => {
    const { classroom } = opened()
    expect([classroom.join('Ann').number, classroom.join('Bob').number]).toEqual([1, 2])
  })

  it('writes every event down before anyone hears of it', () => {
    const { classroom, written } = opened()
    const heard: number[] = []
    classroom.watch({ page: 'console', person: PRESENTER }, ({ seq }) =>
      heard.push(written.filter((event) => event.seq <= seq).length - seq),
    )
    classroom.join('Ann')
    classroom.moveStage({ slide: second, step: 1 })
    expect(heard).toEqual([0, 0])
    expect(written.map(({ seq }) => seq)).toEqual(written.map((_, index) => index + 1))
  })

  it('is what its log makes', () => {
    const { classroom, written } = opened()
    const ann = classroom.join('Ann').id
    classroom.roam(ann, { slide: third, step: 0 })
    classroom.connect(ann)
    expect(written.reduce(reduceSession, emptySession)).toEqual(classroom.state)
  })

  it('lets an attendee roam and come back to where the stage is', () => {
    const { classroom } = opened()
    const { id } = classroom.join('Ann')
    classroom.roam(id, { slide: third, step: 0 })
    expect(classroom.state.people.get(id)).toMatchObject({ following: false, position: { slide: third, step: 0 } })
    classroom.moveStage({ slide: second, step: 0 })
    classroom.follow(id)
    expect(classroom.state.people.get(id)).toMatchObject({ following: true, position: { slide: second, step: 0 } })
  })

  it('refuses positions that are not in the deck', () => {
    const { classroom } = opened()
    expect(() => classroom.moveStage({ slide: SlideId.parse('nowhere'), step: 0 })).toThrow('not in this deck')
    expect(() => classroom.roam(classroom.join('Ann').id, { slide: second, step: 2 })).toThrow('not in this deck')
  })

  it('does not write down what changes nothing', () => {
    const { classroom, written } = opened()
    classroom.moveStage({ slide: first, step: 0 })
    classroom.follow(PRESENTER)
    classroom.showDock('hidden')
    expect(written).toHaveLength(3)
  })

  it('counts a person as here while any of their pages is', () => {
    const { classroom } = opened()
    const { id } = classroom.join('Ann')
    const [goneOne, goneTwo] = [classroom.connect(id), classroom.connect(id)]
    goneOne()
    goneOne()
    expect(classroom.state.people.get(id)?.connected).toBe(true)
    goneTwo()
    expect(classroom.state.people.get(id)?.connected).toBe(false)
  })

  it('goes on after the last event a page has', () => {
    const { classroom } = opened()
    const before = classroom.state.seq
    classroom.moveStage({ slide: second, step: 0 })
    expect(classroom.eventsFor({ page: 'stage', person: null }, before).map(({ seq }) => seq)).toEqual([before + 1])
  })

  it('keeps names to one line, without characters that turn text round', () => {
    const { classroom } = opened()
    expect(classroom.join('A\u202Enn\n').name).toBe('Ann')
    expect(classroom.join('\u200B').name).toBe('Someone')
  })

  it('keeps the stage on its slide when the deck changes, or goes to the nearest left', () => {
    const { classroom } = opened()
    classroom.moveStage({ slide: second, step: 1 })
    classroom.deckChanged([
      { id: second, steps: 1 },
      { id: third, steps: 1 },
    ])
    expect(classroom.state.stage).toEqual({ slide: second, step: 0 })
    classroom.deckChanged([{ id: third, steps: 1 }])
    expect(classroom.state.stage).toEqual({ slide: third, step: 0 })
  })

  it('knows nobody who has not joined', () => {
    expect(opened().classroom.person(PersonId.parse('p-99'))).toBeUndefined()
  })
})

function opened() {
  const written: LoggedEvent[] = []
  const classroom = new Classroom({
    clock: new ManualClock(),
    store: { append: (event) => void written.push(event) },
    session: SessionId.parse('session'),
    title: 'A deck',
    presenterName: 'Pia',
    slides: [
      { id: first, steps: 1 },
      { id: second, steps: 2 },
      { id: third, steps: 1 },
    ],
  })
  return { classroom, written }
}
