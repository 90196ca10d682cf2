import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { ask, ready } from '../cluster.test-support.ts'
import type { Lived } from '../cluster.test-support.ts'

const metricsServer = new URL('../../../manifests/workshop/metrics-server/metrics-server.yaml', import.meta.url)
const pods = '/api/v1/namespaces/default/pods'
const top = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/busy'
let lived: Lived

beforeAll(async () => {
  lived = await ready('load', 3)
  await make(pods, stress('busy', ['--cpu', '2'], { cpu: '200m' }))
  await make(pods, stress('hungry', ['--vm', '1', '--vm-bytes', '150M', '--vm-hang', '0'], { memory: '120Mi' }))
})

describe('a container that wants more CPU than its limit', () => {
  it('gets its limit and no more, is throttled all the time, and kubectl top says the same once metrics-server is ready', async () => {
    await lived.clock.advance(30_000)
    expect((await ask(lived.cluster, 'GET', top)).status).toBe(404)
    await install()
    expect((await ask(lived.cluster, 'GET', top)).status).toBe(503)
    await lived.clock.advance(90_000)
    const before = await cadvisor('busy')
    await lived.clock.advance(60_000)
    const after = await cadvisor('busy')
    const perSecond = (name: string) => ((after.get(name) ?? NaN) - (before.get(name) ?? NaN)) / 60
    expect(perSecond('container_cpu_usage_seconds_total')).toBeCloseTo(0.2, 2)
    expect(perSecond('container_cpu_cfs_periods_total')).toBeCloseTo(10, 1)
    expect(perSecond('container_cpu_cfs_throttled_periods_total')).toBeGreaterThan(8)
    expect(perSecond('container_cpu_cfs_throttled_seconds_total')).toBeGreaterThan(0.8)
    const shown = JSON.parse(String((await ask(lived.cluster, 'GET', top)).body)) as { containers: { usage: { cpu: string } }[] }
    expect(Number.parseInt(shown.containers[0]?.usage.cpu ?? '', 10) / 1e9).toBeCloseTo(0.2, 2)
  })
})

describe('a container that wants more memory than its limit', () => {
  it('is killed there again and again, and what was counted of it goes on', async () => {
    const counted: number[] = []
    const memory: number[] = []
    const restarts: number[] = []
    for (let turn = 0; turn < 120; turn++) {
      await lived.clock.advance(1000)
      const page = await cadvisor('hungry')
      const bytes = page.get('container_memory_working_set_bytes')
      if (bytes !== undefined) memory.push(bytes)
      counted.push((await cadvisor('hungry', '')).get('container_cpu_usage_seconds_total') ?? NaN)
      restarts.push((await status('hungry')).restartCount)
    }
    expect(Math.max(...memory)).toBeLessThanOrEqual(120 * 1024 * 1024)
    expect(Math.max(...memory)).toBeGreaterThan(1.2 * Math.min(...memory))
    expect(restarts.at(-1)).toBeGreaterThan(restarts[0] ?? 0)
    expect((await status('hungry')).lastState.terminated?.reason).toBe('OOMKilled')
    // The pod's own counter stays when its container is another.
    const known = counted.filter((each) => !Number.isNaN(each))
    for (const [index, each] of known.entries()) expect(each).toBeGreaterThanOrEqual(known[index - 1] ?? 0)
  })
})

const stress = (name: string, args: readonly string[], limits: object) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'polinux/stress:1.0.4', command: ['stress', ...args], resources: { limits } }] },
})

async function make(path: string, object: object): Promise<void> {
  expect((await ask(lived.cluster, 'POST', path, object)).status).toBe(201)
}

async function install(): Promise<void> {
  for (const document of parseAllDocuments(readFileSync(metricsServer, 'utf8'))) {
    const object = document.toJS() as { apiVersion: string; kind: string; metadata: { namespace?: string } }
    const base = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`
    const scope = object.metadata.namespace === undefined ? '' : `/namespaces/${object.metadata.namespace}`
    await make(`${base}${scope}/${object.kind.toLowerCase()}s`, object)
  }
}

/** What cAdvisor says of a pod's container, or of the pod itself for an empty one, by name. */
async function cadvisor(pod: string, container = 'c'): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  for (const node of lived.cluster.nodes) {
    const { body } = await ask(lived.cluster, 'GET', `/api/v1/nodes/${node}/proxy/metrics/cadvisor`)
    for (const [, name = '', labels = '', value] of String(body).matchAll(/^(container_\w+)\{(.*)\} (\S+)$/gm))
      if (labels.includes(`pod="${pod}"`) && labels.includes(`container="${container}"`)) found.set(name, Number(value))
  }
  return found
}

async function status(pod: string) {
  const { body } = await ask(lived.cluster, 'GET', `${pods}/${pod}`)
  const { containerStatuses } = (JSON.parse(String(body)) as { status: { containerStatuses: readonly ContainerStatus[] } }).status
  return containerStatuses[0] ?? { restartCount: 0, lastState: {} }
}

interface ContainerStatus {
  readonly restartCount: number
  readonly lastState: { readonly terminated?: { readonly reason: string } }
}
