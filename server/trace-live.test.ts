import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyFolder, create } from './cluster.test-support.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import { watchTrace } from './drawings/watch-trace.ts'
import { BlockId } from './kernel/ids.ts'
import type { TraceBlock } from './protocol/blocks.ts'
import type { TraceState } from './protocol/live-block.ts'

type Data = Extract<TraceState, { state: 'data' }>

describe('a trace of a cluster', { timeout: 40_000 }, () => {
  let clusters: ClusterProvider
  let lease: ClusterLease
  const reports: unknown[] = []

  beforeEach(async () => {
    clusters = createSimulatedProvider({
      worker: new URL('./simulator-worker.ts', import.meta.url),
      report: (error) => reports.push(error),
    })
    lease = await clusters.lease({ number: 0, name: 'Ada' })
  })
  afterEach(async () => {
    await clusters.close()
    expect(reports).toEqual([])
  })

  it('waits for Jaeger, then shows a checkout’s way through the shop, its durations adding up', async () => {
    const states: TraceState[] = []
    const stop = watchTrace(lease.client, block({ operation: 'POST /checkout' }), (state) => states.push(state))
    await expect
      .poll(() => states.at(-1))
      .toEqual({ state: 'waiting', why: 'Waiting for Jaeger: your cluster has no service with port 16686.' })
    await applyFolder(lease, 'manifests/workshop/tracing')
    await applyFolder(lease, 'manifests/workshop/shop')
    const seen = (): Data | undefined => states.findLast((state) => state.state === 'data')
    await expect
      .poll(() => seen()?.spans.map(({ depth, service, operation }) => [depth, service, operation]), { timeout: 30_000 })
      .toEqual([
        [0, 'frontend', 'POST /checkout'],
        [1, 'checkout', 'POST /orders'],
        [2, 'cart', 'GET /cart'],
        [2, 'payment', 'POST /charge'],
        [2, 'shipping', 'POST /shipments'],
      ])
    stop()
    const trace = seen() ?? { millis: 0, spans: [] }
    for (const { from, millis } of trace.spans) expect(from + millis).toBeLessThanOrEqual(trace.millis + 0.01)
    expect(trace.spans.reduce((sum, { own }) => sum + own, 0)).toBeCloseTo(trace.millis, 0)
  })

  it('shows the span that fails, and why', async () => {
    await applyFolder(lease, 'manifests/workshop/tracing')
    await applyFolder(lease, 'manifests/workshop/shop')
    await create(lease, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'nobody-pays', namespace: 'shop' },
      spec: { podSelector: { matchLabels: { app: 'payment' } }, policyTypes: ['Ingress'], ingress: [] },
    })
    const states: TraceState[] = []
    const stop = watchTrace(lease.client, block({ failed: true }), (state) => states.push(state))
    await expect
      .poll(() => states.at(-1), { timeout: 30_000 })
      .toMatchObject({
        state: 'data',
        spans: expect.arrayContaining([
          expect.objectContaining({ service: 'checkout', operation: 'HTTP POST', failed: true, says: 'context deadline exceeded' }),
        ]) as unknown,
      })
    stop()
  })
})

function block(more: Partial<TraceBlock>): TraceBlock {
  return { kind: 'trace', id: BlockId.parse('b1'), service: 'frontend', failed: false, ...more }
}
