import { readdir, readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { join, resolve } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import type { ClusterLease } from './clusters/lease.ts'

/** Creates every object of a folder of manifests. */
export async function applyFolder(lease: ClusterLease, folder: string): Promise<void> {
  const root = resolve(import.meta.dirname, '..', folder)
  for (const name of (await readdir(root)).filter((each) => each.endsWith('.yaml')).toSorted()) {
    for (const document of parseAllDocuments(await readFile(join(root, name), 'utf8'))) await create(lease, document.toJS() as Manifest)
  }
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace?: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

const clusterWide = /^(?:ClusterRole|Namespace$|Node$|PersistentVolume$|APIService|PriorityClass|StorageClass)/

/** Creates an object as the lease's owner. */
export async function create(lease: ClusterLease, object: Manifest): Promise<void> {
  const { apiVersion, kind, metadata } = object
  const base = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`
  const scope = clusterWide.test(kind) ? '' : `namespaces/${metadata.namespace ?? 'default'}/`
  const plural = kind.endsWith('s') ? `${kind}es` : kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`
  await send(lease, 'POST', `/${base}/${scope}${plural.toLowerCase()}`, object)
}

/** One request as the lease's owner; a PATCH is a strategic merge patch. @throws Error when it is refused */
export async function send(lease: ClusterLease, method: string, path: string, body?: object): Promise<void> {
  const { clusters, users } = parse(lease.kubeconfigFor(lease.api)) as {
    clusters: { cluster: { 'server': string; 'certificate-authority-data': string } }[]
    users: { user: { token: string } }[]
  }
  const url = `${clusters[0]?.cluster.server ?? ''}${path}`
  const agent = new Agent({ ca: Buffer.from(clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64') })
  const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json'
  const headers = { 'authorization': `Bearer ${users[0]?.user.token ?? ''}`, 'content-type': type }
  await new Promise<void>((done, failed) => {
    const asked = request(url, { method, agent, headers }, (response) => {
      response
        .resume()
        .on('end', () => ((response.statusCode ?? 500) < 300 ? done() : failed(new Error(`${method} ${url}: ${response.statusCode}`))))
    })
    asked.on('error', failed).end(body && JSON.stringify(body))
  })
}
