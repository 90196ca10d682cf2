import { beforeEach, describe, expect, it } from 'vitest'
import { TestServer } from './server.test-support.ts'
import type { JsonObject } from '../resources/object.ts'
import type { TestAnswer } from './server.test-support.ts'

let server: TestServer
beforeEach(() => {
  server = new TestServer()
})

const maps = '/api/v1/namespaces/default/configmaps'
const bookmarked = 'watch=true&allowWatchBookmarks=true'

describe('a list in pages', () => {
  beforeEach(() => {
    for (const name of ['a', 'b', 'c', 'd']) put(name)
  })

  it('is of one revision, and says how much is left', () => {
    const first = server.send('GET', `${maps}?limit=2`).body
    expect([names(first), first['metadata']]).toMatchObject([['a', 'b'], { remainingItemCount: 2 }])
    put('e')
    const second = server.send('GET', `${maps}?limit=2&continue=${next(first)}`).body
    expect([names(second), second['metadata']]).toEqual([['c', 'd'], { resourceVersion: version(first) }])
  })

  it('does not count what a selector leaves', () => {
    expect(server.send('GET', `${maps}?limit=1&labelSelector=!x`).body['metadata']).not.toHaveProperty('remainingItemCount')
  })

  it('offers to go on with what is there now when its revision is forgotten', () => {
    const first = server.send('GET', `${maps}?limit=2`).body
    put('bb')
    server.operations.store.compact()
    const { body } = server.send('GET', `${maps}?limit=2&continue=${next(first)}`)
    expect(body).toMatchObject({ code: 410, reason: 'Expired' })
    expect(body['message']).toContain('or use the continue token in this response to retrieve the remainder of the results.')
    expect(names(server.send('GET', `${maps}?limit=9&continue=${next(body)}`).body)).toEqual(['bb', 'c', 'd'])
  })

  it.each([
    ['continue=a*b', 'invalid continue token: continue key is not valid: illegal base64 data at input byte 1'],
    [
      `continue=${btoa('{"v":"x"}')}`,
      'invalid continue token: continue key is not valid: server does not recognize this encoded version x',
    ],
    ['resourceVersion=abc', expect.stringContaining('strconv.ParseUint: parsing "abc": invalid syntax')],
    [
      'resourceVersionMatch=Exact',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersionMatch=Like&resourceVersion=1',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Like": supported values: "Exact", "NotOlderThan", ""',
    ],
    ['resourceVersion=999999', 'Timeout: Too large resource version: 999999, current: 1006'],
    ['resourceVersion=1&resourceVersionMatch=Exact', 'The resourceVersion for the provided list is too old.'],
    [
      'watch=true&sendInitialEvents=true',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'watch=true&resourceVersionMatch=NotOlderThan',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ])('or a watch asked for with %s is refused', (query, message) => {
    expect(server.send('GET', `${maps}?${query}`).body['message']).toEqual(message)
  })
})

describe('a watch', () => {
  it('begins with what is there, and says with a bookmark when that was all', async () => {
    put('a')
    const { lines } = await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan')
    expect(lines.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK'])
    expect(lines[1]).toMatchObject({
      object: { kind: 'ConfigMap', metadata: { resourceVersion: '1003', annotations: { 'k8s.io/initial-events-end': 'true' } } },
    })
  })

  it('shows what stops to match as deleted, as it was last, and what begins to match as added', async () => {
    put('a', { a: 'x' })
    const { lines } = await watch('labelSelector=a=x')
    put('a', { a: 'y' })
    put('a', { a: 'x' })
    await settled()
    expect(lines.map(({ type, object }) => [type, (object as JsonObject)['metadata']])).toMatchObject([
      ['ADDED', { labels: { a: 'x' }, resourceVersion: '1003' }],
      ['DELETED', { labels: { a: 'x' }, resourceVersion: '1004' }],
      ['ADDED', { labels: { a: 'x' }, resourceVersion: '1005' }],
    ])
  })

  it('hears a minute after anything else has happened how far time has gone, and nothing while nothing happens', async () => {
    const { lines } = await watch()
    await server.clock.advance(600_000)
    expect(lines).toEqual([])
    server.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } })
    await server.clock.advance(59_000)
    expect(lines).toEqual([])
    await server.clock.advance(1000)
    expect(lines).toMatchObject([{ type: 'BOOKMARK', object: { metadata: { resourceVersion: '1003' } } }])
    await server.clock.advance(600_000)
    expect(lines).toHaveLength(1)
  })

  it('ends after its time, with a last bookmark', async () => {
    put('a')
    const { lines } = await watch('timeoutSeconds=5&resourceVersion=1003')
    await server.clock.advance(5000)
    expect(lines.map(({ type }) => type)).toEqual(['BOOKMARK', 'END'])
  })

  it('from a revision to come hears nothing of what was before it', async () => {
    const { lines } = await watch('resourceVersion=1003')
    put('a')
    put('b')
    await settled()
    expect(lines.map(({ object }) => ((object as JsonObject)['metadata'] as JsonObject)['name'])).toEqual(['b'])
  })

  it('is told when it comes too late', async () => {
    server.operations.store.compact()
    expect((await watch('resourceVersion=1')).lines).toMatchObject([
      { type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old resource version: 1 (1003)' } },
      { type: 'END' },
    ])
  })

  it('shows tables and mere metadata to those who ask for them, bookmarks included', async () => {
    put('a')
    const asked = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
    const tables = await watch(asked, 'application/json;as=Table;v=v1;g=meta.k8s.io')
    expect(tables.lines).toMatchObject([
      { type: 'ADDED', object: { kind: 'Table', rows: [{ cells: ['a', expect.anything(), '0s'] }] } },
      { type: 'BOOKMARK', object: { kind: 'Table', metadata: { resourceVersion: '1003' }, columnDefinitions: null } },
    ])
    const partial = await watch(asked, 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io')
    expect(partial.lines.map(({ object }) => (object as JsonObject)['kind'])).toEqual(['PartialObjectMetadata', 'PartialObjectMetadata'])
  })
})

function put(name: string, labels?: JsonObject): void {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels && { labels }) } }
  if (server.send('POST', maps, object).status === 409) server.send('PUT', `${maps}/${name}`, object)
}

async function watch(query = '', accept = 'application/json'): Promise<TestAnswer> {
  const answer = server.send('GET', `${maps}?${bookmarked}&${query}`, undefined, { accept })
  await settled()
  return answer
}

/** Watchers hear in microtasks. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const names = (list: JsonObject) => (list['items'] as readonly { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
const next = (list: JsonObject) => String((list['metadata'] as JsonObject)['continue'])
const version = (list: JsonObject) => (list['metadata'] as JsonObject)['resourceVersion']
