import type { Clock } from '../kernel/clock.ts'
import { type BlockId, PersonId, type SessionId, type SlideId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { Dock, LoggedEvent, Position, SessionEvent } from '../protocol/session-event.ts'
import { RECORDING_VERSION } from '../protocol/session-event.ts'
import type { SessionState } from '../protocol/session-state.ts'
import { runKey } from '../protocol/session-state.ts'
import { type EventStore, SessionLog } from './session-log.ts'
import { type Onlooker, visibleTo } from './visibility.ts'

/** People in one session: what one process was planned for. */
const MAX_PEOPLE = 200

/** What the classroom has to know of the deck: its slides, in order, and how many steps each has. */
export type SlideSteps = readonly { readonly id: SlideId; readonly steps: number }[]

export interface ClassroomOptions {
  readonly clock: Clock
  readonly store: EventStore
  readonly session: SessionId
  readonly title: string
  readonly presenterName: string
  readonly slides: SlideSteps
}

/** A person as the other features know them. */
export interface Person {
  readonly id: PersonId
  readonly number: number
  readonly name: string
  readonly presenter: boolean
}

export const PRESENTER: PersonId = PersonId.parse('p-00')

/** Who is here and where everyone is. All of it follows from the log. */
export class Classroom {
  readonly #log: SessionLog
  #slides: SlideSteps
  /** How many sockets each person has: the first connects them, the last disconnects. */
  readonly #connections = new Map<PersonId, number>()

  constructor({ clock, store, session, title, presenterName, slides }: ClassroomOptions) {
    this.#log = new SessionLog(clock, store)
    this.#slides = slides
    this.#log.append({ type: 'session.started', session, version: RECORDING_VERSION, title })
    this.#log.append({ type: 'person.joined', person: PRESENTER, name: presenterName, number: 0, role: 'presenter' })
    const first = slides[0]
    if (first) this.#log.append({ type: 'stage.moved', slide: first.id, step: 0 })
  }

  get state(): SessionState {
    return this.#log.state
  }

  /** Writes down what happened elsewhere (terminals, runs). */
  record(event: SessionEvent): void {
    this.#log.append(event)
  }

  /** A check was met in this person's cluster; only the first time is worth noting. */
  passed(person: PersonId, block: BlockId): void {
    if (!this.state.passed.has(runKey(person, block))) this.#log.append({ type: 'check.passed', person, block })
  }

  person(id: PersonId): Person | undefined {
    const found = this.state.people.get(id)
    return found && { id, number: found.number, name: found.name, presenter: found.role === 'presenter' }
  }

  /** @throws UserError 'too-many' when the room is full */
  join(name: string): Person {
    const number = this.state.people.size
    if (number > MAX_PEOPLE) throw new UserError('too-many', `The workshop is full: ${MAX_PEOPLE} people have joined.`)
    const id = PersonId.parse(`p-${String(number).padStart(2, '0')}`)
    this.#log.append({ type: 'person.joined', person: id, name: tidyName(name), number, role: 'attendee' })
    return { id, number, name: tidyName(name), presenter: false }
  }

  /** A page of this person has connected. @returns says that it is gone */
  connect(person: PersonId): () => void {
    const before = this.#connections.get(person) ?? 0
    this.#connections.set(person, before + 1)
    if (before === 0) this.#log.append({ type: 'person.connected', person })
    let gone = false
    return () => {
      if (gone) return
      gone = true
      const left = (this.#connections.get(person) ?? 1) - 1
      this.#connections.set(person, left)
      if (left === 0 && !this.state.ended) this.#log.append({ type: 'person.disconnected', person })
    }
  }

  /** The presenter moves the stage. @throws UserError 'not-found' */
  moveStage(position: Position): void {
    this.#check(position)
    const { stage } = this.state
    if (stage?.slide === position.slide && stage.step === position.step) return
    this.#log.append({ type: 'stage.moved', ...position })
  }

  /** An attendee moves on their own, and roams from now on. @throws UserError 'not-found' */
  roam(person: PersonId, position: Position): void {
    this.#check(position)
    const was = this.state.people.get(person)
    if (was && !was.following && was.position?.slide === position.slide && was.position.step === position.step) return
    this.#log.append({ type: 'person.moved', person, following: false, ...position })
  }

  /** An attendee comes back to the stage. */
  follow(person: PersonId): void {
    const { stage, people } = this.state
    if (!stage || people.get(person)?.following !== false) return
    this.#log.append({ type: 'person.moved', person, following: true, ...stage })
  }

  showDock(dock: Dock): void {
    if (this.state.dock !== dock) this.#log.append({ type: 'dock.shown', dock })
  }

  /** The deck has changed: positions are held against the new one; a stage on a slide that is gone goes to the nearest left. */
  deckChanged(slides: SlideSteps): void {
    const stage = this.state.stage
    const oldIndex = this.#slides.findIndex((slide) => slide.id === stage?.slide)
    this.#slides = slides
    if (!stage) return
    const same = slides.find((slide) => slide.id === stage.slide)
    if (same) return this.moveStage({ slide: same.id, step: Math.min(stage.step, same.steps - 1) })
    const nearest = slides[Math.min(Math.max(oldIndex, 0), slides.length - 1)]
    if (nearest) this.moveStage({ slide: nearest.id, step: 0 })
  }

  /** Everything after `seq` that this onlooker may see. */
  eventsFor(onlooker: Onlooker, seq: number): LoggedEvent[] {
    return this.#log.after(seq).filter(({ event }) => visibleTo(event, onlooker, PRESENTER))
  }

  /** @returns ends the subscription */
  watch(onlooker: Onlooker, listener: (event: LoggedEvent) => void): () => void {
    return this.#log.subscribe((logged) => {
      if (visibleTo(logged.event, onlooker, PRESENTER)) listener(logged)
    })
  }

  end(): void {
    if (!this.state.ended) this.#log.append({ type: 'session.ended' })
  }

  #check({ slide, step }: Position): void {
    const found = this.#slides.find(({ id }) => id === slide)
    if (!found || step >= found.steps) throw new UserError('not-found', 'That slide is not in this deck (any more). Reload the page.')
  }
}

/** A name as it is shown: one line, without characters that reorder or hide text. */
function tidyName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim() || 'Someone'
}
