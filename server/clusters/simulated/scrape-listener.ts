import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClusterId } from '../../kernel/ids.ts'
import type { MetricsPage } from '../../simulator/cluster-api.ts'
import type { ScrapeTarget } from '../lease.ts'

/** Finds the page of a cluster; undefined when there is no such cluster. */
type Scrape = (cluster: string, page: MetricsPage) => string | undefined

export interface ScrapeListener {
  readonly port: number
  /** Where a cluster's pages are, below a secret that keeps other programs' web pages from reading them. */
  pathOf(cluster: ClusterId): string
  close(): Promise<void>
}

/** Serves the metrics pages of all clusters in this thread to the Prometheus on this machine. */
export async function listenForScrapes(scrape: Scrape, report: (error: unknown) => void): Promise<ScrapeListener> {
  const secret = randomBytes(16).toString('hex')
  const server = createServer((request, response) => {
    let text: string | undefined
    try {
      const [, given, cluster, page, node] = (request.url ?? '').split('?', 1).join('').split('/').map(decodeURIComponent)
      if (given === secret && cluster) text = scrape(cluster, pageOf(page, node))
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

function pageOf(page: string | undefined, node: string | undefined): MetricsPage {
  if ((page === 'cadvisor' || page === 'resource') && node) return { page, node }
  return { page: 'kube-state-metrics' }
}

/** The targets of one cluster, labelled as `manifests/workshop/prometheus` labels them. */
export function targetsOf(scrape: { readonly port: number; readonly path: string }, nodes: readonly string[]): ScrapeTarget[] {
  const target = (path: string, labels: Readonly<Record<string, string>>): ScrapeTarget => ({
    address: { host: '127.0.0.1', port: scrape.port },
    path: `${scrape.path}/${path}`,
    labels,
  })
  return pagesOf(nodes).map(({ page, labels }) => target('node' in page ? `${page.page}/${page.node}` : page.page, labels))
}

interface LabelledPage {
  readonly page: MetricsPage
  /** With which it is scraped. */
  readonly labels: Readonly<Record<string, string>>
}

/** Every page of a cluster. */
export function pagesOf(nodes: readonly string[]): readonly LabelledPage[] {
  const kubelet = (node: string): readonly LabelledPage[] => [
    { page: { page: 'cadvisor', node }, labels: { job: 'cadvisor', instance: node, kubernetes_io_hostname: node } },
    { page: { page: 'resource', node }, labels: { job: 'resource', instance: node } },
  ]
  const state: LabelledPage = {
    page: { page: 'kube-state-metrics' },
    labels: { job: 'kube-state-metrics', instance: 'kube-state-metrics:8080' },
  }
  return [...nodes.flatMap(kubelet), state]
}
