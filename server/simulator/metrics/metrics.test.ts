import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseImage } from '../images/schema.ts'
import { data } from '../cluster.test-support.ts'
import { testCluster } from '../images/test-cluster.ts'
import type { TestCluster } from '../images/test-cluster.ts'
import type { Kinds } from '../resources/kinds.ts'
import { exposition } from './exposition.ts'
import { kubeStatePage } from './kube-state/page.ts'
import { metricsApi } from './metrics-server.ts'
import { kubeletPage } from './pages.ts'
import type { MetricsSources } from './pages.ts'
import { prometheusState } from './prometheus-state.ts'

const folder = new URL('../../../manifests/simulator/images/', import.meta.url)
const images = readdirSync(folder).map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))

const node: Kinds['Node'] = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-0', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: { capacity: { cpu: '2', memory: '24684084Ki' }, conditions: [{ type: 'Ready', status: 'True' }] },
}

async function cluster(): Promise<TestCluster> {
  const made = testCluster(images)
  made.add(node)
  made.start(
    { image: 'nginx:alpine', resources: { limits: { memory: '64Mi' } }, livenessProbe: { tcpSocket: { port: 80 } } },
    { name: 'web' },
  )
  made.start({ image: 'busybox', command: ['sleep', '6000'] }, { name: 'idle"quoted' })
  await made.clock.advance(60_000)
  return made
}

const sourcesOf = (made: TestCluster): MetricsSources => ({ ...made, described: data.describedPages, apiServer: () => '', may: () => true })
const kubelet = (path: string, made: TestCluster): string => kubeletPage(path, node, sourcesOf(made)) ?? ''
const stateMetrics = (made: TestCluster): string => exposition(kubeStatePage(made.api))

/** The rules of the text format, strictly. @returns series to values */
function checked(page: string): Map<string, number> {
  expect(page.endsWith('\n')).toBe(true)
  const series = new Map<string, number>()
  const types = new Map<string, string>()
  let family = ''
  for (const line of page.trimEnd().split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][\w:]*) .+$/.exec(line)
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (help) {
      family = help[1] ?? ''
      expect(types.has(family)).toBe(false)
    } else if (type) {
      expect(type[1]).toBe(family)
      types.set(family, type[2] ?? '')
    } else {
      const sample =
        /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"(?:,(?=[a-zA-Z_])|(?=\})))*\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.exec(
          line,
        )
      expect(sample, line).not.toBeNull()
      const suffix = /histogram|summary/.test(types.get(family) ?? '') ? /_(?:bucket|sum|count)$/ : /$^/
      expect(sample?.[1]?.replace(suffix, '')).toBe(family)
      const key = `${sample?.[1]}${sample?.[2] ?? ''}`
      expect(series.has(key), key).toBe(false)
      series.set(key, Number(sample?.[3]))
    }
  }
  return series
}

describe('the metrics pages', () => {
  it.each(['/metrics', '/metrics/cadvisor', '/metrics/resource', '/metrics/probes', 'kube-state-metrics'])(
    '%s is valid and never goes backwards',
    async (page) => {
      const made = await cluster()
      const render = () => (page.startsWith('/') ? kubelet(page, made) : stateMetrics(made))
      let before = checked(render())
      expect(before.size).toBeGreaterThan(0)
      for (let minute = 0; minute < 5; minute++) {
        await made.clock.advance(13_000)
        const after = checked(render())
        for (const [series, value] of before)
          if (/_(?:total|bucket|count|sum)\b/.test(series)) expect(after.get(series), series).toBeGreaterThanOrEqual(value)
        before = after
      }
    },
  )

  it('keeps what a container had used in its pod and its node when it ends', async () => {
    const made = await cluster()
    const of = (page: string, series: RegExp) => Number(series.exec(kubelet(page, made))?.[1])
    const node = () => of('/metrics/resource', /^node_cpu_usage_seconds_total (\S+)$/m)
    const pod = () => of('/metrics/cadvisor', /^container_cpu_usage_seconds_total\{container="",[^}]*pod="web"\} (\S+)$/m)
    made.start({ image: 'nginx:alpine', name: 'second' }, { name: 'web' })
    const before = { node: node(), pod: pod() }
    expect(before.pod).toBeGreaterThan(0)
    made.runtime.containers()[0]?.signal('SIGKILL')
    expect(node()).toBeGreaterThanOrEqual(before.node)
    expect(pod()).toBeGreaterThanOrEqual(before.pod)
  })

  it('never says that a container has more memory than it may have', async () => {
    const made = await cluster()
    const page = kubelet('/metrics/cadvisor', made)
    const memory = [
      ...page.matchAll(/^container_memory_(?:usage_bytes|max_usage_bytes|working_set_bytes|rss)\{container="c",[^}]*pod="web"\} (\S+)$/gm),
    ]
    expect(memory).toHaveLength(4)
    for (const [line, bytes] of memory) expect(Number(bytes), line).toBeLessThanOrEqual(64 * 1024 * 1024)
  })

  it('has the series that the workshop queries', async () => {
    const made = await cluster()
    const page = kubelet('/metrics/cadvisor', made)
    expect(page).toMatch(
      /container_memory_working_set_bytes\{container="c",id="[^"]+",image="docker.io\/library\/nginx:alpine",name="[^"]+",namespace="default",pod="web"\} \d+/,
    )
    expect(stateMetrics(made)).toMatch(
      /kube_pod_container_status_restarts_total\{namespace="default",pod="web",uid="uid-web",container="c"\} 2/,
    )
  })
})

describe('the Prometheus of a cluster', () => {
  const pod = (status: Kinds['Pod']['status']): Kinds['Pod'] => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'prometheus-0', namespace: 'monitoring' },
    spec: { containers: [{ name: 'p', image: 'prom/prometheus:v3.7.3' }] },
    status,
  })

  it('is absent without a pod', async () => {
    const made = await cluster()
    expect(prometheusState(made.api)).toEqual({ state: 'absent' })
  })

  it("waits for a reason in the scheduler's or the kubelet's words", async () => {
    const unbound = await cluster()
    const why = '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found'
    unbound.add(pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: why }] }))
    expect(prometheusState(unbound.api)).toEqual({ state: 'waiting', namespace: 'monitoring', pod: 'prometheus-0', why })
    const pulling = await cluster()
    pulling.add(
      pod({
        phase: 'Pending',
        containerStatuses: [
          {
            name: 'p',
            image: '',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ErrImagePull', message: 'not found' } },
          },
        ],
      }),
    )
    expect(prometheusState(pulling.api)).toMatchObject({ why: 'ErrImagePull: not found' })
  })

  it('is ready since its pod is', async () => {
    const made = await cluster()
    made.add(pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' }] }))
    expect(prometheusState(made.api)).toEqual({
      state: 'ready',
      namespace: 'monitoring',
      pod: 'prometheus-0',
      since: Date.UTC(2026, 0, 1, 0, 0, 5),
    })
  })
})

describe('metrics-server', () => {
  it('answers nodes and pods as kubectl top reads them', async () => {
    const made = await cluster()
    const get = (path: string) =>
      JSON.parse(
        String(
          metricsApi(sourcesOf(made)).handle({
            method: 'GET',
            path: `/apis/metrics.k8s.io/v1beta1${path}`,
            query: new URLSearchParams(),
            headers: {},
          }).body,
        ),
      ) as Record<string, unknown>
    expect(get('/nodes')).toMatchObject({
      kind: 'NodeMetricsList',
      items: [{ metadata: { name: 'node-0' }, usage: { cpu: expect.stringMatching(/^\d+n$/), memory: expect.stringMatching(/^\d+Ki$/) } }],
    })
    expect(get('/namespaces/default/pods/web')).toMatchObject({ kind: 'PodMetrics', containers: [{ name: 'c' }] })
    expect(get('/namespaces/default/pods/nope')).toMatchObject({ kind: 'Status', message: 'pods.metrics.k8s.io "default/nope" not found' })
  })
})
