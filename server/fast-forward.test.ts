import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyFolder } from './cluster.test-support.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import { systemClock } from './main.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { ChartState } from './protocol/server-message.ts'

const binary = ['.tools/prometheus/prometheus', '/usr/bin/prometheus']
  .map((path) => resolve(import.meta.dirname, '..', path))
  .find(existsSync)
const hour = 3_600_000
const counters = [
  'container_cpu_usage_seconds_total',
  'container_network_receive_bytes_total',
  'http_requests_total',
  'http_request_duration_seconds_bucket',
  'node_cpu_usage_seconds_total',
  'process_cpu_seconds_total',
]

describe.skipIf(binary === undefined)('a cluster that is fast-forwarded under a real Prometheus', { timeout: 90_000 }, () => {
  let state: string
  let metrics: Metrics
  let clusters: ClusterProvider
  const reports: unknown[] = []
  const report = (error: unknown) => void reports.push(error)

  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'deckhand-fast-forward-'))
    metrics = createMetrics({ prometheus: { found: true, path: binary ?? '' }, stateDirectory: state, clock: systemClock, report })
    clusters = createSimulatedProvider({ worker: new URL('./simulator-worker.ts', import.meta.url), report })
    await metrics.start()
  })
  afterEach(async () => {
    await clusters.close()
    await metrics.close()
    await rm(state, { recursive: true })
    expect(reports).toEqual([])
  })

  it('has an hour of samples behind it, goes on live from them, and can go back', async () => {
    const lease = await clusters.lease({ number: 0, name: 'Ada' })
    await applyFolder(lease, 'manifests/workshop/prometheus-volume')
    await applyFolder(lease, 'manifests/workshop/prometheus')
    await applyFolder(lease, 'manifests/workshop/shop')
    await expect.poll(() => lease.prometheus.state().state, { timeout: 30_000 }).toBe('ready')
    const shares: number[] = []
    const began = Date.now()
    const next = await lease.fastForward?.(hour, await metrics.samplesUrl(), (share) => shares.push(share))
    if (!next) throw new Error('it cannot be fast-forwarded')
    expect(shares.length).toBeGreaterThan(10)
    metrics.register({ ...next, id: next.samples ?? '' })
    const cpu = 'sum(container_cpu_usage_seconds_total{pod=~"coredns-.*",container="coredns"})'
    const live = await drawn(next, cpu, ({ to, series }) => (series[0]?.times.at(-1) ?? 0) > began / 1000 + 5 && to > 0)
    const { times = [], values = [] } = live.series[0] ?? {}
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(55 * 60)
    const known = values.filter((value): value is number => value !== null)
    for (const [index, value] of known.entries()) expect(value).toBeGreaterThanOrEqual(known[index - 1] ?? 0)
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now() / 1000)
    await agreement(next)
    const back = await next.goBack?.()
    expect(back?.samples).toBe(lease.samples)
    expect(back?.prometheus.state().state).toBe('ready')
  })

  /** What Prometheus holds of the past hour and of now is whole, and agrees with the cluster. */
  const agreement = async (lease: ClusterLease) => {
    const requests = await drawn(
      lease,
      'sum(rate(http_requests_total{job="pods",namespace="shop"}[1m]))',
      ({ series }) => series.length > 0,
    )
    const rates = (requests.series[0]?.values ?? []).filter((rate): rate is number => rate !== null)
    expect(rates.length).toBeGreaterThan(200)
    for (const rate of rates.slice(10)) expect(rate).toBeGreaterThan(0)
    const up = await drawn(lease, 'min by (job) (up)', ({ series }) => series.length > 4)
    const jobs = up.series.map(({ labels }) => labels['job'])
    expect(jobs).toEqual(expect.arrayContaining(['cadvisor', 'kube-state-metrics', 'pods', 'prometheus', 'resource']))
    const base = ((await metrics.samplesUrl()) ?? '').replace('/api/v1/write', '')
    for (const name of counters) {
      const selector = `${name}{cluster="${lease.samples}"}[10m]`
      expect(await instant(base, `max(resets(${selector}))`), name).toBe(0)
      expect(await instant(base, `min(increase(${selector}))`), name).toBeGreaterThanOrEqual(0)
    }
    const pods = await lease.client.getJson('/api/v1/pods')
    const counted = await drawn(lease, 'count(kube_pod_info)', ({ series }) => series.length > 0)
    expect(counted.series[0]?.values.at(-1)).toBe((pods.body as { items: unknown[] }).items.length)
    await expectNothingRefused(base)
  }

  /** The one value of a query, now. */
  const instant = async (base: string, query: string): Promise<number> => {
    const answer = await fetch(`${base}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) })
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } }
    expect(data.result).toHaveLength(1)
    return Number(data.result[0]?.value[1])
  }

  const expectNothingRefused = async (base: string) => {
    const own = await (await fetch(`${base}/metrics`)).text()
    const refused = [
      ...own.matchAll(/^(prometheus_target_scrapes_(?:sample_\w+|exceeded_\w+)|prometheus_tsdb_too_old_samples_total\S*) (\d+)$/gm),
    ]
    expect(refused.length).toBeGreaterThan(3)
    for (const [line, , count] of refused) expect(count, line).toBe('0')
  }

  const drawn = (lease: ClusterLease, query: string, enough: (chart: Extract<ChartState, { state: 'data' }>) => boolean) =>
    new Promise<Extract<ChartState, { state: 'data' }>>((resolve_) => {
      const stop = metrics.watch({ ...lease, id: lease.samples ?? '' }, { query, rangeSeconds: 3600, stepSeconds: 15 }, (chart) => {
        if (chart.state !== 'data' || !enough(chart)) return
        queueMicrotask(() => stop())
        resolve_(chart)
      })
    })
})
