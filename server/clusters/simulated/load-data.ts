import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { createCluster } from '../../simulator/cluster.ts'
import type { ClusterOptions, SimulatedCluster } from '../../simulator/cluster-api.ts'
import type { SimulatorData } from '../../simulator/cluster.ts'
import { nodePlatform } from './node-platform.ts'

const folder = new URL('../../../manifests/simulator/', import.meta.url)

/** Reads what simulated clusters are made of. It is ours, not a person's: the simulator's own tests vouch for its shape. */
export async function loadSimulatorData(): Promise<SimulatorData> {
  const [schemas, discovery, columns, bootstrap, node, system, images] = await Promise.all([
    readJson<SimulatorData['schemas']>('schemas.json'),
    readJson<SimulatorData['discovery']>('discovery.json'),
    readJson<SimulatorData['columns']>('table-columns.json'),
    readJson<SimulatorData['bootstrap']>('bootstrap-objects.json'),
    readJson<SimulatorData['node']>('node.json'),
    readSystem(),
    readImages(),
  ])
  return { schemas, discovery, columns, bootstrap, node, system, images }
}

/** What makes clusters in this thread; they share the data, and each has keys of its own. */
export async function loadClusterMaker(report: (error: unknown) => void): Promise<(options: ClusterOptions) => SimulatedCluster> {
  const data = await loadSimulatorData()
  return (options) => createCluster(options, data, nodePlatform(report))
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(name, folder), 'utf8')) as T
}

/** What kube-system runs. */
async function readSystem(): Promise<SimulatorData['system']> {
  const documents = parseAllDocuments(await readFile(new URL('kube-system.yaml', folder), 'utf8'))
  return documents.map((document) => document.toJS() as SimulatorData['system'][number])
}

async function readImages(): Promise<Record<string, unknown>> {
  const images = new URL('images/', folder)
  const names = (await readdir(images)).filter((name) => name.endsWith('.yaml')).toSorted()
  const read = async (name: string) => [basename(name, '.yaml'), parse(await readFile(new URL(name, images), 'utf8'))] as const
  return Object.fromEntries(await Promise.all(names.map(read)))
}
