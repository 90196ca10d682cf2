import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../kernel/clock.ts'
import { ask, deployment, everything, itemsOf, log, optionsOf, platformOf, ready, send } from './cluster.test-support.ts'
import type { Lived } from './cluster.test-support.ts'
import type { ForkableCluster } from './cluster.ts'

describe('a fork of a cluster', () => {
  it('has everything its origin has, under its own nodes’ names', async () => {
    const { origin, fork } = await pair()
    const [theirs, ours] = [await everything(origin), await everything(fork)]
    expect(ours).not.toContain('origin-')
    expect(theirs).not.toContain('fork-')
    expect(ours).toBe(theirs.replaceAll('origin-', 'fork-').replaceAll('CA of the first', 'CA of the second'))
    expect(ours).toContain('etcd-fork-00')
  })

  it('answers as a fresh cluster does, through a rollout', async () => {
    const fresh = await ready('fork', 3)
    const { fork, clock } = await pair()
    for (const cluster of [fresh.cluster, fork]) {
      await send(cluster, 'POST', deployments, deployment('web', 3, 'nginx:1.27'))
    }
    await Promise.all([fresh.clock.advance(20_000), clock.advance(20_000)])
    for (const cluster of [fresh.cluster, fork]) await merge(cluster, `${deployments}/web`, image('nginx:1.28'))
    await Promise.all([fresh.clock.advance(40_000), clock.advance(40_000)])
    const lists = [
      '/api/v1/pods',
      deployments,
      replicaSets,
      '/apis/discovery.k8s.io/v1/endpointslices',
      '/api/v1/namespaces/default/events',
    ]
    for (const list of lists) expect(await shape(fork, list)).toEqual(await shape(fresh.cluster, list))
  })

  it('sleeps: it sets no timer until somebody changes it, and asking changes nothing', async () => {
    const { fork, clock } = await pair()
    const before = await everything(fork)
    await clock.advance(3_600_000)
    expect(clock.pending).toBe(0)
    expect(await everything(fork)).toBe(before)
  })

  it('writes nothing of its own accord when it wakes', async () => {
    const { fork, clock } = await pair()
    const before = await everything(fork)
    await log(fork, 'kube-system', 'coredns')
    await clock.advance(30_000)
    expect(await everything(fork)).toBe(before)
  })

  it('tells a watcher what happens next', async () => {
    const { fork, clock } = await pair()
    const seen: string[] = []
    const { body } = await ask(fork, 'GET', '/api/v1/namespaces/default/pods?watch=true')
    if (typeof body !== 'function') throw new Error('not a stream')
    body({ write: (chunk) => void seen.push(String(chunk)), end: () => {} })
    await send(fork, 'POST', deployments, deployment('web', 1, 'nginx:1.27'))
    await clock.advance(10_000)
    const events = seen.map((line) => JSON.parse(line) as { type: string; object: { status: { phase: string } } })
    expect(events[0]?.type).toBe('ADDED')
    expect(events.at(-1)?.object.status.phase).toBe('Running')
  })

  it('takes its origin’s logs along, and its own programs go on with them', async () => {
    const first = await ready('origin', 1)
    const say = { ...deployment('say', 1, 'busybox'), spec: shouting }
    await send(first.cluster, 'POST', deployments, say)
    await first.clock.advance(10_000)
    const { cluster: fork, clock } = forkOf(first, 2)
    expect(await log(fork, 'kube-system', 'coredns')).toBe(await log(first.cluster, 'kube-system', 'coredns'))
    expect(await log(first.cluster, 'default', 'say')).toBe('hello from origin-01\n')
    // A person's own command begins anew, after what it had said.
    await clock.advance(1000)
    expect(await log(fork, 'default', 'say')).toBe('hello from fork-01\nhello from fork-01\n')
    expect(await log(first.cluster, 'default', 'say')).toBe('hello from origin-01\n')
  })

  it('goes on with a container that keeps crashing where its origin was, and remembers one that has ended', async () => {
    const first = await ready('origin', 1)
    const pods = '/api/v1/namespaces/default/pods'
    const running = (name: string, line: string, restartPolicy: string) =>
      send(first.cluster, 'POST', pods, {
        metadata: { name },
        spec: { restartPolicy, containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', line] }] },
      })
    await running('crashing', 'echo boom; exit 3', 'Always')
    await running('done', 'echo finished', 'Never')
    await first.clock.advance(60_000)
    const { cluster: fork, clock } = forkOf(first, 2)
    await clock.advance(1)
    const states = async (cluster: ForkableCluster) => (await everything(cluster)).match(/"state":\{[^}]*\{[^}]*\}\}|"restartCount":\d+/g)
    expect(await states(fork)).toEqual((await states(first.cluster))?.map((state) => state.replaceAll('origin-', 'fork-')))
    expect(await log(fork, 'default', 'crashing')).toBe('boom\n')
    expect(await log(fork, 'default', 'done')).toBe('finished\n')
    const restarts = async (cluster: ForkableCluster) =>
      /"restartCount":(\d+)/.exec(String((await ask(cluster, 'GET', `${pods}/crashing`)).body))?.[1]
    await Promise.all([first.clock.advance(300_000), clock.advance(300_000)])
    expect(await restarts(fork)).toBe(await restarts(first.cluster))
    expect(Number(await restarts(fork))).toBeGreaterThan(4)
  })

  it('lends nobody the tokens of its origin', async () => {
    const { origin, fork } = await pair()
    expect(fork.adminToken).not.toBe(origin.adminToken)
    expect((await ask(fork, 'GET', '/api/v1/pods', undefined, origin.adminToken)).status).toBe(401)
  })

  it('never affects its origin nor another fork, whatever is done to them', async () => {
    const first = await ready('origin', 1)
    const asleep = forkOf(first, 2)
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 12 }), fc.boolean(), async (deeds, toOrigin) => {
        const other = forkOf(first, 3)
        const [acted, watched] = toOrigin ? [first, other] : [other, first]
        const before = await everything(watched.cluster)
        const sleeping = await everything(asleep.cluster)
        for (const { method, path, body } of deeds) await send(acted.cluster, method, path, body)
        await acted.clock.advance(5000)
        expect(await everything(watched.cluster)).toBe(before)
        expect(await everything(asleep.cluster)).toBe(sleeping)
        other.cluster.close()
      }),
      { numRuns: 25, seed: 7 },
    )
  })

  it('has as many nodes as its origin', async () => {
    const { origin } = await pair()
    expect(() => origin.fork({ ...optionsOf('fork', 'CA'), nodes: ['one'] }, platformOf(new ManualClock(), 9))).toThrow(RangeError)
  })
})

const deployments = '/apis/apps/v1/namespaces/default/deployments'
const replicaSets = '/apis/apps/v1/namespaces/default/replicasets'
const command = ['sh', '-c', 'echo hello from $NODE; sleep 100000']
const env = [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }]
const shouting = {
  selector: { matchLabels: { app: 'say' } },
  template: { metadata: { labels: { app: 'say' } }, spec: { containers: [{ name: 'c', image: 'busybox', command, env }] } },
}

const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image: name }] } } } })

/** Something a person may do; refusals are welcome too. */
const deed = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    replicas: fc.nat(3),
    what: fc.constantFrom('map', 'web', 'drop', 'dns', 'space', 'node'),
  })
  .map(({ name, replicas, what }): { method: string; path: string; body?: object } => {
    const maps = '/api/v1/namespaces/default/configmaps'
    if (what === 'map') return { method: 'POST', path: maps, body: { metadata: { name }, data: { replicas: String(replicas) } } }
    if (what === 'web') return { method: 'POST', path: deployments, body: deployment(name, replicas, 'nginx') }
    if (what === 'drop') return { method: 'DELETE', path: `${deployments}/${name}` }
    if (what === 'dns') return { method: 'DELETE', path: '/apis/apps/v1/namespaces/kube-system/deployments/coredns' }
    if (what === 'space') return { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } }
    return { method: 'DELETE', path: '/api/v1/namespaces/kube-public/configmaps/cluster-info' }
  })

function forkOf({ cluster, clock }: Lived, seed: number): Lived {
  const own = new ManualClock(clock.now())
  return { cluster: cluster.fork(optionsOf('fork', 'CA of the second'), platformOf(own, seed)), clock: own }
}

async function pair(): Promise<{ origin: ForkableCluster; fork: ForkableCluster; clock: ManualClock }> {
  const origin = await ready('origin', 1)
  const { cluster, clock } = forkOf(origin, 2)
  return { origin: origin.cluster, fork: cluster, clock }
}

async function merge(cluster: ForkableCluster, path: string, body: object): Promise<void> {
  expect((await ask(cluster, 'PATCH', path, body)).status).toBe(200)
}

/** A list without what chance and history give: random names, uids, revisions, addresses, in no order. */
async function shape(cluster: ForkableCluster, path: string): Promise<readonly string[]> {
  const blank = (item: object) =>
    JSON.stringify(item)
      .replaceAll(/"(resourceVersion|lastObservedTime)":"[^"]*"/g, '')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'UID')
      .replaceAll(/containerd:\/\/[0-9a-f]{64}/g, 'CONTAINER')
      .replaceAll(/(?<=[a-z0-9]-)[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/g, 'XXXXX')
      .replaceAll(/\.18[0-9a-f]{14}/g, '.NANOS')
      .replaceAll(/10\.32\.\d+\.\d+/g, 'IP')
      .replaceAll(/fork-0\d/g, 'NODE')
  return (await itemsOf(cluster, path)).map(blank).toSorted()
}
