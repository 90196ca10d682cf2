import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { watchCheck } from './checks/watch-check.ts'
import { createKubeconfigProvider } from './clusters/kubeconfig-provider.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import { loadDeck } from './deck/load-deck.ts'
import { personalise } from './deck/personalise.ts'
import { factsOf } from './desks.ts'
import { PersonId } from './kernel/ids.ts'
import { Lifetime } from './kernel/lifetime.ts'
import { UserError } from './kernel/user-error.ts'
import { harmless, log, systemClock } from './main.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Deck } from './protocol/deck.ts'
import { rehearseDeck } from './rehearsal/rehearse-deck.ts'
import type { Stage } from './rehearsal/rehearse-deck.ts'
import { junitOf, stepText, summaryText } from './rehearsal/report.ts'
import type { StepResult } from './rehearsal/report.ts'
import { sourceLines } from './rehearsal/source-lines.ts'
import { openRehearsalShell } from './rehearsal-shell.ts'
import { createRuntimeFolder } from './runtime-folder.ts'
import { findSome } from './tools/find-tools.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WORKSHOP = 'slides/kubernetes-monitoring/deck.md'

const rehearseHelp = `Runs a deck as an attendee would, slide by slide, and says what does not go as it should.

  rehearse [DECK] [--cluster simulated|KUBECONFIG] [--slide N] [--junit FILE] [--json FILE]

  DECK               the deck's Markdown file; the workshop's own unless told
  --cluster WHERE    simulated (unless told), or the kubeconfig of a cluster of yours
  --slide N          only this slide, by number or name, on a fresh cluster: what it needs of
                     those before it is not there
  --junit FILE       the steps as JUnit XML
  --json FILE        the steps as JSON, an object a line
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
}

/** The `rehearse` command. @throws UserError */
export async function rehearse(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv)
  if (!options) {
    process.stdout.write(rehearseHelp)
    return
  }
  const lifetime = new Lifetime()
  let stopped = false
  const stop = () => void (stopped = true)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  try {
    const steps = await rehearseOn(options, lifetime, () => stopped)
    if (stopped) process.stdout.write('\nInterrupted.\n')
    process.exitCode = stopped ? 130 : steps.every(({ ok }) => ok) ? 0 : 1
  } finally {
    await lifetime.close()
  }
  // Threads and pipes of what was ended must not keep it.
  process.exit()
}

async function rehearseOn(options: Options, lifetime: Lifetime, stopped: () => boolean): Promise<readonly StepResult[]> {
  const loaded = await loadDeck(options.deck, ROOT)
  for (const { file, line, say } of loaded.problems) log(`${file}:${line}: ${say}`)
  const deck = personalise(loaded.deck, { number: '00' })
  const text = await readFile(loaded.file, 'utf8')
  const tools = await findSome(['kubectl', 'prometheus', 'bubblewrap', 'socat'])
  const runtime = await createRuntimeFolder()
  lifetime.add(() => rm(runtime, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
  const clusters = await provider(options.cluster)
  lifetime.add(() => clusters.close())
  const lease = await clusters.lease({ number: 0, name: 'Rehearsal' })
  const report = (error: unknown) => log('Charts have trouble.', error)
  const metrics = createMetrics({ prometheus: tools.prometheus, stateDirectory: runtime, clock: systemClock, report })
  lifetime.add(() => metrics.close())
  metrics.register(watched(lease))
  const shell = await openRehearsalShell({ tools, runtime, labFolder: loaded.labFolder, lease, person: PersonId.parse('p-00') })
  lifetime.add(() => shell.close())

  const steps: StepResult[] = []
  const began = performance.now()
  const tell = (step: StepResult) => {
    steps.push(step)
    process.stdout.write(`${harmless(stepText(step))}\n`)
  }
  const stage = stageOf(lease, metrics, shell, deck, loaded.folder)
  await rehearseDeck(deck, stage, sourceLines(text), { only: options.slide, stopped }, tell)
  if (steps.length === 0 && !stopped())
    throw new UserError(
      'bad-arguments',
      options.slide === undefined
        ? 'There is nothing in this deck to rehearse.'
        : `There is nothing to rehearse on slide ${options.slide}.`,
    )
  process.stdout.write(`\n${harmless(summaryText(steps, performance.now() - began))}\n`)
  if (options.junit !== undefined) await writeFile(options.junit, junitOf(steps))
  if (options.json !== undefined) await writeFile(options.json, steps.map((step) => `${JSON.stringify(step)}\n`).join(''))
  return steps
}

function stageOf(
  lease: ClusterLease,
  metrics: Metrics,
  shell: Pick<Stage, 'run' | 'runLast'>,
  deck: Pick<Deck, 'slides'>,
  folder: string,
): Stage {
  return {
    run: (block, limit) => shell.run(block, limit),
    runLast: (block, limit) => shell.runLast(block, limit),
    watchCheck(check, listener) {
      const query = (text: string, tell: (facts: ReturnType<typeof factsOf>) => void) =>
        metrics.watch(watched(lease), { query: text, rangeSeconds: 60, stepSeconds: 15 }, (state) => tell(factsOf(state)))
      return watchCheck({ api: lease.client, query }, check, listener)
    },
    watchChart: (query, { rangeSeconds, stepSeconds }, listener) =>
      metrics.watch(watched(lease), { query, rangeSeconds, stepSeconds }, listener),
    remember: async () => lease.remember?.(),
    broken: (address, kind) => whyBroken(address, kind, deck, folder),
  }
}

/** What the charts need to know of a lease. */
function watched(lease: ClusterLease) {
  return { id: lease.samples ?? lease.id, prometheus: lease.prometheus }
}

/** Links to other servers are not followed: a rehearsal needs no network. */
async function whyBroken(
  address: string,
  kind: 'link' | 'image',
  { slides }: Pick<Deck, 'slides'>,
  folder: string,
): Promise<string | undefined> {
  const plain = address.replaceAll('&#x26;', '&').replaceAll('&amp;', '&')
  if (plain.startsWith('#')) {
    const wanted = decodeURIComponent(plain.slice(1)).replace(/^\//, '').split('/')[0] ?? ''
    const there = slides.some(({ id }, index) => id === wanted || String(index + 1) === wanted)
    return there || wanted === '' ? undefined : `There is no slide "${wanted}".`
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(plain)) return URL.canParse(plain) || plain.startsWith('data:') ? undefined : 'It is no address.'
  const file = decodeURIComponent(plain.replace(/^\/slides\//, '').replace(/[?#].*$/, ''))
  return access(resolve(folder, file)).then(
    () => undefined,
    () => `There is no ${kind === 'image' ? 'image' : 'file'} ${file} beside the deck.`,
  )
}

async function provider(cluster: string): Promise<ClusterProvider> {
  if (cluster !== 'simulated') return createKubeconfigProvider(cluster)
  const report = (error: unknown) => log('The simulated cluster has trouble.', error)
  return createSimulatedProvider({ worker: new URL('./simulator-worker.ts', import.meta.url), report })
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
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    const what = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : ''
    throw new UserError('bad-arguments', `${what}. "rehearse --help" lists what there is.`, cause)
  }
}
