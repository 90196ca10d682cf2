import { closeSync, openSync, writeSync } from 'node:fs'
import { appendFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { SessionId, type TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { Deck } from '../protocol/deck.ts'
import type { LoggedEvent, RecordedOutput } from '../protocol/session-event.ts'

const FLUSH_MILLIS = 1000
/** The most kept of one terminal (UTF-16 code units): a forgotten `yes` would fill the disk in minutes. */
const TERMINAL_LIMIT = 64 * 1024 * 1024
const IMAGE = new Set(['.png', '.jpg', '.jpeg', '.gif', '.svg', '.webp', '.avif'])

/** Writes a session into its folder while it happens. */
export interface SessionWriter {
  readonly folder: string
  /** Returns when the operating system has it: a crash of this process loses nothing. */
  append(event: LoggedEvent): void
  /** Kept within a second. */
  output(terminal: TerminalId, data: string): void
  saveDeck(deck: Deck): Promise<void>
  close(): Promise<void>
}

/** A session's id sorts by its start: `20260102-030405-k3x9`. */
export function createSessionId(now: number, suffix: string): SessionId {
  const stamp = new Date(now)
    .toISOString()
    .replaceAll(/[-:]|\..*$/g, '')
    .replace('T', '-')
  return SessionId.parse(`${stamp}-${suffix}`)
}

/** Makes `STATE/sessions/ID/`. @throws UserError 'bad-config' when nothing can be written there */
export async function createSessionWriter(state: string, session: SessionId, clock: Clock): Promise<SessionWriter> {
  const folder = join(state, 'sessions', session)
  try {
    await mkdir(join(folder, 'terminals'), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new UserError('bad-config', `Sessions cannot be kept in ${state}: ${reasonOf(cause)}. Choose another folder with --state.`, cause)
  }
  const events = openSync(join(folder, 'events.jsonl'), 'a', 0o600)
  const pending = new Map<TerminalId, RecordedOutput[]>()
  const written = new Map<TerminalId, number>()
  let flushing = Promise.resolve()
  let cancelTimer: (() => void) | undefined

  const flush = (): Promise<void> => {
    cancelTimer?.()
    cancelTimer = undefined
    const batch = [...pending]
    pending.clear()
    flushing = flushing.then(async () => {
      for (const [terminal, chunks] of batch) {
        const lines = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('')
        await appendFile(join(folder, 'terminals', `${terminal}.jsonl`), lines, { mode: 0o600 })
      }
    })
    flushing.catch(() => {})
    return flushing
  }

  return {
    folder,
    append: (event) => void writeSync(events, `${JSON.stringify(event)}\n`),
    output(terminal, data) {
      const total = (written.get(terminal) ?? 0) + data.length
      if (total > TERMINAL_LIMIT) return
      written.set(terminal, total)
      const chunks = pending.get(terminal) ?? []
      addChunk(chunks, clock.now(), data)
      pending.set(terminal, chunks)
      cancelTimer ??= clock.after(FLUSH_MILLIS, () => void flush().catch(() => {}))
    },
    saveDeck: (deck) => writeFile(join(folder, 'deck.json'), JSON.stringify(deck), { mode: 0o600 }),
    async close() {
      try {
        await flush()
      } finally {
        closeSync(events)
      }
    },
  }
}

/** Output of the same few milliseconds is one chunk: a replay cannot show the difference. */
function addChunk(chunks: RecordedOutput[], at: number, data: string): void {
  const last = chunks.at(-1)
  if (last && at - last[0] < 10) chunks[chunks.length - 1] = [last[0], last[1] + data]
  else chunks.push([at, data])
}

/** Keeps the deck's images with the session, so that it plays when the deck has changed. */
export async function saveImages(deckFolder: string, sessionFolder: string): Promise<void> {
  for (const entry of await readdir(deckFolder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^(?:images?|img|assets)$/i.test(entry.name)) continue
    await cp(join(deckFolder, entry.name), join(sessionFolder, 'slides', entry.name), {
      recursive: true,
      filter: (source) => extname(source) === '' || IMAGE.has(extname(source).toLowerCase()),
    })
  }
}

function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'EACCES' || code === 'EPERM') return 'writing there is not allowed'
  if (code === 'EROFS') return 'the disk is read-only'
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'it is not a folder'
  return code ?? 'unknown reason'
}
