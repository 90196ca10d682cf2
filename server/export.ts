import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadDeck } from './deck/load-deck.ts'
import { personalise } from './deck/personalise.ts'
import { checkTarget, createExportFile } from './export/export-file.ts'
import { exportHelp, type ExportOptions, parseExportOptions } from './export/options.ts'
import { exportedPage, GENERATOR, type PageParts } from './export/exported-page.ts'
import { nothingRecorded, type Recordings } from './export/recorder.ts'
import { without } from './export/without.ts'
import { imagesOf } from './export-images.ts'
import { Lifetime } from './kernel/lifetime.ts'
import { UserError } from './kernel/user-error.ts'
import { harmless, log } from './main.ts'
import { type Deck, withoutNotes } from './protocol/deck.ts'
import type { ExportedDeck } from './protocol/exported-deck.ts'
import { stepText, summaryText } from './rehearsal/report.ts'
import type { StepResult } from './rehearsal/report.ts'
import { createRuntimeFolder } from './runtime-folder.ts'
import { findSome } from './tools/find-tools.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** How long ending may take before the process goes anyhow. */
const CLOSING_MILLIS = 8000

/** The `export` command. @throws UserError */
export async function exportDeck(argv: readonly string[]): Promise<void> {
  const options = parseExportOptions(argv)
  if (!options) {
    process.stdout.write(exportHelp)
    return
  }
  const lifetime = new Lifetime()
  endOnSignals(lifetime)
  try {
    process.exitCode = await exportWith(options, lifetime)
  } catch (error) {
    // What an interrupt broke off has nothing to say.
    if (!lifetime.closed) throw error
    return await new Promise(() => {})
  } finally {
    await lifetime.close()
  }
  // Threads and pipes of what was ended must not keep it.
  process.exit()
}

async function exportWith(options: ExportOptions, lifetime: Lifetime): Promise<number> {
  if (options.html !== undefined) await checkTarget(options.html, 'exported deck', (head) => head.includes(`content="${GENERATOR}"`))
  if (options.pdf !== undefined) await checkTarget(options.pdf, 'PDF', (head) => head.startsWith('%PDF-'))
  const chromium = options.pdf === undefined ? undefined : await chromiumPath()
  const parts = await pageParts()
  const loaded = await loadDeck(options.deck, ROOT)
  for (const { file, line, say } of loaded.problems) log(`${file}:${line}: ${say}`)
  const deck = personalise(loaded.deck, { number: '00' })

  const { recordings, steps, at } = options.rehearses ? await rehearsed(options, loaded, deck) : unrehearsed
  for (const say of without(deck, recordings, options.rehearses)) process.stderr.write(`${harmless(say)}\n`)
  const exported: ExportedDeck = {
    deck: options.notes ? deck : withoutNotes(deck),
    ...(at !== undefined && { rehearsedAt: at }),
    ...recordings,
    images: {},
  }
  if (options.html !== undefined) await writeHtml(options.html, parts, exported, loaded.folder, lifetime)
  if (options.pdf !== undefined && chromium !== undefined)
    await writePdf(options.pdf, { parts, exported, folder: loaded.folder, notes: options.notes, chromium }, lifetime)
  const broken = steps.filter(({ ok }) => !ok).length
  if (broken > 0) process.stderr.write(`! ${broken} of the rehearsal's steps did not go as the deck expects. What was exported shows it.\n`)
  return broken > 0 ? 3 : 0
}

const unrehearsed: { recordings: Recordings; steps: readonly StepResult[]; at: number | undefined } = {
  recordings: nothingRecorded,
  steps: [],
  at: undefined,
}

/** The rehearsal has a lifetime of its own: its cluster and its Prometheus are gone before anything is printed. */
async function rehearsed(options: ExportOptions, loaded: Awaited<ReturnType<typeof loadDeck>>, deck: Deck): Promise<typeof unrehearsed> {
  const { rehearseForExport } = await import('./export-rehearsal.ts')
  const lifetime = new Lifetime()
  const stopping = new AbortController()
  lifetime.add(() => stopping.abort())
  running.add(lifetime)
  const steps: StepResult[] = []
  const at = Date.now()
  try {
    process.stderr.write(`→ Rehearsing ${options.deck}\n`)
    const recordings = await rehearseForExport(loaded, deck, options.cluster, lifetime, stopping.signal, (step) => {
      steps.push(step)
      process.stderr.write(`${harmless(stepText(step))}\n`)
    })
    process.stderr.write(`${harmless(summaryText(steps, Date.now() - at))}\n`)
    return { recordings, steps, at }
  } finally {
    await lifetime.close()
    running.delete(lifetime)
  }
}

async function writeHtml(path: string, parts: PageParts, exported: ExportedDeck, folder: string, lifetime: Lifetime): Promise<void> {
  const { images, missing } = await imagesOf(exported.deck.slides, folder)
  tellMissing(missing)
  const file = await createExportFile(path)
  lifetime.add(file.drop)
  await file.write(exportedPage(parts, { ...exported, images }))
  process.stdout.write(`${path}: ${exported.deck.slides.length} slides, ${sizeInWords(await file.keep())}\n`)
}

/** So many slides are printed at once: few enough for their memory, enough for a font to be embedded seldom. */
const BATCH = 50
/** And fewer where their images weigh more than this, in base64. */
const BATCH_WEIGHT = 6_000_000

interface Printing {
  readonly parts: PageParts
  readonly exported: ExportedDeck
  readonly folder: string
  readonly notes: boolean
  readonly chromium: string
}

/** An address that no deck can mean. */
const SLIDE_LINKS = 'https://slide.invalid/'

async function writePdf(path: string, { parts, exported, folder, notes, chromium }: Printing, lifetime: Lifetime): Promise<void> {
  const { openPrinter } = await import('./export/printer.ts')
  const { PdfJoiner } = await import('./export/join-pdf.ts')
  const { slides } = exported.deck
  const runtime = await createRuntimeFolder()
  lifetime.add(() => rm(runtime, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
  const printer = await openPrinter(chromium, (line) => process.stderr.write(`${line}\n`))
  lifetime.add(() => printer.close())
  const file = await createExportFile(path)
  lifetime.add(file.drop)
  const joiner = new PdfJoiner(file, {
    title: exported.deck.title,
    authors: exported.deck.presenters,
    pages: slides.map(({ title, layout }, index) => ({
      title,
      level: layout === 'section' || layout === 'title' ? 0 : title === '' || title === slides[index - 1]?.title ? undefined : 1,
    })),
    linkPrefix: SLIDE_LINKS,
    pageOf: (name) => {
      const found = slides.findIndex(({ id }) => id === name)
      return found < 0 && slides[Number(name) - 1] ? Number(name) - 1 : found
    },
  })
  const page = join(runtime, 'slides.html')
  for (let from = 0; from < slides.length;) {
    const { batch, images, missing } = await nextBatch(slides, from, folder)
    tellMissing(missing)
    const print = { notes, slideLinks: SLIDE_LINKS }
    await writeFile(
      page,
      exportedPage(parts, { ...exported, ...ofSlides(exported, batch), deck: { ...exported.deck, slides: batch }, images, print }),
    )
    await joiner.add(await printer.print(pathToFileURL(page).href), batch.length)
    from += batch.length
    progress(from, slides.length)
  }
  await joiner.finish()
  process.stdout.write(`${path}: ${slides.length} pages, ${sizeInWords(await file.keep())}\n`)
}

/** The slides from one on that are printed together, and their images. */
async function nextBatch(slides: Deck['slides'], from: number, folder: string) {
  for (let size = BATCH; ; size = Math.ceil(size / 2)) {
    const batch = slides.slice(from, from + size)
    const { images, missing } = await imagesOf(batch, folder)
    const weight = Object.values(images).reduce((sum, { base64 }) => sum + base64.length, 0)
    if (weight <= BATCH_WEIGHT || batch.length === 1) return { batch, images, missing }
  }
}

const missed = new Set<string>()

function tellMissing(addresses: readonly string[]): void {
  for (const address of addresses) {
    if (!missed.has(address)) log(`The image ${address} is not there; its place stays empty.`)
    missed.add(address)
  }
}

/** Of what was recorded, only what these slides show. */
function ofSlides({ runs, charts, live }: Recordings, slides: Deck['slides']): Recordings {
  const ids = new Set<string>(slides.flatMap(({ blocks }) => blocks.map(({ id }) => id)))
  const only = <T>(all: Record<string, T>) => Object.fromEntries(Object.entries(all).filter(([id]) => ids.has(id)))
  return { runs: only(runs), charts: only(charts), live: only(live) }
}

async function chromiumPath(): Promise<string> {
  const { chromium } = await findSome(['chromium'])
  if (chromium.found) return chromium.path
  throw new UserError('tool-missing', `A PDF needs Chromium, and there is none (${chromium.why}). ${chromium.howToGet}`)
}

async function pageParts(): Promise<PageParts> {
  const built = (name: string) => readFile(join(ROOT, 'dist/export', name), 'utf8')
  try {
    const [script, style, icon] = await Promise.all([
      built('export.js'),
      built('export.css'),
      readFile(join(ROOT, 'client/favicon.svg'), 'utf8'),
    ])
    return { script, style, icon, mermaid: await readFile(fileURLToPath(import.meta.resolve('mermaid/dist/mermaid.min.js')), 'utf8') }
  } catch (cause) {
    throw new UserError(
      'unsupported',
      'The pages have not been built yet. Start this with node server/bootstrap.mjs export, which builds them.',
      cause,
    )
  }
}

let told = 0

/** On a terminal one line that changes; elsewhere a line now and then. */
function progress(done: number, all: number): void {
  const words = `→ Printing: ${done} of ${all} slides`
  if (process.stderr.isTTY) process.stderr.write(`\r${words}${done === all ? '\n' : ''}`)
  else if (done === all || Date.now() - told > 5000) {
    told = Date.now()
    process.stderr.write(`${words}\n`)
  }
}

const sizeInWords = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`

/** What else is to be ended when the command is. */
const running = new Set<Lifetime>()

/** The first Ctrl-C leaves nothing behind; a second one ends at once. */
function endOnSignals(lifetime: Lifetime): void {
  let ending = false
  const end = (): void => {
    if (ending) process.exit(130)
    ending = true
    process.stderr.write('\nInterrupted. Nothing half done is left.\n')
    setTimeout(() => process.exit(130), CLOSING_MILLIS).unref()
    void Promise.allSettled([lifetime, ...running].map((each) => each.close())).then(() => process.exit(130))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
}
