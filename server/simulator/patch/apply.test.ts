import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../api/door.ts'
import { Schemas } from '../resources/schema.ts'
import { applyPatch } from './apply.ts'
import { entriesOf, recordUpdate } from './managed-fields.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { SchemaData } from '../resources/schema.ts'

const schemas = new Schemas(
  JSON.parse(readFileSync(new URL('../../../manifests/simulator/schemas.json', import.meta.url), 'utf8')) as SchemaData,
)

describe('who updates a deployment', () => {
  it('owns what it sets: structs that are always there are not owned themselves, maps and lists that were absent are', () => {
    const made = update(
      undefined,
      deployment({ replicas: 1, template: podOf([{ name: 'a', image: 'x', env: [{ name: 'A', value: '1' }] }]) }),
    )
    expect(entriesOf(made)[0]?.fieldsV1).toEqual({
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"a"}': {
                '.': {},
                'f:env': { '.': {}, 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
                'f:image': {},
                'f:name': {},
              },
            },
          },
        },
      },
    })
  })

  it('keeps the time of its entry while it changes nothing', () => {
    const made = update(undefined, deployment({ replicas: 1 }), 'me', 0)
    expect(entriesOf(update(made, made, 'me', 5000))).toEqual(entriesOf(made))
    expect(entriesOf(update(made, deployment({ replicas: 2 }, made), 'me', 5000))[0]?.time).toBe('1970-01-01T00:00:05Z')
  })

  it('takes fields from others by changing them, and from everybody by removing them', () => {
    const made = update(undefined, deployment({ replicas: 1, paused: true }), 'me')
    const changed = update(made, deployment({ replicas: 2 }, made), 'you')
    expect(managersOf(changed)).toEqual({
      me: { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } } },
      you: { 'f:spec': { 'f:replicas': {} } },
    })
  })

  it('is forgotten when it empties the list of managers', () => {
    const made = update(undefined, deployment({ replicas: 1 }))
    const emptied: StoredObject = { ...made, metadata: { ...made.metadata, managedFields: [{}] } }
    expect(entriesOf(update(made, emptied))).toEqual([])
  })

  it('is one of ten at most: the oldest become ancient changes', () => {
    let object = update(undefined, deployment({ replicas: 1 }), 'manager-00', 0)
    for (let index = 1; index <= 12; index += 1) {
      const labels = { ...object.metadata.labels, [`l${index}`]: 'x' }
      object = update(
        object,
        { ...object, metadata: { ...object.metadata, labels } },
        `manager-${String(index).padStart(2, '0')}`,
        index * 1000,
      )
    }
    const managers = entriesOf(object).map(({ manager }) => manager)
    expect(managers).toHaveLength(10)
    expect(managers[0]).toBe('ancient-changes')
    expect(entriesOf(object)[0]?.time).toBe('1970-01-01T00:00:03Z')
  })
})

describe('server-side apply', () => {
  it('owns the elements of a list of ports by port and protocol, the default included', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }, { port: 80, protocol: 'UDP' }] },
    }
    const made = apply(undefined, service, 'me', { schema: 'io.k8s.api.core.v1.Service' })
    expect(entriesOf(made)[0]?.fieldsV1['f:spec']).toEqual({
      'f:ports': {
        'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} },
        'k:{"port":80,"protocol":"UDP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} },
      },
    })
  })

  it('leaves to the first manager what the second, by force, only adds to', () => {
    const first = apply(undefined, deployment({ template: podOf([{ name: 'a', image: 'x', env: [{ name: 'A', value: '1' }] }]) }), 'me')
    const second = apply(first, deployment({ template: podOf([{ name: 'a', image: 'y', env: [{ name: 'B', value: '2' }] }]) }), 'you', {
      force: true,
    })
    expect(containersOf(second)).toEqual([
      {
        name: 'a',
        image: 'y',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
    ])
    const env = fieldsAt(second, 'me', ['f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"a"}'])
    expect(env).toEqual({ '.': {}, 'f:name': {}, 'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } } })
  })

  it('takes nothing away with an empty list', () => {
    const first = apply(undefined, deployment({ template: podOf([{ name: 'a', image: 'x', env: [{ name: 'A', value: '1' }] }]) }), 'me')
    const empty = deployment({ template: podOf([{ name: 'a', image: 'x', env: [] }]) })
    const second = apply(first, empty, 'you', { force: true })
    expect(containersOf(second)[0]?.['env']).toEqual([{ name: 'A', value: '1' }])
    expect(apply(second, empty, 'you', { force: true })).toEqual(second)
  })

  it('removes an element only when nobody else has it', () => {
    const both = deployment({
      template: podOf([
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ]),
    })
    const first = apply(apply(undefined, both, 'me'), both, 'you')
    const less = deployment({ template: podOf([{ name: 'a', image: 'x' }]) })
    const given = apply(first, less, 'me')
    expect(containersOf(given)).toHaveLength(2)
    expect(containersOf(apply(given, less, 'you'))).toHaveLength(1)
  })

  it('keeps in a container that it no longer sends what others own there', () => {
    const first = apply(undefined, deployment({ template: podOf([{ name: 'a', image: 'x', command: ['sh'] }]) }), 'me')
    const second = apply(first, deployment({ template: podOf([{ name: 'a', tty: true }]) }), 'you')
    expect(containersOf(apply(second, deployment({}), 'me'))).toEqual([{ name: 'a', tty: true }])
  })

  it('names every conflict, manager by manager', () => {
    const first = apply(undefined, deployment({ replicas: 1, paused: true }), 'me')
    const second = update(first, deployment({ replicas: 1, paused: true, minReadySeconds: 5 }, first), 'kubectl-edit')
    expect(refusal(() => apply(second, deployment({ replicas: 2, paused: false, minReadySeconds: 1 }), 'you')).message).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "kubectl-edit" using apps/v1:',
        '- .spec.minReadySeconds',
        'conflicts with "me":',
        '- .spec.paused',
        '- .spec.replicas',
      ].join('\n'),
    )
  })

  it('counts what was there before anybody was noted as somebody’s', () => {
    const bare = deployment({ replicas: 1 })
    expect(refusal(() => apply(bare, deployment({ replicas: 2 }), 'you')).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
    )
  })

  it('takes over what kubectl apply had set, and nothing that has changed since', () => {
    const manifest = deployment({ replicas: 1 })
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(manifest) }
    const begun = update(undefined, { ...manifest, metadata: { ...manifest.metadata, annotations } }, 'kubectl-client-side-apply')
    const taken = apply(begun, deployment({ replicas: 2 }), 'kubectl')
    expect([taken['spec'], taken.metadata.annotations]).toMatchObject([
      { replicas: 2 },
      { 'kubectl.kubernetes.io/last-applied-configuration': expect.stringContaining('"replicas":2') as unknown },
    ])
    const scaled = update(begun, { ...begun, spec: { ...(begun['spec'] as JsonObject), replicas: 5 } }, 'kubectl')
    expect(refusal(() => apply(scaled, deployment({ replicas: 2 }), 'kubectl')).message).toContain(
      'conflict with "kubectl" using apps/v1: .spec.replicas',
    )
  })

  it.each([
    [{ colour: 'red' }, '.spec.colour: field not declared in schema'],
    [{ template: podOf([{ name: 'a' }, { name: 'a' }]) }, '.spec.template.spec.containers: duplicate entries for key [name="a"]'],
    [{ replicas: 'two' }, '.spec.replicas: expected numeric (int or float), got string'],
  ])('refuses %j', (spec, why) => {
    expect(refusal(() => apply(undefined, deployment(spec), 'me')).message).toBe(
      `failed to create typed patch object (n/d; apps/v1, Kind=Deployment): ${why}`,
    )
  })
})

const environment = fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('1', '2') }), {
  selector: ({ name }) => name,
  minLength: 1,
  maxLength: 3,
})
const ports = fc.uniqueArray(
  fc.record({ containerPort: fc.constantFrom(80, 81), protocol: fc.constantFrom('TCP', 'UDP') }, { requiredKeys: ['containerPort'] }),
  { selector: ({ containerPort, protocol }) => `${containerPort}/${protocol ?? 'TCP'}`, minLength: 1, maxLength: 3 },
)
const containers = fc.uniqueArray(
  fc.record(
    {
      name: fc.constantFrom('web', 'log'),
      image: fc.constantFrom('x', 'y'),
      env: environment,
      ports,
      args: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['name'] },
  ),
  { selector: ({ name }) => name, minLength: 1, maxLength: 2 },
)
const wanted = fc
  .record(
    {
      finalizers: fc.uniqueArray(fc.constantFrom('a/a', 'b/b', 'c/c'), { minLength: 1, maxLength: 3 }),
      replicas: fc.constantFrom(1, 2),
      containers,
      nodeSelector: fc.dictionary(fc.constantFrom('disk', 'zone'), fc.constantFrom('x', 'y'), { noNullPrototype: true }),
    },
    { requiredKeys: [] },
  )
  .map(({ finalizers, replicas, ...spec }) => ({
    ...deployment(JSON.parse(JSON.stringify({ replicas, template: { spec } })) as JsonObject),
    metadata: { name: 'd', namespace: 'n', ...(finalizers && { finalizers }) },
  }))

describe('the laws of apply', () => {
  it('twice is once, with force as without', () => {
    fc.assert(
      fc.property(wanted, wanted, wanted, (first, second, third) => {
        const begun = update(apply(undefined, first, 'me'), third, 'editor')
        const once = apply(begun, second, 'you', { force: true })
        expect(apply(once, second, 'you', { force: true })).toEqual(once)
        expect(apply(once, second, 'you')).toEqual(once)
      }),
    )
  })

  it('what somebody owns is there, and what one applies is what one owns', () => {
    fc.assert(
      fc.property(wanted, wanted, (first, second) => {
        const both = apply(apply(undefined, first, 'me'), second, 'you', { force: true })
        const again = apply(both, second, 'them')
        expect(fieldsAt(again, 'them', [])).toEqual(fieldsAt(both, 'you', []))
      }),
    )
  })

  it('a manager that leaves takes along nothing of the others', () => {
    fc.assert(
      fc.property(wanted, wanted, (first, second) => {
        const both = apply(apply(undefined, first, 'me'), second, 'you', { force: true })
        const nothing: StoredObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'n' } }
        const left = apply(both, nothing, 'me')
        expect(apply(left, second, 'you')).toEqual(left)
      }),
    )
  })
})

function deployment(spec: JsonObject, over?: StoredObject): StoredObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: over?.metadata ?? { name: 'd', namespace: 'n', labels: { app: 'd' } },
    spec,
  }
}

function podOf(list: readonly JsonObject[]): JsonObject {
  return { spec: { containers: list } }
}

function update(old: StoredObject | undefined, object: StoredObject, manager = 'me', now = 0): StoredObject {
  const { managedFields = old?.metadata['managedFields'] } = object.metadata
  const sent = { ...object, metadata: { ...object.metadata, ...(managedFields !== undefined && { managedFields }) } }
  const schema = 'io.k8s.api.apps.v1.Deployment'
  return recordUpdate({ schemas, schema, object: sent, old, manager, now, subresource: undefined, ignored: ['status'] })
}

function apply(
  current: StoredObject | undefined,
  sent: JsonObject,
  manager: string,
  { force = false, schema = 'io.k8s.api.apps.v1.Deployment' } = {},
): StoredObject {
  const request = { schemas, schema, current, sent, manager, force, now: 0, subresource: undefined, ignored: ['status'] }
  return applyPatch(request) as StoredObject
}

function managersOf(object: StoredObject): JsonObject {
  return Object.fromEntries(entriesOf(object).map(({ manager, fieldsV1 }) => [manager, fieldsV1]))
}

function fieldsAt(object: StoredObject, manager: string, path: readonly string[]): unknown {
  const entry = entriesOf(object).find((candidate) => candidate.manager === manager)
  return path.reduce<unknown>((value, key) => (value as JsonObject | undefined)?.[key], entry?.fieldsV1)
}

function containersOf(object: StoredObject): readonly JsonObject[] {
  const { template } = object['spec'] as { template: { spec: { containers: readonly JsonObject[] } } }
  return template.spec.containers
}

function refusal(act: () => unknown): ApiError {
  try {
    act()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('it was not refused')
}
