import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { findSome } from '../../server/tools/find-tools.ts'
import { startSimulation } from '../conformance/simulated.ts'

const ROLES = ['node', 'pod', 'service', 'endpoints', 'endpointslice']

it('Prometheus finds nodes, pods, services and their endpoints by its own service discovery', async (context) => {
  const { kubectl, prometheus } = await findSome(['kubectl', 'prometheus'])
  if (!kubectl.found || !prometheus.found) throw new Error('kubectl and Prometheus are needed')
  if (!(await discoversKubernetes(prometheus.path)))
    return context.skip(`${prometheus.path} is built without Kubernetes service discovery, as Debian's is`)
  const simulation = await startSimulation()
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-sd-'))
  const run = (...args: string[]) => promisify(execFile)(kubectl.path, ['--kubeconfig', simulation.kubeconfig, ...args])
  await run('create', 'deployment', 'web', '--image=nginx:alpine', '--port=80', '--replicas=2')
  await run('expose', 'deployment', 'web')
  const port = await freePort()
  writeFileSync(join(folder, 'prometheus.yml'), configuration(simulation.kubeconfig, folder))
  const process = spawn(
    prometheus.path,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const exited = new Promise((done) => process.once('exit', done))
  try {
    await vi.waitFor(
      async () => {
        const found = await targets(port)
        expect(found.get('node')).toEqual(['workshop-vm-00-00', 'workshop-vm-00-01'])
        expect(found.get('pod')?.filter((name) => name.startsWith('web-'))).toHaveLength(2)
        expect(found.get('service')).toContain('web')
        expect(found.get('endpoints')?.filter((name) => name === 'web')).toHaveLength(2)
        expect(found.get('endpointslice')?.filter((name) => name.startsWith('web-'))).toHaveLength(2)
      },
      { timeout: 60_000, interval: 500 },
    )
  } finally {
    process.kill('SIGKILL')
    await exited
    await simulation.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

it('an agent with Prometheus’ kubernetes_sd_configs finds them too, and hears of those that come and go', async () => {
  const { kubectl, vmagent } = await findSome(['kubectl', 'vmagent'])
  if (!kubectl.found || !vmagent.found) throw new Error('kubectl and vmagent are needed: npm test gets them')
  const simulation = await startSimulation()
  const folder = mkdtempSync(join(tmpdir(), 'vmagent-sd-'))
  const run = (...args: string[]) => promisify(execFile)(kubectl.path, ['--kubeconfig', simulation.kubeconfig, ...args])
  const port = await freePort()
  writeFileSync(join(folder, 'scrape.yml'), configuration(simulation.kubeconfig, folder))
  // Nobody takes what it scrapes.
  const flags = [
    `-promscrape.config=${join(folder, 'scrape.yml')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-remoteWrite.url=http://127.0.0.1:1/write',
    '-promscrape.kubernetesSDCheckInterval=1s',
    `-remoteWrite.tmpDataPath=${join(folder, 'data')}`,
  ]
  const process = spawn(vmagent.path, flags, { stdio: 'ignore' })
  const exited = new Promise((done) => process.once('exit', done))
  const found = async (role: string) => (await targets(port)).get(role) ?? []
  const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 500 })
  try {
    await soon(async () => expect(await found('node')).toEqual(['workshop-vm-00-00', 'workshop-vm-00-01']))
    await run('create', 'deployment', 'web', '--image=nginx:alpine', '--port=80', '--replicas=2')
    await run('expose', 'deployment', 'web')
    await soon(async () => {
      expect((await found('pod')).filter((name) => name.startsWith('web-'))).toHaveLength(2)
      expect(await found('service')).toContain('web')
      expect((await found('endpoints')).filter((name) => name === 'web')).toHaveLength(2)
      expect((await found('endpointslice')).filter((name) => name.startsWith('web-'))).toHaveLength(2)
    })
    await run('scale', 'deployment', 'web', '--replicas=1')
    await soon(async () => expect((await found('pod')).filter((name) => name.startsWith('web-'))).toHaveLength(1))
    await run('delete', 'service,deployment', 'web')
    await soon(async () => expect([await found('service'), await found('endpoints')].flat()).not.toContain('web'))
  } finally {
    process.kill('SIGKILL')
    await exited
    await simulation.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

function configuration(kubeconfig: string, folder: string): string {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
    users: { user: { token: string } }[]
  }
  const authority = join(folder, 'ca.crt')
  writeFileSync(authority, Buffer.from(clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64'))
  const discovery = {
    api_server: clusters[0]?.cluster.server,
    authorization: { credentials: users[0]?.user.token },
    tls_config: { ca_file: authority },
  }
  return stringify({
    scrape_configs: ROLES.map((role) => ({ job_name: role, scrape_interval: '1h', kubernetes_sd_configs: [{ role, ...discovery }] })),
  })
}

/** Some distributions leave that out of theirs; such a one refuses the configuration before it looks for its other files. */
async function discoversKubernetes(path: string): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-asked-'))
  const file = join(folder, 'prometheus.yml')
  writeFileSync(
    file,
    stringify({
      scrape_configs: [
        { job_name: 'asked', kubernetes_sd_configs: [{ role: 'pod', api_server: 'https://127.0.0.1:1', unknown_field: true }] },
      ],
    }),
  )
  // Either way the configuration is wrong, so that it ends at once and says of what kind the mistake is.
  const said = await promisify(execFile)(
    path,
    [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0'],
    { timeout: 10_000 },
  ).then(
    ({ stderr }) => stderr,
    (error: unknown) => String((error as { stderr?: unknown }).stderr),
  )
  rmSync(folder, { recursive: true, force: true })
  return !said.includes('field kubernetes_sd_configs not found')
}

const NAME_OF: Readonly<Record<string, string>> = {
  node: 'node_name',
  pod: 'pod_name',
  service: 'service_name',
  endpoints: 'endpoints_name',
  endpointslice: 'endpointslice_name',
}

interface Target {
  /** Prometheus has it; the agent calls it by its job. */
  readonly scrapePool?: string
  readonly labels: Readonly<Record<string, string>>
  readonly discoveredLabels: Readonly<Record<string, string>>
}

async function targets(port: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets?state=active`)
  const { data } = (await answer.json()) as { data: { activeTargets: Target[] } }
  return new Map(
    ROLES.map((role) => [
      role,
      data.activeTargets
        .flatMap(({ scrapePool, labels, discoveredLabels }) =>
          (scrapePool ?? labels['job']) === role ? [discoveredLabels[`__meta_kubernetes_${NAME_OF[role]}`] ?? ''] : [],
        )
        .toSorted(),
    ]),
  )
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
