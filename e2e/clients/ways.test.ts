import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSome } from '../../server/tools/find-tools.ts'
import { startSimulation } from '../conformance/simulated.ts'
import type { RunningSimulation } from '../conformance/simulated.ts'

const big = randomBytes(5 * 1024 * 1024)

let simulation: RunningSimulation
let kubectl = ''

beforeAll(async () => {
  const found = (await findSome(['kubectl'])).kubectl
  if (!found.found) throw new Error(found.howToGet)
  kubectl = found.path
  simulation = await startSimulation()
  await run('create', 'deployment', 'web', '--image=nginx:1.27')
  await run('expose', 'deployment', 'web', '--port=80', '--name=site')
  await run('rollout', 'status', 'deployment/web', '--timeout=60s')
  const copied = spawn(kubectl, ['--kubeconfig', simulation.kubeconfig, ...IN_WEB, 'cat > /usr/share/nginx/html/big.bin'])
  copied.stdin.end(big)
  expect(await once(copied, 'exit')).toEqual([0, null])
})
afterAll(() => simulation.stop())

const IN_WEB = ['exec', '-i', 'deployment/web', '--', 'sh', '-c']
/** Tunnelled through a WebSocket, as kubectl does by default, and over SPDY, as those before 1.31 do. */
const BOTH = [
  ['a WebSocket', {}],
  ['SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false', KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
] as const

describe.each(BOTH)('over %s', (_, environment) => {
  it.each(['deployment/web', 'service/site'])('kubectl port-forward reaches %s', async (target) => {
    await using forward = await forwarded([target, ':80'], environment)
    const page = await fetch(forward.url)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Welcome to nginx!')
    expect((await fetch(new URL('/absent', forward.url))).status).toBe(404)
  })

  it('5 MB come out of a port as they are, on many connections at once', async () => {
    await using forward = await forwarded(['deployment/web', ':80'], environment)
    const sums = await Promise.all(Array.from({ length: 6 }, () => sumOf(new URL('/big.bin', forward.url))))
    expect(sums).toEqual(sums.map(() => hash(big)))
  })

  it('a port where nothing listens is refused in the words of the kubelet', async () => {
    await using forward = await forwarded(['deployment/web', ':81'], environment)
    await expect(fetch(forward.url)).rejects.toThrow('fetch failed')
    await expect
      .poll(() => forward.complaints())
      .toMatch(
        /error forwarding port 81 to pod [\da-f]{64}, uid : failed to execute portforward in network namespace \\"\/var\/run\/netns\/cni-[\da-f-]{36}\\": failed to connect to localhost:81 inside namespace/,
      )
  })

  it('kubectl exec carries input, both outputs and the exit status', async () => {
    const shell = spawn(kubectl, ['--kubeconfig', simulation.kubeconfig, ...IN_WEB, 'cat; echo wrong >&2; exit 7'], {
      env: { ...process.env, ...environment },
    })
    let [out, err] = ['', '']
    shell.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    shell.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    shell.stdin.end('through\n')
    expect(await once(shell, 'close')).toEqual([7, null])
    expect(out).toBe('through\n')
    expect(err).toContain('wrong\n')
  })
})

it('50 port-forwards at once all lead to the page', async () => {
  const forwards = await Promise.all(Array.from({ length: 50 }, () => forwarded(['service/site', ':80'], {})))
  try {
    const pages = await Promise.all(forwards.map(async ({ url }) => (await fetch(url)).status))
    expect(pages).toEqual(forwards.map(() => 200))
  } finally {
    for (const forward of forwards) await forward[Symbol.asyncDispose]()
  }
})

it('who may only create pods/portforward and pods/exec gets through, and who may not is refused', async () => {
  await run('create', 'serviceaccount', 'forwarder')
  const as = '--as=system:serviceaccount:default:forwarder'
  await expect(run('port-forward', 'pod/none', ':80', as)).rejects.toThrow(/cannot get resource "pods"/)
  await run('create', 'role', 'reader', '--verb=get,list', '--resource=pods,deployments')
  await run('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:forwarder')
  const pod = (await run('get', 'pods', '-l', 'app=web', '-o', 'name')).trim()
  await expect(run('port-forward', pod, ':80', as)).rejects.toThrow(/cannot create resource "pods\/portforward"/)
  await run('create', 'role', 'forwarder', '--verb=create', '--resource=pods/portforward,pods/exec')
  await run('create', 'rolebinding', 'forwarder', '--role=forwarder', '--serviceaccount=default:forwarder')
  await using forward = await forwarded([pod, ':80', as], {})
  expect((await fetch(forward.url)).status).toBe(200)
  expect(await run('exec', pod, as, '--', 'echo', 'in')).toBe('in\n')
})

describe('the proxy subresources', () => {
  const get = (path: string, ...more: string[]) => run('get', '--raw', path, ...more)
  const site = '/api/v1/namespaces/default/services'

  it('lead to a service by its port’s number, a pod, and a node’s kubelet', async () => {
    const pod = (await run('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
    for (const path of [
      `${site}/site/proxy/`,
      `${site}/site:80/proxy/`,
      `${site}/http:site:80/proxy/index.html`,
      `/api/v1/namespaces/default/pods/${pod}:80/proxy/`,
    ])
      expect(await get(path)).toContain('Welcome to nginx!')
    const node = (await run('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
    expect(await get(`/api/v1/nodes/${node}/proxy/healthz`)).toBe('ok')
    expect(await get(`/api/v1/nodes/${node}:10250/proxy/metrics/resource`)).toContain('# TYPE node_cpu_usage_seconds_total counter')
    const { node: summary, pods } = JSON.parse(await get(`/api/v1/nodes/${node}/proxy/stats/summary`)) as {
      node: { nodeName: string }
      pods: unknown[]
    }
    expect(summary.nodeName).toBe(node)
    expect(pods.length).toBeGreaterThan(0)
  })

  it('say why nobody answers', async () => {
    await run('create', 'service', 'clusterip', 'lonely', '--tcp=80:80')
    await expect(get(`${site}/lonely/proxy/`)).rejects.toThrow('no endpoints available for service "lonely"')
    await expect(get(`${site}/site:81/proxy/`)).rejects.toThrow('no service port 81 found for service "site"')
    await expect(get(`${site}/none/proxy/`)).rejects.toThrow('services "none" not found')
    const pod = (await run('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
    await expect(get(`/api/v1/namespaces/default/pods/${pod}:81/proxy/`)).rejects.toThrow(
      /error trying to reach service: dial tcp [\d.]+:81: connect: connection refused/,
    )
  })

  it('ask for rights of their own', async () => {
    await run('create', 'serviceaccount', 'proxied')
    const as = '--as=system:serviceaccount:default:proxied'
    await expect(get(`${site}/site:80/proxy/`, as)).rejects.toThrow(
      'services "site:80" is forbidden: User "system:serviceaccount:default:proxied" cannot get resource "services/proxy" in API group "" in the namespace "default"',
    )
    await run('create', 'role', 'proxied', '--verb=get', '--resource=services/proxy')
    await run('create', 'rolebinding', 'proxied', '--role=proxied', '--serviceaccount=default:proxied')
    expect(await get(`${site}/site:80/proxy/`, as)).toContain('Welcome to nginx!')
  })

  it('carry 5 MB through kubectl proxy, and redirect to the folder', async () => {
    const child = spawn(kubectl, ['--kubeconfig', simulation.kubeconfig, 'proxy', '--port=0'])
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer]
      const base = `http://${/127\.0\.0\.1:\d+/.exec(said.toString())?.[0] ?? ''}${site}/site/proxy`
      expect(await sumOf(new URL(`${base}/big.bin`))).toBe(hash(big))
      const redirected = await fetch(base, { redirect: 'manual' })
      expect([redirected.status, redirected.headers.get('location')]).toEqual([301, `${site}/site/proxy/`])
      expect((await fetch(`${base}/absent`)).status).toBe(404)
    } finally {
      child.kill()
    }
  })
})

describe('kubectl debug', () => {
  it('opens a shell beside a running container, in its network', async () => {
    const pod = (await run('get', 'pods', '-l', 'app=web', '-o', 'name')).trim()
    const said = await typed(
      ['debug', '-it', pod, '--image=busybox', '--target=nginx', '--', 'sh'],
      ['echo lines: $(wget -qO- http://127.0.0.1 | grep -c nginx)', 'exit'],
    )
    expect(said).toMatch(/lines: [1-9]/)
    expect(said).not.toContain("couldn't attach")
  })

  it('opens a shell on a node, whose files are below /host', async () => {
    const node = (await run('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
    const said = await typed(
      ['debug', '-it', `node/${node}`, '--image=busybox', '--', 'sh'],
      ['cat /host/etc/hostname; ls /host/var/log', 'exit'],
    )
    expect(said).toMatch(new RegExp(`\n(\\S*)${node}\r?\n`))
    expect(said).toContain('containers')
  })
})

/** Runs kubectl on a terminal of its own (util-linux's script makes one) and types lines, each once the prompt is there. */
async function typed(args: readonly string[], lines: readonly string[]): Promise<string> {
  const command = [kubectl, '--kubeconfig', simulation.kubeconfig, ...args].map((arg) => `'${arg}'`).join(' ')
  const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'])
  const closed = once(child, 'close')
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for (const line of lines) {
    const from = said.length
    // Until something new has been said that ends with a prompt, or with kubectl's hint that it may not be seen.
    await expect.poll(() => said.slice(from), { timeout: 20_000 }).toMatch(/try pressing enter|# (\x1b\S*)?$/)
    child.stdin.write(`${line}\r`)
  }
  await closed
  return said
}

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(kubectl, ['--kubeconfig', simulation.kubeconfig, ...args])).stdout
}

async function sumOf(url: URL): Promise<string> {
  return hash(Buffer.from(await (await fetch(url)).arrayBuffer()))
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Runs `kubectl port-forward` until it says on which port it listens. */
async function forwarded(args: readonly string[], environment: NodeJS.ProcessEnv) {
  const child = spawn(kubectl, ['--kubeconfig', simulation.kubeconfig, 'port-forward', ...args], {
    env: { ...process.env, ...environment },
  })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const closed = once(child, 'close')
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(chunk.toString())?.[1]
      if (found !== undefined) resolve(found)
    })
    void closed.then(() => reject(new Error(complaints)))
  })
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    complaints: () => complaints,
    async [Symbol.asyncDispose]() {
      child.kill()
      await closed
    },
  }
}
