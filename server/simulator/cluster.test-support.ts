import { createHash, createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { ManualClock } from '../kernel/clock.ts'
import { createCluster } from './cluster.ts'
import type { ForkableCluster } from './cluster.ts'
import type { SimulatorData } from './engine.ts'
import type { ApiResponse } from './api/http.ts'

const folder = new URL('../../manifests/simulator/', import.meta.url)
const text = (name: string) => readFileSync(new URL(name, folder), 'utf8')
const json = (name: string): unknown => JSON.parse(text(`${name}.json`))
export const data = {
  schemas: json('schemas'),
  discovery: json('discovery'),
  columns: json('table-columns'),
  bootstrap: json('bootstrap-objects'),
  node: json('node'),
  describedPages: Object.fromEntries(
    readdirSync(new URL('metrics/', folder))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [name.replace('.yaml', ''), parse(text(`metrics/${name}`)) as unknown]),
  ) as unknown,
  system: parseAllDocuments(text('kube-system.yaml')).map((document): unknown => document.toJS()),
  images: Object.fromEntries(
    readdirSync(new URL('images/', folder)).map((name) => [name.replace('.yaml', ''), parse(text(`images/${name}`)) as unknown]),
  ),
} as SimulatorData

export interface Lived {
  readonly cluster: ForkableCluster
  readonly clock: ManualClock
}

export const platformOf = (clock: ManualClock, seed: number) => {
  let state = seed
  return {
    clock,
    random: () => (state = (state * 16_807 + 11) % 2_147_483_647) / 2_147_483_647,
    sha256: (value: string) => createHash('sha256').update(value).digest('hex'),
    sign: (value: string) => createHmac('sha256', String(seed)).update(value).digest('base64url'),
    report: (error: unknown) => {
      throw error
    },
  }
}
export const optionsOf = (name: string, certificateAuthority: string) => ({
  nodes: [`${name}-00`, `${name}-01`],
  certificateAuthority: `-----BEGIN CERTIFICATE-----\n${certificateAuthority}`,
  endpoint: { host: '127.0.0.1', port: 6443 },
})

export async function ready(name: string, seed: number): Promise<Lived> {
  const clock = new ManualClock()
  const cluster = createCluster(optionsOf(name, 'CA of the first'), data, platformOf(clock, seed))
  await cluster.ready()
  return { cluster, clock }
}

export const deployment = (name: string, replicas: number, from: string) => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: from }] } },
  },
})

export async function ask(
  cluster: ForkableCluster,
  method: string,
  url: string,
  body?: object,
  token = cluster.adminToken,
): Promise<ApiResponse> {
  const [path = '', query = ''] = url.split('?')
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const headers = { 'authorization': `Bearer ${token}`, 'content-type': type }
  return await cluster.handle({
    method,
    path,
    query: new URLSearchParams(query),
    headers,
    ...(body && { body: new TextEncoder().encode(JSON.stringify(body)) }),
  })
}

export const send = (cluster: ForkableCluster, method: string, path: string, body?: object) => ask(cluster, method, path, body)

/** Every list there is, as text. */
export async function everything(cluster: ForkableCluster): Promise<string> {
  const paths = data.discovery.groups.flatMap(({ groupVersion, resources }) =>
    resources
      .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list'))
      .map(({ name }) => (groupVersion === 'v1' ? `/api/v1/${name}` : `/apis/${groupVersion}/${name}`)),
  )
  const lists: string[] = []
  for (const path of paths) lists.push(`${path} ${String((await ask(cluster, 'GET', path)).body)}`)
  return lists.join('')
}

export async function itemsOf(cluster: ForkableCluster, path: string): Promise<readonly { metadata: { name: string } }[]> {
  const { items } = JSON.parse(String((await ask(cluster, 'GET', path)).body)) as { items: readonly { metadata: { name: string } }[] }
  return items
}

/** The log of the first pod whose name begins so. */
export async function log(cluster: ForkableCluster, namespace: string, name: string): Promise<string> {
  const pods = await itemsOf(cluster, `/api/v1/namespaces/${namespace}/pods`)
  const pod = pods.find((one) => one.metadata.name.startsWith(name))
  return String((await ask(cluster, 'GET', `/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name ?? ''}/log`)).body)
}
