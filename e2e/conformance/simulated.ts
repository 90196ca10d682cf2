import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface RunningSimulation {
  readonly kubeconfig: string
  /** Interrupts it. @returns its exit status */
  stop(): Promise<number | null>
}

const entry = fileURLToPath(new URL('../../server/simulate.ts', import.meta.url))

/** Starts `simulate` as a person does, and waits for its `ready`. @throws when it ends first, with what it said */
export async function startSimulation(flags: readonly string[] = []): Promise<RunningSimulation> {
  const folder = mkdtempSync(join(tmpdir(), 'simulated-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const child = spawn(process.execPath, [entry, '--kubeconfig', kubeconfig, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  try {
    await new Promise<void>((ready, failed) => {
      createInterface({ input: child.stdout }).on('line', (line) => line === 'ready' && ready())
      void exited.then((code) => failed(new Error(`simulate ended with ${code}: ${complaints}`)))
    })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    kubeconfig,
    async stop() {
      child.kill('SIGINT')
      const code = await exited
      rmSync(folder, { recursive: true, force: true })
      return code
    },
  }
}
