import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { applyFolder, send } from './cluster.test-support.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import { systemClock } from './main.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Metrics } from './metrics/metrics.ts'

const binary = ['.tools/prometheus/prometheus', '/usr/bin/prometheus']
  .map((path) => resolve(import.meta.dirname, '..', path))
  .find(existsSync)

/** Fires as soon as it is evaluated, and once a second. */
const rules = `groups:
  - name: quick
    interval: 1s
    rules:
      - {alert: AlwaysThere, expr: 'count(up) > 0', labels: {severity: page}, annotations: {summary: '{{ $value | humanize }} targets'}}
      - {alert: Patient, expr: 'count(up) > 0', for: 1h}
      - {alert: Never, expr: 'count(up) < 0'}
      - {alert: Wrong, expr: 'sum('}
`

describe.skipIf(binary === undefined)('the Prometheus and Alertmanager that somebody has applied', { timeout: 120_000 }, () => {
  let state: string
  let metrics: Metrics
  let clusters: ClusterProvider
  let lease: ClusterLease
  const reports: unknown[] = []
  const report = (error: unknown) => void reports.push(error)

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'deckhand-alerts-'))
    metrics = createMetrics({
      prometheus: { found: true, path: binary ?? '' },
      stateDirectory: state,
      scrapeSeconds: 1,
      clock: systemClock,
      report,
    })
    clusters = createSimulatedProvider({ worker: new URL('./simulator-worker.ts', import.meta.url), report })
    clusters.answerQueries?.((...question) => metrics.ask(...question))
    void metrics.start()
    const other = await clusters.lease({ number: 1, name: 'Grace' })
    lease = await clusters.lease({ number: 0, name: 'Ada' })
    for (const each of [other, lease]) {
      for (const folder of ['prometheus-volume', 'prometheus']) await applyFolder(each, `manifests/workshop/${folder}`)
      metrics.register(each)
    }
    await vi.waitFor(() => expect(lease.prometheus.state().state).toBe('ready'), { timeout: 30_000 })
  }, 60_000)
  afterAll(async () => {
    await clusters.close()
    await metrics.close()
    await rm(state, { recursive: true })
    expect(reports).toEqual([])
  })

  const of = (service: string) => `/api/v1/namespaces/monitoring/services/${service}/proxy`
  const get = async (service: string, path: string): Promise<Json> =>
    JSON.parse((await lease.client.getText(`${of(service)}${path}`)).text) as Json

  it('answers queries with this cluster’s series alone, and says whose they are nowhere', async () => {
    const query = (expression: string) => get('prometheus:9090', `/api/v1/query?query=${encodeURIComponent(expression)}`)
    const nodes = async () => ((await query('kube_node_info')).data?.result ?? []).map(({ metric }) => metric['node']).toSorted()
    await expect.poll(nodes, { timeout: 30_000 }).toEqual([...lease.nodes].toSorted())
    expect(JSON.stringify(await query('up'))).not.toContain('"cluster"')
    const wrong = await lease.client.getText(`${of('prometheus:9090')}/api/v1/query?query=${encodeURIComponent('sum(')}`)
    expect(wrong.status).toBe(400)
    expect(wrong.text).toMatch(/"errorType":"bad_data","error":".*parse error/)
    const values = (await get('prometheus:9090', '/api/v1/label/job/values')) as unknown as { data: string[] }
    expect(values.data).toEqual(expect.arrayContaining(['cadvisor', 'kube-state-metrics', 'node-exporter', 'prometheus']))
  })

  it('shows its targets, with why one is down', async () => {
    const targets = async () => (await get('prometheus:9090', '/api/v1/targets')).data?.activeTargets ?? []
    await expect.poll(async () => (await targets()).filter(({ health }) => health === 'down'), { timeout: 20_000 }).toEqual([])
    expect(await targets()).toContainEqual(
      expect.objectContaining({
        scrapePool: 'cadvisor',
        health: 'up',
        scrapeInterval: '5s',
        labels: expect.objectContaining({ job: 'cadvisor' }),
      }),
    )
    await send(lease, 'PATCH', '/apis/apps/v1/namespaces/monitoring/deployments/pushgateway', { spec: { replicas: 0 } })
    const refused = expect.objectContaining({ scrapePool: 'pushgateway', lastError: expect.stringMatching(/connection refused$/) })
    await expect.poll(targets, { timeout: 20_000 }).toContainEqual(refused)
    const page = await lease.client.getText(`${of('prometheus:9090')}/targets`)
    expect(page.text).toMatch(/<h2>pushgateway \(0\/1 up\)<\/h2>/)
  })

  it('fires alerts by its own rules, once they are loaded, and Alertmanager has them until they are silenced', async () => {
    const path = '/api/v1/namespaces/monitoring/configmaps/prometheus-rules'
    await send(lease, 'PATCH', path, { data: { 'workshop.yml': rules } })
    const names = async () => ((await get('prometheus:9090', '/api/v1/rules')).data?.groups ?? []).map(({ name }) => name)
    expect(await names()).toEqual(['users', 'cluster'])
    await expect
      .poll(
        async () => {
          await send(lease, 'POST', `${of('prometheus:9090')}/-/reload`)
          return names()
        },
        { timeout: 20_000, interval: 500 },
      )
      .toEqual(['quick'])
    const ruleStates = async () =>
      ((await get('prometheus:9090', '/api/v1/rules')).data?.groups?.[0]?.rules ?? []).map(({ name, state: is, health }) => [
        name,
        is,
        health,
      ])
    await expect.poll(ruleStates, { timeout: 60_000 }).toEqual([
      ['AlwaysThere', 'firing', 'ok'],
      ['Patient', 'pending', 'ok'],
      ['Never', 'inactive', 'ok'],
      ['Wrong', 'inactive', 'err'],
    ])
    const firing = (await lease.client.getText(`${of('alertmanager:9093')}/api/v2/alerts`)).text
    const alerts = JSON.parse(firing) as readonly SentAlert[]
    expect(alerts).toMatchObject([
      {
        labels: { alertname: 'AlwaysThere', severity: 'page' },
        annotations: { summary: expect.stringMatching(/^\d+ targets$/) },
        receivers: [{ name: 'on-call' }],
        status: { state: 'active' },
      },
    ])
    const silence = {
      matchers: [{ name: 'alertname', value: 'Always.*', isRegex: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'Ada',
      comment: 'known',
    }
    await send(lease, 'POST', `${of('alertmanager:9093')}/api/v2/silences`, silence)
    const after = JSON.parse((await lease.client.getText(`${of('alertmanager:9093')}/api/v2/alerts`)).text) as readonly SentAlert[]
    expect(after).toMatchObject([{ status: { state: 'suppressed', silencedBy: [expect.any(String)] } }])
    expect((await lease.client.getText(`${of('prometheus:9090')}/alerts`)).text).toContain('1 firing, 1 pending, 2 inactive')
  })

  it('goes on after the cluster lived through a while of which no samples were taken', async () => {
    const answered = async () => (await get('prometheus:9090', '/api/v1/query?query=up')).data?.result?.length ?? 0
    await lease.fastForward?.(60_000, undefined, () => {})
    await expect.poll(answered, { timeout: 30_000 }).toBeGreaterThan(0)
  })
})

interface Json {
  readonly data?: {
    readonly result?: readonly { readonly metric: Readonly<Record<string, string>> }[]
    readonly activeTargets?: readonly { readonly health: string }[]
    readonly groups?: readonly {
      readonly name: string
      readonly rules: readonly { readonly name: string; readonly state: string; readonly health: string }[]
    }[]
  }
}

interface SentAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly status: { readonly state: string }
}
