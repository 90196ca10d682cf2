import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClusterId } from '../../kernel/ids.ts'

/** What a cluster's Prometheus scrapes now, or its jobs of one interval (seconds), every sample with `cluster="SERIES"`; undefined when there is no such cluster. */
type Scrape = (cluster: string, series: string, interval: number | undefined) => string | undefined

export interface ScrapeListener {
  readonly port: number
  /** Where a cluster's page is, before a slash and the name of its series, and then perhaps another with seconds, or `all`; below a secret that keeps other programs' web pages from reading them. */
  pathOf(cluster: ClusterId): string
  close(): Promise<void>
}

/** What is scraped without an interval in its path. */
const usualSeconds = 5

/** Serves what the clusters in this thread scrape of themselves to the Prometheus on this machine. */
export async function listenForScrapes(scrape: Scrape, report: (error: unknown) => void): Promise<ScrapeListener> {
  const secret = randomBytes(16).toString('hex')
  const server = createServer((request, response) => {
    let text: string | undefined
    try {
      const [, given, cluster, series, interval] = (request.url ?? '').split('?', 1).join('').split('/').map(decodeURIComponent)
      if (given === secret && cluster && series)
        text = scrape(cluster, series, interval === 'all' ? undefined : Number(interval ?? usualSeconds))
    } catch (error) {
      report(error)
    }
    if (text === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    pathOf: (cluster) => `/${secret}/${cluster}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}
