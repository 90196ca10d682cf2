import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const entry = join(import.meta.dirname, 'simulate.ts')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deckhand-simulate-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('simulate', { timeout: 30_000 }, () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('serves a cluster until %s, and leaves nothing behind', async (signal) => {
    const kubeconfig = join(folder, 'deep', 'kubeconfig')
    const child = spawn(process.execPath, [entry, '--kubeconfig', kubeconfig, '--nodes', '3'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise<void>((ready) => createInterface({ input: child.stdout }).on('line', (line) => line === 'ready' && ready()))
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600)
    const nodes = (await getJson(kubeconfig, '/api/v1/nodes')) as { items: { metadata: { name: string } }[] }
    expect(nodes.items.map(({ metadata }) => metadata.name)).toEqual(['workshop-vm-00-00', 'workshop-vm-00-01', 'workshop-vm-00-02'])
    child.kill(signal)
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(0)
    expect(await readdir(join(folder, 'deep'))).toEqual([])
  })

  it('tells in one sentence what is wrong with its arguments', async () => {
    const kubeconfig = join(folder, 'kubeconfig')
    expect(await refusal([])).toBe("simulate needs --kubeconfig FILE: the file to write the cluster's kubeconfig to.")
    expect(await refusal(['--kubeconfig', kubeconfig, '--nodes', 'many'])).toBe('--nodes takes a whole number from 1 to 100, not "many".')
    expect(await refusal(['--nods', '2'])).toContain("Unknown option '--nods'")
    await writeFile(kubeconfig, 'mine')
    expect(await refusal(['--kubeconfig', kubeconfig])).toContain('there is another file already')
    expect(await readFile(kubeconfig, 'utf8')).toBe('mine')
  })

  it('tells that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    expect(await refusal(['--kubeconfig', join(folder, 'kubeconfig'), '--port', String(port)])).toBe(
      `Port ${port} is taken. Stop what uses it, or choose another with --port.`,
    )
    taken.close()
  })
})

function refusal(flags: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...flags], (error, _stdout, stderr) => resolve(error ? stderr.trim() : 'it was not refused'))
  })
}

/** Asks as the kubeconfig says: its server, its authority, its token. */
async function getJson(kubeconfig: string, path: string): Promise<unknown> {
  const config = parse(await readFile(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
    users: [{ user: { token: string } }]
  }
  const { server, 'certificate-authority-data': authority } = config.clusters[0].cluster
  const headers = { authorization: `Bearer ${config.users[0].user.token}` }
  const asking = request(`${server}${path}`, { ca: Buffer.from(authority, 'base64'), headers, agent: false }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return JSON.parse(text)
}
