import { describe, expect, it } from 'vitest'
import { BlockId, PersonId, SessionId, SlideId, TerminalId } from '../kernel/ids.ts'
import type { SessionEvent } from '../protocol/session-event.ts'
import { type Onlooker, visibleTo } from './visibility.ts'

const presenter = PersonId.parse('p-00')
const ann = PersonId.parse('p-01')
const bob = PersonId.parse('p-02')
const terminal = TerminalId.parse('t')
const block = BlockId.parse('b')
const slide = SlideId.parse('s')

const console: Onlooker = { page: 'console', person: presenter }
const stage: Onlooker = { page: 'stage', person: null }
const annsPage: Onlooker = { page: 'attendee', person: ann }

const ofEveryone: SessionEvent[] = [
  { type: 'session.started', session: SessionId.parse('x'), version: 1, title: '' },
  { type: 'session.ended' },
  { type: 'stage.moved', slide, step: 0 },
  { type: 'dock.shown', dock: 'side' },
]
const of = (person: PersonId): SessionEvent[] => [
  { type: 'person.connected', person },
  { type: 'person.disconnected', person },
  { type: 'person.moved', person, following: false, slide, step: 0 },
  { type: 'terminal.opened', person, terminal, title: '', columns: 1, rows: 1 },
  { type: 'terminal.resized', person, terminal, columns: 1, rows: 1, offset: 0 },
  { type: 'terminal.closed', person, terminal, exit: 0 },
  { type: 'command.started', person, terminal, offset: 0 },
  { type: 'command.finished', person, terminal, offset: 0, exit: 0 },
  { type: 'run.started', person, terminal, block },
  { type: 'run.ended', person, terminal, block, outcome: 'done', exit: 0, millis: 0 },
]
const joined = (person: PersonId): SessionEvent => ({ type: 'person.joined', person, name: 'N', number: 1, role: 'attendee' })
const seenBy = (onlooker: Onlooker, events: SessionEvent[]) => events.filter((event) => visibleTo(event, onlooker, presenter))

describe('what a page sees of the session', () => {
  it('is everything on the console', () => {
    const all = [...ofEveryone, ...of(ann), ...of(bob), ...of(presenter), joined(ann)]
    expect(seenBy(console, all)).toEqual(all)
  })

  it('is the stage, and one’s own, for an attendee', () => {
    expect(seenBy(annsPage, [...ofEveryone, ...of(ann), joined(ann)])).toEqual([...ofEveryone, ...of(ann), joined(ann)])
  })

  it('is nothing of other attendees for an attendee, and of the presenter only that there is one', () => {
    expect(seenBy(annsPage, [...of(bob), joined(bob), ...of(presenter), joined(presenter)])).toEqual([joined(presenter)])
  })

  it('is nothing of any attendee on the stage, not even a name', () => {
    expect(seenBy(stage, [...of(ann), joined(ann)])).toEqual([])
  })

  it('is the presenter’s on the stage', () => {
    expect(seenBy(stage, [...ofEveryone, ...of(presenter), joined(presenter)])).toEqual([
      ...ofEveryone,
      ...of(presenter),
      joined(presenter),
    ])
  })
})
