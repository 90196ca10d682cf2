import type { ClusterId } from '../../kernel/ids.ts'
import type { ClusterOptions, PrometheusState, SimulatedCluster } from '../../simulator/cluster-api.ts'
import type { CertificateAuthority, ServerCertificate } from './certificates.ts'
import type { OpenedCluster } from './messages.ts'
import { listenForScrapes } from './scrape-listener.ts'

/** A TLS port on which a cluster's API is served; `http/kube-listener.ts` makes them. */
interface Listener {
  readonly host: string
  readonly port: number
  serve(api: SimulatedCluster): void
  close(): Promise<void>
}

export interface HostOptions {
  readonly certificate: ServerCertificate & Partial<Pick<CertificateAuthority, 'signClient'>>
  readonly makeCluster: (options: ClusterOptions) => SimulatedCluster | Promise<SimulatedCluster>
  readonly listen: (options: ServerCertificate & { readonly port: number; readonly report: (error: unknown) => void }) => Promise<Listener>
  readonly onPrometheus: (cluster: ClusterId, state: PrometheusState) => void
  readonly report: (error: unknown) => void
}

export interface ClusterHost {
  /** Starts a cluster and serves it. @param port 0 or none: any free one */
  open(cluster: ClusterId, nodes: readonly string[], port?: number): Promise<{ opened: OpenedCluster; prometheus: PrometheusState }>
  close(cluster: ClusterId): Promise<void>
  closeAll(): Promise<void>
}

/** Runs simulated clusters in this thread, each behind a port of its own. */
export async function createHost({ certificate, makeCluster, listen, onPrometheus, report }: HostOptions): Promise<ClusterHost> {
  const running = new Map<ClusterId, { simulated: SimulatedCluster; listener: Listener }>()
  const byName: ReadonlyMap<string, { simulated: SimulatedCluster }> = running
  const scrapes = await listenForScrapes((name, page) => byName.get(name)?.simulated.scrape(page), report)

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
          ...(certificate.signClient && { signCertificate: certificate.signClient }),
          endpoint: { host: listener.host, port: listener.port },
        })
        listener.serve(simulated)
        running.set(cluster, { simulated, listener })
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
    close,
    async closeAll() {
      await Promise.all([...running.keys()].map(close))
      await scrapes.close()
    },
  }
}
