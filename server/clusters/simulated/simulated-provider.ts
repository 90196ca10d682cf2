import { availableParallelism } from 'node:os'
import { Emitter } from '../../kernel/events.ts'
import { ClusterId } from '../../kernel/ids.ts'
import { UserError } from '../../kernel/user-error.ts'
import type { AnswerQuery, ClusterLease, ClusterProvider, PrometheusSource, PrometheusState } from '../lease.ts'
import { createApiClient } from '../api-client.ts'
import type { ApiClient } from '../api-client.ts'
import { simulatedKubeconfig } from './kubeconfig.ts'
import { startSimulatorWorker } from './worker.ts'
import type { SimulatorWorker } from './worker.ts'

export interface SimulatedProviderOptions {
  /** The entry of a simulator thread; see `server/simulator-worker.ts`. */
  readonly worker: URL
  readonly report: (error: unknown) => void
  /** A folder of image descriptions of the presenter's own. */
  readonly images?: string | undefined
  /** Nodes of each cluster; 2 unless told. */
  readonly nodes?: number
}

/** A second thread starts when the first has this many clusters, as far as there are processors for it. */
const clustersPerThread = 25

/** A cluster that runs, lent or not yet. */
interface Running {
  readonly id: ClusterId
  readonly number: number
  readonly thread: SimulatorWorker
  readonly opened: Awaited<ReturnType<SimulatorWorker['open']>>['opened']
  readonly changed: Emitter<void>
  readonly lost: Emitter<string>
  client: ApiClient | undefined
  /** How often it was fast-forwarded. */
  journeys: number
  /** Under which name its samples are kept now. */
  samples: string
  prometheus: PrometheusState
}

/**
 * Lends simulated clusters, which run in threads of their own. Attendees are numbered in the order in which they
 * come, so the next one's cluster is started before they ask: a lease is then a matter of a millisecond.
 */
export function createSimulatedProvider({ worker: entry, report, images, nodes = 2 }: SimulatedProviderOptions): ClusterProvider {
  const threads: SimulatorWorker[] = []
  const running = new Map<ClusterId, Running>()
  let serial = 0
  let closed = false
  let answerQuery: AnswerQuery | undefined
  let warm: { readonly number: number; readonly cluster: Promise<Running> } | undefined

  const setPrometheus = (id: ClusterId, state: PrometheusState) => {
    const cluster = running.get(id)
    if (!cluster) return
    cluster.prometheus = state
    cluster.changed.emit()
  }
  const lose = (ids: readonly ClusterId[]) => {
    const why = 'Your simulated cluster has stopped, and what was in it is gone. Reload the page to get another.'
    for (const id of ids) {
      setPrometheus(id, { state: 'unreachable', why })
      running.get(id)?.lost.emit(why)
    }
  }
  const onAsk: Parameters<typeof startSimulatorWorker>[0]['onAsk'] = async (id, path, parameters) => {
    if (!answerQuery) throw new Error('No Prometheus keeps the samples of this cluster.')
    return answerQuery(running.get(id)?.samples ?? id, path, parameters)
  }
  const leastUsed = () => {
    for (const [index, thread] of [...threads.entries()].toReversed()) if (!thread.alive) threads.splice(index, 1)
    const [best] = threads.toSorted((a, b) => a.size - b.size)
    const room = threads.length < Math.max(availableParallelism() - 1, 1)
    if (best && (best.size < clustersPerThread || !room)) return best
    const thread = startSimulatorWorker({ entry, report, images, onPrometheus: setPrometheus, onAsk, onLost: lose })
    threads.push(thread)
    return thread
  }
  const open = async (number: number): Promise<Running> => {
    const name = nameOf(number)
    const id = ClusterId.parse(`${name}-${++serial}`)
    const thread = leastUsed()
    const { opened, prometheus } = await thread.open(
      id,
      Array.from({ length: nodes }, (_, node) => `${name}-${twoDigits(node)}`),
    )
    const cluster: Running = {
      id,
      number,
      thread,
      opened,
      changed: new Emitter(),
      lost: new Emitter(),
      client: undefined,
      journeys: 0,
      samples: id,
      prometheus,
    }
    running.set(id, cluster)
    return cluster
  }
  const close = async ({ id, thread, client }: Running) => {
    client?.close()
    if (running.delete(id)) await thread.close(id)
  }
  const warmUp = (number: number) => {
    if (closed) return
    const cluster = open(number)
    warm = { number, cluster }
    // Whoever leases it hears of a failure; until then it is only noted. Being ended while it starts is none.
    cluster.catch((error: unknown) => {
      if (!closed) report(error)
    })
  }
  /** The warm cluster when it is this attendee's, which it is unless somebody comes back after a restart. */
  const take = async (number: number): Promise<Running> => {
    const waiting = warm
    if (waiting?.number !== number) return open(number)
    warm = undefined
    const cluster = await waiting.cluster.catch(() => undefined)
    return cluster?.thread.alive ? cluster : open(number)
  }
  warmUp(0)

  return {
    answerQueries(answer) {
      answerQuery = answer
    },
    async lease({ number }) {
      try {
        const cluster = await take(number)
        if (!warm) warmUp(number + 1)
        return leaseOf(cluster, () => close(cluster))
      } catch (cause) {
        throw new UserError(
          'cluster-failed',
          'Your cluster could not be started. Reload the page to try again; the server log says more.',
          cause,
        )
      }
    },
    async close() {
      closed = true
      await Promise.all(threads.map((thread) => thread.terminate()))
      running.clear()
    },
  }
}

/**
 * @param before the lease of the cluster before it was fast-forwarded, if it was
 * @param samples under which name its metrics are kept
 */
function leaseOf(cluster: Running, release: () => Promise<void>, before?: ClusterLease, samples: string = cluster.id): ClusterLease {
  const { id, number, opened, changed, thread } = cluster
  const prometheus: PrometheusSource = {
    state: () => cluster.prometheus,
    onChange: (listener) => changed.subscribe(listener),
    targets: [{ address: { host: '127.0.0.1', port: opened.scrape.port }, path: `${opened.scrape.path}/${samples}` }],
  }
  const leaseOfNow: ClusterLease = {
    id,
    name: nameOf(number),
    simulated: true,
    nodes: opened.nodes,
    api: { host: '127.0.0.1', port: opened.port },
    client: (cluster.client ??= clientOf(opened)),
    kubeconfigFor: (at) => simulatedKubeconfig(opened, at),
    prometheus,
    samples,
    async fastForward(millis, samplesUrl, onProgress) {
      // Where nobody keeps the past, the present goes on where it was.
      const series = samplesUrl === undefined ? samples : `${id}_${++cluster.journeys}`
      const taken = samplesUrl === undefined ? {} : { samples: { url: samplesUrl, series } }
      await thread.fastForward(id, { millis, ...taken }, onProgress).catch(cannotTravel)
      cluster.samples = series
      return leaseOf(cluster, release, leaseOfNow, series)
    },
    async remember() {
      await thread.tell(id, 'remember').catch(cannotTravel)
      return () => thread.tell(id, 'recall').catch(cannotTravel)
    },
    ...(before && {
      async goBack() {
        await thread.tell(id, 'go-back').catch(cannotTravel)
        cluster.samples = before.samples ?? id
        return before
      },
    }),
    onLost: (listener) => cluster.lost.subscribe(listener),
    release,
  }
  return leaseOfNow
}

function clientOf({ port, token, certificateAuthority }: Running['opened']): ApiClient {
  return createApiClient({
    api: { host: '127.0.0.1', port },
    serverName: 'localhost',
    basePath: '',
    certificateAuthority: Buffer.from(certificateAuthority),
    insecure: false,
    user: { token },
  })
}

function cannotTravel(cause: unknown): never {
  throw new UserError('cluster-failed', 'The cluster could not be taken through time: it is as it was. The server log says more.', cause)
}

const twoDigits = (number: number) => String(number).padStart(2, '0')

const nameOf = (number: number) => `workshop-vm-${twoDigits(number)}`
