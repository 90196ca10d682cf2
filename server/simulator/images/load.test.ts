import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { SimulatedContainer } from './container.ts'
import { parseImage } from './schema.ts'
import { serviceFor, testCluster } from './test-cluster.ts'
import type { TestCluster } from './test-cluster.ts'

const folder = new URL('../../../manifests/simulator/images/', import.meta.url)
const images = readdirSync(folder).map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))

/** Two services and who asks them, as a trainer would write them. */
const small = parse(`
- names: [front]
  tags: ['*']
  size: 1Mi
  userland: none
  entrypoint: [/front]
  env: {BACK: back}
  programs:
    - names: [front]
      listens:
        - port: 8080
          http:
            routes:
              - path: /
                latency: 10
                calls: [{to: 'http://$(BACK)/items', timeout: 1000}]
                log: '{level} {method} {route} {status}'
              - {path: /metrics, metrics: true}
              - {path: /healthz, body: ok}
      logs: {failure: 'error {error}'}
      metrics:
        - {name: http_requests_total, type: counter, of: requests, labels: {route: '{route}', code: '{status}'}}
        - {name: http_request_duration_seconds, type: histogram, of: requests, route: /}
        - {name: upstream_requests_total, type: counter, of: calls, labels: {to: '{service}', code: '{status}'}}
- names: [back]
  tags: ['*']
  size: 1Mi
  userland: none
  entrypoint: [/back]
  programs:
    - names: [back]
      listens: [{port: 80, http: {routes: [{path: /items, latency: 20, cpu: 10, leak: 0}, {path: /healthz}]}}]
      when:
        - {env: FAIL, errors: $(FAIL), status: 503, log: 'out of stock'}
        - {env: SLOW_MS, latency: $(SLOW_MS)}
- names: [users]
  tags: ['*']
  size: 1Mi
  userland: none
  entrypoint: [/users]
  env: {RATE: '10'}
  programs:
    - names: [users]
      load: [{to: 'http://front/', rate: $(RATE)}]
`) as unknown[]

const all = [...small.map((each, index) => parseImage(each, `small ${index}`)), ...images]

describe('the steady load', () => {
  it('crosses services and is counted, logged and paid for where it goes, and nothing ticks meanwhile', async () => {
    const { cluster, front, back } = await shop()
    await cluster.clock.advance(600_000)
    expect(cluster.clock.pending).toBe(0)
    const served = total(front, 'served', '/', '200')
    expect(served).toBeGreaterThan(4000)
    expect(served).toBeLessThan(8000)
    expect(total(front, 'called', 'http://back/items', '200')).toBe(served)
    expect(total(back, 'served', '/items', '200')).toBe(served)
    expect(back.usage().cpuSeconds).toBeGreaterThan(served * 0.0099)
    const log = front.logs.read({ timestamps: true, tailLines: 1000 })
    expect(log.match(/info GET \/ 200\n/g)).toHaveLength(1000)
  })

  it('never counts backwards, whatever changes', async () => {
    const { cluster, front } = await shop()
    let before = 0
    for (let step = 0; step < 40; step++) {
      if (step === 20) back(cluster, 'back-2', '10.32.0.8')
      await cluster.clock.advance(step % 2 === 0 ? 7 : 977)
      const now = front.traffic().reduce((sum, each) => sum + each.count, 0)
      expect(now).toBeGreaterThanOrEqual(before)
      before = now
    }
    expect(before).toBeGreaterThan(100)
  })

  it('fails as the network makes it fail: what it called is gone, and says so', async () => {
    const { cluster, front, back: gone } = await shop()
    await cluster.clock.advance(60_000)
    gone.signal('SIGKILL')
    await cluster.clock.advance(60_000)
    expect(total(front, 'called', 'http://back/items', 'refused')).toBeGreaterThan(300)
    expect(total(front, 'served', '/', '502')).toBeGreaterThan(300)
    expect(front.logs.read({ timestamps: false, tailLines: 50 })).toContain(
      'error Get "http://back/items": dial tcp 10.96.7.2:80: connect: connection refused\n',
    )
  })

  it('meets the faults that environment variables turn on', async () => {
    const { cluster, front } = await shop({ FAIL: '20%', SLOW_MS: '400' })
    await cluster.clock.advance(100_000)
    const bad = total(front, 'served', '/', '502')
    expect(bad / (bad + total(front, 'served', '/', '200'))).toBeCloseTo(0.24, 1)
    const [slow] = front.traffic().filter(({ route, status }) => route === '/' && status === '200')
    expect((slow?.seconds ?? 0) / (slow?.count ?? 1)).toBeGreaterThan(0.42)
  })

  it('waits for CPU, and is held back by the limit', async () => {
    const { cluster, front, back: server } = await shop({}, '80m')
    await cluster.clock.advance(100_000)
    expect(server.usage().throttledSeconds).toBeGreaterThan(20)
    expect(server.usage().cpuSeconds).toBeLessThan(0.08 * 105)
    expect(total(front, 'called', 'http://back/items', 'timeout')).toBeGreaterThan(50)
  })
})

describe('a single request', () => {
  it('makes its upstream calls, and adds to the same counters and logs', async () => {
    const { cluster, front } = await shop({}, undefined, '0')
    const answers: unknown[] = []
    const ask = () => cluster.runtime.network.request('10.32.0.99', '10.32.0.5', 8080, request('/'))
    void ask().then((answer) => answers.push(answer))
    await cluster.clock.advance(5000)
    expect(answers).toMatchObject([{ result: 'answered', reply: { status: 200 } }])
    expect(front.metricsPage()).toContain('http_requests_total{route="/",code="200"} 1\n')
    expect(front.metricsPage()).toContain('http_request_duration_seconds_bucket{le="+Inf"} 1\n')
    expect(front.metricsPage()).toContain('upstream_requests_total{to="back",code="200"} 1\n')
    expect(front.logs.read({ timestamps: false })).toBe('info GET / 200\n')
  })

  it('answers with the failure of what it asked', async () => {
    const { cluster, back: gone } = await shop({}, undefined, '0')
    gone.signal('SIGKILL')
    const asked = cluster.runtime.network.request('10.32.0.99', '10.32.0.5', 8080, request('/'))
    await cluster.clock.advance(5000)
    expect(await asked).toMatchObject({
      reply: {
        status: 502,
        body: 'Get "http://back/items": dial tcp 10.96.7.2:80: connect: connection refused\n',
      },
    })
  })
})

const request = (path: string) => ({ secure: false, method: 'GET', host: 'front', path, headers: {}, body: '' })

function total(container: SimulatedContainer, what: string, route: string, status: string): number {
  return container.traffic().filter((each) => each.what === what && each.route === route && each.status === status)[0]?.count ?? 0
}

function back(cluster: TestCluster, name: string, ip: string, env: Record<string, string> = {}, cpu?: string): SimulatedContainer {
  return cluster.start({ image: 'back:1', ...(cpu !== undefined && { resources: { limits: { cpu } } }) }, { name, ip }, { env })
}

async function shop(env: Record<string, string> = {}, cpu?: string, rate = '10') {
  const cluster = testCluster(all)
  cluster.start({ image: 'registry.k8s.io/coredns/coredns:v1.14.2' }, { name: 'coredns', ip: '10.32.0.2' })
  cluster.add(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
    ...serviceFor('kube-dns', '10.96.0.10', 53, 53, ['10.32.0.2'], 'kube-system', 'dns'),
    ...serviceFor('front', '10.96.7.1', 80, 8080, ['10.32.0.5']),
    ...serviceFor('back', '10.96.7.2', 80, 80, ['10.32.0.6']),
  )
  const front = cluster.start({ image: 'front:1' }, { name: 'front', ip: '10.32.0.5' })
  const made = back(cluster, 'back', '10.32.0.6', env, cpu)
  cluster.start({ image: 'users:1' }, { name: 'users', ip: '10.32.0.7' }, { env: { RATE: rate } })
  await cluster.clock.advance(2000)
  return { cluster, front, back: made }
}
