import { beforeAll, describe, expect, it } from 'vitest'
import { ask, data, deployment, ready } from '../cluster.test-support.ts'
import type { Lived } from '../cluster.test-support.ts'

let lived: Lived

beforeAll(async () => {
  lived = await ready('counted', 1)
})

describe('the API server’s own metrics', () => {
  it('count what was really asked', async () => {
    const { cluster } = lived
    const before = await page()
    for (let at = 0; at < 3; at++) await ask(cluster, 'GET', '/api/v1/namespaces/default/pods')
    await ask(cluster, 'GET', '/api/v1/namespaces/default/pods/none')
    await ask(cluster, 'POST', '/apis/apps/v1/namespaces/default/deployments', deployment('web', 1, 'nginx'))
    await ask(cluster, 'POST', '/apis/apps/v1/namespaces/default/deployments?dryRun=All', deployment('other', 1, 'nginx'))
    const after = await page()
    const counted = (labels: string) =>
      (after.get(`apiserver_request_total{${labels}}`) ?? 0) - (before.get(`apiserver_request_total{${labels}}`) ?? 0)
    const pods = 'group="",version="v1",resource="pods",subresource=""'
    expect(counted(`code="200",component="apiserver",verb="LIST",${pods},scope="namespace",dry_run="",system_client=""`)).toBe(3)
    expect(counted(`code="404",component="apiserver",verb="GET",${pods},scope="resource",dry_run="",system_client=""`)).toBe(1)
    const deployments = 'verb="POST",group="apps",version="v1",resource="deployments",subresource="",scope="resource"'
    expect(counted(`code="201",component="apiserver",${deployments},dry_run="",system_client=""`)).toBe(1)
    expect(counted(`code="201",component="apiserver",${deployments},dry_run="All",system_client=""`)).toBe(1)
    expect(after.get('apiserver_storage_objects{resource="deployments.apps"}')).toBe(
      (before.get('apiserver_storage_objects{resource="deployments.apps"}') ?? 0) + 1,
    )
  })

  it('have every family, no series twice, and no counter that goes back', async () => {
    const before = await page()
    await lived.clock.advance(60_000)
    const after = await page()
    const described = { ...data.describedPages['api-server'], ...data.describedPages.go } as Record<
      string,
      { type: string; rows?: []; over?: string }
    >
    const names = new Set([...after.keys()].map((series) => series.replace(/\{.*/, '')))
    for (const [name, { type, rows, over }] of Object.entries(described))
      if (rows?.length !== 0 && over === undefined) expect(names.has(type === 'histogram' ? `${name}_count` : name), name).toBe(true)
    for (const [series, value] of before)
      if (/_(total|count|sum|bucket)(\{|$)/.test(series)) expect(after.get(series), series).toBeGreaterThanOrEqual(value)
  })

  it('have histograms whose buckets rise to their count', async () => {
    const all = await page()
    const counts = [...all].filter(([series]) => series.startsWith('apiserver_request_duration_seconds_count'))
    expect(counts.length).toBeGreaterThan(0)
    for (const [series, count] of counts) {
      const labels = series.slice(series.indexOf('{') + 1, -1)
      const buckets = [...all]
        .filter(([each]) => each.startsWith(`apiserver_request_duration_seconds_bucket{${labels},le=`))
        .map(([, value]) => value)
      expect(buckets).toEqual(buckets.toSorted((a, b) => a - b))
      expect(buckets.at(-1)).toBe(count)
    }
  })

  it('count a watch for as long as it is open', async () => {
    const open =
      'apiserver_longrunning_requests{component="apiserver",verb="WATCH",group="",version="v1",resource="services",subresource="",scope="cluster"}'
    const { body } = await ask(lived.cluster, 'GET', '/api/v1/services?watch=true')
    if (typeof body !== 'function') throw new Error('a watch is a stream')
    const stop = body({ write: () => undefined, end: () => undefined })
    expect((await page()).get(open)).toBe(1)
    stop()
    expect((await page()).has(open)).toBe(false)
  })

  it('bound what made-up paths can add', async () => {
    for (let at = 0; at < 3000; at++) await ask(lived.cluster, 'GET', `/api/v1/made${at}`)
    expect((await page()).size).toBeLessThan(150_000)
  })
})

describe('the health of the API server', () => {
  it('is told check by check, alone, and with some left out', async () => {
    expect(await text('/readyz')).toBe('ok')
    expect(await text('/readyz/etcd')).toBe('ok')
    expect(await text('/livez?verbose')).toMatch(/^\[\+\]ping ok\n[^]*\[\+\]autoregister-completion ok\n[^]*livez check passed\n$/)
    expect(await text('/readyz?verbose')).toContain('[+]shutdown ok\n')
    expect(await text('/readyz?verbose&exclude=etcd')).toContain('[+]etcd excluded: ok\n')
    expect((await ask(lived.cluster, 'GET', '/livez/none')).status).toBe(404)
  })
})

async function text(url: string): Promise<string> {
  const { body } = await ask(lived.cluster, 'GET', url)
  return typeof body === 'string' ? body : ''
}

/** Reads the page, strictly. */
async function page(): Promise<Map<string, number>> {
  const series = new Map<string, number>()
  const families = new Map<string, string>()
  let family = ''
  for (const line of (await text('/metrics')).trimEnd().split('\n')) {
    const [, what, name = '', type = ''] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? []
    if (what === 'HELP') family = name
    else if (what === 'TYPE') {
      expect(name).toBe(family)
      expect(families.has(name), name).toBe(false)
      families.set(name, type)
    } else {
      const [, sample = '', labels = '', value] = /^(\w+)(\{(?:\w+="(?:[^"\\]|\\.)*",?)+\})? (\S+)$/.exec(line) ?? []
      expect(sample.replace(/(histogram|summary)/.test(families.get(family) ?? '') ? /_(bucket|sum|count)$/ : /$^/, ''), line).toBe(family)
      expect(series.has(sample + labels), line).toBe(false)
      series.set(sample + labels, Number(value))
    }
  }
  return series
}
