import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchCheck } from './checks/watch-check.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import type { Condition } from './protocol/blocks.ts'
import type { CheckState } from './protocol/live-block.ts'
import { create } from './cluster.test-support.ts'

describe('a check on a cluster', { timeout: 30_000 }, () => {
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

  it('says what is missing, and turns green when the cluster has it', async () => {
    const states: CheckState[] = []
    const conditions: Condition[] = [
      { object: 'pod', namespace: 'default', selector: 'app=web', field: 'status.phase', equals: 'Running', say: 'A web server runs.' },
      { event: 'Started', namespace: 'default', about: 'pod/web' },
      { http: 'http://web.default:80/', matches: 'nginx' },
    ]
    const query = () => () => {}
    const stop = watchCheck({ api: lease.client, query }, { conditions }, (state) => states.push(state))
    await expect
      .poll(() => states.at(-1)?.conditions[0])
      .toEqual({ met: false, say: 'A web server runs.', found: 'There are no pods with app=web yet.' })
    expect(states.at(-1)?.conditions[2]?.found).toContain('services "web" not found')
    const container = { name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }
    await create(lease, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
      spec: { containers: [container] },
    })
    await create(lease, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    })
    await expect.poll(() => states.at(-1)?.met, { timeout: 20_000 }).toBe(true)
    stop()
  })

  it('waits for a kind that nobody has defined yet', async () => {
    const states: CheckState[] = []
    const stop = watchCheck({ api: lease.client, query: () => () => {} }, { conditions: [{ object: 'rides.shop.example.com' }] }, (state) =>
      states.push(state),
    )
    await expect.poll(() => states.at(-1)?.conditions[0]?.found).toBe('There are no rides.shop.example.com yet.')
    stop()
  })
})
