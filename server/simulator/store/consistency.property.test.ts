import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../kernel/clock.ts'
import { selects } from '../resources/label-selector.ts'
import { parseLabelSelector } from './selectors.ts'
import { Store } from './store.ts'
import type { StoredObject } from '../resources/object.ts'

const TABLE = 'v1/configmaps'
const names = fc.constantFrom('a', 'b', 'c', 'd')
const acts = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('put' as const), name: names, value: fc.integer() }),
    fc.record({ act: fc.constant('remove' as const), name: names }),
    fc.record({ act: fc.constant('watch' as const) }),
    fc.record({ act: fc.constant('breathe' as const) }),
  ),
  { maxLength: 60 },
)

interface Picture {
  readonly objects: Map<string, StoredObject>
  revision: number
}

describe('whoever lists and then watches', () => {
  it('has the picture that a list at the same revision has', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        const store = new Store({
          clock: new ManualClock(),
          random: () => 0.5,
          sha256: String,
          sign: String,
          report: (error) => expect.fail(String(error)),
        })
        const pictures: Picture[] = []
        for (const step of all) {
          if (step.act === 'put') store.put(TABLE, object(step.name, step.value))
          else if (step.act === 'remove') store.remove(TABLE, object(step.name, 0))
          else if (step.act === 'watch') pictures.push(look(store))
          else await Promise.resolve()
          for (const picture of pictures)
            expect([...picture.objects.values()].toSorted(byName)).toEqual(store.listAt(TABLE, picture.revision))
        }
        await Promise.resolve()
        for (const picture of pictures) expect([...picture.objects.values()].toSorted(byName)).toEqual(store.list(TABLE))
      }),
    )
  })

  it('sees each change once, in the order of revisions', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        const store = new Store({
          clock: new ManualClock(),
          random: () => 0.5,
          sha256: String,
          sign: String,
          report: (error) => expect.fail(String(error)),
        })
        const seen: number[] = []
        store.watch(TABLE, [], ({ revision }) => void seen.push(revision))
        for (const step of all) {
          if (step.act === 'put') store.put(TABLE, object(step.name, step.value))
          if (step.act === 'remove') store.remove(TABLE, object(step.name, 0))
        }
        await Promise.resolve()
        expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => store.revision - seen.length + 1 + index))
      }),
    )
  })
})

function look(store: Store): Picture {
  const picture: Picture = { objects: new Map(store.list(TABLE).map((each) => [each.metadata.name ?? '', each])), revision: store.revision }
  store.watch(TABLE, store.since(TABLE, picture.revision), ({ type, object: changed, revision }) => {
    if (type === 'DELETED') picture.objects.delete(changed.metadata.name ?? '')
    else picture.objects.set(changed.metadata.name ?? '', changed)
    picture.revision = revision
  })
  return picture
}

const byName = (a: StoredObject, b: StoredObject): number => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '')

function object(name: string, value: number): StoredObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'n' }, data: { value: String(value) } }
}

describe('a label selector', () => {
  const words = fc.constantFrom('x', 'y', 'z')
  const labels = fc.dictionary(words, words, { noNullPrototype: true })
  const expressions = fc.array(
    fc.oneof(
      fc.record({ key: words, operator: fc.constantFrom('In', 'NotIn'), values: fc.array(words, { minLength: 1, maxLength: 2 }) }),
      fc.record({ key: words, operator: fc.constantFrom('Exists', 'DoesNotExist'), values: fc.constant([]) }),
    ),
    { maxLength: 3 },
  )

  it('selects the same when it is written in a query as when it is in an object', () => {
    fc.assert(
      fc.property(labels, expressions, (of, matchExpressions) => {
        const query = matchExpressions
          .map(({ key, operator, values }) =>
            operator === 'Exists'
              ? key
              : operator === 'DoesNotExist'
                ? `!${key}`
                : `${key} ${operator.toLowerCase()} (${values.join(',')})`,
          )
          .join(',')
        expect(parseLabelSelector(query)(of)).toBe(selects({ matchExpressions }, of))
      }),
    )
  })

  it('is either of equality and its denial, never both', () => {
    fc.assert(
      fc.property(labels, words, words, (of, key, value) => {
        expect(parseLabelSelector(`${key}=${value}`)(of)).not.toBe(parseLabelSelector(`${key}!=${value}`)(of))
      }),
    )
  })
})
