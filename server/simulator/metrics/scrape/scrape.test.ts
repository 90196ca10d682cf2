import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseImage } from '../../images/schema.ts'
import { data } from '../../cluster.test-support.ts'
import { testCluster } from '../../images/test-cluster.ts'
import { scrape, scrapeIntervals } from './scrape.ts'
import { labelled } from './labelled.ts'
import { compileRelabeling, relabel } from './relabel.ts'
import { RelabelDocument } from './config.ts'
import type { TestCluster } from '../../images/test-cluster.ts'
import type { Kinds } from '../../resources/kinds.ts'

const folder = new URL('../../../../manifests/simulator/images/', import.meta.url)
const images = readdirSync(folder).map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))

const applications = `
scrape_configs:
  - job_name: pods
    kubernetes_sd_configs: [{role: pod}]
    relabel_configs:
      - {source_labels: [__meta_kubernetes_pod_label_app], regex: cart, action: keep}
      - {source_labels: [__address__], regex: '([^:]+)(?::\\d+)?', replacement: '$1:8080', target_label: __address__}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
`

describe('what the cluster’s own Prometheus scrapes', () => {
  it('is what its configuration leads to, with the labels that it gives', async () => {
    const { text } = await monitored(applications)
    expect(text()).toContain('up{job="pods",pod="cart",instance="10.32.0.7:8080",cluster="mine"} 1\n')
    expect(text()).toMatch(/^process_cpu_seconds_total\{job="pods",pod="cart",instance="10.32.0.7:8080",cluster="mine"\} 0\.\d+$/m)
    expect(text()).not.toContain('container_')
  })

  it('changes when the configuration has changed and is loaded again, not before', async () => {
    const { text, configure, prometheus } = await monitored(applications)
    configure('scrape_configs: []')
    expect(text()).toContain('up{job="pods"')
    prometheus.reload()
    expect(text()).toBe('')
    configure('scrape_configs: [{job_name: a, honor_labels: maybe}]')
    prometheus.reload()
    expect(text()).toBe('')
  })

  it('is containers and nodes from kubelets that take its token, each counted once', async () => {
    const job = (name: string, scheme = 'https') =>
      `  - {job_name: ${name}, scheme: ${scheme}, metrics_path: /metrics/${name}, authorization: {credentials: secret}, kubernetes_sd_configs: [{role: node}]}\n`
    const { text } = await monitored(`scrape_configs:\n${job('cadvisor')}${job('resource')}`)
    expect(text().match(/^container_cpu_usage_seconds_total\{.*container="c",.*pod="cart"/gm)).toHaveLength(1)
    expect(text()).toMatch(/^container_cpu_usage_seconds_total\{job="cadvisor",instance="node-0",cluster="mine",container="c"/m)
    expect(text()).toMatch(/^node_cpu_usage_seconds_total\{job="resource",instance="node-0",cluster="mine"\}/m)
    const plain = await monitored(`scrape_configs:\n${job('cadvisor', 'http')}`)
    expect(plain.text()).toContain('up{job="cadvisor",instance="node-0",cluster="mine"} 0')
  })

  it('is nothing where nobody listens or the answer is no metrics page, and up says so', async () => {
    const { text } = await monitored(
      `scrape_configs: [{job_name: fixed, static_configs: [{targets: ['10.32.0.7:81', '10.32.0.7:8080', '10.32.0.66:80'], labels: {team: a}}], metrics_path: /healthz}]`,
    )
    expect(text().match(/^up\{.*team="a".*\} 0$/gm)).toHaveLength(3)
  })

  it('is nothing before its pod is ready', async () => {
    const { text, prometheus } = await monitored(applications)
    prometheus.signal('SIGKILL')
    expect(text()).toBe('')
  })
})

describe('the labels of a sample', () => {
  const target = new Map([
    ['job', 'pods'],
    ['cluster', 'mine'],
  ])

  it('are the target’s, and what clashes with them is exported', () => {
    expect(labelled('a 1\nb{job="x",c="d"} 2\n', target, false)?.text).toBe(
      'a{job="pods",cluster="mine"} 1\nb{job="pods",exported_job="x",c="d",cluster="mine"} 2\n',
    )
  })

  it('are the page’s where the job honours them', () => {
    expect(labelled('b{job="x"} 2\n', target, true)?.text).toBe('b{job="x",cluster="mine"} 2\n')
  })

  it.each(['a{cluster="theirs"} 1\n', 'a{b="}",cluster="theirs"} 1\n', 'a{cluster="theirs",} 1 1\n', 'a{x="\\\\",cluster="theirs"} 1\n'])(
    'never say that they are of another cluster: %s',
    (page) => {
      for (const honours of [true, false])
        for (const line of labelled(page, target, honours)?.text.trimEnd().split('\n') ?? [])
          expect(line).toMatch(/exported_cluster="theirs",(?:.*,)?cluster="mine"\} 1$|cluster="mine"\} 1$/)
    },
  )

  it.each(['{"a",cluster="theirs"} 1\n', 'a{ cluster = "theirs"} 1\n', "a{cluster='theirs'} 1\n", '<html>\n', 'a{b="c} 1\n', 'a\n'])(
    'are none where a page is not in the text format: %s',
    (page) => {
      expect(labelled(page, target, true)).toBeUndefined()
    },
  )

  it('may be changed and dropped by rules, which cannot give them to another cluster', () => {
    const rules = [
      rule({ source_labels: ['__name__'], regex: 'go_.*', action: 'drop' }),
      rule({ target_label: 'cluster', replacement: 'theirs' }),
      rule({ action: 'labeldrop', regex: 'c.*' }),
    ]
    const compiled = compileRelabeling(rules)
    expect(labelled('go_x 1\nb{code="5"} 2\n', target, false, (labels) => relabel(compiled, labels))?.text).toBe(
      'b{job="pods",cluster="mine"} 2\n',
    )
  })
})

describe('how often a job is scraped', () => {
  it('is what the configuration says, and every five seconds at most', async () => {
    const made = await monitored(`
global: {scrape_interval: 1m}
scrape_configs:
  - {job_name: often, scrape_interval: 100ms, static_configs: [{targets: ['localhost:9090']}]}
  - {job_name: rarely, static_configs: [{targets: ['10.32.0.7:8080']}]}
`)
    expect(made.intervals()).toEqual([5, 60])
    const jobs = (text: string) => [...new Set([...text.matchAll(/^up\{job="(\w+)"/gm)].map(([, job]) => job))]
    expect(jobs(made.text(5))).toEqual(['often'])
    expect(jobs(made.text(60))).toEqual(['rarely'])
    expect(jobs(made.text())).toEqual(['often', 'rarely'])
    made.configure('global: {scrape_interval: 15}')
    made.prometheus.reload()
    expect(made.intervals()).toBeUndefined()
  })
})

describe('relabelling', () => {
  const labels = new Map([
    ['__address__', '10.0.0.1:80'],
    ['__meta_kubernetes_pod_label_app', 'cart'],
    ['name', 'Ada'],
  ])
  const done = (document: object) => relabel(compileRelabeling([rule(document)]), labels)

  it('replaces with what a group of an anchored expression holds', () => {
    expect(
      done({ source_labels: ['__address__', 'name'], regex: '([^:]+)(?::\\d+)?;(.+)', replacement: '${1}:$2', target_label: 'to' })?.get(
        'to',
      ),
    ).toBe('10.0.0.1:Ada')
    expect(done({ source_labels: ['name'], regex: 'Ad', target_label: 'to' })?.has('to')).toBe(false)
  })
  it('keeps and drops whole targets', () => {
    expect(done({ source_labels: ['name'], regex: 'A.*', action: 'keep' })).toBeDefined()
    expect(done({ source_labels: ['name'], regex: 'A.*', action: 'drop' })).toBeUndefined()
    expect(done({ source_labels: ['name'], target_label: 'name', action: 'keepequal' })).toBeDefined()
  })
  it('maps, lowers and drops labels by name', () => {
    expect(done({ regex: '__meta_kubernetes_pod_label_(.+)', action: 'labelmap' })?.get('app')).toBe('cart')
    expect(done({ source_labels: ['name'], target_label: 'name', action: 'lowercase' })?.get('name')).toBe('ada')
    expect(done({ regex: 'name', action: 'labelkeep' })?.size).toBe(1)
  })
})

const rule = (document: object) => RelabelDocument.parse(document)

/** A node, the shop's cart, and a Prometheus with a configuration. */
async function monitored(config: string) {
  const made: TestCluster = testCluster(images)
  const node: Kinds['Node'] = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-0', creationTimestamp: '2026-01-01T00:00:00Z' },
    status: { capacity: { cpu: '2', memory: '8Gi' }, addresses: [{ type: 'InternalIP', address: '10.0.0.10' }] },
  }
  made.add(node)
  made.start({ image: 'deckhand/shop-cart:1.0', command: ['/shop', 'cart'] }, { name: 'cart', ip: '10.32.0.7', labels: { app: 'cart' } })
  const prometheus = made.start(
    { image: 'prom/prometheus:v3.7.3', securityContext: { runAsUser: 0 } },
    { name: 'prometheus', ip: '10.32.0.8' },
  )
  const configure = (text: string) => prometheus.machine.files.write('/etc/prometheus/prometheus.yml', text)
  const sources = { ...made, described: data.describedPages, apiServer: () => '', may: () => true }
  await made.clock.advance(30_000)
  configure(config)
  prometheus.reload()
  const text = (interval?: number) => scrape(sources, { cluster: 'mine' }, interval)
  return { text, intervals: () => scrapeIntervals(sources), configure, prometheus }
}
