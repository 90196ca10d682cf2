import { spawn } from 'node:child_process'
import type { SimulatedCluster } from '../../server/simulator/cluster-api.ts'
import type { ApiRequest } from '../../server/simulator/api/http.ts'
import type { Figures } from './figures.ts'
import { medianOf, rateOf } from './figures.ts'

/** How much goes through `exec` to measure its throughput. */
const kilobytes = 20_000

const latency = 'a shell command, from exec to its status'
const throughput = 'output of exec, KB'

/** Runs commands in a pod that is ready, through the API's front door but for the network and TLS. */
export async function measureShell(cluster: SimulatedCluster, request: (command: readonly string[]) => ApiRequest): Promise<Figures> {
  const run = (command: readonly string[]) =>
    new Promise<number>((resolve, reject) => {
      const answer = cluster.upgrade(request(command))
      if (!answer.accepted || !('start' in answer)) return reject(new Error('exec was refused'))
      let size = 0
      answer.start({ stdout: (chunk) => void (size += chunk.length), stderr: () => undefined, exit: () => resolve(size) })
    })
  return {
    [latency]: await medianOf(200, () => run(['sh', '-c', 'echo hello'])),
    [throughput]: await rateOf(kilobytes, async () => {
      const size = await run(['head', '-c', String(kilobytes * 1000), '/dev/zero'])
      if (size !== kilobytes * 1000) throw new Error(`exec gave ${size} bytes`)
    }),
  }
}

/** The same of real processes on this machine, through pipes. */
export async function measureLocalShell(): Promise<Figures> {
  const run = (command: string, args: readonly string[]) =>
    new Promise<void>((resolve) => {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
      child.stdout.on('data', () => undefined)
      child.on('close', () => resolve())
    })
  return {
    [latency]: await medianOf(50, () => run('sh', ['-c', 'echo hello'])),
    [throughput]: await rateOf(kilobytes, () => run('head', ['-c', String(kilobytes * 1000), '/dev/zero'])),
  }
}
