import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { applyFolder, send } from '../../server/cluster.test-support.ts'
import type { ClusterLease } from '../../server/clusters/lease.ts'
import { createSimulatedProvider } from '../../server/clusters/simulated/simulated-provider.ts'
import { systemClock } from '../../server/main.ts'
import { createMetrics } from '../../server/metrics/metrics.ts'
import { findSome } from '../../server/tools/find-tools.ts'
import { kubeStateDifferences, sumsThatDisagree } from './agreement.ts'
import { brokenHistograms, odditiesOf, typesOf } from './plausible.ts'
import type { Kept, Oddity } from './plausible.ts'

const folders = ['prometheus-volume', 'prometheus', 'shop', 'metrics-server', 'dashboard', 'tracing', 'problems']
const hour = 3_600_000

/**
 * A real Prometheus scrapes every page of a cluster with the whole workshop in it, live for some minutes and over an hour that was
 * lived through at once, while pods come, go and are restarted. Says what it kept, and everything in it that a real cluster's would not show.
 */
export async function measureScraping(minutes: number): Promise<void> {
  const { prometheus } = await findSome(['prometheus'])
  if (!prometheus.found) throw new Error(`${prometheus.why} ${prometheus.howToGet}`)
  const reports: unknown[] = []
  const report = (error: unknown) => void reports.push(error)
  const state = await mkdtemp(join(tmpdir(), 'deckhand-scraping-'))
  const metrics = createMetrics({ prometheus, stateDirectory: state, clock: systemClock, report })
  const clusters = createSimulatedProvider({ worker: new URL('../../server/simulator-worker.ts', import.meta.url), report })
  try {
    await metrics.start()
    const base = ((await metrics.samplesUrl()) ?? '').replace('/api/v1/write', '')
    const lease = await clusters.lease({ number: 0, name: 'Ada' })
    for (const folder of folders) await applyFolder(lease, `manifests/workshop/${folder}`)
    // One of the problems is that nobody outside kube-system may ask its DNS, so half of the targets would not be found.
    await send(lease, 'DELETE', '/apis/networking.k8s.io/v1/namespaces/kube-system/networkpolicies/tidy-up')
    await scrapeEverything(lease)
    while (lease.prometheus.state().state !== 'ready') await sleep(200)
    const unregister = metrics.register(lease)
    const began = Date.now() / 1000
    await live(lease, minutes)
    await judge(`${minutes} live minutes`, base, lease, began)
    unregister()
    const samplesUrl = await metrics.samplesUrl()
    const from = Date.now() / 1000 - hour / 1000
    const next = (await lease.fastForward?.(hour, samplesUrl, () => {})) ?? lease
    metrics.register({ ...next, id: next.samples ?? next.id })
    await sleep(60_000)
    await judge('an hour lived through at once, and a minute after it', base, next, from)
  } finally {
    await clusters.close()
    await metrics.close()
    await rm(state, { recursive: true })
  }
  process.stdout.write(`Errors said by the server: ${reports.length === 0 ? 'none' : reports.map(String).join('; ')}\n`)
}

/** Adds the jobs that the workshop's configuration leaves out. */
async function scrapeEverything(lease: ClusterLease): Promise<void> {
  const path = '/api/v1/namespaces/monitoring/configmaps/prometheus'
  const { body } = await lease.client.getJson(path)
  const text = (body as { data: Record<string, string> }).data['prometheus.yml'] ?? ''
  const more = parse(await readFile(join(import.meta.dirname, 'everything.yaml'), 'utf8')) as { scrape_configs: object[] }
  const config = parse(text) as { scrape_configs: object[] }
  const all = stringify({ ...config, scrape_configs: [...config.scrape_configs, ...more.scrape_configs] })
  await send(lease, 'PATCH', path, { data: { 'prometheus.yml': all } })
  // Its pod starts anew, with the file as it is now.
  await send(lease, 'DELETE', '/api/v1/namespaces/monitoring/pods?labelSelector=app%3Dprometheus')
  await sleep(3000)
}

/** Things happen: scaling up and down, a rollout, pods that are deleted. */
async function live(lease: ClusterLease, minutes: number): Promise<void> {
  const shop = '/apis/apps/v1/namespaces/shop/deployments'
  const turns = [
    () => send(lease, 'PATCH', `${shop}/catalog`, { spec: { replicas: 4 } }),
    () => send(lease, 'DELETE', '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns'),
    () => send(lease, 'PATCH', `${shop}/cart`, { spec: { template: { metadata: { annotations: { turn: String(Date.now()) } } } } }),
    () => send(lease, 'PATCH', `${shop}/catalog`, { spec: { replicas: 2 } }),
  ]
  for (const turn of [...turns, undefined]) {
    await sleep((minutes * 60_000) / (turns.length + 1))
    await turn?.()
  }
}

async function judge(title: string, base: string, lease: ClusterLease, began: number): Promise<void> {
  const cluster = lease.samples ?? lease.id
  const answer = async (path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> => {
    const response = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`)
    return ((await response.json()) as { data: unknown }).data
  }
  // One moment for all, whose scrapes are over: between two questions there may be another.
  const time = Date.now() / 1000 - 10
  const seconds = Math.ceil(time - began)
  const keptOf = async (name: string, at = Date.now() / 1000): Promise<Kept[]> => {
    const data = (await answer('query', { query: `{__name__="${name}",cluster="${cluster}"}[${seconds}s]`, time: String(at) })) as {
      result?: { metric: Record<string, string>; values: [number, string][] }[]
    }
    return (data.result ?? []).map(({ metric, values }) => ({
      labels: metric,
      samples: values.map(([at, value]) => [at, Number(value.replace('Inf', 'Infinity'))] as const),
    }))
  }
  const names = (await answer('label/__name__/values', { 'match[]': `{cluster="${cluster}"}`, 'start': String(began) })) as string[]
  const all = new Map<string, Kept[]>()
  for (const name of names) all.set(name, await keptOf(name, time))
  const types = typesOf(await pagesOf(lease))
  say(title, all, seconds)
  await sayRefusals(base)
  const restarts = restartsIn(all)
  const odd: Oddity[] = []
  const still: string[] = []
  let resets = 0
  for (const [name, series] of all) {
    const judged = odditiesOf(series, types.get(name), restarts)
    odd.push(...judged.odd)
    resets += judged.resets
    if (
      types.get(name) === 'counter' &&
      !name.endsWith('_bucket') &&
      series.every(({ samples }) => samples.every(([, value]) => value === 0))
    )
      still.push(name)
    if (name.endsWith('_bucket')) odd.push(...brokenHistograms(series, all.get(name.replace(/_bucket$/, '_count')) ?? []))
  }
  odd.push(...sumsThatDisagree((name) => all.get(name) ?? []))
  odd.push(...(await lastingDifferences(keptOf, lease)))
  process.stdout.write(`  times that a counter began anew: ${resets}\n`)
  process.stdout.write(`  families without a type on any page: ${names.filter((name) => !types.has(name)).join(' ') || 'none'}\n`)
  process.stdout.write(`  counters that are zero all the time (${still.length}): ${still.join(' ')}\n`)
  process.stdout.write(`  what a real cluster would not show: ${odd.length === 0 ? 'nothing' : ''}\n`)
  for (const { what, metric, series, where } of odd) process.stdout.write(`    ${metric}: ${what} (${series}): ${where}\n`)
}

/** Where kube-state-metrics and the API disagree three times in a row: the cluster goes on between a scrape and a question. */
async function lastingDifferences(keptOf: (name: string) => Promise<Kept[]>, lease: ClusterLease): Promise<readonly Oddity[]> {
  let lasting: readonly Oddity[] | undefined
  for (let turn = 0; turn < 3; turn++) {
    const now = await kubeStateDifferences(keptOf, lease)
    lasting = lasting === undefined ? now : now.filter((each) => lasting?.some(({ metric }) => metric === each.metric))
    if (lasting.length === 0) break
    await sleep(7000)
  }
  return lasting ?? []
}

/** Every page that the cluster has, as somebody sees it who may see all. */
async function pagesOf(lease: ClusterLease): Promise<string[]> {
  const pods = (await lease.client.getJson('/api/v1/pods')).body as { items: { metadata: { name: string; namespace: string } }[] }
  const ports: readonly (readonly [RegExp, string])[] = [
    [/^kube-state-metrics/, ':8080'],
    [/^node-exporter/, ':9100'],
    [/^coredns/, ':9153'],
    [/^etcd/, ':2381'],
    [/^kube-proxy/, ':10249'],
    [/^prometheus/, ':9090'],
    [/^alertmanager/, ':9093'],
    [/^pushgateway/, ':9091'],
    [/^(?:frontend|catalog|cart|checkout|payment|shipping|load)/, ':8080'],
  ]
  const paths = [
    '/metrics',
    ...lease.nodes.flatMap((node) => ['', '/cadvisor', '/resource', '/probes'].map((page) => `/api/v1/nodes/${node}/proxy/metrics${page}`)),
    ...pods.items.flatMap(({ metadata: { name, namespace } }) =>
      ports.flatMap(([which, port]) => (which.test(name) ? [`/api/v1/namespaces/${namespace}/pods/${name}${port}/proxy/metrics`] : [])),
    ),
    ...pods.items.flatMap(({ metadata: { name, namespace } }) =>
      (
        [
          [/^kube-scheduler/, 10_259],
          [/^kube-controller-manager/, 10_257],
          [/^metrics-server/, 10_250],
        ] as const
      ).flatMap(([which, port]) => (which.test(name) ? [`/api/v1/namespaces/${namespace}/pods/https:${name}:${port}/proxy/metrics`] : [])),
    ),
  ]
  return Promise.all(
    paths.map(async (path) => {
      const { status, text } = await lease.client.getText(path)
      if (status !== 200) process.stdout.write(`  ${path} answers ${status}\n`)
      return status === 200 ? text : ''
    }),
  )
}

function say(title: string, all: ReadonlyMap<string, readonly Kept[]>, seconds: number): void {
  const series = [...all.values()].flat()
  const samples = series.reduce((sum, each) => sum + each.samples.length, 0)
  const up = all.get('up') ?? []
  const down = up.filter(({ samples: each }) => each.some(([, value]) => value === 0))
  process.stdout.write(
    `${title}: ${up.length} targets, ${all.size} names, ${series.length} series, ${samples} samples, ${(samples / seconds).toFixed(0)}/s\n`,
  )
  process.stdout.write(`  targets that did not answer once or more: ${down.length === 0 ? 'none' : ''}\n`)
  for (const { labels, samples: each } of down)
    process.stdout.write(
      `    ${labels['job']} ${labels['instance']}: ${each.filter(([, value]) => value === 0).length} of ${each.length}\n`,
    )
}

/** What Prometheus says itself of samples that it did not take. */
async function sayRefusals(base: string): Promise<void> {
  const own = await (await fetch(`${base}/metrics`)).text()
  const refused = [
    ...own.matchAll(
      /^(prometheus_target_scrapes_(?:sample_\w+|exceeded_\w+)|prometheus_tsdb_(?:too_old_samples|out_of_order_samples|out_of_bound_samples)_total)\S* (\d+)$/gm,
    ),
  ].filter(([, , count]) => count !== '0')
  process.stdout.write(`  samples that Prometheus refused: ${refused.length === 0 ? 'none' : refused.map(([line]) => line).join(', ')}\n`)
  const targets = (await (await fetch(`${base}/api/v1/targets`)).json()) as { data: { activeTargets: { lastError: string }[] } }
  const errors = targets.data.activeTargets.flatMap(({ lastError }) => (lastError === '' ? [] : [lastError]))
  process.stdout.write(`  errors of scrapes: ${errors.length === 0 ? 'none' : errors.join('; ')}\n`)
}

/** Whether what a series tells of began anew: its container's restarts rose, or its process says another start. */
function restartsIn(all: ReadonlyMap<string, readonly Kept[]>): (series: Kept) => boolean {
  const changed = (each: Kept) => new Set(each.samples.map(([, value]) => value)).size > 1
  const key = (labels: Kept['labels']) => `${labels['namespace']}/${labels['pod']}`
  const pods = new Set((all.get('kube_pod_container_status_restarts_total') ?? []).filter(changed).map(({ labels }) => key(labels)))
  const began = new Set(
    (all.get('process_start_time_seconds') ?? []).filter(changed).map(({ labels }) => `${labels['job']}/${labels['instance']}`),
  )
  return ({ labels }) => pods.has(key(labels)) || began.has(`${labels['job']}/${labels['instance']}`)
}
