import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRuntimeFolder } from './runtime-folder.ts'

describe('the folder of a run', () => {
  let parent: string
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'deckhand-runtime-'))
  })
  afterEach(() => rm(parent, { recursive: true }))

  it('can be passed through and not be listed by others, and does not touch that of another run', async () => {
    const [first, second] = [await createRuntimeFolder(parent), await createRuntimeFolder(parent)]
    expect((await stat(first)).mode & 0o777).toBe(0o711)
    expect((await readdir(parent)).toSorted()).toEqual([first, second].map((path) => basename(path)).toSorted())
  })

  it('is taken away by the next run when its own was killed', async () => {
    const killed = await folderOfKilled(parent)
    const next = await createRuntimeFolder(parent)
    expect(await readdir(parent)).toEqual([basename(next)])
    expect(killed).not.toBe(next)
  })

  it('is taken away when another process has got its run’s number since', async () => {
    await put('deckhand-aaaaaa', { pid: process.pid, started: '1', ...(await here()) })
    const next = await createRuntimeFolder(parent)
    expect(await readdir(parent)).toEqual([basename(next)])
  })

  it('stays when it is another container’s, nobody’s, or no folder of ours at all', async () => {
    await put('deckhand-bbbbbb', { pid: 4_000_000, started: '1', ...(await here()), namespace: 'pid:[1]' })
    await mkdir(join(parent, 'deckhand-cccccc'))
    await mkdir(join(parent, 'deckhand-notes-x'))
    await createRuntimeFolder(parent)
    expect(await readdir(parent)).toEqual(expect.arrayContaining(['deckhand-bbbbbb', 'deckhand-cccccc', 'deckhand-notes-x']))
  })

  async function put(name: string, owner: object): Promise<void> {
    await mkdir(join(parent, name))
    await writeFile(join(parent, name, 'server.json'), JSON.stringify(owner))
  }
})

async function here(): Promise<{ boot: string; namespace: string }> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return { boot: boot.trim(), namespace: await readlink('/proc/self/ns/pid').catch(() => '') }
}

async function folderOfKilled(parent: string): Promise<string> {
  const module = new URL('runtime-folder.ts', import.meta.url).href
  const script = `const { createRuntimeFolder } = await import(${JSON.stringify(module)})
    console.log(await createRuntimeFolder(${JSON.stringify(parent)}))
    setInterval(() => {}, 1000)`
  const server = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed] = (await once(server.stdout, 'data')) as [Buffer]
  server.kill('SIGKILL')
  await once(server, 'exit')
  return printed.toString().trim()
}
