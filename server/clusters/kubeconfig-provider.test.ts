import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { createKubeconfigProvider } from './kubeconfig-provider.ts'
import { createServerCertificate } from './simulated/certificates.ts'

const owner = { number: 1, name: 'Ada' }
let folder: string

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'deckhand-kubeconfigs-')), 'pool')
  await mkdir(folder)
})
afterEach(() => rm(dirname(folder), { recursive: true }))

describe('a folder of kubeconfigs', () => {
  it('is lent in the order of its names, one attendee each, until they run out', async () => {
    for (const name of ['vm-10', 'vm-9', 'vm-1']) await put(`${name}.yaml`, kubeconfig())
    const provider = await createKubeconfigProvider(folder)
    const leases = [await provider.lease(owner), await provider.lease(owner), await provider.lease(owner)]
    expect(leases.map(({ name }) => name)).toEqual(['vm-1', 'vm-9', 'vm-10'])
    await expect(provider.lease(owner)).rejects.toMatchObject({
      code: 'no-clusters-left',
      say: 'All 3 clusters of this workshop are taken. You can follow the slides; ask the presenter for a cluster.',
    })
    await leases[1]?.release()
    expect((await provider.lease(owner)).name).toBe('vm-9')
    await provider.close()
  })

  it('gives a kubeconfig for another address that still checks the certificate’s own name, with its files inside', async () => {
    await put('ca.crt', '-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n')
    await put('vm.token', 'secret\n')
    await put(
      'vm.yaml',
      kubeconfig({
        cluster: { server: 'https://vm-1.example.com/k8s', 'certificate-authority': 'ca.crt' },
        user: { tokenFile: 'vm.token' },
      }),
    )
    const lease = await (await createKubeconfigProvider(folder)).lease(owner)
    expect(lease.api).toEqual({ host: 'vm-1.example.com', port: 443 })
    const config = parse(lease.kubeconfigFor({ host: '127.0.0.1', port: 6443 })) as {
      clusters: { cluster: Record<string, string> }[]
      users: { user: Record<string, string> }[]
    }
    expect(config.clusters[0]?.cluster).toMatchObject({ server: 'https://127.0.0.1:6443/k8s', 'tls-server-name': 'vm-1.example.com' })
    expect(Buffer.from(config.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64').toString()).toContain('BEGIN CERTIFICATE')
    expect(config.clusters[0]?.cluster).not.toHaveProperty('certificate-authority')
    expect(config.users[0]?.user).toEqual({ token: 'secret' })
    expect(lease.kubeconfigFor(lease.api)).toContain('server: https://vm-1.example.com:443/k8s')
  })

  it.each([
    ['text that is no YAML', 'a: [1, 2', /cannot be used as a kubeconfig/],
    ['a manifest', 'kind: Pod\nmetadata: {name: a}', /cannot be used as a kubeconfig: kind/],
    ['a server without TLS', kubeconfig({ cluster: { server: 'http://a' } }), /is not an https:\/\/ address/],
    ['a context that is not there', kubeconfig({ current: 'other' }), /its current-context "other" is not among its contexts/],
    ['a file outside the folder', kubeconfig({ user: { tokenFile: '/etc/hostname' } }), /lies outside the kubeconfig's folder/],
    ['a path out of the folder', kubeconfig({ user: { tokenFile: '../secret' } }), /lies outside the kubeconfig's folder/],
    ['a link out of the folder', kubeconfig({ user: { tokenFile: 'link' } }), /lies outside the kubeconfig's folder/],
    ['a key that is no key', kubeconfig({ user: { 'client-key': 'vm.yaml' } }), /is not a PEM file/],
    [
      'a program to run for signing in',
      kubeconfig({ user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/touch', args: ['ran'] } } }),
      /its user "u" signs in by running a program \(exec\), which is neither run here nor handed to attendees; give it a token/,
    ],
    ['a plugin of old', kubeconfig({ user: { 'auth-provider': { name: 'gcp' } } }), /running a program \(auth-provider\)/],
    ['more than a kubeconfig could be', `# ${'x'.repeat(1024 * 1024)}\n${kubeconfig()}`, /it is larger than 1 MB/],
    ['aliases that explode', 'a: &a [x]\nb: *a\n', /cannot be used as a kubeconfig/],
  ])('refuses %s in one sentence that names the file', async (_, text, words) => {
    await writeFile(join(dirname(folder), 'secret'), 'secret')
    await symlink('../secret', join(folder, 'link.txt')).catch(() => {})
    await put('vm.yaml', text.replace('tokenFile: link', 'tokenFile: link.txt'))
    const refusal = await createKubeconfigProvider(folder).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refusal).toMatchObject({ code: 'bad-kubeconfig', say: expect.stringMatching(words) })
    expect(refusal).toMatchObject({ say: expect.stringContaining('vm.yaml') })
  })

  it('does not wait for a named pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'vm.yaml')])
    await expect(createKubeconfigProvider(folder)).rejects.toMatchObject({ say: expect.stringContaining('it is not a file') })
  })

  it('says when there is no folder, or nothing in it', async () => {
    await expect(createKubeconfigProvider(folder)).rejects.toMatchObject({ say: expect.stringContaining('holds no kubeconfig') })
    await expect(createKubeconfigProvider(join(folder, 'nowhere'))).rejects.toMatchObject({
      say: expect.stringContaining('cannot be read as a folder'),
    })
  })
})

describe('the Prometheus of a real cluster', () => {
  it('is found by its image, told apart while it waits, and asked through the API server', async () => {
    const asked: string[] = []
    let pods: object[] = []
    const api = await fakeApi((url) => {
      asked.push(url)
      return url.startsWith('/api/v1/pods') ? { items: pods } : { status: 'success', data: { resultType: 'matrix', result: [] } }
    })
    await put(
      'vm.yaml',
      kubeconfig({
        cluster: { server: `https://localhost:${api.port}`, 'certificate-authority-data': api.authority },
        user: { token: 'secret' },
      }),
    )
    const provider = await createKubeconfigProvider(folder)
    const { prometheus } = await provider.lease(owner)
    const stateIs = (state: string) =>
      new Promise<void>((resolve) => {
        const end = prometheus.onChange(() => {
          if (prometheus.state().state === state) resolve(end())
        })
      })
    expect(asked).toEqual([])
    await stateIs('absent')
    pods = [
      pod('web', 'nginx', {}),
      pod('prometheus-0', 'docker.io/prom/prometheus:v3', { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }),
    ]
    await stateIs('waiting')
    expect(prometheus.state()).toMatchObject({ pod: 'prometheus-0', why: '0/1 nodes are available' })
    pods = [
      pod('prometheus-0', 'docker.io/prom/prometheus:v3', { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }),
    ]
    await stateIs('ready')
    await prometheus.query?.('query_range', new URLSearchParams({ query: 'up' }))
    expect(asked.at(-1)).toBe('/api/v1/namespaces/monitoring/pods/prometheus-0:9090/proxy/api/v1/query_range?query=up')
    await provider.close()
    api.close()
  }, 30_000)

  it('says so when the cluster does not answer', async () => {
    await put('vm.yaml', kubeconfig({ cluster: { server: 'https://127.0.0.1:1' } }))
    const provider = await createKubeconfigProvider(folder)
    const { prometheus } = await provider.lease(owner)
    await new Promise<void>((resolve) => prometheus.onChange(resolve))
    expect(prometheus.state()).toMatchObject({
      state: 'unreachable',
      why: expect.stringContaining('Your cluster does not answer: connect ECONNREFUSED'),
    })
    await provider.close()
  })
})

const put = (name: string, text: string) => writeFile(join(folder, name), text)

function kubeconfig({
  cluster = {},
  user = { token: 'x' },
  current = 'c',
}: { cluster?: object; user?: object; current?: string } = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'k', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    'current-context': current,
  })
}

function pod(name: string, image: string, condition: object): object {
  return {
    metadata: { name, namespace: 'monitoring' },
    spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 9090 }] }] },
    status: { phase: 'Pending', conditions: Object.keys(condition).length ? [condition] : [] },
  }
}

async function fakeApi(answer: (url: string) => object) {
  const { key, certificate, certificateAuthority } = await createServerCertificate()
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const allowed = request.headers.authorization === 'Bearer secret'
    response.writeHead(allowed ? 200 : 401).end(JSON.stringify(allowed ? answer(request.url ?? '') : {}))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    authority: Buffer.from(certificateAuthority).toString('base64'),
    close: () => (server.closeAllConnections(), server.close()),
  }
}
