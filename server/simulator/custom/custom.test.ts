import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../kernel/clock.ts'
import { createOperations } from '../api/create-api.ts'
import { Handler } from '../api/handler.ts'
import { monitorDefinition, shopDefinition } from './test-definitions.ts'
import type { ApiData } from '../api/create-api.ts'
import type { ApiResponse } from '../api/http.ts'
import type { Operations } from '../api/operations.ts'
import type { Platform } from '../platform.ts'
import type { JsonObject } from '../resources/object.ts'
import type { ColumnData } from '../tables/table.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../manifests/simulator/${name}.json`, import.meta.url), 'utf8'))
const data = { schemas: read('schemas'), discovery: read('discovery') } as ApiData
const columns = read('table-columns') as ColumnData
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const shops = '/apis/stable.example.com/v1/namespaces/default/shops'

let handler: Handler
let operations: Operations
let platform: Platform
beforeEach(() => {
  let seed = 1
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const report = (error: unknown) => {
    throw error
  }
  platform = { clock: new ManualClock(), random, sha256: hash, sign: hash, report }
  operations = createOperations(data, platform)
  operations.create(operations.registry.ofKind('Namespace'), undefined, { metadata: { name: 'default' } })
  handler = new Handler(operations, { columns, kubelets: { containerOf: () => undefined, previousLogs: () => undefined }, aggregated: [] })
})

describe('a definition', () => {
  it('is accepted, and what it defines is served from then on, in both forms of discovery', async () => {
    await define(shopDefinition())
    const { body } = send('GET', `${crds}/shops.stable.example.com`)
    expect(conditions(body)).toEqual([
      ['NamesAccepted', 'NoConflicts'],
      ['Established', 'InitialNamesAccepted'],
    ])
    expect(body['status']).toMatchObject({ storedVersions: ['v1'], acceptedNames: { singular: 'shop', listKind: 'ShopList' } })
    const listed = send('GET', '/apis/stable.example.com/v1').body['resources'] as readonly JsonObject[]
    expect(listed.map(({ name }) => name)).toEqual(['shops', 'shops/status', 'shops/scale'])
    expect(JSON.stringify(send('GET', '/apis').body)).toContain('stable.example.com/v1')
    const schemas = JSON.stringify(send('GET', '/openapi/v3/apis/stable.example.com/v1').body)
    expect(schemas).toContain('What it is painted.')
  })

  it.each([
    [{ spec: { scope: 'Namespace' } }, 'spec.scope: Unsupported value: "Namespace": supported values: "Cluster", "Namespaced"'],
    [{ spec: { conversion: { strategy: 'Webhook' } } }, 'spec.conversion.strategy: Forbidden'],
    [
      { spec: { names: { plural: 'things', kind: 'Shop' } } },
      'metadata.name: Invalid value: "shops.stable.example.com": must be spec.names.plural+"."+spec.group',
    ],
    [{ version: { storage: false } }, 'must have exactly one version marked as storage version'],
    [{ version: { schema: undefined } }, 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    [{ version: schema({}) }, 'spec.versions[0].schema.openAPIV3Schema.type: Required value: must not be empty at the root'],
    [
      { version: schema({ type: 'object', properties: { a: {} } }) },
      'properties[a].type: Required value: must not be empty for specified object fields',
    ],
    [
      { version: schema({ type: 'object', properties: { a: { type: 'array' } } }) },
      'properties[a].items: Required value: must be specified',
    ],
    [
      { version: schema({ type: 'object', properties: { a: { type: 'integer', default: 'x' } } }) },
      'properties[a].default: Invalid value: "string"',
    ],
    [
      { version: schema({ type: 'object', allOf: [{ properties: { a: { minimum: 1 } } }] }) },
      'properties[a]: Required value: because it is defined in spec.versions[0].schema.openAPIV3Schema.allOf[0].properties[a]',
    ],
    [
      { version: schema({ type: 'object', properties: { a: rule({ type: 'integer' }, 'self.b > 1') } }) },
      'compilation failed: ERROR: <input>:1:',
    ],
    [
      {
        version: schema({
          type: 'object',
          properties: { a: rule({ type: 'object', properties: { b: { type: 'integer' } } }, 'self.c > 1') },
        }),
      },
      "undefined field 'c'",
    ],
    [
      { version: schema({ type: 'object', properties: { a: rule({ type: 'integer' }, 'self + 1') } }) },
      'cel expression must evaluate to a bool',
    ],
  ])('%j is refused', (change, words) => {
    const { response, body } = send('POST', crds, shopDefinition(change))
    expect([response.status, body['reason']]).toEqual([422, 'Invalid'])
    expect(body['message']).toContain(words)
  })

  it('does not get names that another one of its group has', async () => {
    await define(shopDefinition())
    const other = shopDefinition({ spec: { names: { plural: 'others', kind: 'Shop' } } })
    await define({ ...other, metadata: { name: 'others.stable.example.com' } })
    const { body } = send('GET', `${crds}/others.stable.example.com`)
    expect(conditions(body)).toEqual([
      ['NamesAccepted', 'ListKindConflict'],
      ['Established', 'NotAccepted'],
    ])
    expect(send('GET', '/apis/stable.example.com/v1/others').response.status).toBe(404)
  })

  it('is served at once where a cluster begins with it', async () => {
    await define(shopDefinition())
    send('POST', shops, shop({ colour: 'red' }))
    const again = createOperations(data, platform, operations.store)
    const found = again.registry.find('stable.example.com/v1', 'shops')
    expect(found?.discovered.shortNames).toEqual(['sh'])
    expect(again.store.list(found?.table ?? '')).toHaveLength(1)
  })

  it('takes its objects with it, and ends their watches', async () => {
    await define(shopDefinition())
    send('POST', shops, shop({ colour: 'red' }))
    const { body: stream } = send('GET', `${shops}?watch=true`).response
    const seen: string[] = []
    let ended = false
    if (typeof stream !== 'function') throw new Error('not a stream')
    stream({ write: (chunk) => void seen.push(String(chunk)), end: () => void (ended = true) })
    send('DELETE', `${crds}/shops.stable.example.com`)
    await settled()
    expect(seen.at(-1)).toContain('"type":"DELETED"')
    expect([ended, send('GET', shops).response.status, send('GET', `${crds}/shops.stable.example.com`).response.status]).toEqual([
      true,
      404,
      404,
    ])
  })

  it('waits for objects that have finalizers, and lets nothing new be made meanwhile', async () => {
    await define(shopDefinition())
    send('POST', shops, { ...shop({ colour: 'red' }), metadata: { name: 'a', finalizers: ['example.com/keep'] } })
    send('DELETE', `${crds}/shops.stable.example.com`)
    await settled()
    expect(send('POST', shops, shop({ colour: 'red' }, 'b')).body['message']).toBe(
      'create not allowed while custom resource definition is terminating',
    )
    send('PATCH', `${shops}/a`, { metadata: { finalizers: null } }, 'application/merge-patch+json')
    await settled()
    expect(send('GET', `${crds}/shops.stable.example.com`).response.status).toBe(404)
  })
})

describe('an object of a defined kind', () => {
  beforeEach(() => define(shopDefinition()))

  it('gets its defaults, where null counts as absent', () => {
    const { body } = send('POST', shops, shop({ colour: 'red', replicas: null, note: null, extra: { any: { thing: 1 } } }))
    expect(body['spec']).toEqual({ colour: 'red', replicas: 1, least: 0, most: 10, note: null, extra: { any: { thing: 1 } } })
    expect(body['metadata']).toMatchObject({ generation: 1 })
  })

  it.each([
    [{}, 'spec.colour: Required value'],
    [{ colour: 'pink' }, 'spec.colour: Unsupported value: "pink": supported values: "red", "green"'],
    [{ colour: 'red', replicas: 'two' }, 'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"'],
    [{ colour: 'red', replicas: 101 }, 'spec.replicas: Invalid value: 101: spec.replicas in body should be less than or equal to 100'],
    [{ colour: 'red', name: 'x' }, 'spec.name: Invalid value: "x": spec.name in body should be at least 2 chars long'],
    [{ colour: 'red', name: 'much longer' }, 'spec.name: Too long: may not be more than 5 bytes'],
    [{ colour: 'red', name: 'UP' }, 'spec.name: Invalid value: "UP": spec.name in body should match \'^[a-z]+$\''],
    [{ colour: 'red', since: 'today' }, 'spec.since: Invalid value: "today": spec.since in body must be of type date-time: "today"'],
    [{ colour: 'red', hosts: ['a', 'b', 'c', 'd'] }, 'spec.hosts: Too many: 4: must have at most 3 items'],
    [{ colour: 'red', hosts: ['a', 'a'] }, 'spec.hosts[1]: Duplicate value: "a"'],
    [{ colour: 'red', doors: [{ name: 'a' }, { name: 'a' }] }, 'spec.doors[1]: Duplicate value: {"name":"a"}'],
    [{ colour: 'red', port: true }, 'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
    [{ colour: 'red', template: { kind: 'Pod' } }, 'spec.template.apiVersion: Required value: must not be empty'],
    [
      { colour: 'red', prices: { tea: 'dear' } },
      'spec.prices.tea: Invalid value: "string": spec.prices.tea in body must be of type number: "string"',
    ],
    [{ colour: 'red', replicas: 1, least: 3 }, 'spec: Invalid value: "object": replicas should be at least least'],
    [{ colour: 'red', replicas: 11 }, 'spec.replicas: Forbidden: replicas should be at most 10'],
  ])('%j is refused', (spec, words) => {
    const { response, body } = send('POST', shops, shop(spec))
    expect([response.status, body['reason']]).toEqual([422, 'Invalid'])
    expect(body['message']).toContain(words)
  })

  it('is held to rules about changes, and keeps old mistakes that nobody touches', async () => {
    send('POST', shops, shop({ colour: 'red', owner: 'me' }))
    expect(merge({ spec: { owner: 'you' } }).body['message']).toContain('spec.owner: Invalid value: "string": owner is immutable')
    const { body } = send('GET', `${crds}/shops.stable.example.com`)
    send('PUT', `${crds}/shops.stable.example.com`, JSON.parse(JSON.stringify(body).replace('"red","green"', '"blue"')) as JsonObject)
    await settled()
    expect(merge({ spec: { replicas: 2 } }).response.status).toBe(200)
    expect(merge({ spec: { colour: 'green' } }).body['message']).toContain('supported values: "blue"')
  })

  it('loses fields that nobody knows, with a warning or a refusal', () => {
    const wrong = shop({ colour: 'red', size: 3, doors: [{ name: 'a', handle: 'left' }] })
    expect(send('POST', `${shops}?fieldValidation=Strict`, wrong).body['message']).toBe(
      'Shop in version "v1" cannot be handled as a Shop: strict decoding error: unknown field "spec.doors[0].handle", unknown field "spec.size"',
    )
    const { response, body } = send('POST', shops, wrong)
    expect(response.headers['warning']).toEqual([
      '299 - "unknown field \\"spec.doors[0].handle\\""',
      '299 - "unknown field \\"spec.size\\""',
    ])
    expect(body['spec']).toMatchObject({ doors: [{ name: 'a' }] })
  })

  it('has its status apart, and a generation for the rest', () => {
    send('POST', shops, { ...shop({ colour: 'red' }), status: { replicas: 9 } })
    expect(send('GET', `${shops}/a`).body['status']).toBeUndefined()
    send(
      'PATCH',
      `${shops}/a/status`,
      { status: { replicas: 2, selector: 'a=b' }, spec: { colour: 'green' } },
      'application/merge-patch+json',
    )
    expect(send('GET', `${shops}/a`).body).toMatchObject({ spec: { colour: 'red' }, status: { replicas: 2 }, metadata: { generation: 1 } })
    expect(merge({ spec: { colour: 'green' } }).body['metadata']).toMatchObject({ generation: 2 })
  })

  it('is scaled where its definition says', () => {
    send('POST', shops, shop({ colour: 'red' }))
    send('PATCH', `${shops}/a/scale`, { spec: { replicas: 3 } }, 'application/merge-patch+json')
    expect(send('GET', `${shops}/a/scale`).body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { replicas: 0 } })
    expect(send('GET', `${shops}/a`).body['spec']).toMatchObject({ replicas: 3 })
  })

  it('is printed in its columns', () => {
    send('POST', shops, shop({ colour: 'red' }))
    const { body } = send('GET', shops, undefined, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    expect((body['columnDefinitions'] as readonly JsonObject[]).map(({ name }) => name)).toEqual([
      'Name',
      'Colour',
      'Replicas',
      'Ready',
      'Age',
    ])
    expect((body['rows'] as readonly JsonObject[])[0]?.['cells']).toEqual(['a', 'red', 1, null, '0s'])
  })

  it('is selected by the fields that its definition names', () => {
    send('POST', shops, shop({ colour: 'red' }))
    send('POST', shops, shop({ colour: 'green' }, 'b'))
    const { body } = send('GET', `${shops}?fieldSelector=spec.colour%3Dgreen`)
    expect((body['items'] as readonly { readonly metadata: JsonObject }[]).map(({ metadata }) => metadata['name'])).toEqual(['b'])
    expect(send('GET', `${shops}?fieldSelector=spec.name%3Da`).body['message']).toContain('field label not supported: spec.name')
  })

  it('is not patched strategically', () => {
    send('POST', shops, shop({ colour: 'red' }))
    const { response, body } = send('PATCH', `${shops}/a`, {}, 'application/strategic-merge-patch+json')
    expect([response.status, body['reason']]).toEqual([415, 'UnsupportedMediaType'])
    expect(body['message']).toContain(
      'accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    )
  })

  it('is applied by several, who share its sets and maps', () => {
    const apply = (manager: string, spec: JsonObject) =>
      send('PATCH', `${shops}/a?fieldManager=${manager}`, shop(spec), 'application/apply-patch+yaml')
    apply('one', { colour: 'red', hosts: ['x'], doors: [{ name: 'front', width: 1 }] })
    expect(apply('two', { colour: 'red', hosts: ['z'], doors: [{ name: 'back' }] }).body['spec']).toMatchObject({
      hosts: ['x', 'z'],
      doors: [{ name: 'front', width: 1 }, { name: 'back' }],
    })
    expect(apply('two', { doors: [{ width: 1 }] }).body['message']).toBe(
      'failed to create typed patch object (/a; stable.example.com/v1, Kind=Shop): .spec.doors: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    )
    expect(apply('two', { colour: 'green' }).body['message']).toBe('Apply failed with 1 conflict: conflict with "one": .spec.colour')
    expect(apply('one', { colour: 'red' }).body['spec']).toEqual({
      colour: 'red',
      hosts: ['z'],
      doors: [{ name: 'back' }],
      replicas: 1,
      least: 0,
      most: 10,
    })
  })
})

describe('several versions of one kind', () => {
  const path = (version: string) => `/apis/monitoring.example.com/${version}/monitors`
  beforeEach(() => define(monitorDefinition()))

  it('show the same objects, each as its own', () => {
    const { body, response } = send('POST', path('v1alpha1'), {
      apiVersion: 'monitoring.example.com/v1alpha1',
      kind: 'Monitor',
      metadata: { name: 'm' },
      spec: { port: 'web' },
    })
    expect([response.status, response.headers['warning']]).toEqual([201, ['299 - "monitoring.example.com/v1alpha1 Monitor is deprecated"']])
    expect(body).toMatchObject({ apiVersion: 'monitoring.example.com/v1alpha1', spec: { port: 'web', interval: '30s' } })
    expect(send('GET', `${path('v1')}/m`).body).toMatchObject({ apiVersion: 'monitoring.example.com/v1', spec: { port: 'web' } })
  })

  it('are told in the order that clients prefer', () => {
    const { body } = send('GET', '/apis/monitoring.example.com')
    expect(body['preferredVersion']).toMatchObject({ version: 'v1' })
  })

  it('refuse objects of one another', () => {
    const { response, body } = send('POST', path('v1'), {
      apiVersion: 'monitoring.example.com/v1alpha1',
      kind: 'Monitor',
      metadata: { name: 'm' },
    })
    expect([response.status, body['message']]).toEqual([
      400,
      'the API version in the data (monitoring.example.com/v1alpha1) does not match the expected API version (monitoring.example.com/v1)',
    ])
  })
})

function schema(openAPIV3Schema: JsonObject): JsonObject {
  return { schema: { openAPIV3Schema }, subresources: {}, selectableFields: [], additionalPrinterColumns: [] }
}

function rule(of: JsonObject, text: string): JsonObject {
  return { ...of, 'x-kubernetes-validations': [{ rule: text }] }
}

function shop(spec: JsonObject, name = 'a'): JsonObject {
  return { apiVersion: 'stable.example.com/v1', kind: 'Shop', metadata: { name }, spec }
}

function conditions(definition: JsonObject): unknown[] {
  const status = definition['status'] as { readonly conditions: readonly JsonObject[] }
  return status.conditions.map(({ type, reason }) => [type, reason])
}

async function define(definition: JsonObject): Promise<void> {
  const { response, body } = send('POST', crds, definition)
  expect(body['message']).toBeUndefined()
  expect(response.status).toBe(201)
  await settled()
}

/** Watchers are told in microtasks; what they write takes another. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

const merge = (patch: JsonObject) => send('PATCH', `${shops}/a`, patch, 'application/merge-patch+json')

function send(
  method: string,
  url: string,
  body?: JsonObject,
  type = 'application/json',
  headers: { readonly [name: string]: string } = {},
): { readonly response: ApiResponse; readonly body: JsonObject } {
  const [path = '', query] = url.split('?')
  const response = handler.handle({
    method,
    path,
    query: new URLSearchParams(query),
    headers: { 'content-type': type, authorization: `Bearer ${handler.auth.adminToken}`, ...headers },
    ...(body !== undefined && { body: new TextEncoder().encode(JSON.stringify(body)) }),
  })
  return {
    response,
    body: typeof response.body === 'string' && response.body.startsWith('{') ? (JSON.parse(response.body) as JsonObject) : {},
  }
}
