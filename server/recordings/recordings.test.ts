import { execFileSync } from 'node:child_process'
import { appendFile, mkdtemp, rm, truncate, writeFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../kernel/clock.ts'
import { PersonId, SessionId, SlideId, TerminalId } from '../kernel/ids.ts'
import type { Deck } from '../protocol/deck.ts'
import type { LoggedEvent } from '../protocol/session-event.ts'
import { readSession } from './read-session.ts'
import { createSessionId, createSessionWriter } from './write-session.ts'

const terminal = TerminalId.parse('t-00-1')
const slide = SlideId.parse('one')
let state: string

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'deckhand-recordings-'))
})
afterEach(() => rm(state, { recursive: true, force: true }))

describe('a session that is kept', () => {
  it('is read as it was written', async () => {
    const { id } = await recorded()
    const session = await readSession(state, undefined)
    expect(session.recording).toEqual({ session: id, events: [started(id), opened, moved], terminals: [terminal] })
    expect(session.deck).toEqual(deck)
    expect(await session.terminal(terminal)).toEqual([
      [1000, 'hello world'],
      [2000, 'later'],
    ])
  })

  it('has its events on the disk as soon as they are appended', async () => {
    const writer = await createSessionWriter(state, SessionId.parse('now'), new ManualClock(0))
    writer.append(moved)
    expect(await readFile(join(writer.folder, 'events.jsonl'), 'utf8')).toBe(`${JSON.stringify(moved)}\n`)
    await writer.close()
  })

  it('has its terminals on the disk within a second', async () => {
    const clock = new ManualClock(0)
    const writer = await createSessionWriter(state, SessionId.parse('now'), clock)
    writer.output(terminal, 'hello')
    await clock.advance(1000)
    await expect.poll(() => readFile(join(writer.folder, 'terminals', `${terminal}.jsonl`), 'utf8').catch(() => '')).toBe('[0,"hello"]\n')
    expect(clock.pending).toBe(0)
    await writer.close()
  })

  it('is the newest one, unless one is named', async () => {
    await recorded(createSessionId(Date.UTC(2026, 0, 2), 'aaaa'))
    const newest = await recorded(createSessionId(Date.UTC(2026, 10, 1), 'aaaa'))
    const older = await recorded(createSessionId(Date.UTC(2026, 9, 31), 'zzzz'))
    expect((await readSession(state, undefined)).recording.session).toBe(newest.id)
    expect((await readSession(state, older.id)).recording.session).toBe(older.id)
  })

  it('plays without its last line when that is torn', async () => {
    const { folder } = await recorded()
    await appendFile(join(folder, 'events.jsonl'), '{"seq":4,"at":5,"eve')
    await appendFile(join(folder, 'terminals', `${terminal}.jsonl`), '[3000,"to')
    const session = await readSession(state, undefined)
    expect(session.recording.events).toHaveLength(3)
    expect(await session.terminal(terminal)).toHaveLength(2)
  })

  it('is refused with file and line when something in it is wrong', async () => {
    const { folder } = await recorded()
    const file = join(folder, 'events.jsonl')
    await appendFile(file, 'nonsense\n{}\n')
    await expect(readSession(state, undefined)).rejects.toThrow(`${file}, line 4: this is not JSON`)
    await writeFile(file, `${JSON.stringify(started(SessionId.parse('x')))}\n{"seq":2,"at":0,"event":{"type":"dance"}}\n`)
    await expect(readSession(state, undefined)).rejects.toThrow(`${file}, line 2: this is not something a session holds`)
  })

  it('is refused when a file in it is a pipe, or larger than any session', async () => {
    const { folder } = await recorded()
    const file = join(folder, 'terminals', `${terminal}.jsonl`)
    const session = await readSession(state, undefined)
    await truncate(file, 500 * 1024 * 1024)
    await expect(session.terminal(terminal)).rejects.toThrow('larger than any session is (400 MB)')
    await rm(file)
    execFileSync('mkfifo', [file])
    await expect(session.terminal(terminal)).rejects.toThrow('cannot be read')
  })

  it('is refused in words when it comes from a newer version', async () => {
    const { folder, id } = await recorded()
    const future = { ...started(id), event: { ...started(id).event, version: 99 } }
    await writeFile(join(folder, 'events.jsonl'), `${JSON.stringify(future)}\n`)
    await expect(readSession(state, undefined)).rejects.toThrow('newer Deckhand')
  })

  it('is missed in words: none yet, or not that one', async () => {
    await expect(readSession(state, undefined)).rejects.toThrow('There is no session in')
    const { id } = await recorded()
    await expect(readSession(state, 'nope')).rejects.toThrow(`The newest is ${id}.`)
    await expect(readSession(state, '../../etc')).rejects.toThrow('There is no session ../../etc')
  })

  it('cannot be kept where nothing can be written', async () => {
    await writeFile(join(state, 'file'), '')
    await expect(createSessionWriter(join(state, 'file'), SessionId.parse('x'), new ManualClock())).rejects.toThrow('it is not a folder')
  })
})

const deck: Deck = {
  title: 'A deck',
  presenters: [],
  version: '1',
  slides: [
    { id: slide, title: '', layout: 'content', classes: [], background: {}, number: '1', steps: [{ html: '', notes: '' }], blocks: [] },
  ],
}
const started = (session: SessionId): LoggedEvent => ({
  seq: 1,
  at: 1,
  event: { type: 'session.started', session, version: 1, title: 'A deck' },
})
const opened: LoggedEvent = {
  seq: 2,
  at: 2,
  event: { type: 'terminal.opened', person: PersonId.parse('p-00'), terminal, title: '', columns: 80, rows: 24 },
}
const moved: LoggedEvent = { seq: 3, at: 2, event: { type: 'stage.moved', slide, step: 0 } }

async function recorded(id = createSessionId(0, 'abcd')) {
  const clock = new ManualClock(1000)
  const writer = await createSessionWriter(state, id, clock)
  writer.append(started(id))
  writer.append(opened)
  writer.append(moved)
  await writer.saveDeck(deck)
  writer.output(terminal, 'hello ')
  writer.output(terminal, 'world')
  await clock.advance(1000)
  writer.output(terminal, 'later')
  await writer.close()
  return { id, folder: writer.folder }
}
