import { parentPort } from 'node:worker_threads'
import type { ClusterOptions, PrometheusState } from '../../simulator/cluster-api.ts'
import { createHost } from './host.ts'
import type { HostedCluster } from './host.ts'
import type { FromWorker } from './messages.ts'
import { serveMainThread } from './worker-host.ts'

/**
 * A simulator thread for tests, without a simulator: attendee 66's cluster cannot be made, 77's ends the thread, and
 * every other's Prometheus becomes ready when its metrics are first read.
 */
const port = parentPort
if (!port) throw new Error('fake-simulator.ts runs as a worker thread.')

function fakeCluster({ nodes }: ClusterOptions): HostedCluster {
  if (nodes[0]?.includes('-66-')) throw new Error('66 is unlucky')
  if (nodes[0]?.includes('-77-')) process.exit(3)
  let prometheus: PrometheusState = { state: 'absent' }
  let listener = () => {}
  const answer = { status: 200, headers: {}, body: '' }
  return {
    handle: () => answer,
    upgrade: () => ({ accepted: false, response: answer }),
    adminToken: `token of ${nodes[0]}`,
    nodes,
    scrape({ cluster }) {
      prometheus = { state: 'ready', namespace: 'monitoring', pod: 'prometheus-0', since: 5 }
      listener()
      return `series of ${cluster}\n`
    },
    prometheus: () => prometheus,
    inject: () => () => undefined,
    onPrometheus(next) {
      listener = next
      return () => {}
    },
    fastForward: () => Promise.reject(new Error('this one has no time')),
    snapshot: () => {
      throw new Error('this one has no state')
    },
    restore: () => {},
    close: () => {},
  }
}

let ports = 20_000
const host = await createHost({
  certificate: { key: '', certificate: '', certificateAuthority: 'authority' },
  makeCluster: fakeCluster,
  listen: () => Promise.resolve({ host: '127.0.0.1', port: ports++, serve: () => {}, close: () => Promise.resolve() }),
  onPrometheus: (cluster, prometheus) => port.postMessage({ type: 'prometheus', cluster, prometheus } satisfies FromWorker),
  report: () => {},
})
serveMainThread(port, host, () => {})
