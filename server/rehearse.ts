import { appendFileSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadDeck } from './deck/load-deck.ts'
import type { LoadedDeck } from './deck/load-deck.ts'
import { personalise } from './deck/personalise.ts'
import { Lifetime } from './kernel/lifetime.ts'
import { UserError } from './kernel/user-error.ts'
import { harmless, log } from './main.ts'
import type { Deck } from './protocol/deck.ts'
import { createAsking } from './rehearsal/remote-address.ts'
import { rehearseDeck } from './rehearsal/rehearse-deck.ts'
import { junitOf, stepText, summaryText } from './rehearsal/report.ts'
import type { StepResult } from './rehearsal/report.ts'
import { sourceLines } from './rehearsal/source-lines.ts'
import type { SourceLines } from './rehearsal/source-lines.ts'
import { openRehearsal } from './rehearsal-stage.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WORKSHOP = 'slides/kubernetes-monitoring/deck.md'

const rehearseHelp = `Runs a deck as an attendee would, slide by slide, and says what does not go as it should.

  rehearse [DECK] [--cluster simulated|KUBECONFIG] [--slide N] [--junit FILE] [--json FILE] [--online]

  DECK               the deck's Markdown file; the workshop's own unless told
  --cluster WHERE    simulated (unless told), or the kubeconfig of a cluster of yours
  --slide N          only this slide, by number or name, on a fresh cluster: what it needs of
                     those before it is not there
  --online           asks other servers for the links and images of theirs, which are only listed otherwise
  --junit FILE       the steps as JUnit XML
  --json FILE        the steps as JSON, an object a line, as they come
  --help             this text

Every command has to succeed, every chart to have data, every link and image to be there; the check
of an exercise has to fail before its solution and after a wrong fix, and to be met after the solution.
Options of a block (expect, expect-fail, until, timeout) say more: see slides/README.md.
Ends with 1 when anything was not as expected.
`

interface Options {
  readonly deck: string
  readonly cluster: string
  readonly slide: string | undefined
  readonly junit: string | undefined
  readonly json: string | undefined
  readonly online: boolean
}

/** The `rehearse` command. @throws UserError */
export async function rehearse(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv)
  if (!options) {
    process.stdout.write(rehearseHelp)
    return
  }
  const lifetime = new Lifetime()
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort())
  try {
    const steps = await rehearseOn(options, lifetime, stopping.signal)
    if (stopping.signal.aborted) process.stdout.write('\nInterrupted.\n')
    process.exitCode = stopping.signal.aborted ? 130 : steps.every(({ ok }) => ok) ? 0 : 1
  } finally {
    await lifetime.close()
  }
  // Threads and pipes of what was ended must not keep it.
  process.exit()
}

async function rehearseOn(options: Options, lifetime: Lifetime, signal: AbortSignal): Promise<readonly StepResult[]> {
  const loaded = await loadDeck(options.deck, ROOT)
  for (const { file, line, say, block } of loaded.problems) if (!block) log(`${file}:${line}: ${say}`)
  const deck = personalise(loaded.deck, { number: '00' })
  if (options.slide !== undefined && !deck.slides.some(({ id }, index) => id === options.slide || String(index + 1) === options.slide))
    throw new UserError(
      'bad-arguments',
      `There is no slide ${options.slide}: this deck has ${deck.slides.length}. Name one, or say its number.`,
    )
  for (const file of [options.json, options.junit]) if (file !== undefined) begin(file)
  const text = await readFile(loaded.file, 'utf8')
  const { stage } = await openRehearsal(loaded, deck, options.cluster, lifetime, signal)
  const asks = options.online ? createAsking() : undefined

  const steps: StepResult[] = []
  const began = performance.now()
  // As they come: a rehearsal that is ended from outside leaves what it had.
  const tell = (step: StepResult) => {
    steps.push(step)
    process.stdout.write(`${harmless(stepText(step))}\n`)
    if (options.json !== undefined) appendFileSync(options.json, `${JSON.stringify(step)}\n`)
  }
  for (const step of misfits(loaded, deck, sourceLines(text), options.slide)) tell(step)
  await rehearseDeck(deck, { ...stage, asks }, sourceLines(text), { only: options.slide, signal }, tell)
  const nothing = steps.length === 0 && !signal.aborted
  const summary = nothing
    ? 'There is nothing to rehearse: no commands, checks, charts, links or images.'
    : summaryText(steps, performance.now() - began)
  process.stdout.write(`\n${harmless(summary)}\n`)
  if (options.junit !== undefined) await writeFile(options.junit, junitOf(steps))
  return steps
}

/** Better now than after minutes. */
function begin(file: string): void {
  try {
    writeFileSync(file, '')
  } catch (cause) {
    throw new UserError(
      'bad-arguments',
      `Nothing can be written to ${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cause,
    )
  }
}

/** Blocks that are not written as they should be: what they were to hold the deck to is not tried. */
function misfits(
  { problems, file }: LoadedDeck,
  { slides }: Pick<Deck, 'slides'>,
  lines: SourceLines,
  only: string | undefined,
): readonly StepResult[] {
  const starts = slides.map(({ id, title }, index) => ({ id, number: String(index + 1), line: lines.ofSlide(title) }))
  return problems
    .filter(({ block }) => block)
    .flatMap(({ file: where, line, say }): StepResult[] => {
      // Of a file that is included only the name is known.
      const slide = where === file ? starts.findLast((start) => start.line <= line) : undefined
      if (only !== undefined && slide?.id !== only && slide?.number !== only) return []
      const expected = 'the block is written as slides/README.md says'
      return [{ slide: slide?.id ?? basename(where), line, kind: 'deck', command: say, ms: 0, output: say, expected, ok: false }]
    })
}

function parseOptions(argv: readonly string[]): Options | undefined {
  const { values, positionals } = parse(argv)
  if (values.help) return undefined
  if (positionals.length > 1) throw new UserError('bad-arguments', 'rehearse takes one deck. "rehearse --help" says more.')
  return {
    deck: positionals[0] ?? join(ROOT, WORKSHOP),
    cluster: values.cluster ?? 'simulated',
    slide: values.slide,
    junit: values.junit,
    json: values.json,
    online: values.online ?? false,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        cluster: { type: 'string' },
        slide: { type: 'string' },
        junit: { type: 'string' },
        json: { type: 'string' },
        online: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    const what = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : ''
    throw new UserError('bad-arguments', `${what}. "rehearse --help" lists what there is.`, cause)
  }
}
