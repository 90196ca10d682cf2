import { access, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { SessionId, type TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import { Deck } from '../protocol/deck.ts'
import type { Recording } from '../protocol/http-api.ts'
import { LoggedEvent, RecordedOutput } from '../protocol/session-event.ts'
import { upgradeEvent } from './upgrade.ts'

/** What is written of one terminal is bounded (`write-session.ts`); escaped as JSON it is at most six times as long. */
const MOST_BYTES = 400 * 1024 * 1024

/** A session as it was kept. */
export interface RecordedSession {
  readonly folder: string
  readonly recording: Recording
  readonly deck: Deck
  /** @throws UserError 'not-found' or 'bad-recording' */
  terminal(id: TerminalId): Promise<RecordedOutput[]>
}

/** Reads a session, the newest unless one is named. Its files are anybody's until they have been parsed. */
export async function readSession(state: string, named: string | undefined): Promise<RecordedSession> {
  const id = named === undefined ? await newest(state) : await existing(state, named)
  const folder = join(state, 'sessions', id)
  const events = await readEvents(join(folder, 'events.jsonl'))
  const terminals = events.flatMap(({ event }) => (event.type === 'terminal.opened' ? [event.terminal] : []))
  return {
    folder,
    recording: { session: id, events, terminals },
    deck: await readDeck(join(folder, 'deck.json')),
    async terminal(terminal) {
      if (!terminals.includes(terminal)) throw new UserError('not-found', `Terminal ${terminal} was not recorded in this session.`)
      return readTerminal(join(folder, 'terminals', `${terminal}.jsonl`))
    },
  }
}

async function sessionIds(state: string): Promise<SessionId[]> {
  const names = await readdir(join(state, 'sessions')).catch(() => [])
  return names.toSorted().flatMap((name) => {
    const id = SessionId.safeParse(name)
    return id.success ? [id.data] : []
  })
}

async function newest(state: string): Promise<SessionId> {
  const id = (await sessionIds(state)).at(-1)
  if (id === undefined)
    throw new UserError(
      'not-found',
      `There is no session in ${join(state, 'sessions')} yet. Give one with 'present' first, or name another folder with --state.`,
    )
  return id
}

async function existing(state: string, named: string): Promise<SessionId> {
  const ids = await sessionIds(state)
  const id = ids.find((each) => each === named)
  if (id !== undefined) return id
  const known = ids.length === 0 ? 'There are none yet.' : `The newest is ${ids.at(-1)}.`
  throw new UserError('not-found', `There is no session ${named} in ${join(state, 'sessions')}. ${known}`)
}

async function readEvents(file: string): Promise<LoggedEvent[]> {
  const lines = await readLines(file)
  let version = 1
  const events = lines.map(({ value, line }) => {
    const found = VersionLine.safeParse(value)
    if (found.success) version = found.data.event.version
    return parseAt(LoggedEvent, upgradeEvent(value, version), file, line)
  })
  if (events[0]?.event.type !== 'session.started')
    throw new UserError('bad-recording', `${file} does not begin with the start of a session.`)
  return events
}

const VersionLine = z.object({ event: z.object({ type: z.literal('session.started'), version: z.number() }) })

/** A terminal that ended before it printed anything has no file. */
async function readTerminal(file: string): Promise<RecordedOutput[]> {
  if (!(await isThere(file))) return []
  return (await readLines(file)).map(({ value, line }) => parseAt(RecordedOutput, value, file, line))
}

async function readDeck(file: string): Promise<Deck> {
  const text = await readText(file)
  return parseAt(Deck, parseJson(text, file, 1), file, 1)
}

/** Lines of JSON. The last may be torn, when the machine went down while it was written: then it never happened. */
async function readLines(file: string): Promise<{ value: unknown; line: number }[]> {
  const text = await readText(file)
  const lines = text.split('\n')
  const torn = lines.pop() ?? ''
  const whole = lines.map((line, index) => ({ value: parseJson(line, file, index + 1), line: index + 1 }))
  if (torn === '') return whole
  try {
    return [...whole, { value: JSON.parse(torn), line: lines.length + 1 }]
  } catch {
    return whole
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function readText(file: string): Promise<string> {
  const status = await stat(file).catch(() => undefined)
  if (status && status.size > MOST_BYTES)
    throw new UserError('bad-recording', `${file} is larger than any session is (${MOST_BYTES >> 20} MB), so it cannot be played.`)
  try {
    // A named pipe would be waited for without end.
    if (status?.isFile() === false) throw new Error('not a file')
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UserError('bad-recording', `${file} is missing or cannot be read, so this session cannot be played.`, cause)
  }
}

function parseJson(text: string, file: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UserError('bad-recording', `${file}, line ${line}: this is not JSON, so the session cannot be played.`, cause)
  }
}

function parseAt<T>(schema: z.ZodType<T>, value: unknown, file: string, line: number): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue && issue.path.length > 0 ? ` (${issue.path.join('.')}: ${issue.message})` : ''
  throw new UserError('bad-recording', `${file}, line ${line}: this is not something a session holds${where}.`, parsed.error)
}
