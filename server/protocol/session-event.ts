import { z } from 'zod'
import { BlockId, PersonId, SessionId, SlideId, TerminalId } from '../kernel/ids.ts'

/** The version that new recordings are written in; older ones are upgraded when read. */
export const RECORDING_VERSION = 1

export const Role = z.enum(['presenter', 'attendee'])
export type Role = z.infer<typeof Role>

/** Where somebody is in the deck. */
export const Position = z.strictObject({ slide: SlideId, step: z.int().min(0) })
export type Position = z.infer<typeof Position>

/** How the stage shows the presenter's terminal. */
export const Dock = z.enum(['hidden', 'side', 'full'])
export type Dock = z.infer<typeof Dock>

/** How a run of a command block ended. */
export const RunOutcome = z.enum(['done', 'failed', 'follows', 'edits', 'stopped'])
export type RunOutcome = z.infer<typeof RunOutcome>

/**
 * Everything that happens in a session, as it is appended to `STATE/sessions/ID/events.jsonl`, sent to
 * live pages and played back. An offset counts UTF-16 code units of a terminal's output since it opened.
 */
export const SessionEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('session.started'), session: SessionId, version: z.int(), title: z.string() }),
  z.strictObject({ type: z.literal('session.ended') }),
  z.strictObject({ type: z.literal('person.joined'), person: PersonId, name: z.string(), number: z.int().min(0), role: Role }),
  z.strictObject({ type: z.literal('person.connected'), person: PersonId }),
  z.strictObject({ type: z.literal('person.disconnected'), person: PersonId }),
  /** The presenter's position: the stage and everyone who follows go there. */
  z.strictObject({ type: z.literal('stage.moved'), slide: SlideId, step: z.int().min(0) }),
  /** An attendee moved on their own (`following: false`, with where to), or follows again. */
  z.strictObject({ type: z.literal('person.moved'), person: PersonId, following: z.boolean(), slide: SlideId, step: z.int().min(0) }),
  z.strictObject({ type: z.literal('dock.shown'), dock: Dock }),
  z.strictObject({
    type: z.literal('terminal.opened'),
    person: PersonId,
    terminal: TerminalId,
    title: z.string(),
    columns: z.int().positive(),
    rows: z.int().positive(),
  }),
  z.strictObject({
    type: z.literal('terminal.resized'),
    person: PersonId,
    terminal: TerminalId,
    columns: z.int().positive(),
    rows: z.int().positive(),
    offset: z.int().min(0),
  }),
  z.strictObject({ type: z.literal('terminal.closed'), person: PersonId, terminal: TerminalId, exit: z.int() }),
  /** A shell said (OSC 133) that it began a command; `block` and `index` when it came from a slide. */
  z.strictObject({
    type: z.literal('command.started'),
    person: PersonId,
    terminal: TerminalId,
    offset: z.int().min(0),
    block: BlockId.optional(),
    index: z.int().min(0).optional(),
  }),
  z.strictObject({
    type: z.literal('command.finished'),
    person: PersonId,
    terminal: TerminalId,
    offset: z.int().min(0),
    exit: z.int(),
    block: BlockId.optional(),
    index: z.int().min(0).optional(),
  }),
  /** A check of the deck was met in this person's cluster, for the first time. */
  z.strictObject({ type: z.literal('check.passed'), person: PersonId, block: BlockId }),
  z.strictObject({ type: z.literal('run.started'), person: PersonId, terminal: TerminalId, block: BlockId }),
  z.strictObject({
    type: z.literal('run.ended'),
    person: PersonId,
    terminal: TerminalId,
    block: BlockId,
    outcome: RunOutcome,
    exit: z.int(),
    millis: z.int().min(0),
  }),
])
export type SessionEvent = z.infer<typeof SessionEvent>

/** An event in its place. `at`: milliseconds since the epoch; `seq` counts from 1 without gaps in the log. */
export const LoggedEvent = z.strictObject({ seq: z.int().positive(), at: z.number(), event: SessionEvent })
export type LoggedEvent = z.infer<typeof LoggedEvent>

/** One chunk of a terminal's recorded output: when (milliseconds since the epoch) and what. A line of `terminals/ID.jsonl`. */
export const RecordedOutput = z.tuple([z.number(), z.string()])
export type RecordedOutput = z.infer<typeof RecordedOutput>
