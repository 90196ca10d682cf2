import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, parseAllDocuments } from 'yaml'
import { createCluster } from '../../simulator/cluster.ts'
import type { ClusterOptions } from '../../simulator/cluster-api.ts'
import type { ForkableCluster } from '../../simulator/cluster.ts'
import type { SimulatorData } from '../../simulator/engine.ts'
import type { DescribedPage } from '../../simulator/metrics/described.ts'
import type { StateFolder } from './state-folder.ts'
import { readOwnImages } from './own-images.ts'
import { nodePlatform } from './node-platform.ts'

const folder = new URL('../../../manifests/simulator/', import.meta.url)

/**
 * Reads what simulated clusters are made of. It is ours, not a person's: the simulator's own tests vouch for its shape.
 * @param ownImages a folder of a person's own image descriptions, which come before ours
 * @throws UserError 'bad-config' when one of those is wrong
 */
export async function loadSimulatorData(ownImages?: string): Promise<SimulatorData> {
  const [schemas, discovery, columns, bootstrap, node, system, images, describedPages] = await Promise.all([
    readJson<SimulatorData['schemas']>('schemas.json'),
    readJson<SimulatorData['discovery']>('discovery.json'),
    readJson<SimulatorData['columns']>('table-columns.json'),
    readJson<SimulatorData['bootstrap']>('bootstrap-objects.json'),
    readJson<SimulatorData['node']>('node.json'),
    readSystem(),
    readImages(ownImages),
    readDescribedPages(),
  ])
  return { schemas, discovery, columns, bootstrap, node, system, images, describedPages, descriptions: readDescriptions }
}

type Descriptions = ReturnType<NonNullable<SimulatorData['descriptions']>>
let lastRead: WeakRef<Descriptions> | undefined

/** Few ask, and then several times in a row: it stays for as long as there is memory to spare. */
function readDescriptions(): Descriptions {
  const kept = lastRead?.deref()
  if (kept) return kept
  const read = JSON.parse(readFileSync(new URL('descriptions.json', folder), 'utf8')) as Descriptions
  lastRead = new WeakRef(read)
  return read
}

/** Nothing in a new cluster looks older than this: the next one after it begins as a younger template. */
const templateMillis = 600_000

interface Template {
  readonly until: number
  readonly cluster: Promise<ForkableCluster>
}

/**
 * What makes clusters in this thread. They are forks of one that is ready, so they cost what differs between them;
 * each has keys of its own. @param state where the only cluster that is made lives on @param ownImages see `loadSimulatorData`
 */
export async function loadClusterMaker(
  report: (error: unknown) => void,
  state?: Pick<StateFolder, 'saved' | 'signingKey' | 'tokenKey' | 'journal'>,
  ownImages?: string,
): Promise<(options: ClusterOptions) => Promise<ForkableCluster>> {
  const data = await loadSimulatorData(ownImages)
  const templates = new Map<number, Template>()
  const templateFor = (options: ClusterOptions): Promise<ForkableCluster> => {
    const count = options.nodes.length
    const known = templates.get(count)
    if (known && Date.now() < known.until) return known.cluster
    const cluster = makeTemplate(options, data, report)
    templates.set(count, { until: Date.now() + templateMillis, cluster })
    // Whoever waits for it hears of a failure; the next one tries anew.
    cluster.catch(() => templates.delete(count))
    return cluster
  }
  const make = async (options: ClusterOptions): Promise<ForkableCluster> => {
    const platform = nodePlatform(report, state?.signingKey, state?.tokenKey)
    if (state?.saved) return createCluster(options, data, platform, state.saved)
    // An API elsewhere has other endpoints, which a fork does not change.
    if (!options.endpoint.host.startsWith('127.')) return createCluster(options, data, platform)
    return (await templateFor(options)).fork(options, platform)
  }
  return async (options) => {
    const cluster = await make(options)
    if (!state) return cluster
    await cluster.ready()
    cluster.keep(state.journal)
    return cluster
  }
}

/** A ready cluster in which nothing runs, to be forked only. Its nodes' names occur nowhere else. */
async function makeTemplate(options: ClusterOptions, data: SimulatorData, report: (error: unknown) => void): Promise<ForkableCluster> {
  const nodes = options.nodes.map((_, index) => `template-node-${String(index).padStart(2, '0')}`)
  const origin = createCluster({ ...options, nodes }, data, nodePlatform(report))
  await origin.ready()
  await quiet(origin)
  const template = origin.fork({ ...options, nodes }, nodePlatform(report))
  origin.close()
  return template
}

/** Waits until nothing of the cluster's making is still to be written down. */
async function quiet(cluster: ForkableCluster): Promise<void> {
  const headers = { authorization: `Bearer ${cluster.adminToken}` }
  let last = ''
  for (let same = 0, looks = 0; same < 3 && looks < 1000; looks++) {
    await sleep(4)
    const { body } = await cluster.handle({ method: 'GET', path: '/api/v1/namespaces', query: new URLSearchParams('limit=1'), headers })
    const revision = /"resourceVersion":"\d+"/.exec(String(body))?.[0] ?? ''
    same = revision === last ? same + 1 : 0
    last = revision
  }
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(name, folder), 'utf8')) as T
}

/** What kube-system runs. */
async function readSystem(): Promise<SimulatorData['system']> {
  const documents = parseAllDocuments(await readFile(new URL('kube-system.yaml', folder), 'utf8'))
  return documents.map((document) => document.toJS() as SimulatorData['system'][number])
}

/** What the metrics pages of the cluster's own programs have. */
async function readDescribedPages(): Promise<SimulatorData['describedPages']> {
  const pages = new URL('metrics/', folder)
  const names = (await readdir(pages)).filter((name) => name.endsWith('.yaml'))
  const read = async (name: string) =>
    [basename(name, '.yaml'), parse(await readFile(new URL(name, pages), 'utf8')) as DescribedPage] as const
  const { go = {}, kubelet = {}, cadvisor = {}, ...rest } = Object.fromEntries(await Promise.all(names.map(read)))
  return { 'api-server': {}, ...rest, go, kubelet, cadvisor }
}

async function readImages(own: string | undefined): Promise<Record<string, unknown>> {
  const images = new URL('images/', folder)
  const names = (await readdir(images)).filter((name) => name.endsWith('.yaml')).toSorted()
  const read = async (name: string) => [basename(name, '.yaml'), parse(await readFile(new URL(name, images), 'utf8'))] as const
  const mine = own === undefined ? {} : await readOwnImages(own)
  return { ...mine, ...Object.fromEntries(await Promise.all(names.map(read))) }
}
