import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schemas } from '../resources/schema.ts'
import { applyPatch } from './apply.ts'
import { jsonPatch } from './json-patch.ts'
import { mergePatch } from './merge-patch.ts'
import { strategicPatch } from './strategic.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { SchemaData } from '../resources/schema.ts'

const schemas = new Schemas(
  JSON.parse(readFileSync(new URL('../../../manifests/simulator/schemas.json', import.meta.url), 'utf8')) as SchemaData,
)
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment'
const POD_SPEC = 'io.k8s.api.core.v1.PodSpec'

const keys = fc.constantFrom('a', 'b', 'c', 'a/b', 'm~n', 'e')
const values: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.boolean()),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value
const documents: fc.Arbitrary<JsonObject> = fc.dictionary(keys, values, { maxKeys: 4, noNullPrototype: true })

describe('a JSON patch (RFC 6902)', () => {
  const escaped = (key: string) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`

  it('adds what a test then finds', () => {
    fc.assert(
      fc.property(documents, keys, values, (document, key, value) => {
        const path = escaped(key)
        expect(
          jsonPatch(document, [
            { op: 'add', path, value },
            { op: 'test', path, value },
          ]),
        ).toEqual({ ...document, [key]: value })
      }),
    )
  })

  it('removes what it added', () => {
    fc.assert(
      fc.property(documents, values, (document, value) => {
        expect(
          jsonPatch(document, [
            { op: 'add', path: '/new', value },
            { op: 'remove', path: '/new' },
          ]),
        ).toEqual(document)
      }),
    )
  })

  it('moves as it copies and removes', () => {
    fc.assert(
      fc.property(documents, values, (document, value) => {
        const begun = { ...document, from: value }
        const moved = jsonPatch(begun, [{ op: 'move', from: '/from', path: '/to' }])
        expect(moved).toEqual(
          jsonPatch(begun, [
            { op: 'copy', from: '/from', path: '/to' },
            { op: 'remove', path: '/from' },
          ]),
        )
      }),
    )
  })

  it('changes nothing of what it is given', () => {
    fc.assert(
      fc.property(documents, keys, values, (document, key, value) => {
        const before = structuredClone(document)
        jsonPatch(document, [{ op: 'add', path: escaped(key), value }])
        expect(document).toEqual(before)
      }),
    )
  })

  it('does all or nothing', () => {
    fc.assert(
      fc.property(documents, values, (document, value) => {
        expect(() =>
          jsonPatch(document, [
            { op: 'add', path: '/new', value },
            { op: 'test', path: '/missing', value: 1 },
          ]),
        ).toThrow()
      }),
    )
  })
})

describe('a merge patch (RFC 7386)', () => {
  // Its appendix, those of objects and those of anything else.
  it.each<[JsonValue, JsonValue, JsonValue]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('turns %j with %j into %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })

  it('twice is once', () => {
    fc.assert(
      fc.property(documents, documents, (target, patch) => {
        expect(mergePatch(mergePatch(target, patch), patch)).toEqual(mergePatch(target, patch))
      }),
    )
  })

  it('of the document itself changes nothing', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(mergePatch(document, document)).toEqual(document)
      }),
    )
  })
})

const names = fc.constantFrom('web', 'log', 'proxy')
const images = fc.constantFrom('nginx', 'busybox', 'redis')
const environment = fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('1', '2') }), {
  selector: ({ name }) => name,
  minLength: 1,
  maxLength: 3,
})
const containers = fc.uniqueArray(fc.record({ name: names, image: images, env: environment }), {
  selector: ({ name }) => name,
  minLength: 1,
  maxLength: 3,
})
const podSpecs: fc.Arbitrary<JsonObject> = fc.record(
  {
    containers,
    nodeSelector: fc.dictionary(fc.constantFrom('disk', 'zone'), fc.constantFrom('x', 'y'), { noNullPrototype: true }),
    restartPolicy: fc.constantFrom('Always', 'Never'),
  },
  { requiredKeys: ['containers'] },
) as fc.Arbitrary<JsonObject>

describe('a strategic merge patch', () => {
  it('twice is once', () => {
    fc.assert(
      fc.property(podSpecs, podSpecs, (target, patch) => {
        const once = strategicPatch(schemas, POD_SPEC, target, patch)
        expect(strategicPatch(schemas, POD_SPEC, once, patch)).toEqual(once)
      }),
    )
  })

  it('of the object itself changes nothing', () => {
    fc.assert(
      fc.property(podSpecs, (spec) => {
        expect(strategicPatch(schemas, POD_SPEC, spec, spec)).toEqual(spec)
      }),
    )
  })

  it('keeps the elements that it does not name, and has each name once', () => {
    fc.assert(
      fc.property(podSpecs, podSpecs, (target, patch) => {
        const called = (spec: JsonObject) => (spec['containers'] as readonly JsonObject[]).map(({ name }) => String(name))
        const merged = called(strategicPatch(schemas, POD_SPEC, target, patch))
        expect(merged.toSorted()).toEqual([...new Set([...called(target), ...called(patch)])].toSorted())
      }),
    )
  })
})

describe('server-side apply', () => {
  const wanted = podSpecs.map((spec): JsonObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'n' },
    spec: { template: { spec } },
  }))
  const applied = (current: JsonObject | undefined, sent: JsonObject, manager: string, force = false) =>
    applyPatch({
      schemas,
      schema: DEPLOYMENT,
      current: current as StoredObject | undefined,
      sent,
      manager,
      force,
      now: 0,
      subresource: undefined,
      ignored: ['status'],
    })

  it('twice changes nothing the second time', () => {
    fc.assert(
      fc.property(wanted, (sent) => {
        const once = applied(undefined, sent, 'me')
        expect(applied(once, sent, 'me')).toEqual(once)
      }),
    )
  })

  it('leaves exactly what its only manager sent last', () => {
    fc.assert(
      fc.property(wanted, wanted, (first, second) => {
        const { metadata: _last, ...last } = applied(applied(undefined, first, 'me'), second, 'me')
        const { metadata: _sent, ...sent } = second
        expect(withoutOrder(last)).toEqual(withoutOrder(sent))
      }),
    )
  })

  it('with force lets the last one have all that it sent', () => {
    fc.assert(
      fc.property(wanted, wanted, (first, second) => {
        const forced = applied(applied(undefined, first, 'me'), second, 'you', true)
        expect(applied(forced, second, 'you')).toEqual(forced)
      }),
    )
  })
})

/** Elements of keyed lists in the order of their names, and nothing empty: neither tells managers apart. */
function withoutOrder(value: JsonValue | undefined): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutOrder).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, field]) => [key, withoutOrder(field)] as const)
  return Object.fromEntries(
    entries
      .filter(([, field]) => JSON.stringify(field) !== '{}' && JSON.stringify(field) !== '[]')
      .toSorted(([a], [b]) => a.localeCompare(b)),
  )
}
