import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Schemas } from '../resources/schema.ts'
import type { JsonObject } from '../resources/object.ts'
import type { SchemaData } from '../resources/schema.ts'
import { applyPatch } from './apply.ts'
import { jsonPatch, JsonPatchError } from './json-patch.ts'
import { mergePatch } from './merge-patch.ts'
import { strategicPatch } from './strategic.ts'

const schemas = new Schemas(
  JSON.parse(readFileSync(new URL('../../../manifests/simulator/schemas.json', import.meta.url), 'utf8')) as SchemaData,
)
const POD_SPEC = 'io.k8s.api.core.v1.PodSpec'

describe('a hostile JSON patch', () => {
  it('cannot fill the memory with copies of copies', () => {
    const copies = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/a', path: `/a/k${index}` }))
    expect(() => jsonPatch({ a: { text: 'x'.repeat(1000) } }, copies)).toThrow('exceeding the limit')
  })

  it('reaches nothing that is not in the document', () => {
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted', '/a/__proto__/polluted'])
      expect(() => jsonPatch({ a: {} }, [{ op: 'add', path, value: 1 }])).toThrow(JsonPatchError)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('a merge patch', () => {
  // The examples of RFC 7396, appendix A, whose target and patch are objects.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('turns %j with %j into %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })
})

describe('a JSON patch', () => {
  // The examples of RFC 6902, appendix A.
  it('adds a member, an element, and at the end', () => {
    expect(jsonPatch({ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }])).toEqual({ foo: 'bar', baz: 'qux' })
    expect(jsonPatch({ foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }])).toEqual({ foo: ['bar', 'qux', 'baz'] })
    expect(jsonPatch({ foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }])).toEqual({ foo: ['bar', ['abc', 'def']] })
  })

  it('removes, replaces, moves and copies', () => {
    expect(jsonPatch({ baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }])).toEqual({ foo: 'bar' })
    expect(jsonPatch({ foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }])).toEqual({ foo: ['bar', 'baz'] })
    expect(jsonPatch({ baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }])).toEqual({ baz: 'boo' })
    expect(jsonPatch({ foo: { bar: 1 }, qux: {} }, [{ op: 'move', from: '/foo/bar', path: '/qux/thud' }])).toEqual({
      foo: {},
      qux: { thud: 1 },
    })
    expect(jsonPatch({ a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }])).toEqual({ a: { b: 1 }, c: { b: 1 } })
  })

  it('reads ~0 and ~1 in pointers', () => {
    expect(
      jsonPatch({ '/': 9, '~1': 10 }, [
        { op: 'test', path: '/~01', value: 10 },
        { op: 'remove', path: '/~1' },
      ]),
    ).toEqual({ '~1': 10 })
  })

  it('is refused when a test fails, a path is missing or the operation is unknown', () => {
    expect(() => jsonPatch({ baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }])).toThrow(JsonPatchError)
    expect(() => jsonPatch({}, [{ op: 'add', path: '/a/b', value: 1 }])).toThrow(JsonPatchError)
    expect(() => jsonPatch({}, [{ op: 'jump', path: '/a' }])).toThrow(JsonPatchError)
  })

  it('replaces a member that is not there, as the API server’s library does, and nothing below one', () => {
    expect(jsonPatch({}, [{ op: 'replace', path: '/a', value: 1 }])).toEqual({ a: 1 })
    expect(() => jsonPatch({}, [{ op: 'replace', path: '/a/b', value: 1 }])).toThrow('doc is missing path: "/a/b": missing value')
    expect(() => jsonPatch({ a: [1] }, [{ op: 'replace', path: '/a/1', value: 1 }])).toThrow('invalid index referenced')
  })

  it('counts negative indices from the end', () => {
    expect(jsonPatch({ a: [1, 2, 3] }, [{ op: 'remove', path: '/a/-1' }])).toEqual({ a: [1, 2] })
    expect(jsonPatch({ a: [1, 2] }, [{ op: 'add', path: '/a/-1', value: 3 }])).toEqual({ a: [1, 2, 3] })
  })

  it('finds nothing equal to null, and moves nothing that is not there', () => {
    expect(jsonPatch({ a: 1 }, [{ op: 'test', path: '/b', value: null }])).toEqual({ a: 1 })
    expect(() => jsonPatch({}, [{ op: 'move', from: '/a', path: '/b' }])).toThrow('Unable to remove nonexistent key: a')
  })

  it('leaves the object that it patches as it was', () => {
    const before: JsonObject = { a: { b: 1 } }
    jsonPatch(before, [{ op: 'replace', path: '/a/b', value: 2 }])
    expect(before).toEqual({ a: { b: 1 } })
  })
})

describe('a strategic merge patch', () => {
  const patched = (target: JsonObject, patch: JsonObject) => strategicPatch(schemas, POD_SPEC, target, patch)

  it('merges containers by name', () => {
    const target = {
      containers: [
        { name: 'a', image: 'one' },
        { name: 'b', image: 'two' },
      ],
    }
    expect(
      patched(target, {
        containers: [
          { name: 'b', image: 'three' },
          { name: 'c', image: 'four' },
        ],
      }),
    ).toEqual({
      containers: [
        { name: 'a', image: 'one' },
        { name: 'b', image: 'three' },
        { name: 'c', image: 'four' },
      ],
    })
  })

  it('deletes an element with $patch: delete', () => {
    expect(patched({ volumes: [{ name: 'v1' }, { name: 'v2' }] }, { volumes: [{ name: 'v1', $patch: 'delete' }] })).toEqual({
      volumes: [{ name: 'v2' }],
    })
  })

  it('replaces a whole list with $patch: replace', () => {
    expect(patched({ containers: [{ name: 'a' }] }, { containers: [{ $patch: 'replace' }, { name: 'b' }] })).toEqual({
      containers: [{ name: 'b' }],
    })
  })

  it('replaces lists without a merge key', () => {
    expect(patched({ tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] })).toEqual({ tolerations: [{ key: 'b' }] })
  })

  it('keeps only the keys that $retainKeys names', () => {
    const target = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }
    expect(strategicPatch(schemas, 'io.k8s.api.apps.v1.DeploymentStrategy', target, { $retainKeys: ['type'], type: 'Recreate' })).toEqual({
      type: 'Recreate',
    })
  })

  it('puts new elements before those that it does not name', () => {
    expect(patched({ containers: [{ name: 'a' }, { name: 'b' }] }, { containers: [{ name: 'c' }] })).toEqual({
      containers: [{ name: 'c' }, { name: 'a' }, { name: 'b' }],
    })
  })

  it.each<[JsonObject, JsonObject, string]>([
    [{ containers: [{ name: 'a' }] }, { containers: [{ image: 'x' }] }, 'map: map[image:x] does not contain declared merge key: name'],
    [
      { containers: [{ name: 'a' }] },
      { containers: [{ $patch: 'delete' }] },
      'map: map[$patch:delete] does not contain declared merge key: name',
    ],
    [
      { containers: [{ name: 'a' }] },
      { containers: [{ $patch: 'merge', name: 'a' }] },
      'merging lists cannot yet be specified in the patch',
    ],
    [
      { containers: [{ name: 'a' }] },
      { containers: [{ $patch: 'jump', name: 'a' }] },
      'unknown patch type: jump in map: map[$patch:jump name:a]',
    ],
    [{ nodeSelector: { a: 'b' } }, { nodeSelector: { $patch: 'jump' } }, 'unknown patch type: jump in map: map[$patch:jump]'],
    [{ containers: [{ name: 'a' }] }, { containers: ['a'] }, 'list element types are not identical: [[map[name:a]] [a]]'],
    [{ securityContext: {} }, { securityContext: { $retainKeys: ['a'], runAsUser: 1 } }, 'invalid patch format of retainKeys'],
    [
      { containers: [{ name: 'a' }, { name: 'b' }] },
      { containers: [{ name: 'b' }, { name: 'a' }], '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }] },
      "The order in patch list:\n[map[name:b] map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:a] map[name:b]]\n",
    ],
  ])('of %j by %j says what is wrong', (target, patch, why) => {
    expect(() => patched(target, patch)).toThrow(why)
  })

  it('orders elements as $setElementOrder says', () => {
    const target = { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }
    const patch = { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }], containers: [{ name: 'b', $patch: 'delete' }] }
    expect(patched(target, patch)).toEqual({ containers: [{ name: 'c' }, { name: 'a' }] })
  })

  it('deletes from lists of plain values', () => {
    const target = { finalizers: ['a', 'b', 'c'] }
    expect(
      strategicPatch(schemas, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', target, {
        '$deleteFromPrimitiveList/finalizers': ['b'],
        finalizers: ['d'],
      }),
    ).toEqual({ finalizers: ['d', 'a', 'c'] })
  })
})

describe('server-side apply', () => {
  const apply = (current: JsonObject | undefined, data: JsonObject, manager: string, force = false): JsonObject =>
    applyPatch({
      schemas,
      schema: 'io.k8s.api.core.v1.ConfigMap',
      current: current as Parameters<typeof applyPatch>[0]['current'],
      sent: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data },
      manager,
      force,
      now: 0,
      subresource: undefined,
      ignored: ['status'],
    })

  it('removes what its manager no longer sends and keeps what others own', () => {
    const first = apply(undefined, { a: '1', b: '2' }, 'me')
    const second = apply(first, { c: '3' }, 'you')
    expect(apply(second, { a: '1' }, 'me')['data']).toEqual({ a: '1', c: '3' })
  })

  it("refuses to change another manager's field without force", () => {
    const first = apply(undefined, { a: '1' }, 'me')
    expect(() => apply(first, { a: '2' }, 'you')).toThrow('Apply failed with 1 conflict: conflict with "me": .data.a')
    expect(apply(first, { a: '2' }, 'you', true)['data']).toEqual({ a: '2' })
  })
})
