import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url))

describe('the workshop’s process', { timeout: 30_000 }, () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deckhand-cli-'))
    await writeFile(join(folder, 'deck.md'), '# One\n')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends in good order on %s, with nothing said and nothing left', async (signal) => {
    const { child, said } = await started()
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(said()).toBe('')
    expect(await readdir(folder)).toEqual(['deck.md', 'state'])
  })

  it('ends in good order when nobody reads what it says any more, as when its window was closed', async () => {
    const { child } = await started('--clusters', 'simulated')
    child.stdout?.destroy()
    child.stderr?.destroy()
    child.kill('SIGHUP')
    // Had it been unable to end by itself, it would have given up with another status.
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await readdir(folder)).toEqual(['deck.md', 'state'])
  })

  it('takes away what it had begun when it does not come to start', async () => {
    const child = run('--clusters', `kubeconfig:${join(folder, 'none')}`)
    const said = textOf(child)
    expect(await once(child, 'exit')).toEqual([1, null])
    expect(said().trim().split('\n')).toHaveLength(1)
    expect((await readdir(folder)).toSorted()).toEqual(['deck.md', 'state'])
  })

  /** Temporary folders of its own go into the test's folder, so that what is left shows. */
  function run(...options: string[]): ChildProcess {
    const args = [CLI, 'present', join(folder, 'deck.md'), '--port', '0', '--state', join(folder, 'state'), ...options]
    return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: folder } })
  }

  async function started(...options: string[]) {
    const child = run('--json', '--clusters', 'none', ...options)
    const said = textOf(child)
    if (child.stdout) await once(child.stdout, 'data')
    return { child, said }
  }
})

function textOf(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () => text
}
