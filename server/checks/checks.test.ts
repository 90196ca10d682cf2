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
      found: 'There is no pods in the namespace shop.',
    })
    expect(objectVerdict(phase, [pod('a', 'Running'), pod('b', 'Pending')])).toMatchObject({
      met: false,
      found: 'b: status.phase is Pending.',
    })
    expect(objectVerdict({ ...phase, say: 'The shop runs.' }, [pod('a', 'Running')])).toEqual({ met: true, say: 'The shop runs.' })
  })

  it('without a field counts', () => {
    expect(objectVerdict({ object: 'pods', atLeast: 2 }, [pod('a', '')])).toMatchObject({ met: false, found: 'There are 1.' })
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

  it('on an event looks at its reason, its object and its message', () => {
    const event = { reason: 'Unhealthy', message: 'Liveness probe failed: 404', involvedObject: { kind: 'Pod', name: 'shop-abc' } }
    expect(eventVerdict({ event: 'Unhealthy', about: 'pod/shop', matches: '40\\d' }, [event]).met).toBe(true)
    expect(eventVerdict({ event: 'Unhealthy', about: 'pod/web' }, [event]).met).toBe(false)
    expect(eventVerdict({ event: 'Killing' }, [event]).met).toBe(false)
  })

  it('on a query or an address says why there is nothing to compare', () => {
    expect(queryVerdict({ query: 'up', atLeast: 1 }, { values: [1, 0] })).toMatchObject({ met: false, found: 'It is 0.' })
    expect(queryVerdict({ query: 'up' }, { why: 'Waiting for Prometheus.' })).toMatchObject({
      met: false,
      found: 'Waiting for Prometheus.',
    })
    expect(httpVerdict({ http: 'http://shop.default', matches: 'Hello' }, { status: 200, body: 'Hello, world' }).met).toBe(true)
    expect(httpVerdict({ http: 'http://shop.default' }, { status: 503, body: '' })).toMatchObject({
      met: false,
      found: 'It answers with 503.',
    })
  })
})
