import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ManualClock } from '../../kernel/clock.ts'
import { createOperations } from './create-api.ts'
import { Handler } from './handler.ts'
import type { JsonObject } from '../resources/object.ts'
import type { ColumnData } from '../tables/table.ts'
import type { ApiData } from './create-api.ts'
import type { ApiResponse, BodySink } from './http.ts'
import type { Operations } from './operations.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../manifests/simulator/${name}.json`, import.meta.url), 'utf8'))
const data = { schemas: read('schemas'), discovery: read('discovery') } as ApiData
const columns = read('table-columns') as ColumnData

export interface TestAnswer {
  readonly status: number
  readonly body: JsonObject
  readonly warnings: readonly string[]
  /** The lines of a stream so far; more come while it goes on. */
  readonly lines: JsonObject[]
  readonly stop: () => void
}

/** An API server alone, with the namespace `default` and nobody but the administrator, for tests. */
export class TestServer {
  readonly clock = new ManualClock()
  readonly operations: Operations
  readonly handler: Handler

  constructor() {
    let seed = 1
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const report = (error: unknown) => {
      throw error
    }
    this.operations = createOperations(data, { clock: this.clock, random, sha256: hash, sign: (text) => hash(`key ${text}`), report })
    this.operations.create(this.operations.registry.ofKind('Namespace'), undefined, { metadata: { name: 'default' } })
    this.operations.create(this.operations.registry.ofKind('ServiceAccount'), 'default', { metadata: { name: 'default' } })
    this.handler = new Handler(this.operations, {
      columns,
      kubelets: { containerOf: () => undefined, previousLogs: () => undefined },
      aggregated: [],
    })
  }

  send(method: string, url: string, body?: unknown, headers: { readonly [name: string]: string } = {}): TestAnswer {
    const [path = '', query] = url.split('?')
    const response = this.handler.handle({
      method,
      path,
      query: new URLSearchParams(query),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.handler.auth.adminToken}`, ...headers },
      ...(body !== undefined && { body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)) }),
    })
    return answerOf(response)
  }

  patch(url: string, type: 'json' | 'merge' | 'strategic-merge', body: unknown): TestAnswer {
    return this.send('PATCH', url, body, { 'content-type': `application/${type}-patch+json` })
  }
}

function answerOf(response: ApiResponse): TestAnswer {
  const lines: JsonObject[] = []
  const warnings = [response.headers['warning'] ?? []].flat()
  if (typeof response.body === 'function') {
    const sink: BodySink = {
      write: (chunk) => void lines.push(...parse(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk))),
      end: () => void lines.push({ type: 'END' }),
    }
    return { status: response.status, body: {}, warnings, lines, stop: response.body(sink) }
  }
  const text = typeof response.body === 'string' ? response.body : ''
  const body = text.startsWith('{') ? (JSON.parse(text) as JsonObject) : {}
  return { status: response.status, body, warnings, lines, stop: () => undefined }
}

function parse(text: string): JsonObject[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject)
}
