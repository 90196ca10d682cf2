import { access, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { watchObjects } from './checks/cluster-watch.ts'
import { watchCheck } from './checks/watch-check.ts'
import { createKubeconfigProvider } from './clusters/kubeconfig-provider.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { readOwnImages } from './clusters/simulated/own-images.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import type { LoadedDeck } from './deck/load-deck.ts'
import { factsOf, measuredOf } from './desks.ts'
import { type DrawnCluster, watchTopology } from './drawings/watch-topology.ts'
import { watchTrace } from './drawings/watch-trace.ts'
import { PersonId } from './kernel/ids.ts'
import type { Lifetime } from './kernel/lifetime.ts'
import { UserError } from './kernel/user-error.ts'
import { log, systemClock } from './main.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { TopologyBlock, TraceBlock } from './protocol/blocks.ts'
import type { Deck } from './protocol/deck.ts'
import type { LiveState } from './protocol/live-block.ts'
import type { Stage } from './rehearsal/rehearse-deck.ts'
import { openRehearsalShell } from './rehearsal-shell.ts'
import { createRuntimeFolder } from './runtime-folder.ts'
import { findSome } from './tools/find-tools.ts'

/** What a rehearsal is done on: a cluster of its own, a shell in it, and its charts. */
export interface Rehearsal {
  readonly stage: Stage
  /** Tells what a drawing shows. @returns ends it */
  readonly watchLive: (block: TopologyBlock | TraceBlock, listener: (live: LiveState) => void) => () => void
}

/**
 * Starts all that a deck is rehearsed on; it ends with `lifetime`.
 * @param deck as the attendee sees it
 * @param cluster `simulated`, or the path of a kubeconfig
 * @param signal ends what runs in the shell at once
 * @throws UserError
 */
export async function openRehearsal(
  loaded: Pick<LoadedDeck, 'folder' | 'labFolder' | 'imagesFolder'>,
  deck: Pick<Deck, 'slides'>,
  cluster: string,
  lifetime: Lifetime,
  signal = new AbortController().signal,
): Promise<Rehearsal> {
  const tools = await findSome(['kubectl', 'prometheus', 'bubblewrap', 'socat'])
  const runtime = await createRuntimeFolder()
  lifetime.add(() => rm(runtime, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
  const clusters = await provider(cluster, loaded.imagesFolder)
  lifetime.add(() => clusters.close())
  const lease = await clusters.lease({ number: 0, name: 'Rehearsal' })
  // Better one sentence than every step of the deck.
  await lease.client.getJson('/version').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError('cluster-failed', `The cluster ${lease.name} does not answer (${why}), so nothing can be rehearsed on it.`, cause)
  })
  const report = (error: unknown) => log('Charts have trouble.', error)
  const metrics = createMetrics({ prometheus: tools.prometheus, stateDirectory: runtime, scrapeSeconds: 2, clock: systemClock, report })
  lifetime.add(() => metrics.close())
  clusters.answerQueries?.((...question) => metrics.ask(...question))
  metrics.register(watched(lease))
  // Ahead of the first chart, as a workshop does.
  if (lease.prometheus.targets && deck.slides.some(({ blocks }) => blocks.some(({ kind }) => kind === 'query'))) void metrics.start()
  const shell = await openRehearsalShell({ tools, runtime, labFolder: loaded.labFolder, lease, person: PersonId.parse('p-00'), signal })
  lifetime.add(() => shell.close())

  return { stage: stageOf(lease, metrics, shell, deck, loaded.folder), watchLive: drawnFrom(lease, metrics) }
}

function drawnFrom(lease: ClusterLease, metrics: Metrics): Rehearsal['watchLive'] {
  const cluster: DrawnCluster = {
    objects: (interest, signal, changed, failed) => void watchObjects(lease.client, interest, signal, changed, failed),
    query: (query, listener) => metrics.watch(watched(lease), { query, ...newest }, (state) => listener(measuredOf(state))),
  }
  return (block, listener) =>
    block.kind === 'topology'
      ? watchTopology(cluster, block, (topology) => listener({ kind: 'topology', topology }))
      : watchTrace(lease.client, block, (trace) => listener({ kind: 'trace', trace }))
}

/** What checks and drawings ask of a query: its last value. */
const newest = { rangeSeconds: 60, stepSeconds: 15 }

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
        metrics.watch(watched(lease), { query: text, ...newest }, (state) => tell(factsOf(state)))
      return watchCheck({ api: lease.client, query }, check, listener)
    },
    watchChart: (query, { rangeSeconds, stepSeconds }, listener) =>
      metrics.watch(watched(lease), { query, rangeSeconds, stepSeconds }, listener),
    charted: () => lease.prometheus.state().state !== 'absent',
    remember: async () => lease.remember?.(),
    ...(lease.fastForward && { live: async (millis) => void (await lease.fastForward?.(millis, undefined, () => {})) }),
    broken: (address, kind) => whyBroken(address, kind, deck, folder),
  }
}

/** What the charts need to know of a lease. */
function watched(lease: ClusterLease) {
  return { id: lease.samples ?? lease.id, prometheus: lease.prometheus }
}

/** Only what can be known without a network. */
async function whyBroken(
  address: string,
  kind: 'link' | 'image',
  { slides }: Pick<Deck, 'slides'>,
  folder: string,
): Promise<string | undefined> {
  if (address.startsWith('#')) {
    const wanted = decoded(address.slice(1)).replace(/^\//, '').split('/')[0] ?? ''
    const there = slides.some(({ id }, index) => id === wanted || String(index + 1) === wanted)
    return there || wanted === '' ? undefined : `There is no slide "${wanted}".`
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return URL.canParse(address) || address.startsWith('data:') ? undefined : 'It is no address.'
  const file = decoded(address.replace(/^\/slides\//, '').replace(/[?#].*$/, ''))
  const path = resolve(folder, file)
  if (path !== folder && !path.startsWith(`${resolve(folder)}/`)) return `${file} is not in the deck's folder, so no page can show it.`
  return access(path).then(
    () => undefined,
    () => `There is no ${kind === 'image' ? 'image' : 'file'} ${file} beside the deck.`,
  )
}

/** An address as it was meant; one whose escapes are none stands for itself. */
function decoded(address: string): string {
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}

/** @param images the folder of image descriptions that the deck names */
async function provider(cluster: string, images: string | undefined): Promise<ClusterProvider> {
  if (cluster !== 'simulated') {
    await access(cluster).catch((cause: unknown) => {
      throw new UserError('bad-arguments', `There is no kubeconfig at ${resolve(cluster)}. Name one, or say --cluster simulated.`, cause)
    })
    return createKubeconfigProvider(cluster)
  }
  const report = (error: unknown) => log('The simulated cluster has trouble.', error)
  // A mistake in one of them is told before anything starts.
  if (images !== undefined) await readOwnImages(images)
  return createSimulatedProvider({ images, worker: new URL('./simulator-worker.ts', import.meta.url), report })
}
