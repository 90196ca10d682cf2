import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'
import { findSome } from '../../server/tools/find-tools.ts'
import { startSimulation } from '../conformance/simulated.ts'

it('kubectl --watch follows 100 pods through a rollout and ends with the picture that a list has', async () => {
  const { kubectl } = await findSome(['kubectl'])
  if (!kubectl.found) throw new Error(kubectl.howToGet)
  const simulation = await startSimulation()
  const run = async (...args: string[]) =>
    (await promisify(execFile)(kubectl.path, ['--kubeconfig', simulation.kubeconfig, ...args], { maxBuffer: 1 << 26 })).stdout
  await run('create', 'deployment', 'web', '--image=nginx:1.26', '--replicas=100')
  const watch = spawn(kubectl.path, [
    '--kubeconfig',
    simulation.kubeconfig,
    'get',
    'pods',
    '--watch',
    '--output-watch-events',
    '-o',
    'jsonpath={.type} {.object.metadata.name} {.object.status.phase}{"\\n"}',
  ])
  try {
    const pods = new Map<string, string>()
    createInterface({ input: watch.stdout }).on('line', (line) => {
      const [type, name = '', phase = ''] = line.split(' ')
      if (type === 'DELETED') pods.delete(name)
      else pods.set(name, phase)
    })
    await run('rollout', 'status', 'deployment/web', '--timeout=90s')
    await run('set', 'image', 'deployment/web', 'nginx=nginx:1.27')
    await run('rollout', 'status', 'deployment/web', '--timeout=90s')
    const list = async () => {
      const { items } = JSON.parse(await run('get', 'pods', '-o', 'json')) as {
        items: { metadata: { name: string }; status: { phase: string } }[]
      }
      return items.map(({ metadata, status }) => `${metadata.name} ${status.phase}`).toSorted()
    }
    await vi.waitFor(
      async () => {
        const listed = await list()
        expect(listed).toHaveLength(100)
        expect([...pods].map(([name, phase]) => `${name} ${phase}`).toSorted()).toEqual(listed)
      },
      { timeout: 60_000, interval: 500 },
    )
  } finally {
    watch.kill()
    await simulation.stop()
  }
})
