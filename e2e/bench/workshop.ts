import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { loadClusterMaker } from '../../server/clusters/simulated/load-data.ts'
import { nodePlatform } from '../../server/clusters/simulated/node-platform.ts'
import type { ForkableCluster } from '../../server/simulator/cluster.ts'
import { differences } from '../../server/simulator/time/snapshot.ts'
import { idleCost, medianOf, processorOf } from './figures.ts'
import type { Figures } from './figures.ts'
import { ask, optionsOf } from './ours.ts'

const report = (error: unknown): void => console.error(error)
const workshop = join(import.meta.dirname, '../../manifests/workshop')
const maps = '/api/v1/namespaces/default/configmaps'

/** A room of 500 whose clusters all run what the workshop applies, and what commanding the time of one costs. */
export async function measureWorkshop(): Promise<Figures> {
  const make = await loadClusterMaker(report)
  const origin = await make(optionsOf(0))
  for (const folder of ['prometheus-volume', 'prometheus', 'metrics-server', 'dashboard', 'tracing', 'problems'])
    await applyFolder(origin, folder)
  // Until what can run runs.
  await sleep(25_000)
  const touch = async (cluster: ForkableCluster) => {
    await ask(cluster, 'POST', maps, { metadata: { generateName: 'mine-' } })
  }
  const figures = await time(origin, touch)
  const room = await idleCost(500, async (number) => {
    const cluster = origin.fork(optionsOf(number + 1), nodePlatform(report))
    await touch(cluster)
    return cluster
  })
  const scraping = await processorOf(200, (turn) => void room.kept[turn % room.kept.length]?.scrape({ cluster: 'one' }))
  for (const cluster of [origin, ...room.kept.splice(0)]) cluster.close()
  return {
    ...figures,
    'memory of one of 500 workshop clusters': room.memory,
    'processor of one of them, at rest': room.processor,
    'scraping one of them, of a processor': scraping,
    'processor of one scraped every 15 s': { value: (scraping.value / 15_000) * 100, unit: '% of a core' },
  }
}

async function time(origin: ForkableCluster, touch: (cluster: ForkableCluster) => Promise<void>): Promise<Figures> {
  const before = origin.snapshot()
  const snapshot = await medianOf(100, async () => {
    origin.snapshot()
    await touch(origin)
  })
  const snapshotAlone = await medianOf(100, () => origin.snapshot())
  const forking = await medianOf(100, async (turn) => {
    const cluster = origin.fork(optionsOf(turn), nodePlatform(report))
    await ask(cluster, 'GET', '/api/v1/nodes')
    cluster.close()
  })
  const differing = await medianOf(100, () => differences(before, origin.snapshot()))
  const own = origin.fork(optionsOf(900), nodePlatform(report))
  const kept = own.snapshot()
  const restoring = await medianOf(50, async () => {
    own.restore(kept)
    await ask(own, 'GET', '/api/v1/nodes')
  })
  // Restored while it is busy, and lived in for a moment after each.
  const used: number[] = []
  for (let turn = 0; turn < 20; turn++) {
    await touch(own)
    await sleep(30)
    const started = performance.now()
    own.restore(kept)
    await ask(own, 'GET', '/api/v1/nodes')
    used.push(performance.now() - started)
    await sleep(30)
  }
  const turn = () => new Promise<void>((done) => setImmediate(done))
  const hour = await medianOf(1, () => own.fastForward({ millis: 3_600_000, turn }))
  own.close()
  return {
    'a snapshot of a workshop cluster': snapshotAlone,
    '… and a write after it': snapshot,
    'what differs from another one': differing,
    'a fork of it that answers': forking,
    'a restore of it that answers': restoring,
    '… while it runs and was written to': { value: used.toSorted((a, b) => a - b)[10] ?? 0, unit: 'ms' },
    'an hour of it, fast-forwarded': { value: hour.value / 1000, unit: 's' },
  }
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace?: string }
}

async function applyFolder(cluster: ForkableCluster, folder: string): Promise<void> {
  for (const name of (await readdir(join(workshop, folder))).filter((each) => each.endsWith('.yaml')).toSorted()) {
    for (const document of parseAllDocuments(await readFile(join(workshop, folder, name), 'utf8'))) {
      const object = document.toJS() as Manifest | null
      if (!object) continue
      const { apiVersion, kind, metadata } = object
      const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
      const clusterWide = /^(?:ClusterRole|Namespace|PersistentVolume$|APIService|PriorityClass|StorageClass)/.test(kind)
      const scope = clusterWide ? '' : `/namespaces/${metadata.namespace ?? 'default'}`
      const plural = kind.endsWith('s') ? `${kind}es` : kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`
      await ask(cluster, 'POST', `${base}${scope}/${plural.toLowerCase()}`, object)
    }
  }
}
