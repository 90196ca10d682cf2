import { setTimeout as sleep } from 'node:timers/promises'
import { createSimulatedProvider } from '../../server/clusters/simulated/simulated-provider.ts'
import { loadClusterMaker, loadSimulatorData } from '../../server/clusters/simulated/load-data.ts'
import { nodePlatform } from '../../server/clusters/simulated/node-platform.ts'
import { createCluster } from '../../server/simulator/cluster.ts'
import type { ApiResponse } from '../../server/simulator/api/http.ts'
import type { ForkableCluster } from '../../server/simulator/cluster.ts'
import type { SimulatedCluster } from '../../server/simulator/cluster-api.ts'
import type { Figures } from './figures.ts'
import { idleCost, medianOf, rateOf } from './figures.ts'
import { measureKubectlExec, measureShell } from './shell.ts'

const report = (error: unknown): void => console.error(error)
export const optionsOf = (number: number) => ({
  nodes: [`workshop-vm-${number}-00`, `workshop-vm-${number}-01`],
  certificateAuthority: '-----BEGIN CERTIFICATE-----\n',
  endpoint: { host: '127.0.0.1', port: 6443 },
})
const pods = '/api/v1/namespaces/default/pods'
const deployment = '/apis/apps/v1/namespaces/default/deployments'
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }

/** Everything through the API's front door, as bytes, but for the network and TLS. */
export async function measureOurs(): Promise<Figures> {
  const data = await loadSimulatorData()
  const fresh = async (number: number): Promise<ForkableCluster> => {
    const cluster = createCluster(optionsOf(number), data, nodePlatform(report))
    await cluster.ready()
    return cluster
  }
  const make = await loadClusterMaker(report)
  const fork = async (number: number): Promise<SimulatedCluster> => {
    const cluster = await make(optionsOf(number))
    await ask(cluster, 'GET', '/api/v1/nodes')
    return cluster
  }
  const used = async (number: number): Promise<SimulatedCluster> => {
    const cluster = await fork(number)
    await ask(cluster, 'POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'mine' } })
    return cluster
  }
  const freshReady = await medianOf(10, async (turn) => (await fresh(turn)).close())
  const forkReady = await medianOf(100, async (turn) => (await fork(turn)).close())
  const woken = await idleCost(100, used)
  for (const cluster of woken.kept.splice(0)) cluster.close()
  const forks = await idleCost(1000, fork)
  for (const cluster of forks.kept.splice(0)) cluster.close()
  return {
    'a new cluster, ready': freshReady,
    'a forked cluster, ready': forkReady,
    'a lease, through thread and TLS port': await leases(),
    'memory of an idle cluster (1,000 forks)': forks.memory,
    'memory of one that was written to': woken.memory,
    'processor of an idle cluster': forks.processor,
    ...(await load(await fork(0))),
    ...(await rollout(await fork(1))),
    ...(await shells(await fork(2))),
    ...(await measureKubectlExec()),
  }
}

async function leases() {
  const provider = createSimulatedProvider({ worker: new URL('../../server/simulator-worker.ts', import.meta.url), report })
  try {
    return await medianOf(20, (number) => provider.lease({ number, name: 'somebody' }))
  } finally {
    await provider.close()
  }
}

/** A thousand pods that nobody runs: created, listed, watched. */
async function load(cluster: SimulatedCluster): Promise<Figures> {
  const creates = await rateOf(1000, async () => {
    for (let index = 0; index < 1000; index++) await ask(cluster, 'POST', pods, podNamed(`pod-${index}`))
  })
  await sleep(1000)
  const lists = await rateOf(50, async () => {
    for (let index = 0; index < 50; index++) await ask(cluster, 'GET', pods)
  })
  const listing = await medianOf(20, () => ask(cluster, 'GET', pods, undefined, table))
  const heard = { events: 0 }
  const watchers = await Promise.all(Array.from({ length: 100 }, () => watch(cluster, () => void heard.events++)))
  await sleep(100)
  heard.events = 0
  const fanOut = await rateOf(20_000, async () => {
    for (let turn = 0; turn < 200; turn++) {
      await ask(cluster, 'PATCH', `${pods}/pod-0`, { metadata: { labels: { turn: String(turn) } } })
    }
    while (heard.events < 20_000) await sleep(1)
  })
  for (const stop of watchers) stop()
  cluster.close()
  return {
    'creates (pods)': creates,
    'lists of 1,000 pods': lists,
    'a table of 1,000 pods': listing,
    'events told to 100 watchers': fanOut,
  }
}

/** A shell in one pod. */
async function shells(cluster: SimulatedCluster): Promise<Figures> {
  const path = `${pods}/shell`
  const container = { name: 'c', image: 'alpine:3.22', command: ['sleep', '86400'] }
  await ask(cluster, 'POST', pods, { metadata: { name: 'shell' }, spec: { containers: [container] } })
  while (!runs(await ask(cluster, 'GET', path))) await sleep(20)
  const figures = await measureShell(cluster, (command) => {
    const query = new URLSearchParams('stdout=true&stderr=true')
    for (const word of command) query.append('command', word)
    return { method: 'GET', path: `${path}/exec`, query, headers: { authorization: `Bearer ${cluster.adminToken}` } }
  })
  cluster.close()
  return figures
}

const runs = ({ body }: ApiResponse) => (JSON.parse(String(body)) as { status: { phase?: string } }).status.phase === 'Running'

/** A Deployment of 200 replicas gets a new image. Most of the time is what images and containers take to start. */
async function rollout(cluster: SimulatedCluster): Promise<Figures> {
  const spec = (image: string) => ({
    metadata: { name: 'web' },
    spec: {
      replicas: 200,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
    },
  })
  const whole = async () => {
    for (;;) {
      const { body } = await ask(cluster, 'GET', `${deployment}/web`)
      const { metadata, status } = JSON.parse(String(body)) as {
        metadata: { generation: number }
        status: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number; replicas?: number }
      }
      const { observedGeneration, updatedReplicas, availableReplicas, replicas } = status
      if (observedGeneration === metadata.generation && updatedReplicas === 200 && availableReplicas === 200 && replicas === 200) return
      await sleep(20)
    }
  }
  // Two nodes hold 110 pods each: kubelet's default, less what kube-system has.
  await ask(cluster, 'POST', deployment, spec('nginx:1.27'))
  await whole()
  let events = 0
  const stop = await watch(cluster, () => void events++)
  await sleep(50)
  events = 0
  const [started, before] = [performance.now(), process.cpuUsage()]
  await ask(cluster, 'PATCH', `${deployment}/web`, { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:1.28' }] } } } })
  await whole()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(before)
  stop()
  cluster.close()
  return {
    'a rollout of 200 replicas': { value: seconds, unit: 's' },
    '… of which the processor works': { value: (user + system) / 1_000_000, unit: 's' },
    '… and tells a watcher of pods': { value: events, unit: 'events' },
  }
}

const podNamed = (name: string) => ({
  metadata: { name, labels: { app: 'load' } },
  spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '10m' } } }] },
})

async function watch(cluster: SimulatedCluster, heard: () => void): Promise<() => void> {
  const { body } = await ask(cluster, 'GET', pods, undefined, {}, 'watch=true')
  if (typeof body !== 'function') throw new Error('not a stream')
  return body({ write: heard, end: () => {} })
}

/** One request, as an administrator. @throws with the answer when it is refused */
export async function ask(
  cluster: SimulatedCluster,
  method: string,
  path: string,
  body?: object,
  more: Readonly<Record<string, string>> = {},
  query = '',
): Promise<ApiResponse> {
  const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json'
  const headers = { 'authorization': `Bearer ${cluster.adminToken}`, 'content-type': type, ...more }
  const bytes = body && new TextEncoder().encode(JSON.stringify(body))
  const answer = await cluster.handle({ method, path, query: new URLSearchParams(query), headers, ...(bytes && { body: bytes }) })
  if (answer.status >= 300) throw new Error(String(answer.body))
  return answer
}
