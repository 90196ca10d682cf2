import { describe, expect, it } from 'vitest'
import { clusterImages, execIn, waitingContainer } from '../shell/shell.test-support.ts'
import type { Where } from '../shell/shell.test-support.ts'
import { shiftPast } from '../time/shift.ts'
import type { RuntimePast } from './past.ts'
import { testCluster } from './test-cluster.ts'

const plain = { timestamps: false }

/** A server in a cluster, and what a shell in it prints. */
async function serverIn(
  cluster: ReturnType<typeof testCluster>,
  image: string,
  past?: { readonly id: string; readonly startedAt: number },
) {
  const container = cluster.start({ image }, { name: 'server', ip: '10.32.0.5' }, past ? { past } : {})
  await cluster.clock.advance(1000)
  const waiting = { cluster, container, exits: [] }
  return { container, ask: async (script: string) => (await execIn(waiting, ['sh', '-c', script])).out }
}

/** What a cluster's containers hold, as a file has it, an hour later. */
const kept = (past: RuntimePast): RuntimePast => shiftPast(JSON.parse(JSON.stringify(past)) as RuntimePast, 3_600_000)

describe('a fork of a cluster', () => {
  it('has the keys of its origin’s Redis servers', async () => {
    const origin = testCluster(clusterImages)
    const redis = await serverIn(origin, 'redis:8')
    await redis.ask(
      'redis-cli set a 1; redis-cli lpush l x y; redis-cli hset h f v; redis-cli sadd s m; redis-cli zadd z 2 two 1 one; redis-cli expire a 100',
    )
    const fork = testCluster(clusterImages, undefined, kept(origin.runtime.past()))
    await fork.clock.advance(3_600_000)
    const again = await serverIn(fork, 'redis:8', { id: redis.container.id, startedAt: 0 })
    expect(
      await again.ask(
        'redis-cli get a; redis-cli lrange l 0 -1; redis-cli hget h f; redis-cli smembers s; redis-cli zrange z 0 -1; redis-cli dbsize',
      ),
    ).toBe('1\ny\nx\nv\nm\none\ntwo\n5\n')
    await fork.clock.advance(100_000)
    expect(await again.ask('redis-cli exists a')).toBe('0\n')
  })

  it('has what was pushed to its origin’s Pushgateways, and how probes had ended', async () => {
    const origin = testCluster(clusterImages)
    const gateway = await serverIn(origin, 'prom/pushgateway')
    const pushed = origin.runtime.network.request('10.32.0.9', '10.32.0.5', 9091, {
      secure: false,
      method: 'POST',
      host: 'gateway',
      path: '/metrics/job/backup',
      headers: {},
      body: 'backup_seconds 12\n',
    })
    await origin.clock.advance(1000)
    await pushed
    gateway.container.noteProbe('Liveness', true)
    gateway.container.noteProbe('Liveness', false)
    const fork = testCluster(clusterImages, undefined, kept(origin.runtime.past()))
    const again = await serverIn(fork, 'prom/pushgateway', { id: gateway.container.id, startedAt: 0 })
    const families = [...again.container.pushes.values()].flatMap((group) => [...group.families])
    expect(families).toMatchObject([['backup_seconds', { samples: [{ value: 12 }] }]])
    expect(again.container.probed('Liveness')).toEqual({ successful: 1, failed: 1 })
  })

  it('has the lines that its origin’s steady load made programs write', async () => {
    const origin = testCluster(clusterImages)
    const { container } = await serverIn(origin, 'nginx:1.29')
    container.logs.flow([{ rate: 0.5, template: 'GET {path}', fields: { path: '/here' }, millis: 1 }])
    await origin.clock.advance(60_000)
    const lines = container.logs.read(plain).match(/GET \/here/g)?.length ?? 0
    expect(lines).toBeGreaterThan(20)
    const fork = testCluster(clusterImages, undefined, JSON.parse(JSON.stringify(origin.runtime.past())) as RuntimePast)
    await fork.clock.advance(61_000)
    const again = await serverIn(fork, 'nginx:1.29', { id: container.id, startedAt: 0 })
    expect(again.container.logs.read(plain).match(/GET \/here/g)).toHaveLength(lines)
  })
})

describe('a Redis server with a volume', () => {
  const mounts = [{ path: '/data', readOnly: false, volume: { kind: 'shared', key: 'pv/data/', medium: 'disk' } }] as const
  const started = async (where: Where) => {
    const waiting = waitingContainer({ image: 'redis:8', mounts, ...where, container: { command: [], ...where.container } })
    await waiting.cluster.clock.advance(1000)
    return { ...waiting, ask: async (script: string) => (await execIn(waiting, ['sh', '-c', script])).out }
  }

  it('keeps its keys when it is told to end, and not when it is killed', async () => {
    const first = await started({})
    await first.ask('redis-cli set kept yes')
    first.container.signal('SIGTERM')
    await first.cluster.clock.advance(1000)
    const second = await started({ cluster: first.cluster })
    expect(await second.ask('redis-cli get kept; redis-cli set lost yes; ls /data')).toBe('yes\nOK\ndump.rdb\n')
    second.container.signal('SIGKILL')
    const third = await started({ cluster: first.cluster })
    expect(await third.ask('redis-cli get kept; redis-cli exists lost')).toBe('yes\n0\n')
  })

  it('keeps everything when it appends to a file', async () => {
    const first = await started({ container: { args: ['redis-server', '--appendonly', 'yes'] } })
    await first.ask('redis-cli set kept yes')
    first.container.signal('SIGKILL')
    const second = await started({ cluster: first.cluster })
    expect(await second.ask('redis-cli get kept')).toBe('yes\n')
  })

  it('carries out transactions', async () => {
    const { ask } = await started({})
    expect(await ask('printf "MULTI\\nINCR n\\nINCR n\\nEXEC\\n" | redis-cli')).toBe('OK\nQUEUED\nQUEUED\n1\n2\n')
  })
})
