import { describe, expect, it } from 'vitest'
import { ObjectRead } from './objects.ts'
import { topologyOf, watchedFor, type Shown, type Watched } from './topology.ts'
import { traceStateOf } from './trace.ts'

describe('a topology', () => {
  const show: Shown[] = ['services', 'deployments', 'pods', 'nodes']

  it('leads from a service by way of its deployment to pods and nodes', () => {
    const drawn = topologyOf(shop({ pods: 2 }), { show })
    expect(lines(drawn)).toEqual([
      ['pod-0', 'node-1'],
      ['pod-1', 'node-1'],
      ['web', 'pod-0'],
      ['web', 'pod-1'],
      ['web-service', 'web'],
    ])
    expect(drawn.items.find(({ id }) => id === 'web')).toMatchObject({ kind: 'workload', word: '2 of 2 ready', health: 'ok' })
    expect(drawn.items.find(({ id }) => id === 'node-1')).toMatchObject({ word: 'Ready', detail: '2 pods' })
  })

  it('draws a hundred pods as groups of those that are in the same state', () => {
    const drawn = topologyOf(shop({ pods: 100, crashing: 3 }), { show })
    expect(drawn.items.filter(({ kind }) => kind === 'pod').map(({ name, word, health }) => [name, word, health])).toEqual([
      ['web × 3', 'CrashLoopBackOff', 'failed'],
      ['web × 97', 'Running', 'ok'],
    ])
  })

  it('says of a service without pods that it has none, and leaves the system’s own objects out', () => {
    const objects = shop({ pods: 0 })
    expect(topologyOf(objects, { show }).items.find(({ kind }) => kind === 'service')).toMatchObject({
      health: 'failed',
      word: 'Selects no pod',
    })
    const system = read('Service', { name: 'kube-dns', namespace: 'kube-system' }, { selector: { app: 'dns' } })
    objects.set('services', [...(objects.get('services') ?? []), system])
    expect(topologyOf(objects, { show }).items.map(({ name }) => name)).not.toContain('kube-dns')
    expect(topologyOf(objects, { show, namespace: 'kube-system' }).items.map(({ name }) => name)).toContain('kube-dns')
  })

  it('says at a line what flows there, and what of it fails', () => {
    const flowing = [
      { namespace: 'shop', pod: 'pod-0', rate: 3, failing: 0 },
      { namespace: 'shop', pod: 'pod-1', rate: 1, failing: 1 },
    ]
    const line = topologyOf(shop({ pods: 2 }), { show }, flowing).lines.find(({ from }) => from === 'web-service')
    expect(line).toMatchObject({ says: '4.0/s, 25 % fail', failing: true })
  })

  it('counts what it does not draw, and draws what is ill before what is well', () => {
    const services = Array.from({ length: 12 }, (_, index) => read('Service', { name: `s${index}`, namespace: 'shop' }, {}))
    const ill = read('Service', { name: 'z-ill', namespace: 'shop' }, { selector: { app: 'nobody' } })
    const drawn = topologyOf(new Map<Watched, ObjectRead[]>([['services', [...services, ill]]]), { show: ['services'] })
    expect(drawn.left).toEqual([{ kind: 'service', count: 5 }])
    expect(drawn.items.map(({ name }) => name)).toContain('z-ill')
  })

  it('watches what leads from one kind to another, too', () => {
    expect(watchedFor(['deployments', 'volumes'])).toEqual(['deployments', 'persistentvolumeclaims', 'persistentvolumes', 'replicasets'])
  })
})

describe('a trace', () => {
  const block = { service: 'frontend', failed: false }

  it('is the newest, its spans in order and indented below who called them', () => {
    const state = traceStateOf({ data: [trace('old', 1_000_000), trace('new', 2_000_000)] }, block)
    expect(state).toMatchObject({ state: 'data', id: 'new', at: 2000, millis: 100 })
    expect(
      state.state === 'data' &&
        state.spans.map(({ service, operation, depth, from, millis, own }) => [service, operation, depth, from, millis, own]),
    ).toEqual([
      ['frontend', 'GET /', 0, 0, 100, 30],
      ['catalog', 'GET /products', 1, 10, 70, 70],
    ])
  })

  it('marks what failed, and says how', () => {
    const failing = trace('bad', 1_000_000, [
      { key: 'error', type: 'bool', value: true },
      { key: 'http.response.status_code', type: 'int64', value: 503 },
    ])
    const state = traceStateOf({ data: [trace('good', 9_000_000), failing] }, { ...block, failed: true })
    expect(state).toMatchObject({ id: 'bad', spans: [{ failed: true, says: 'answered 503' }, { failed: false }] })
  })

  it('says that there is none yet', () => {
    expect(traceStateOf({ data: null }, { ...block, operation: 'GET /cart' })).toEqual({
      state: 'empty',
      why: 'Jaeger has no trace of frontend, GET /cart yet. It gets them as requests come in.',
    })
  })

  it('survives spans that are each other’s children', () => {
    const circle = trace('circle', 1_000_000)
    circle.spans[0]?.references.push({ refType: 'CHILD_OF', spanID: 'b' })
    expect(traceStateOf({ data: [circle] }, block)).toMatchObject({ state: 'data', spans: [] })
  })
})

function trace(id: string, start: number, tags: readonly object[] = []) {
  const span = (
    spanID: string,
    parent: string | undefined,
    operationName: string,
    at: number,
    duration: number,
    processID: string,
    more: readonly object[] = [],
  ) => ({
    spanID,
    operationName,
    references: parent === undefined ? [] : [{ refType: 'CHILD_OF', spanID: parent }],
    startTime: start + at,
    duration,
    processID,
    tags: more,
  })
  return {
    traceID: id,
    processes: { p1: { serviceName: 'frontend' }, p2: { serviceName: 'catalog' } },
    spans: [
      span('a', undefined, 'GET /', 0, 100_000, 'p1', tags),
      span('b', 'a', 'GET', 10_000, 70_000, 'p1', [{ key: 'span.kind', value: 'client' }]),
      span('c', 'b', 'GET /products', 10_000, 70_000, 'p2', [{ key: 'span.kind', value: 'server' }]),
    ],
  }
}

function lines({ lines: all }: ReturnType<typeof topologyOf>): string[][] {
  return all.map(({ from, to }) => [from, to]).toSorted((a, b) => (a.join() < b.join() ? -1 : 1))
}

function read(
  kind: string,
  metadata: { name: string; namespace?: string; owner?: string; labels?: object },
  spec: object,
  status: object = {},
): ObjectRead {
  const { owner, ...rest } = metadata
  const ownerReferences = owner === undefined ? [] : [{ uid: owner, controller: true }]
  return ObjectRead.parse({ kind, metadata: { uid: metadata.name, labels: {}, ...rest, ownerReferences }, spec, status })
}

function shop({ pods, crashing = 0 }: { pods: number; crashing?: number }): Map<Watched, ObjectRead[]> {
  const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  const crash = { phase: 'Running', containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }] }
  const all = Array.from({ length: pods }, (_, index) =>
    read(
      'Pod',
      { name: `pod-${index}`, namespace: 'shop', owner: 'web-rs', labels: { app: 'web' } },
      { nodeName: 'node-1' },
      index < crashing ? crash : ready,
    ),
  )
  return new Map<Watched, ObjectRead[]>([
    ['nodes', [read('Node', { name: 'node-1' }, {}, { conditions: [{ type: 'Ready', status: 'True' }] })]],
    ['deployments', [read('Deployment', { name: 'web', namespace: 'shop' }, { replicas: pods }, { readyReplicas: pods - crashing })]],
    ['replicasets', [read('ReplicaSet', { name: 'web-rs', namespace: 'shop', owner: 'web' }, { replicas: pods })]],
    ['pods', all],
    ['services', [read('Service', { name: 'web-service', namespace: 'shop' }, { selector: { app: 'web' } })]],
  ])
}
