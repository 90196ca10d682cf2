import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask, deployment, everything, itemsOf, log, ready, send } from '../cluster.test-support.ts'
import { differences } from './snapshot.ts'

const deployments = '/apis/apps/v1/namespaces/default/deployments'
const pods = '/api/v1/namespaces/default/pods'
const maps = '/api/v1/namespaces/default/configmaps'

describe('a snapshot of a cluster', () => {
  it('is what the cluster was, whatever happens to it afterwards', async () => {
    const { cluster, clock } = await ready('one', 1)
    await send(cluster, 'POST', deployments, deployment('web', 2, 'nginx:1.27'))
    await clock.advance(30_000)
    const before = await everything(cluster)
    const snapshot = cluster.snapshot()
    await send(cluster, 'DELETE', `${deployments}/web`)
    await send(cluster, 'POST', maps, { metadata: { name: 'later' } })
    await clock.advance(60_000)
    expect(await everything(cluster)).not.toBe(before)
    cluster.restore(snapshot)
    expect(withoutRevision(await everything(cluster))).toBe(withoutRevision(before))
  })

  it('can be gone back to again and again, and the cluster lives on from it', async () => {
    const { cluster, clock } = await ready('one', 1)
    const snapshot = cluster.snapshot()
    for (const name of ['first', 'second']) {
      await send(cluster, 'POST', deployments, deployment(name, 1, 'nginx:1.27'))
      await clock.advance(30_000)
      expect((await itemsOf(cluster, pods)).map(({ metadata }) => metadata.name.split('-')[0])).toEqual([name])
      cluster.restore(snapshot)
      expect(await itemsOf(cluster, pods)).toEqual([])
    }
  })

  it('brings back what containers had written, and ends what ran there', async () => {
    const { cluster, clock } = await ready('one', 1)
    const container = { name: 'c', image: 'busybox', command: ['sh', '-c', 'echo hello; sleep 100000'] }
    await send(cluster, 'POST', pods, { metadata: { name: 'say' }, spec: { containers: [container] } })
    await clock.advance(10_000)
    const snapshot = cluster.snapshot()
    await send(cluster, 'DELETE', `${pods}/say?gracePeriodSeconds=0`)
    await clock.advance(1000)
    cluster.restore(snapshot)
    expect(await log(cluster, 'default', 'say')).toContain('hello\n')
  })

  it('ends every watch, and refuses to let one go on from before', async () => {
    const { cluster } = await ready('one', 1)
    const snapshot = cluster.snapshot()
    const { body } = await ask(cluster, 'GET', `${maps}?watch=true`)
    if (typeof body !== 'function') throw new Error('not a stream')
    let ended = false
    body({ write: () => {}, end: () => void (ended = true) })
    const made = JSON.parse(String((await send(cluster, 'POST', maps, { metadata: { name: 'seen' } })).body)) as {
      metadata: { resourceVersion: string }
    }
    cluster.restore(snapshot)
    expect(ended).toBe(true)
    const again = await ask(cluster, 'GET', `${maps}?watch=true&resourceVersion=${made.metadata.resourceVersion}`)
    if (typeof again.body !== 'function') throw new Error('not a stream')
    const heard: string[] = []
    again.body({ write: (chunk) => void heard.push(String(chunk)), end: () => {} })
    expect(heard.join('')).toContain('"reason":"Expired"')
  })

  it('gives what is written after a restore revisions that nobody has seen', async () => {
    const { cluster } = await ready('one', 1)
    const snapshot = cluster.snapshot()
    const revision = async (name: string) =>
      Number(
        (JSON.parse(String((await send(cluster, 'POST', maps, { metadata: { name } })).body)) as { metadata: { resourceVersion: string } })
          .metadata.resourceVersion,
      )
    const before = await revision('before')
    cluster.restore(snapshot)
    expect(await revision('after')).toBeGreaterThan(before)
  })

  it('says what has changed since', async () => {
    const { cluster, clock } = await ready('one', 1)
    await send(cluster, 'POST', maps, { metadata: { name: 'kept', annotations: { 'a/b': '1', 'a/c': '1' } } })
    await send(cluster, 'POST', maps, { metadata: { name: 'dropped' } })
    await clock.advance(10_000)
    const before = cluster.snapshot()
    await ask(cluster, 'PATCH', `${maps}/kept`, { metadata: { annotations: { 'a/b': '2' } } })
    await send(cluster, 'DELETE', `${maps}/dropped`)
    await send(cluster, 'POST', maps, { metadata: { name: 'made' } })
    expect(differences(before, cluster.snapshot())).toEqual([
      { type: 'removed', apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'dropped', fields: [] },
      { type: 'changed', apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'kept', fields: ['/metadata/annotations/a~1b'] },
      { type: 'added', apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'made', fields: [] },
    ])
    cluster.restore(before)
    expect(differences(before, cluster.snapshot())).toEqual([])
  })

  it('is refused by a cluster with other nodes', async () => {
    const [one, other] = [await ready('one', 1), await ready('other', 2)]
    expect(() => one.cluster.restore(other.cluster.snapshot())).toThrow(RangeError)
  })

  it('is exact at any moment of a busy cluster’s life', async () => {
    const { cluster, clock } = await ready('one', 1)
    const act = fc.record({ name: fc.constantFrom('a', 'b'), replicas: fc.nat(3), wait: fc.nat(8000) })
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 6 }), fc.nat(6), async (acts, moment) => {
        let taken: { before: string; snapshot: ReturnType<typeof cluster.snapshot> } | undefined
        for (const [index, { name, replicas, wait }] of acts.entries()) {
          if (index === moment) taken = { snapshot: cluster.snapshot(), before: await everything(cluster) }
          await send(cluster, 'POST', deployments, deployment(name, replicas, 'nginx'))
          await ask(cluster, 'PATCH', `${deployments}/${name}`, { spec: { replicas } })
          await clock.advance(wait)
        }
        if (!taken) return
        cluster.restore(taken.snapshot)
        expect(withoutRevision(await everything(cluster))).toBe(withoutRevision(taken.before))
        await clock.advance(120_000)
        for (const item of (await itemsOf(cluster, deployments)) as readonly {
          spec?: { replicas: number }
          status?: { readyReplicas?: number }
        }[])
          expect(item.status?.readyReplicas ?? 0).toBe(item.spec?.replicas)
      }),
      { numRuns: 15, seed: 11 },
    )
  })
})

describe('a cluster that is paused', () => {
  it('answers and stores, and nothing acts on it until it goes on', async () => {
    const { cluster, clock } = await ready('one', 1)
    await send(cluster, 'POST', deployments, deployment('web', 1, 'nginx:1.27'))
    await clock.advance(30_000)
    cluster.pause()
    await ask(cluster, 'PATCH', `${deployments}/web`, { spec: { replicas: 3 } })
    const paused = await everything(cluster)
    await clock.advance(3_600_000)
    expect(await everything(cluster)).toBe(paused)
    expect(await itemsOf(cluster, pods)).toHaveLength(1)
    cluster.resume()
    await clock.advance(30_000)
    expect(await itemsOf(cluster, pods)).toHaveLength(3)
  })

  it('sets no timer, and its time goes on where it stood', async () => {
    const { cluster, clock } = await ready('one', 1)
    const container = { name: 'c', image: 'busybox', command: ['sh', '-c', 'sleep 100; exit 3'] }
    await send(cluster, 'POST', pods, { metadata: { name: 'short' }, spec: { restartPolicy: 'Never', containers: [container] } })
    await clock.advance(50_000)
    cluster.pause()
    expect(clock.pending).toBe(0)
    await clock.advance(1_000_000)
    cluster.resume()
    const phase = async () => /"phase":"(\w+)"/.exec(String((await ask(cluster, 'GET', `${pods}/short`)).body))?.[1]
    await clock.advance(40_000)
    expect(await phase()).toBe('Running')
    await clock.advance(20_000)
    expect(await phase()).toBe('Failed')
  })
})

describe('a cluster that is fast-forwarded', () => {
  const turn = () => new Promise<void>((done) => setImmediate(done))
  const leaking = { name: 'c', image: 'busybox', command: ['sh', '-c', 'while true; do date; sleep 300; done'] }
  const crashing = { name: 'c', image: 'busybox', command: ['sh', '-c', 'sleep 60; exit 1'] }

  it('has lived through all the time between, and ends now', async () => {
    const { cluster, clock } = await ready('one', 1)
    await send(cluster, 'POST', pods, { metadata: { name: 'leaking' }, spec: { containers: [leaking] } })
    await send(cluster, 'POST', pods, { metadata: { name: 'crashing' }, spec: { containers: [crashing] } })
    await clock.advance(10_000)
    const now = clock.now()
    const shares: number[] = []
    await cluster.fastForward({ millis: 3_600_000, turn, onProgress: (share) => void shares.push(share) })
    expect(clock.now()).toBe(now)
    expect((await log(cluster, 'default', 'leaking')).trim().split('\n').length).toBeGreaterThan(11)
    const restarts = Number(/"restartCount":(\d+)/.exec(String((await ask(cluster, 'GET', `${pods}/crashing`)).body))?.[1])
    expect(restarts).toBeGreaterThan(9)
    expect(shares.at(-1)).toBeGreaterThan(0.97)
    const stamps = (await everything(cluster)).match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g) ?? []
    expect(Math.max(...stamps.map((stamp) => Date.parse(stamp)))).toBeLessThanOrEqual(now)
    const { metadata } = JSON.parse(String((await ask(cluster, 'GET', `${pods}/leaking`)).body)) as {
      metadata: { creationTimestamp: string }
    }
    expect(now - Date.parse(metadata.creationTimestamp)).toBeGreaterThanOrEqual(3_600_000)
  })

  it('lives on by the wall clock, and can be taken back', async () => {
    const { cluster, clock } = await ready('one', 1)
    await send(cluster, 'POST', pods, { metadata: { name: 'crashing' }, spec: { containers: [crashing] } })
    await clock.advance(10_000)
    const before = cluster.snapshot()
    const text = await everything(cluster)
    await cluster.fastForward({ millis: 600_000, turn })
    await send(cluster, 'POST', deployments, deployment('web', 1, 'nginx:1.27'))
    await clock.advance(30_000)
    expect(await itemsOf(cluster, pods)).toHaveLength(2)
    cluster.restore(before)
    expect(withoutRevision(await everything(cluster))).toBe(withoutRevision(text))
  })

  it('gives samples of that time, in order and never ahead of now', async () => {
    const { cluster, clock } = await ready('one', 1)
    const prometheus = deployment('prometheus', 1, 'prom/prometheus:v3.5.0')
    await send(cluster, 'POST', deployments, prometheus)
    await clock.advance(60_000)
    const taken: { at: number; seconds: number }[] = []
    const take = (at: number, scrape: typeof cluster.scrape) => {
      const seconds = /^process_cpu_seconds_total\{job="prometheus",instance="localhost:9090"\} (\S+)/m.exec(scrape({}))
      taken.push({ at, seconds: Number(seconds?.[1]) })
    }
    await cluster.fastForward({ millis: 600_000, turn, sample: { everyMillis: 15_000, take } })
    expect(taken).toHaveLength(40)
    for (const [index, { at, seconds }] of taken.entries()) {
      expect(at).toBeLessThanOrEqual(clock.now())
      expect(at).toBeGreaterThan(taken[index - 1]?.at ?? 0)
      expect(seconds).toBeGreaterThan(taken[index - 1]?.seconds ?? 0)
    }
  })

  it('is what it was when it is closed in the middle of it', async () => {
    const { cluster } = await ready('one', 1)
    const journey = cluster.fastForward({ millis: 3_600_000, turn })
    cluster.close()
    await expect(journey).rejects.toThrow('closed')
  })
})

/** A list says at which revision it was made. */
const withoutRevision = (text: string) => text.replaceAll(/"metadata":\{"resourceVersion":"\d+"\}/g, '')
