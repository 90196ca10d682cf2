/**
 * Measures what people feel (start, join, echo, a full room) and what simulated clusters cost, beside a peer in the
 * same run. Takes about a minute and a half.
 *
 *     npm run bench [-- room|clusters|workshops|deck|export] [-- ATTENDEES]
 *     npm run bench -- checks [ATTENDEES]     everyone's check of an exercise; 200 unless told, and not part of all
 *     npm run bench -- scraping [MINUTES]     a real Prometheus over every metrics page; ten minutes unless told, and not part of all
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Figures } from './bench/figures.ts'
import { tableOf } from './bench/figures.ts'

const asked = process.argv.slice(2)
const attendees = Number(asked.find((word) => /^\d+$/.test(word)) ?? 20)
const part = asked.find((word) => /^\w+$/.test(word) && !/^\d+$/.test(word)) ?? 'all'

if (part === 'ours') await say(async () => (await import('./bench/ours.ts')).measureOurs())
else if (part === 'workshop') await say(async () => (await import('./bench/workshop.ts')).measureWorkshop())
else if (part === 'peer') await say(async () => (await import('./bench/peer.ts')).measurePeer())
else {
  const wants = (which: string) => part === 'all' || part === which
  if (wants('clusters')) process.stdout.write(`${tableOf(inItsOwnProcess('ours'), inItsOwnProcess('peer'))}\n`)
  if (wants('workshops')) process.stdout.write(`${tableOf(inItsOwnProcess('workshop'), {})}\n`)
  if (wants('deck')) {
    await (await import('./bench/inspect.ts')).measureInspect()
    await (await import('./bench/deck.ts')).measureLongDeck()
  }
  // Takes minutes itself: only when it is asked for.
  if (part === 'export') await (await import('./bench/export.ts')).measureExport()
  if (part === 'checks') await (await import('./bench/checks.ts')).measureChecks(Number(asked.find((word) => /^\d+$/.test(word)) ?? 200))
  if (part === 'scraping')
    await (await import('./bench/scraping.ts')).measureScraping(Number(asked.find((word) => /^\d+$/.test(word)) ?? 10))
  if (wants('room')) await (await import('./bench/room.ts')).measureRoom(attendees)
}

/** Memory is only worth measuring in a process that does nothing else. */
function inItsOwnProcess(which: 'ours' | 'peer' | 'workshop'): Figures {
  const child = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), which], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 240_000,
  })
  return JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '{}') as Figures
}

async function say(measure: () => Promise<Figures>): Promise<void> {
  // Clusters' own timers keep no process alive.
  setInterval(() => {}, 1000)
  process.stdout.write(`${JSON.stringify(await measure())}\n`)
  process.exit()
}
