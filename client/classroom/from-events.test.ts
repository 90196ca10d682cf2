import { describe, expect, it } from 'vitest'
import { PersonId, TerminalId } from '../../server/kernel/ids.ts'
import type { LoggedEvent, SessionEvent } from '../../server/protocol/session-event.ts'
import { lastCommandOf, latestTerminalOf } from './from-events.ts'

const anna = PersonId.parse('anna')
const ben = PersonId.parse('ben')
const one = TerminalId.parse('one')
const two = TerminalId.parse('two')

const log = (...events: SessionEvent[]): LoggedEvent[] => events.map((event, index) => ({ seq: index + 1, at: index * 100, event }))
const opened = (person: PersonId, terminal: TerminalId): SessionEvent => ({
  type: 'terminal.opened',
  person,
  terminal,
  title: 'bash',
  columns: 80,
  rows: 24,
})
const started = (person: PersonId, terminal: TerminalId): SessionEvent => ({ type: 'command.started', person, terminal, offset: 0 })
const finished = (person: PersonId, terminal: TerminalId, exit: number): SessionEvent => ({
  type: 'command.finished',
  person,
  terminal,
  offset: 9,
  exit,
})

describe('the terminal that a person used last', () => {
  it('is where the newest command began, not the newest terminal', () => {
    expect(latestTerminalOf(log(opened(anna, one), opened(anna, two), started(anna, one)), anna)).toBe(one)
  })

  it('is never somebody else’s', () => {
    expect(latestTerminalOf(log(opened(anna, one), opened(ben, two)), anna)).toBe(one)
  })
})

describe('the last command', () => {
  it('has no exit status while it runs', () => {
    expect(lastCommandOf(log(started(anna, one)), anna)).toMatchObject({ terminal: one, exit: undefined })
  })

  it('ends with the status that its own terminal says', () => {
    const events = log(started(anna, one), finished(ben, two, 0), finished(anna, one, 1))
    expect(lastCommandOf(events, anna)).toEqual({ terminal: one, block: undefined, exit: 1, millis: 200 })
  })
})
