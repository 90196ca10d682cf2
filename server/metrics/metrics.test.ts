import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clock } from '../kernel/clock.ts'
import { Emitter } from '../kernel/events.ts'
import type { ChartState } from '../protocol/server-message.ts'
import { createMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { startPrometheus } from './prometheus-process.ts'
import type { PrometheusState, WatchedCluster } from './source.ts'

const binary = ['.tools/prometheus/prometheus', '/usr/bin/prometheus']
  .map((path) => resolve(import.meta.dirname, '../..', path))
  .find(existsSync)

describe.skipIf(binary === undefined)('charts of two clusters in one real Prometheus', { timeout: 60_000 }, () => {
  let state: string
  let pages: Server
  let metrics: Metrics
  let mine: FakeCluster
  let theirs: FakeCluster
  const reports: unknown[] = []

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'deckhand-metrics-'))
    pages = createServer(({ url = '' }, response) => {
      const cluster = url.slice(1)
      const own = `job="pages",instance="node",cluster="${cluster}"`
      const many = Array.from({ length: 600 }, (_, index) => `many{number="${index}",${own}} 1\n`).join('')
      response.end(`pods{name="of ${cluster}",${own}} 7\n${many}`)
    })
    await new Promise<void>((done) => pages.listen(0, '127.0.0.1', done))
    const { port } = pages.address() as AddressInfo
    mine = fakeCluster('mine', port)
    theirs = fakeCluster('theirs', port)
    metrics = createMetrics({
      prometheus: { found: true, path: binary ?? '' },
      stateDirectory: state,
      clock: realClock,
      report: (error) => reports.push(error),
    })
    metrics.register(mine)
    metrics.register(theirs)
    await metrics.start()
  }, 60_000)
  afterAll(async () => {
    await metrics.close()
    pages.close()
    pages.closeAllConnections()
    expect(await readdir(state)).toEqual([])
    await rm(state, { recursive: true })
    expect(reports).toEqual([])
  })

  it('say what they wait for, then show this cluster’s series and no other’s', async () => {
    const seen: ChartState[] = []
    const shown = untilState(metrics, mine, 'pods', 'data', seen)
    expect(seen[0]).toEqual({ state: 'waiting', why: 'Waiting for Prometheus: it is not installed in your cluster yet.' })
    mine.become({
      state: 'waiting',
      namespace: 'monitoring',
      pod: 'prometheus-0',
      why: '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
    })
    expect(seen.at(-1)).toEqual({
      state: 'waiting',
      why: 'Waiting for Prometheus: pod prometheus-0 in namespace monitoring is Pending: 0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
    })
    mine.become({ state: 'ready', namespace: 'monitoring', pod: 'prometheus-0', since: Date.now() })
    theirs.become({ state: 'ready', namespace: 'monitoring', pod: 'prometheus-0', since: Date.now() })
    const chart = await shown
    expect(chart.series.map(({ labels }) => labels)).toEqual([{ __name__: 'pods', name: 'of mine', job: 'pages', instance: 'node' }])
    expect(new Set(chart.series[0]?.values)).toEqual(new Set([7]))
    await untilState(metrics, theirs, 'pods', 'data')
  })

  it.each([
    'pods{cluster="theirs"} or pods',
    '{__name__=~".+", name!=""}',
    'max_over_time(pods[1m:1s])',
    'pods @ end()',
    'last_over_time(pods[5m] offset 1s)',
    'label_replace(pods, "cluster", "theirs", "", "")',
    'pods # {\r or pods',
    'pods{name!="}"} or pods{name!=\'"{\'}',
    'pods or ignoring(cluster) pods{cluster=~".*"}',
  ])('never show another cluster’s series: %s', async (query) => {
    const { series } = await untilState(metrics, mine, query, 'data')
    const names = series.map(({ labels }) => labels['name'])
    expect(new Set(names)).toEqual(new Set(['of mine']))
    expect(series.every(({ labels }) => labels['cluster'] === undefined)).toBe(true)
  })

  it('have the labels that the page gives them, and none of this server’s own scrapes', async () => {
    const jobs = async (query: string) => (await untilState(metrics, mine, query, 'data')).series.map(({ labels }) => labels['job'])
    expect(await jobs('count by (job) ({__name__=~".+"})')).toEqual(['pages'])
  })

  it('count only this cluster’s series', async () => {
    expect((await untilState(metrics, mine, 'count({__name__="pods"})', 'data')).series[0]?.values.at(-1)).toBe(1)
    expect((await untilState(metrics, mine, 'count by (cluster) (pods)', 'data')).series).toHaveLength(1)
  })

  it('say in Prometheus’ own words what is wrong with a query', async () => {
    const words = async (query: string) => (await untilState(metrics, mine, query, 'failed')).why
    expect(await words('sum(pods')).toBe('1:9: parse error: unclosed left parenthesis')
    expect(await words('{}')).toContain('vector selector must contain at least one non-empty matcher')
    expect(await words('rate(pods)')).toContain('expected type range vector in call to function "rate"')
    expect(await words('nosuch(pods)')).toContain('unknown function with name "nosuch"')
    expect(await words('"\n" or pods')).toContain('unterminated quoted string')
  })

  it('refuse more lines than anybody can tell apart, and say what to do', async () => {
    const words = 'The query gives 600 lines, and a chart shows at most 200. Sum them up or choose fewer, for instance with topk(10, …).'
    expect((await untilState(metrics, mine, 'many', 'failed')).why).toBe(words)
  })

  it('start again after Prometheus was killed, once', async () => {
    const pid = execFileSync('pgrep', ['-f', join(state, 'prometheus-')])
      .toString()
      .trim()
      .split('\n')[0]
    process.kill(Number(pid), 'SIGKILL')
    await untilTrue(() => reports.length > 0)
    reports.splice(0)
    await untilState(metrics, mine, 'pods', 'data')
  })
})

describe.skipIf(binary === undefined)('the Prometheus process', { timeout: 30_000 }, () => {
  it('is in a session of its own, where a terminal’s Ctrl-C does not reach it, and ends with a server that is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deckhand-prometheus-'))
    const module = new URL('prometheus-process.ts', import.meta.url).href
    const options = JSON.stringify({ binary, folder, discoveryUrl: 'http://127.0.0.1:9/none' })
    const script = `const { startPrometheus } = await import(${JSON.stringify(module)})
      await startPrometheus({ ...${options}, onCrash: () => {} })
      console.log('ready')
      setInterval(() => {}, 1000)`
    const server = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(server.stdout, 'data')
    const ours = () => execFileSync('/bin/sh', ['-c', 'ps -eo pid=,sid=,args= | grep -F "$0" | grep -v grep || true', folder]).toString()
    const lines = ours().trim().split('\n')
    const [pid, session] =
      lines
        .find((line) => line.includes(`${binary} --config`))
        ?.trim()
        .split(/\s+/) ?? []
    expect(session).toBe(pid)
    server.kill('SIGKILL')
    await untilTrue(
      () =>
        ours()
          .replaceAll(/^.*-e const.*$/gm, '')
          .trim() === '',
    )
    await rm(folder, { recursive: true })
  })

  it('leaves nothing when it is ended, not even what waits beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deckhand-prometheus-'))
    const running = await startPrometheus({ binary: binary ?? '', folder, discoveryUrl: 'http://127.0.0.1:9/none', onCrash: () => {} })
    await running.close()
    await untilTrue(() => !execFileSync('ps', ['-eo', 'args=']).toString().includes(folder))
    await rm(folder, { recursive: true })
  })
})

describe('charts without a Prometheus to ask', () => {
  it('say so, and how to get one', async () => {
    const metrics = createMetrics({
      prometheus: { found: false, why: 'There is no prometheus here.', howToGet: 'Run doctor.' },
      stateDirectory: tmpdir(),
      clock: realClock,
      report: () => {},
    })
    await metrics.start()
    const cluster = fakeCluster('mine', 1)
    cluster.become({ state: 'ready', namespace: 'a', pod: 'b', since: 0 })
    expect((await untilState(metrics, cluster, 'up', 'failed')).why).toBe(
      'Charts need Prometheus: There is no prometheus here. Run doctor.',
    )
    await metrics.close()
  })

  it('say why a process does not start', async () => {
    const metrics = createMetrics({
      prometheus: { found: true, path: '/bin/false' },
      stateDirectory: tmpdir(),
      clock: realClock,
      report: () => {},
    })
    const cluster = fakeCluster('mine', 1)
    cluster.become({ state: 'ready', namespace: 'a', pod: 'b', since: 0 })
    expect((await untilState(metrics, cluster, 'up', 'failed')).why).toContain('Prometheus does not start')
    await metrics.close()
  })
})

interface FakeCluster extends WatchedCluster {
  become(state: PrometheusState): void
}

function fakeCluster(id: string, port: number): FakeCluster {
  let state: PrometheusState = { state: 'absent' }
  const changed = new Emitter<void>()
  return {
    id,
    prometheus: {
      state: () => state,
      onChange: (listener) => changed.subscribe(listener),
      targets: [{ address: { host: '127.0.0.1', port }, path: `/${id}` }],
    },
    become(next) {
      state = next
      changed.emit()
    },
  }
}

const realClock: Clock = {
  now: Date.now,
  after(millis, callback) {
    const timer = setTimeout(callback, millis)
    return () => clearTimeout(timer)
  },
}

function untilState<S extends ChartState['state']>(
  metrics: Metrics,
  cluster: WatchedCluster,
  query: string,
  state: S,
  seen: ChartState[] = [],
): Promise<Extract<ChartState, { state: S }>> {
  return new Promise((resolve, reject) => {
    const end = metrics.watch(cluster, { query, rangeSeconds: 60, stepSeconds: 1 }, (shown) => {
      seen.push(shown)
      const isWanted = (one: ChartState): one is Extract<ChartState, { state: S }> => one.state === state
      if (!isWanted(shown)) {
        if (shown.state === 'failed' && !shown.why.includes('does not answer')) reject(new Error(shown.why))
        return
      }
      queueMicrotask(() => end())
      resolve(shown)
    })
  })
}

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 20))
}
