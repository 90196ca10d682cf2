import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const entry = join(import.meta.dirname, 'simulate.ts')
/** How often the process is killed; `DECKHAND_CRASHES=100` asks for more. */
const crashes = Number(process.env['DECKHAND_CRASHES'] ?? 8)

let folder: string
let running: ChildProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deckhand-state-'))
})
afterEach(async () => {
  running?.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

describe('a simulated cluster with a state folder', { timeout: 30_000 + crashes * 8000 }, () => {
  it('is there again after every kill -9 in the middle of writes, with everything that was acknowledged', async () => {
    const maps = '/api/v1/namespaces/default/configmaps'
    const alive = new Map<string, string>()
    const gone = new Set<string>()
    let serial = 0
    for (let crash = 0; crash <= crashes; crash++) {
      const client = await start()
      const listed = (await client('GET', maps)) as { items: { metadata: { name: string }; data?: { value: string } }[] }
      const found = new Map(listed.items.map(({ metadata, data }) => [metadata.name, data?.value ?? '']))
      for (const [name, value] of alive) expect([crash, name, found.get(name)]).toEqual([crash, name, value])
      for (const name of gone) expect([crash, name, found.has(name)]).toEqual([crash, name, false])
      if (crash === crashes) break
      // Several write at once; each notes what it was told before it goes on. Whatever is unanswered may or may not be there.
      const write = async () => {
        for (;;) {
          const name = `map-${++serial}`
          await client('POST', maps, { metadata: { name }, data: { value: 'made' } })
          alive.set(name, 'made')
          const value = 'x'.repeat(serial % 3000)
          alive.delete(name)
          await client('PUT', `${maps}/${name}`, { metadata: { name }, data: { value } })
          alive.set(name, value)
          if (serial % 4 === 0) continue
          alive.delete(name)
          await client('DELETE', `${maps}/${name}`)
          gone.add(name)
        }
      }
      const writers = Promise.allSettled([write(), write(), write(), write()])
      const enough = serial + 20 + Math.floor(Math.random() * 100)
      await expect.poll(() => serial, { interval: 1, timeout: 20_000 }).toBeGreaterThanOrEqual(enough)
      running?.kill('SIGKILL')
      await writers
    }
    expect(alive.size).toBeGreaterThan(crashes * 3)
  })

  it('finishes what its controllers had begun when it was killed', async () => {
    const client = await start()
    const container = { name: 'c', image: 'nginx:1.27' }
    const spec = {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    }
    await client('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'web' }, spec })
    await client('POST', '/api/v1/namespaces', { metadata: { name: 'doomed' } })
    await client('DELETE', '/api/v1/namespaces/doomed')
    running?.kill('SIGKILL')
    const again = await start()
    await expect
      .poll(
        async () =>
          ((await again('GET', '/apis/apps/v1/namespaces/default/deployments/web')) as { status: { readyReplicas?: number } }).status
            .readyReplicas,
        { timeout: 20_000 },
      )
      .toBe(3)
    const namespaces = async () =>
      ((await again('GET', '/api/v1/namespaces')) as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name)
    await expect.poll(namespaces, { timeout: 20_000 }).not.toContain('doomed')
  })

  it('keeps its address, its kubeconfig and the files of its volumes', async () => {
    const client = await start()
    const before = await readFile(join(folder, 'kubeconfig'), 'utf8')
    const command = ['sh', '-c', 'echo kept > /data/file; sleep 100000']
    const volume = { name: 'data', hostPath: { path: '/srv/data' } }
    const pod = (name: string, run: readonly string[]) => ({
      metadata: { name },
      spec: {
        nodeName: 'workshop-vm-00-00',
        restartPolicy: 'Never',
        volumes: [volume],
        containers: [{ name: 'c', image: 'busybox', command: run, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      },
    })
    const pods = '/api/v1/namespaces/default/pods'
    await client('POST', pods, pod('writer', command))
    const phase = async (name: string, from: Client) =>
      ((await from('GET', `${pods}/${name}`)) as { status: { phase: string } }).status.phase
    await expect.poll(() => phase('writer', client), { timeout: 15_000 }).toBe('Running')
    await stop('SIGTERM')
    const again = await start()
    expect(await readFile(join(folder, 'kubeconfig'), 'utf8')).toBe(before)
    await again('POST', pods, pod('reader', ['cat', '/data/file']))
    await expect.poll(() => phase('reader', again), { timeout: 15_000 }).toBe('Succeeded')
    expect(await again('GET', `${pods}/reader/log`)).toBe('kept\n')
  })

  it('keeps what containers logged, wrote and held, and what the load had made of them', async () => {
    const client = await start()
    const pods = '/api/v1/namespaces/default/pods'
    const containers = [
      { name: 'c', image: 'busybox', command: ['sh', '-c', 'echo said; echo kept > /file; sleep 100000'] },
      { name: 'shop', image: 'nginx:1.29', readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 } },
    ]
    await client('POST', pods, { metadata: { name: 'say' }, spec: { containers } })
    const ready = async (from: Client) =>
      ((await from('GET', `${pods}/say`)) as { status: { containerStatuses?: { ready: boolean }[] } }).status.containerStatuses?.every(
        (each) => each.ready,
      )
    await expect.poll(() => ready(client), { timeout: 20_000 }).toBe(true)
    await stop('SIGTERM')
    const saved = JSON.parse(await readFile(join(folder, 'state', 'containers.json'), 'utf8')) as { containers: Record<string, object> }
    expect(Object.values(saved.containers).flatMap((each) => Object.keys(each))).toEqual(
      expect.arrayContaining(['records', 'files', 'probes']),
    )
    const again = await start()
    expect(await again('GET', `${pods}/say/log?container=c`)).toContain('said\n')
  })

  it('takes no more room than twice what is in it, however much is written', async () => {
    const client = await start()
    const maps = '/api/v1/namespaces/default/configmaps'
    await client('POST', maps, { metadata: { name: 'same' } })
    for (let turn = 0; turn < 60; turn++)
      await client('PUT', `${maps}/same`, { metadata: { name: 'same' }, data: { value: `${turn} ${'x'.repeat(300_000)}` } })
    expect((await stat(join(folder, 'state', 'objects.jsonl'))).size).toBeLessThan(12_000_000)
    await stop('SIGKILL')
    const { data } = (await (await start())('GET', `${maps}/same`)) as { data: { value: string } }
    expect(data.value.slice(0, 3)).toBe('59 ')
  })

  it('says what is wrong with a folder that is in use, damaged or of another cluster', async () => {
    await start()
    expect(await refusal([])).toMatch(/is in use by the process \d+\. Stop it, or choose another folder with --state\.$/)
    await stop('SIGKILL')
    expect(await refusal(['--nodes', '3'])).toMatch(/has 2 nodes, not 3\. Say --nodes 2, or choose another folder\.$/)
    const objects = join(folder, 'state', 'objects.jsonl')
    const whole = await readFile(objects, 'utf8')
    await writeFile(objects, whole.replace('\n', '\n{"half\n'))
    expect(await refusal([])).toMatch(/objects\.jsonl cannot be read: line 2 is damaged\./)
    // What was being written when the process died was never acknowledged.
    await writeFile(objects, whole)
    await appendFile(objects, '[99999,"v1/configmaps",{"half":')
    const client = await start()
    expect(((await client('GET', '/api/v1/namespaces/default')) as { metadata: { name: string } }).metadata.name).toBe('default')
  })
})

type Client = (method: string, path: string, body?: object) => Promise<unknown>

const flags = () => ['--kubeconfig', join(folder, 'kubeconfig'), '--state', join(folder, 'state')]

async function start(): Promise<Client> {
  const child = spawn(process.execPath, [entry, ...flags()], { stdio: ['ignore', 'pipe', 'inherit'] })
  running = child
  await new Promise<void>((ready, failed) => {
    createInterface({ input: child.stdout }).on('line', (line) => line === 'ready' && ready())
    child.once('exit', (code) => failed(new Error(`simulate ended with ${code}`)))
  })
  return clientOf(join(folder, 'kubeconfig'))
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const child = running
  if (!child) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

function refusal(more: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...flags(), ...more], (error, _stdout, stderr) =>
      resolve(error ? stderr.trim() : 'it was not refused'),
    )
  })
}

async function clientOf(kubeconfig: string): Promise<Client> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as {
    clusters: { cluster: { 'server': string; 'certificate-authority-data': string } }[]
    users: { user: { token: string } }[]
  }
  const { server = '', 'certificate-authority-data': authority = '' } = clusters[0]?.cluster ?? {}
  const agent = new Agent({ keepAlive: true, ca: Buffer.from(authority, 'base64') })
  const headers = { 'authorization': `Bearer ${users[0]?.user.token ?? ''}`, 'content-type': 'application/json' }
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const asked = request(`${server}${path}`, { method, agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('error', reject).on('end', () => {
          if ((response.statusCode ?? 500) >= 300) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
          else resolve(response.headers['content-type']?.includes('json') === true ? JSON.parse(text) : text)
        })
        response.on('aborted', () => reject(new Error('hung up')))
      })
      asked.on('error', reject)
      asked.end(body && JSON.stringify(body))
    })
}
