import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { HttpExchange } from '../network/view.ts'
import type { SimulatedContainer } from './container.ts'
import { parseImage } from './schema.ts'
import { serviceFor, testCluster } from './test-cluster.ts'
import type { TestCluster } from './test-cluster.ts'

const folder = new URL('../../../manifests/simulator/images/', import.meta.url)
const images = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))

describe('nginx with a configuration of its own', () => {
  it('listens where that says, and answers, redirects and passes on', async () => {
    const { ask } = await nginx(`
      upstream backs { server back:80; }
      server {
        listen 8080 default_server;
        location = /hello { return 200 'hi from $hostname\\n'; }
        location /old { return 301 /new; }
        location /api/ { proxy_pass http://backs; }
        location /status { stub_status; }
        location / { root /srv; }  # nothing there
      }`)
    expect(await ask(80, '/')).toMatchObject({ result: 'refused' })
    expect(await ask(8080, '/hello')).toMatchObject({ reply: { status: 200, body: 'hi from web\n' } })
    expect(await ask(8080, '/old/x')).toMatchObject({ reply: { status: 301, headers: { Location: '/new' } } })
    expect(await ask(8080, '/api/hostname')).toMatchObject({
      reply: { status: 200, body: expect.stringMatching(/^Hostname: back\n.*GET \/api\/hostname/s) },
    })
    expect(await ask(8080, '/status')).toMatchObject({ reply: { body: expect.stringContaining('Active connections: 1') } })
    expect(await ask(8080, '/nothing')).toMatchObject({ reply: { status: 404 } })
  })

  const broken: readonly (readonly [string, string])[] = [
    ['server { listen 80; ', 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:1'],
    ['server {\n  listen 80\n}', 'unexpected "}" in /etc/nginx/conf.d/default.conf:3'],
    ['server {\n  lisen 80;\n}', 'unknown directive "lisen" in /etc/nginx/conf.d/default.conf:2'],
    [
      'server {\n  location / { proxy_pass http://nobody-there; }\n}',
      'host not found in upstream "nobody-there" in /etc/nginx/conf.d/default.conf:2',
    ],
  ]
  it.each(broken)('does not start with %j', async (text, expected) => {
    const { web } = await nginx(text)
    expect(web.running).toBe(false)
    expect(web.logs.read({ timestamps: false })).toMatch(/^\d{4}\/\d\d\/\d\d [\d:]{8} \[emerg\] 1#1: /)
    expect(web.logs.read({ timestamps: false })).toContain(`\nnginx: [emerg] ${expected}\n`)
  })
})

describe('other programs', () => {
  it('say what is wrong with their configuration, and end', async () => {
    const cluster = testCluster(images)
    const dns = cluster.start(
      { image: 'registry.k8s.io/coredns/coredns:v1.14.2' },
      {},
      mounted('/etc/coredns', 'Corefile', '.:53 {\n  errors\n  kubernets cluster.local\n}\n'),
    )
    const prometheus = cluster.start(
      { image: 'prom/prometheus:v3.7.3' },
      {},
      mounted('/etc/prometheus', 'prometheus.yml', 'global:\n  scrape_interval: [15s\n'),
    )
    await cluster.clock.advance(1000)
    expect(dns.logs.read({ timestamps: false })).toBe("/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'kubernets'\n")
    expect(prometheus.logs.read({ timestamps: false })).toMatch(/level=ERROR .*Error loading config.*yaml: line \d/)
    expect([dns.running, prometheus.running]).toEqual([false, false])
  })
})

function mounted(path: string, name: string, text: string) {
  return { mounts: [{ path, readOnly: true, volume: { kind: 'projected' as const, files: () => new Map([[name, text]]) } }] }
}

async function nginx(
  text: string,
): Promise<{ readonly web: SimulatedContainer; readonly ask: (port: number, path: string) => Promise<HttpExchange> }> {
  const cluster: TestCluster = testCluster(images)
  cluster.start({ image: 'registry.k8s.io/coredns/coredns:v1.14.2' }, { name: 'coredns', ip: '10.32.0.2' })
  cluster.start({ image: 'traefik/whoami' }, { name: 'back', ip: '10.32.0.6' })
  cluster.add(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
    ...serviceFor('kube-dns', '10.96.0.10', 53, 53, ['10.32.0.2'], 'kube-system', 'dns'),
    ...serviceFor('back', '10.96.7.2', 80, 80, ['10.32.0.6']),
  )
  await cluster.clock.advance(2000)
  const web = cluster.start({ image: 'nginx' }, { name: 'web', ip: '10.32.0.5' }, mounted('/etc/nginx/conf.d', 'default.conf', text))
  await cluster.clock.advance(2000)
  return {
    web,
    async ask(port, path) {
      const asked = cluster.runtime.network.request('10.32.0.9', '10.32.0.5', port, {
        secure: false,
        method: 'GET',
        host: 'web',
        path,
        headers: {},
        body: '',
      })
      await cluster.clock.advance(5000)
      return asked
    },
  }
}
