import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { usualSeconds } from './source.ts'
import type { ScrapeTarget } from './source.ts'

export interface Discovery {
  /** Where Prometheus asks what to scrape. It holds a secret: other programs' web pages cannot guess it. */
  readonly url: string
  /** Adds a cluster's targets. @param intervals at which it wants some of its jobs scraped, seconds @returns takes them away */
  register(cluster: string, targets: readonly ScrapeTarget[], intervals: () => readonly number[]): () => void
  close(): Promise<void>
}

/**
 * Tells Prometheus what to scrape, over HTTP service discovery.
 * Source: https://prometheus.io/docs/prometheus/latest/http_sd/
 * @param everything all of a cluster's jobs in one go, however often they want to be scraped
 */
export async function startDiscovery(everything = false): Promise<Discovery> {
  const clusters = new Map<string, { readonly targets: readonly ScrapeTarget[]; readonly intervals: () => readonly number[] }>()
  const path = `/${randomBytes(16).toString('hex')}/targets`
  const server = createServer((request, response) => {
    if (request.url !== path) {
      response.writeHead(404).end()
      return
    }
    const groups = [...clusters.values()].flatMap(({ targets, intervals }) =>
      targets.flatMap((target) =>
        everything ? [groupOf(target, 'all')] : [groupOf(target), ...rare(intervals()).map((each) => groupOf(target, each))],
      ),
    )
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(groups))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${path}`,
    register(cluster, targets, intervals) {
      const registered = { targets, intervals }
      clusters.set(cluster, registered)
      return () => {
        if (clusters.get(cluster) === registered) clusters.delete(cluster)
      }
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

/** What is asked for as often as usual is on the page that is always scraped. */
const rare = (intervals: readonly number[]) => intervals.filter((seconds) => seconds > usualSeconds)

function groupOf({ address, path }: ScrapeTarget, interval?: number | 'all') {
  const own = typeof interval === 'number' && {
    __scrape_interval__: `${Math.round(interval)}s`,
    __scrape_timeout__: `${Math.min(Math.round(interval), 10)}s`,
  }
  const labels = { __metrics_path__: interval === undefined ? path : `${path}/${interval}`, ...own }
  return { targets: [`${address.host}:${address.port}`], labels }
}
