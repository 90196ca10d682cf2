import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ScrapeTarget } from './source.ts'

export interface Discovery {
  /** Where Prometheus asks what to scrape. It holds a secret: other programs' web pages cannot guess it. */
  readonly url: string
  /** Adds a cluster's targets. @returns takes them away */
  register(cluster: string, targets: readonly ScrapeTarget[]): () => void
  close(): Promise<void>
}

/**
 * Tells Prometheus what to scrape, over HTTP service discovery.
 * Source: https://prometheus.io/docs/prometheus/latest/http_sd/
 */
export async function startDiscovery(): Promise<Discovery> {
  const clusters = new Map<string, readonly ScrapeTarget[]>()
  const path = `/${randomBytes(16).toString('hex')}/targets`
  const server = createServer((request, response) => {
    if (request.url !== path) {
      response.writeHead(404).end()
      return
    }
    const groups = [...clusters.values()].flatMap((targets) => targets.map(groupOf))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(groups))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${path}`,
    register(cluster, targets) {
      clusters.set(cluster, targets)
      return () => {
        if (clusters.get(cluster) === targets) clusters.delete(cluster)
      }
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function groupOf({ address, path }: ScrapeTarget) {
  return { targets: [`${address.host}:${address.port}`], labels: { __metrics_path__: path } }
}
