import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseImage } from '../images/schema.ts'
import { ask, data, ready } from '../cluster.test-support.ts'
import { testCluster } from '../images/test-cluster.ts'
import { kubeletPage } from './pages.ts'
import type { BuiltInPage } from '../images/schema.ts'
import type { Kinds } from '../resources/kinds.ts'

const promtool = ['.tools/prometheus/promtool', '/usr/bin/promtool']
  .map((path) => resolve(import.meta.dirname, '../../..', path))
  .find(existsSync)
const folder = new URL('../../../manifests/simulator/images/', import.meta.url)
const images = readdirSync(folder).map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))
const node: Kinds['Node'] = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-0', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: { capacity: { cpu: '2', memory: '8Gi' }, conditions: [{ type: 'Ready', status: 'True' }] },
}
const builtIn: readonly BuiltInPage[] = [
  'go',
  'kube-state-metrics',
  'node-exporter',
  'coredns',
  'prometheus',
  'etcd',
  'kube-scheduler',
  'kube-controller-manager',
  'kube-proxy',
  'metrics-server',
  'pushgateway',
  'alertmanager',
]

describe.skipIf(promtool === undefined)('promtool check metrics', () => {
  it.each(['/metrics', '/metrics/cadvisor', '/metrics/resource', '/metrics/probes'])('reads a kubelet’s %s', async (path) => {
    const made = await cluster()
    expect(
      mistakes(kubeletPage(path, node, { ...made, described: data.describedPages, apiServer: () => '', may: () => true }) ?? ''),
    ).toEqual([])
  })

  it('reads the API server’s', async () => {
    const { cluster } = await ready('judged', 1)
    const { body } = await ask(cluster, 'GET', '/metrics')
    expect(mistakes(String(body))).toEqual([])
  })

  it.each(builtIn)('reads the page of %s', async (page) => {
    const made = await cluster()
    expect(mistakes(made.runtime.containers()[0]?.metricsPage(page) ?? '')).toEqual([])
  })
})

async function cluster() {
  const made = testCluster(images, undefined, undefined, data.describedPages)
  made.add(node)
  made.start(
    { image: 'nginx:alpine', livenessProbe: { tcpSocket: { port: 80 } }, resources: { limits: { cpu: '1', memory: '64Mi' } } },
    { name: 'web' },
  )
  await made.clock.advance(60_000)
  return made
}

/** What it says of a page, but for names that Kubernetes' own components really have. */
function mistakes(page: string): readonly string[] {
  expect(page).not.toBe('')
  try {
    execFileSync(promtool ?? '', ['check', 'metrics'], { input: page, stdio: ['pipe', 'pipe', 'pipe'] })
    return []
  } catch (error) {
    const { status, stderr } = error as { readonly status: number; readonly stderr: Uint8Array }
    const lines = new TextDecoder().decode(stderr).trim().split('\n')
    // 3: it could read the page and does not like names in it.
    return status === 3 ? lines.filter((line) => !style.test(line)) : lines
  }
}

const style =
  /should (?:have|not have|use|end|contain)|should be|non-histogram|camelCase|abbreviated|metric type|use base unit|name should not include/
