import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../kernel/clock.ts'
import type { Platform } from '../platform.ts'
import type { JsonObject } from '../resources/object.ts'
import type { ColumnData } from '../tables/table.ts'
import { createOperations } from './create-api.ts'
import type { ApiData } from './create-api.ts'
import { Handler } from './handler.ts'
import type { ApiResponse } from './http.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../manifests/simulator/${name}.json`, import.meta.url), 'utf8'))
const data = { schemas: read('schemas'), discovery: read('discovery') } as ApiData
const columns = read('table-columns') as ColumnData

let handler: Handler
beforeEach(() => {
  const operations = createOperations(data, platform())
  operations.create(operations.registry.ofKind('Namespace'), undefined, { metadata: { name: 'default' } })
  operations.create(operations.registry.ofKind('ServiceAccount'), 'default', { metadata: { name: 'default' } })
  handler = new Handler(operations, { columns, kubelets: { containerOf: () => undefined, previousLogs: () => undefined }, aggregated: [] })
})

describe('field validation', () => {
  it('names an unknown field when it is strict', () => {
    const { body } = post('/apis/apps/v1/namespaces/default/deployments?fieldValidation=Strict', deployment({ replica: 2 }))
    expect(body['message']).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"',
    )
  })

  it('warns of it and goes on by default', () => {
    const { response } = post('/apis/apps/v1/namespaces/default/deployments', deployment({ replica: 2 }))
    expect([response.status, response.headers['warning']]).toEqual([201, ['299 - "unknown field \\"spec.replica\\""']])
  })

  it.each([
    [{ replicas: 'two' }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [{ replicas: 1.5 }, 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [
      { template: { spec: { containers: [{ name: 'c', command: 'sh' }] } } },
      'json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.command of type []string',
    ],
  ])('says in Go’s words what is wrong with %j', (spec, words) => {
    const { response, body } = post('/apis/apps/v1/namespaces/default/deployments', deployment(spec))
    expect([response.status, body['message']]).toEqual([400, `Deployment in version "v1" cannot be handled as a Deployment: ${words}`])
  })

  it('finds a field that is there twice', () => {
    const text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d"},"data":{"a":"1","a":"2"}}'
    expect(post('/api/v1/namespaces/default/configmaps?fieldValidation=Strict', text).body['message']).toContain('duplicate field "data.a"')
  })
})

describe('hostile bodies', () => {
  const configmaps = '/api/v1/namespaces/default/configmaps'
  it.each([
    ['deep JSON', 'application/json', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['deep YAML', 'application/yaml', `a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['indented YAML', 'application/yaml', Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    [
      'endless aliases',
      'application/yaml',
      ['a: &a [x,x,x,x,x,x,x,x]', ...'bcdefgh']
        .map((line, index, all) =>
          index === 0
            ? line
            : `${line}: &${line} [${Array(8)
                .fill(`*${(all[index - 1] ?? '').charAt(0)}`)
                .join(',')}]`,
        )
        .join('\n'),
    ],
    ['an unknown alias', 'application/yaml', 'a: *nope'],
    ['no YAML', 'application/yaml', '{{{'],
  ])('%s are refused', (_, type, text) => {
    const { response, body } = send('POST', configmaps, text, type)
    expect([response.status, body['reason']]).toEqual([400, 'BadRequest'])
  })
})

describe('validation', () => {
  it('names every field that is wrong', () => {
    const { response, body } = post('/api/v1/namespaces/default/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'bad' },
      spec: { ports: [{ port: 99999 }] },
    })
    expect(response.status).toBe(422)
    expect(body['message']).toBe(
      'Service "bad" is invalid: [spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive]',
    )
  })
})

describe('writing', () => {
  it('conflicts on a stale revision', () => {
    const made = post('/api/v1/namespaces/default/configmaps', configMap({ a: '1' })).body
    send('PUT', '/api/v1/namespaces/default/configmaps/c', configMap({ a: '2' }))
    const { response, body } = send('PUT', '/api/v1/namespaces/default/configmaps/c', { ...made, data: { a: '3' } })
    expect([response.status, body['message']]).toEqual([
      409,
      'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
    ])
  })

  it('keeps the revision when nothing changes', () => {
    const made = post('/api/v1/namespaces/default/configmaps', configMap({ a: '1' })).body
    expect(send('PUT', '/api/v1/namespaces/default/configmaps/c', made).body['metadata']).toEqual(made['metadata'])
  })

  it('leaves nothing behind on a dry run', () => {
    expect(post('/api/v1/namespaces/default/configmaps?dryRun=All', configMap({})).response.status).toBe(201)
    expect(get('/api/v1/namespaces/default/configmaps/c').response.status).toBe(404)
  })

  it('counts generations of the spec only', () => {
    post('/apis/apps/v1/namespaces/default/deployments', deployment({}))
    const patch = (body: JsonObject) =>
      (
        send('PATCH', '/apis/apps/v1/namespaces/default/deployments/d', body, 'application/merge-patch+json').body['metadata'] as JsonObject
      )['generation']
    expect(patch({ metadata: { labels: { a: 'b' } } })).toBe(1)
    expect(patch({ spec: { replicas: 2 } })).toBe(2)
  })

  it('refuses namespaces that are not there', () => {
    expect(post('/api/v1/namespaces/nope/configmaps', configMap({})).body['message']).toBe('namespaces "nope" not found')
  })
})

describe('reading', () => {
  it('pages through a consistent list', () => {
    for (const name of ['a', 'b', 'c']) post('/api/v1/namespaces/default/configmaps', { ...configMap({}), metadata: { name } })
    const first = get('/api/v1/namespaces/default/configmaps?limit=2').body
    post('/api/v1/namespaces/default/configmaps', { ...configMap({}), metadata: { name: 'bb' } })
    const token = (first['metadata'] as JsonObject)['continue']
    const second = get(`/api/v1/namespaces/default/configmaps?limit=2&continue=${encodeURIComponent(String(token))}`).body
    expect([...namesIn(first), ...namesIn(second)]).toEqual(['a', 'b', 'c'])
  })

  it('streams what begins and ends to match a selector', async () => {
    const lines: JsonObject[] = []
    const { response } = get('/api/v1/namespaces/default/configmaps?watch=1&labelSelector=a%3Db')
    if (typeof response.body !== 'function') throw new Error('not a stream')
    const stop = response.body({ write: (chunk) => lines.push(JSON.parse(String(chunk)) as JsonObject), end: () => undefined })
    post('/api/v1/namespaces/default/configmaps', { ...configMap({}), metadata: { name: 'c', labels: { a: 'b' } } })
    send('PATCH', '/api/v1/namespaces/default/configmaps/c', { metadata: { labels: { a: 'x' } } }, 'application/merge-patch+json')
    await Promise.resolve()
    stop()
    expect(lines.map((line) => line['type'])).toEqual(['ADDED', 'DELETED'])
  })

  it('prints tables with the kind’s own columns', () => {
    post('/api/v1/namespaces/default/configmaps', configMap({ a: '1', b: '2' }))
    const { body } = get('/api/v1/namespaces/default/configmaps', 'application/json;as=Table;v=v1;g=meta.k8s.io')
    expect((body['rows'] as readonly JsonObject[]).map((row) => row['cells'])).toEqual([['c', '2', '0s']])
  })
})

describe('strangers', () => {
  it('are told who they are and what they may not', () => {
    const { response, body } = send('GET', '/', undefined, undefined, {})
    expect([response.status, body['message']]).toEqual([403, 'forbidden: User "system:anonymous" cannot get path "/"'])
  })

  it('with a wrong token are not heard', () => {
    expect(send('GET', '/api/v1/pods', undefined, undefined, { authorization: 'Bearer wrong' }).response.status).toBe(401)
  })
})

describe('people who look at the API with their own eyes', () => {
  it.each([
    ['/version', 'curl/8.14.1', true],
    ['/api/v1/namespaces/default', 'Wget', true],
    ['/api/v1/namespaces/default', 'kubectl/v1.36.2', false],
    ['/api/v1/namespaces/default?pretty=false', 'curl/8.14.1', false],
    ['/api/v1/namespaces/default?pretty=true', 'kubectl/v1.36.2', true],
  ])('%s as %s: indented %s', (url, agent, indented) => {
    const { response } = send('GET', url, undefined, undefined, { 'user-agent': agent, authorization: `Bearer ${handler.auth.adminToken}` })
    expect(String(response.body).startsWith('{\n  "')).toBe(indented)
  })
})

function platform(): Platform {
  let seed = 1
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  return {
    clock: new ManualClock(),
    random,
    sha256: hash,
    sign: (text) => hash(`key ${text}`),
    report: (error) => {
      throw error
    },
  }
}

interface Answer {
  readonly response: ApiResponse
  readonly body: JsonObject
}

function send(
  method: string,
  url: string,
  body?: JsonObject | string,
  type = 'application/json',
  headers?: { readonly [name: string]: string },
): Answer {
  const [path = '', query] = url.split('?')
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = handler.handle({
    method,
    path,
    query: new URLSearchParams(query),
    headers: { 'content-type': type, ...(headers ?? { authorization: `Bearer ${handler.auth.adminToken}` }) },
    ...(body !== undefined && { body: new TextEncoder().encode(text) }),
  })
  return {
    response,
    body: typeof response.body === 'string' && response.body.startsWith('{') ? (JSON.parse(response.body) as JsonObject) : {},
  }
}

const post = (url: string, body: JsonObject | string) => send('POST', url, body)
const get = (url: string, accept = 'application/json') =>
  send('GET', url, undefined, undefined, { accept, authorization: `Bearer ${handler.auth.adminToken}` })

function configMap(values: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: values }
}

function deployment(spec: JsonObject): JsonObject {
  const template = { metadata: { labels: { a: 'd' } }, spec: { containers: [{ name: 'c', image: 'nginx:alpine' }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: { a: 'd' } }, template, ...spec },
  }
}

function namesIn(list: JsonObject): unknown[] {
  return (list['items'] as readonly { readonly metadata: JsonObject }[]).map(({ metadata }) => metadata['name'])
}
