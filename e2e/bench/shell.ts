import { spawn } from 'node:child_process'
import { findSome } from '../../server/tools/find-tools.ts'
import { startSimulation } from '../conformance/simulated.ts'
import type { SimulatedCluster } from '../../server/simulator/cluster-api.ts'
import type { ApiRequest } from '../../server/simulator/api/http.ts'
import type { Figures } from './figures.ts'
import { medianOf, rateOf } from './figures.ts'

/** How much goes through `exec` to measure its throughput. */
const kilobytes = 20_000

const latency = 'a shell command, from exec to its status'
const throughput = 'output of exec, KB'
/** With kubectl's own start, TLS and the WebSocket; the peer is the program itself, started here. */
const outside = 'output of kubectl exec, KB'

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
      const size = await run(zeros)
      if (size !== kilobytes * 1000) throw new Error(`exec gave ${size} bytes`)
    }),
  }
}

/** The same from outside: a real kubectl, and a cluster in a process of its own. */
export async function measureKubectlExec(): Promise<Figures> {
  const { kubectl } = await findSome(['kubectl'])
  if (!kubectl.found) throw new Error(kubectl.howToGet)
  const simulation = await startSimulation()
  const run = (...args: readonly string[]) => drained(kubectl.path, ['--kubeconfig', simulation.kubeconfig, ...args])
  try {
    await run('run', 'shell', '--image=alpine:3.22', '--', 'sleep', '86400')
    await run('wait', '--for=condition=Ready', 'pod/shell', '--timeout=60s')
    return { [outside]: await rateOf(kilobytes, () => run('exec', 'shell', '--', ...zeros)) }
  } finally {
    await simulation.stop()
  }
}

const zeros = ['head', '-c', String(kilobytes * 1000), '/dev/zero'] as const

/** Runs a program to its end, reading what it prints. @throws when it fails */
function drained(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', () => undefined)
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))))
  })
}

/** The same of real processes on this machine, through pipes. */
export async function measureLocalShell(): Promise<Figures> {
  const [command, ...args] = zeros
  return {
    [latency]: await medianOf(50, () => drained('sh', ['-c', 'echo hello'])),
    [throughput]: await rateOf(kilobytes, () => drained(command, args)),
    [outside]: await rateOf(kilobytes, () => drained(command, args)),
  }
}
