import { describe, expect, it } from 'vitest'
import { parsePath, valuesAt } from './json-path.ts'
import { eventVerdict, httpVerdict, objectVerdict, queryVerdict } from './verdict.ts'

describe('a field of an object', () => {
  const pod = {
    metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'shop' } },
    spec: {
      containers: [
        { name: 'a', image: 'nginx' },
        { name: 'b', image: 'redis' },
      ],
    },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'PodScheduled', status: 'False' },
      ],
    },
  }
  it.each([
    ['metadata.name', ['web']],
    ['.metadata.name', ['web']],
    ['spec.containers[*].image', ['nginx', 'redis']],
    ['spec.containers[0].image', ['nginx']],
    ['spec.containers[-1].image', ['redis']],
    ['status.conditions[?(@.type=="Ready")].status', ['True']],
    ["metadata.labels['app.kubernetes.io/name']", ['shop']],
    ['metadata.labels.app\\.kubernetes\\.io/name', ['shop']],
    ['spec.nothing[0].there', []],
    ['metadata.constructor', []],
  ])('%s', (path, values) => {
    expect(valuesAt(pod, parsePath(path))).toEqual(values)
  })

  it('says from where it cannot be read', () => {
    expect(() => parsePath('status.conditions[?(@.type')).toThrow('cannot be read from "[?(@.type" on')
  })
})

describe('a condition', () => {
  const pod = (name: string, phase: string) => ({ metadata: { name }, status: { phase, restarts: 3 } })
  const phase = { object: 'pods', namespace: 'shop', field: 'status.phase', equals: 'Running' }

  it('on a field holds for all objects, of which there must be one, and says which does not fit', () => {
    expect(objectVerdict(phase, [])).toEqual({
      met: false,
      say: 'status.phase of pods in the namespace shop is Running.',
      found: 'There are no pods in the namespace shop yet.',
    })
    expect(objectVerdict(phase, [pod('a', 'Running'), pod('b', 'Pending')])).toMatchObject({
      met: false,
      found: 'Pod b is Pending.',
    })
    expect(objectVerdict({ ...phase, say: 'The shop runs.' }, [pod('a', 'Running')])).toEqual({ met: true, say: 'The shop runs.' })
  })

  const readyNode = {
    metadata: { name: 'n1' },
    status: { conditions: [{ type: 'Ready', status: 'False', message: 'container runtime is down' }] },
  }
  const deployment = (replicas: number, readyReplicas?: number) => ({
    metadata: { name: 'web' },
    spec: { replicas },
    status: { readyReplicas },
  })
  it.each([
    [{ object: 'deployment', namespace: 'default', name: 'web' }, [], 'There is no deployment web yet.'],
    [
      { object: 'deploy', namespace: 'shop', selector: 'app=web', field: 'x', equals: 1 },
      [],
      'There are no deployments with app=web in the namespace shop yet.',
    ],
    [
      { object: 'pvc', namespace: 'default', name: 'data', field: 'status.phase', equals: 'Bound' },
      [pod('data', 'Pending')],
      'Claim data is Pending.',
    ],
    [{ object: 'deployments', field: 'status.readyReplicas', atLeast: 1 }, [deployment(1)], 'Deployment web: its one pod is not ready.'],
    [{ object: 'deployments', field: 'status.readyReplicas', atLeast: 2 }, [deployment(2, 1)], 'Deployment web: 1 of its 2 pods is ready.'],
    [
      { object: 'deployments', field: 'status.readyReplicas', atLeast: 9 },
      [deployment(3, 2)],
      'Deployment web: 2 of its 3 pods are ready.',
    ],
    [
      { object: 'deployments', field: 'status.readyReplicas', atLeast: 1 },
      [deployment(0)],
      'Deployment web: it is scaled to no pods at all.',
    ],
    [
      { object: 'nodes', field: 'status.conditions[?(@.type=="Ready")].status', equals: 'True' },
      [readyNode],
      'Node n1: Ready is False (container runtime is down).',
    ],
    [{ object: 'pods', field: 'spec.nodeName', exists: true }, [pod('a', '')], 'Pod a has no spec.nodeName.'],
    [{ object: 'pods', atMost: 1 }, [pod('a', ''), pod('b', '')], 'There are 2 pods.'],
    [{ object: 'networkpolicy', name: 'deny', exists: false }, [pod('deny', '')], 'There is a network policy deny.'],
    [{ object: 'rides.example.com' }, [], 'There are no rides.example.com yet.'],
  ])('says of %j in words what there is instead', (condition, objects, found) => {
    expect(objectVerdict(condition, objects)).toMatchObject({ met: false, found })
  })

  it('without a field counts', () => {
    expect(objectVerdict({ object: 'pods', atLeast: 2 }, [pod('a', '')])).toMatchObject({ met: false, found: 'There is 1 pod.' })
    expect(objectVerdict({ object: 'pods', atLeast: 2 }, [pod('a', ''), pod('b', '')])).toMatchObject({ met: true })
    expect(objectVerdict({ object: 'pods', exists: false }, [])).toMatchObject({ met: true })
    expect(objectVerdict({ object: 'pods' }, [])).toMatchObject({ met: false })
  })

  it('compares numbers, texts and presence', () => {
    const of = (more: object) => objectVerdict({ object: 'pods', field: 'status.restarts', ...more }, [pod('a', 'Running')]).met
    expect([
      of({ atMost: 3 }),
      of({ atMost: 2 }),
      of({ atLeast: 3 }),
      of({ equals: '3' }),
      of({ matches: '^[34]$' }),
      of({ exists: true }),
    ]).toEqual([true, false, true, true, true, true])
  })

  it.each([
    ['256Mi', '160Mi', true],
    ['167772160', '160Mi', true],
    ['160M', '160Mi', false],
    ['0.25Gi', '160Mi', true],
    ['1500Mi', '1Gi', true],
    ['250m', 0.25, true],
    ['1e3', '1k', true],
    ['plenty', '1', false],
    [3, '2', true],
  ])('takes %s for at least %s as quantities: %s', (memory, atLeast, met) => {
    expect(objectVerdict({ object: 'pods', field: 'memory', atLeast }, [{ memory }]).met).toBe(met)
  })

  it('on an event looks at its reason, its object and its message', () => {
    const event = { reason: 'Unhealthy', message: 'Liveness probe failed: 404', involvedObject: { kind: 'Pod', name: 'shop-abc' } }
    expect(eventVerdict({ event: 'Unhealthy', about: 'pod/shop', matches: '40\\d' }, [event]).met).toBe(true)
    expect(eventVerdict({ event: 'Unhealthy', about: 'pod/web' }, [event]).met).toBe(false)
    expect(eventVerdict({ event: 'Killing' }, [event]).met).toBe(false)
  })

  it('on a query or an address says why there is nothing to compare', () => {
    expect(queryVerdict({ query: 'up', atLeast: 1 }, { values: [1, 0] })).toMatchObject({ met: false, found: 'It gives 0.' })
    expect(queryVerdict({ query: 'up' }, { why: 'Waiting for Prometheus.' })).toMatchObject({
      met: false,
      found: 'Waiting for Prometheus.',
    })
    expect(httpVerdict({ http: 'http://shop.default', matches: 'Hello' }, { status: 200, body: 'Hello, world' }).met).toBe(true)
    expect(httpVerdict({ http: 'http://shop.default' }, { status: 503, body: '' })).toMatchObject({
      met: false,
      found: 'It answers with 503, not with 200.',
    })
  })
})
