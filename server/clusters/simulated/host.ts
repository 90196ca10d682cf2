import type { ClusterId } from '../../kernel/ids.ts'
import type { ForkableCluster } from '../../simulator/cluster.ts'
import type { AskPrometheus, ClusterOptions, PrometheusState, SimulatedCluster } from '../../simulator/cluster-api.ts'
import type { Snapshot } from '../../simulator/time/snapshot.ts'
import type { CertificateAuthority, ServerCertificate } from './certificates.ts'
import type { OpenedCluster } from './messages.ts'
import { listenForScrapes } from './scrape-listener.ts'

/** A cluster whose time can be commanded. */
export type HostedCluster = SimulatedCluster & Pick<ForkableCluster, 'fastForward' | 'snapshot' | 'restore'>

/** A metrics page as it was. */
interface SampledPage {
  readonly millis: number
  readonly labels: Readonly<Record<string, string>>
  readonly text: string
}

/** A time to live through at once; see `ForkableCluster.fastForward`. */
export interface Travel {
  readonly millis: number
  /** Where Prometheus takes samples of the past, and the `cluster` label that their series get. */
  readonly samples?: { readonly url: string; readonly series: string } | undefined
  readonly onProgress: (share: number) => void
}

/** As often as the workshop's Prometheus scrapes. */
const sampleMillis = 15_000
/** So many characters of metrics pages are sent at once. */
const batchCharacters = 4_000_000

/** A TLS port on which a cluster's API is served; `http/kube-listener.ts` makes them. */
interface Listener {
  readonly host: string
  readonly port: number
  serve(api: SimulatedCluster): void
  close(): Promise<void>
}

export interface HostOptions {
  readonly certificate: ServerCertificate & Partial<Pick<CertificateAuthority, 'signClient'>>
  readonly makeCluster: (options: ClusterOptions) => HostedCluster | Promise<HostedCluster>
  /** Gives Prometheus samples of the past; without it nobody draws them. */
  readonly writeSamples?: (url: string, pages: readonly SampledPage[]) => Promise<void>
  readonly listen: (options: ServerCertificate & { readonly port: number; readonly report: (error: unknown) => void }) => Promise<Listener>
  /** Asks the Prometheus that keeps a cluster's samples. */
  readonly askPrometheus?: (cluster: ClusterId, ...question: Parameters<AskPrometheus>) => ReturnType<AskPrometheus>
  readonly onPrometheus: (cluster: ClusterId, state: PrometheusState) => void
  readonly report: (error: unknown) => void
}

interface Hosted {
  readonly simulated: HostedCluster
  readonly listener: Listener
  travels: boolean
  /** What it was before it was fast-forwarded. */
  before: Snapshot | undefined
  remembered: Snapshot | undefined
}

export interface ClusterHost {
  /** Starts a cluster and serves it. @param port 0 or none: any free one */
  open(cluster: ClusterId, nodes: readonly string[], port?: number): Promise<{ opened: OpenedCluster; prometheus: PrometheusState }>
  /** @throws Error when there is no such cluster, it travels already, or Prometheus does not take the samples */
  fastForward(cluster: ClusterId, travel: Travel): Promise<void>
  /** Makes the cluster what it was before its last `fastForward`. @throws Error when there was none */
  goBack(cluster: ClusterId): void
  /** Keeps what the cluster is now, for `recall`. @throws Error when there is no such cluster */
  remember(cluster: ClusterId): void
  /** Makes the cluster what was remembered. @throws Error when nothing was */
  recall(cluster: ClusterId): void
  close(cluster: ClusterId): Promise<void>
  closeAll(): Promise<void>
}

/** Runs simulated clusters in this thread, each behind a port of its own. */
export async function createHost({
  certificate,
  makeCluster,
  writeSamples,
  listen,
  askPrometheus,
  onPrometheus,
  report,
}: HostOptions): Promise<ClusterHost> {
  const running = new Map<ClusterId, Hosted>()
  const byName: ReadonlyMap<string, Hosted> = running
  const scrapes = await listenForScrapes((name, cluster, interval) => byName.get(name)?.simulated.scrape({ cluster }, interval), report)

  const close = async (cluster: ClusterId) => {
    const found = running.get(cluster)
    running.delete(cluster)
    if (!found) return
    found.simulated.close()
    await found.listener.close()
  }
  return {
    async open(cluster, nodes, port = 0) {
      // The port first: the cluster's own objects say where its API is.
      const listener = await listen({ ...certificate, port, report })
      try {
        const simulated = await makeCluster({
          nodes,
          certificateAuthority: certificate.certificateAuthority,
          ...(askPrometheus && { askPrometheus: (...question) => askPrometheus(cluster, ...question) }),
          ...(certificate.signClient && { signCertificate: certificate.signClient }),
          endpoint: { host: listener.host, port: listener.port },
        })
        listener.serve(simulated)
        running.set(cluster, { simulated, listener, travels: false, before: undefined, remembered: undefined })
        simulated.onPrometheus(() => onPrometheus(cluster, simulated.prometheus()))
        const opened: OpenedCluster = {
          port: listener.port,
          token: simulated.adminToken,
          certificateAuthority: certificate.certificateAuthority,
          nodes: [...simulated.nodes],
          scrape: { port: scrapes.port, path: scrapes.pathOf(cluster) },
        }
        return { opened, prometheus: simulated.prometheus() }
      } catch (error) {
        await listener.close()
        throw error
      }
    },
    async fastForward(cluster, travel) {
      const found = running.get(cluster)
      if (!found) throw new Error(`There is no cluster ${cluster}.`)
      if (found.travels) throw new Error('The cluster is being fast-forwarded already.')
      found.travels = true
      try {
        const before = found.simulated.snapshot()
        await journey(found.simulated, travel, writeSamples)
        found.before = before
      } finally {
        found.travels = false
      }
    },
    goBack(cluster) {
      const found = running.get(cluster)
      if (!found?.before) throw new Error('The cluster has not been fast-forwarded.')
      found.simulated.restore(found.before)
      found.before = undefined
    },
    remember(cluster) {
      const found = running.get(cluster)
      if (!found) throw new Error(`There is no cluster ${cluster}.`)
      found.remembered = found.simulated.snapshot()
    },
    recall(cluster) {
      const found = running.get(cluster)
      if (!found?.remembered) throw new Error('Nothing of the cluster was remembered.')
      found.simulated.restore(found.remembered)
    },
    close,
    async closeAll() {
      await Promise.all([...running.keys()].map(close))
      await scrapes.close()
    },
  }
}

/** Fast-forwards, and sends Prometheus what it would have scraped in that time. */
async function journey(
  simulated: HostedCluster,
  { millis, samples, onProgress }: Travel,
  write: HostOptions['writeSamples'],
): Promise<void> {
  let waiting: SampledPage[] = []
  let characters = 0
  const flush = async () => {
    const pages = waiting
    waiting = []
    characters = 0
    if (samples && write && pages.length > 0) await write(samples.url, pages)
  }
  const take = (at: number, scrape: SimulatedCluster['scrape']) => {
    const text = scrape(samples ? { cluster: samples.series } : {})
    if (text === '') return
    waiting.push({ millis: at, labels: {}, text })
    characters += text.length
  }
  const turn = async () => {
    if (characters > batchCharacters) await flush()
    await new Promise<void>((next) => setImmediate(next))
  }
  await simulated.fastForward({ millis, turn, onProgress, ...(samples && write && { sample: { everyMillis: sampleMillis, take } }) })
  await flush()
}
