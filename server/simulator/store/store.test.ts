import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../kernel/clock.ts'
import type { StoredObject } from '../resources/object.ts'
import { parseFieldSelector, parseLabelSelector, SelectorError } from './selectors.ts'
import { Store } from './store.ts'
import type { StoreEvent } from './store.ts'

describe('the store', () => {
  it('gives every write the next revision', () => {
    const store = fresh()
    const first = store.put('t', object('a'))
    const second = store.put('t', object('b'))
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1)
  })

  it('lists as it was at an earlier revision', () => {
    const store = fresh()
    store.put('t', object('a'))
    const revision = store.revision
    store.put('t', object('b'))
    store.remove('t', object('a'))
    expect(names(store.listAt('t', revision))).toEqual(['a'])
    expect(names(store.list('t'))).toEqual(['b'])
  })

  it('tells watchers afterwards, in order, of what happened since they began', async () => {
    const store = fresh()
    store.put('t', object('before'))
    const seen: string[] = []
    store.watch('t', [], ({ type, object: { metadata } }) => seen.push(`${type} ${metadata.name}`))
    store.put('t', object('a'))
    store.put('t', object('a'))
    store.remove('t', object('a'))
    store.put('other', object('x'))
    expect(seen).toEqual([])
    await Promise.resolve()
    expect(seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a'])
  })

  it('loses nothing and doubles nothing between a list and a watch from its revision', async () => {
    const store = fresh()
    store.put('t', object('a'))
    const listed = store.revision
    store.put('t', object('b'))
    const seen: string[] = []
    store.watch('t', store.since('t', listed), (event: StoreEvent) => seen.push(event.object.metadata.name ?? ''))
    store.put('t', object('c'))
    await Promise.resolve()
    expect(seen).toEqual(['b', 'c'])
  })

  it('stops telling a watcher that has ended, even of what had happened', async () => {
    const store = fresh()
    const seen: string[] = []
    const stop = store.watch('t', [], () => seen.push('told'))
    store.put('t', object('a'))
    stop()
    await Promise.resolve()
    expect(seen).toEqual([])
  })

  it('refuses to go back further than its log', () => {
    const store = fresh()
    const start = store.revision
    for (let index = 0; index < 4000; index++) store.put('t', object('a'))
    expect(() => store.since('t', start)).toThrow(RangeError)
    expect(() => store.listAt('t', start)).toThrow(RangeError)
  })
})

describe('a label selector', () => {
  it.each([
    ['app=web', { app: 'web' }, true],
    ['app!=web', {}, true],
    ['app in (web, api),tier', { app: 'api', tier: '1' }, true],
    ['app notin (web)', { app: 'web' }, false],
    ['!app', { app: 'web' }, false],
    ['', { any: 'thing' }, true],
  ])('%s of %j is %s', (selector, labels, matches) => {
    expect(parseLabelSelector(selector)(labels as { readonly [key: string]: string })).toBe(matches)
  })

  it('says what is wrong in the words of the API server', () => {
    expect(() => parseLabelSelector('a in (b')).toThrow(new SelectorError("unable to parse requirement: found '', expected: ',' or ')'"))
    expect(() => parseLabelSelector('==')).toThrow(new SelectorError("found '==', expected: !, identifier, or 'end of string'"))
  })
})

describe('a field selector', () => {
  it('reads =, == and !=', () => {
    expect(parseFieldSelector('a.b=c,d!=e')).toEqual([
      { field: 'a.b', value: 'c', negative: false },
      { field: 'd', value: 'e', negative: true },
    ])
  })
})

function fresh(): Store {
  return new Store({
    clock: new ManualClock(),
    random: () => 0.5,
    sha256: (text) => text,
    sign: (text) => text,
    report: (error) => {
      throw error
    },
  })
}

function object(name: string): StoredObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
}

function names(objects: readonly StoredObject[]): (string | undefined)[] {
  return objects.map(({ metadata }) => metadata.name)
}
