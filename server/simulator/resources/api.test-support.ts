import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { ManualClock } from '../../kernel/clock.ts'
import { createOperations } from '../api/create-api.ts'
import { Handler } from '../api/handler.ts'
import type { ApiData } from '../api/create-api.ts'
import type { ColumnData } from '../tables/table.ts'

/** For tests: an API server with nothing behind it, asked as clients ask. */

export type Fields = Record<string, unknown>

export interface Answer {
  readonly code: number
  readonly message: string
  /** `field: message`, in order. */
  readonly causes: readonly string[]
  readonly warnings: readonly string[]
  readonly object: Fields
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../manifests/simulator/${name}.json`, import.meta.url), 'utf8'))
const data = { schemas: read('schemas'), discovery: read('discovery') } as ApiData
const columns = read('table-columns') as ColumnData

let handler: Handler

/** Begins anew, with the namespace `default`. */
export function startTestApi(): void {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const operations = createOperations(data, {
    clock: new ManualClock(),
    random: seeded(),
    sha256: hash,
    sign: (text) => hash(`key ${text}`),
    report: (error) => expect.fail(String(error)),
  })
  operations.create(operations.registry.ofKind('Namespace'), undefined, { metadata: { name: 'default' } })
  operations.create(operations.registry.ofKind('ServiceAccount'), 'default', { metadata: { name: 'default' } })
  handler = new Handler(operations, { columns, kubelets: { containerOf: () => undefined, previousLogs: () => undefined }, aggregated: [] })
}

/** @param path `v1/pods`, `apps/v1/deployments`; its name is `x` if it has none */
export function create(path: string, object: Fields): Answer {
  return send('POST', collection(path), { ...object, metadata: { name: 'x', ...(object['metadata'] as Fields | undefined) } })
}

/** Merges into the object that `create` made. @param path with `/status` for the status subresource */
export function patch(path: string, change: Fields): Answer {
  const [, kind = '', subresource = ''] = /^(.*?)(\/status|\/scale)?$/.exec(path) ?? []
  return send('PATCH', `${collection(kind)}/x${subresource}`, change)
}

function collection(path: string): string {
  const slash = path.lastIndexOf('/')
  const groupVersion = path.slice(0, slash)
  const namespaced = data.discovery.groups
    .find((group) => group.groupVersion === groupVersion)
    ?.resources.find(({ name }) => name === path.slice(slash + 1))?.namespaced
  const root = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
  return `${root}${namespaced ? '/namespaces/default' : ''}/${path.slice(slash + 1)}`
}

function send(method: string, path: string, object: Fields): Answer {
  const response = handler.handle({
    method,
    path,
    query: new URLSearchParams(),
    headers: {
      authorization: `Bearer ${handler.auth.adminToken}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      accept: 'application/json',
    },
    body: new TextEncoder().encode(JSON.stringify(object)),
  })
  const answer = JSON.parse(String(response.body)) as Fields & {
    message?: string
    details?: { causes?: { field: string; message: string }[] }
  }
  const warnings = response.headers['warning'] ?? response.headers['Warning'] ?? []
  return {
    code: response.status,
    message: answer.message ?? '',
    causes: (answer.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`),
    warnings: [warnings].flat().map(String),
    object: answer,
  }
}

function seeded(): () => number {
  let state = 1
  return () => (state = (state * 16807) % 2147483647) / 2147483647
}
