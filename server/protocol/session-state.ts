import type { BlockId, PersonId, SessionId, TerminalId } from '../kernel/ids.ts'
import type { Dock, LoggedEvent, Position, Role, RunOutcome } from './session-event.ts'

export interface PersonState {
  readonly id: PersonId
  readonly name: string
  readonly number: number
  readonly role: Role
  readonly connected: boolean
  readonly following: boolean
  /** Where they are when they roam. */
  readonly position: Position | undefined
}

export interface TerminalState {
  readonly id: TerminalId
  readonly person: PersonId
  readonly title: string
  readonly columns: number
  readonly rows: number
  readonly closed: boolean
}

/** The last run of a block by a person. */
export type RunState =
  | { readonly state: 'running'; readonly terminal: TerminalId; readonly index: number }
  | { readonly state: 'ended'; readonly terminal: TerminalId; readonly outcome: RunOutcome; readonly exit: number; readonly millis: number }

/** A session as its events so far make it: the same for the server, a live page and a replayed one. */
export interface SessionState {
  readonly session: SessionId | undefined
  readonly title: string
  readonly seq: number
  readonly stage: Position | undefined
  readonly dock: Dock
  readonly ended: boolean
  readonly people: ReadonlyMap<PersonId, PersonState>
  readonly terminals: ReadonlyMap<TerminalId, TerminalState>
  /** Keyed by `runKey(person, block)`. */
  readonly runs: ReadonlyMap<string, RunState>
  /** Checks that were met once, keyed as runs are. */
  readonly passed: ReadonlySet<string>
}

export const emptySession: SessionState = {
  session: undefined,
  title: '',
  seq: 0,
  stage: undefined,
  dock: 'hidden',
  ended: false,
  people: new Map(),
  terminals: new Map(),
  runs: new Map(),
  passed: new Set(),
}

export const runKey = (person: PersonId, block: BlockId): string => `${person}/${block}`

/** Applies one event. An event that was applied already changes nothing, so logs may overlap. */
export function reduceSession(state: SessionState, { seq, event }: LoggedEvent): SessionState {
  if (seq <= state.seq) return state
  const next = { ...state, seq }
  switch (event.type) {
    case 'session.started':
      return { ...next, session: event.session, title: event.title }
    case 'session.ended':
      return { ...next, ended: true }
    case 'person.joined': {
      const { person: id, name, number, role } = event
      return {
        ...next,
        people: new Map(state.people).set(id, { id, name, number, role, connected: false, following: true, position: undefined }),
      }
    }
    case 'person.connected':
      return changePerson(next, event.person, { connected: true })
    case 'person.disconnected':
      return changePerson(next, event.person, { connected: false })
    case 'stage.moved':
      return { ...next, stage: { slide: event.slide, step: event.step } }
    case 'person.moved':
      return changePerson(next, event.person, { following: event.following, position: { slide: event.slide, step: event.step } })
    case 'dock.shown':
      return { ...next, dock: event.dock }
    case 'terminal.opened': {
      const { terminal: id, person, title, columns, rows } = event
      return { ...next, terminals: new Map(state.terminals).set(id, { id, person, title, columns, rows, closed: false }) }
    }
    case 'terminal.resized':
      return changeTerminal(next, event.terminal, { columns: event.columns, rows: event.rows })
    case 'terminal.closed':
      return changeTerminal(next, event.terminal, { closed: true })
    case 'command.started':
      if (event.block === undefined) return next
      return setRun(next, runKey(event.person, event.block), { state: 'running', terminal: event.terminal, index: event.index ?? 0 })
    case 'command.finished':
      return next
    case 'check.passed':
      return { ...next, passed: new Set(state.passed).add(runKey(event.person, event.block)) }
    case 'run.started':
      return setRun(next, runKey(event.person, event.block), { state: 'running', terminal: event.terminal, index: 0 })
    case 'run.ended': {
      const { terminal, outcome, exit, millis } = event
      return setRun(next, runKey(event.person, event.block), { state: 'ended', terminal, outcome, exit, millis })
    }
  }
}

function changePerson(state: SessionState, id: PersonId, change: Partial<PersonState>): SessionState {
  const person = state.people.get(id)
  return person ? { ...state, people: new Map(state.people).set(id, { ...person, ...change }) } : state
}

function changeTerminal(state: SessionState, id: TerminalId, change: Partial<TerminalState>): SessionState {
  const terminal = state.terminals.get(id)
  return terminal ? { ...state, terminals: new Map(state.terminals).set(id, { ...terminal, ...change }) } : state
}

function setRun(state: SessionState, key: string, run: RunState): SessionState {
  return { ...state, runs: new Map(state.runs).set(key, run) }
}
