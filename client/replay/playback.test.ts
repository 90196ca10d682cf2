import { describe, expect, it } from 'vitest'
import { PersonId, SlideId, TerminalId } from '../../server/kernel/ids.ts'
import type { LoggedEvent, SessionEvent } from '../../server/protocol/session-event.ts'
import { chaptersOf, Playback, presenterOf, ticksOf } from './playback.ts'

const slide = (name: string): SlideId => SlideId.parse(name)
const eleni = PersonId.parse('eleni')
const terminal = TerminalId.parse('t')
const log = (...events: [number, SessionEvent][]): LoggedEvent[] => events.map(([at, event], index) => ({ seq: index + 1, at, event }))
const moved = (name: string, step = 0): SessionEvent => ({ type: 'stage.moved', slide: slide(name), step })

describe('playing a recording', () => {
  const playback = new Playback(log([1000, moved('a')], [5000, moved('b')], [9000, moved('b', 1)]))

  it('shows the session as it was at a time', () => {
    expect(playback.stateAt(6000).stage).toEqual({ slide: 'b', step: 0 })
  })

  it('goes back as well as forward', () => {
    expect(playback.stateAt(9500).stage).toEqual({ slide: 'b', step: 1 })
    expect(playback.stateAt(1500).stage).toEqual({ slide: 'a', step: 0 })
    expect(playback.stateAt(500).stage).toBeUndefined()
  })
})

describe('chapters', () => {
  it('are the slides that the stage showed, whatever their steps', () => {
    const events = log([1000, moved('a')], [5000, moved('b')], [9000, moved('b', 1)])
    expect(chaptersOf(events, 12_000)).toEqual([
      { slide: 'a', from: 1000, to: 5000 },
      { slide: 'b', from: 5000, to: 12_000 },
    ])
  })

  it('leave out slides that were only paged over', () => {
    const events = log([1000, moved('a')], [5000, moved('b')], [5200, moved('c')])
    expect(chaptersOf(events, 9000)).toEqual([
      { slide: 'a', from: 1000, to: 5000 },
      { slide: 'c', from: 5000, to: 9000 },
    ])
  })

  it('begin when the recording begins', () => {
    const events = log([0, { type: 'session.ended' }], [1000, moved('a')])
    expect(chaptersOf(events, 2000)[0]?.from).toBe(0)
  })
})

describe('the timeline’s ticks', () => {
  it('are the presenter’s commands and how they ended', () => {
    const events = log(
      [0, { type: 'person.joined', person: eleni, name: 'Eleni', number: 0, role: 'presenter' }],
      [1000, { type: 'command.started', person: eleni, terminal, offset: 0 }],
      [2000, { type: 'command.finished', person: eleni, terminal, offset: 9, exit: 1 }],
      [3000, { type: 'command.started', person: PersonId.parse('other'), terminal: TerminalId.parse('u'), offset: 0 }],
    )
    expect(ticksOf(events, presenterOf(events))).toEqual([{ at: 1000, terminal, exit: 1 }])
  })
})
