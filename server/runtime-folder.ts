import { chmod, lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const NAME = /^deckhand-[A-Za-z0-9]{6}$/
const OWNER_FILE = 'server.json'

/** Which process a folder belongs to. A process id alone is given away again. */
const Owner = z.strictObject({
  pid: z.int().positive(),
  /** When it started, in the kernel's count; empty where the kernel does not tell. */
  started: z.string(),
  /** Process ids mean something within one run of one machine, and one container of it. */
  boot: z.string(),
  namespace: z.string(),
})
type Owner = z.infer<typeof Owner>

/**
 * Makes the folder for everything temporary of this run: homes, sockets, Prometheus' samples. Shells' users may pass
 * through, not look around. Folders of runs that were killed before they could take theirs away go now.
 */
export async function createRuntimeFolder(parent = tmpdir()): Promise<string> {
  await removeStale(parent)
  const folder = await mkdtemp(join(parent, 'deckhand-'))
  await writeFile(join(folder, OWNER_FILE), JSON.stringify(await ownerOf(process.pid)), { mode: 0o600 })
  await chmod(folder, 0o711)
  return folder
}

async function removeStale(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  await Promise.all(
    names
      .filter((name) => NAME.test(name))
      .map(async (name) => {
        const folder = join(parent, name)
        if (await isStale(folder)) await rm(folder, { recursive: true, force: true }).catch(() => {})
      }),
  )
}

/** Only a folder of this very user's, that says whose it was, and whose process is certainly gone. */
async function isStale(folder: string): Promise<boolean> {
  try {
    const status = await lstat(folder)
    if (!status.isDirectory() || status.uid !== process.getuid?.()) return false
    const owner = Owner.parse(JSON.parse(await readFile(join(folder, OWNER_FILE), 'utf8')))
    const here = await ownerOf(process.pid)
    if (owner.boot !== here.boot) return true
    if (owner.namespace !== here.namespace) return false
    return !isAlive(owner.pid) || (await ownerOf(owner.pid)).started !== owner.started
  } catch {
    return false
  }
}

async function ownerOf(pid: number): Promise<Owner> {
  const [stat, boot, namespace] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ''),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ])
  // Field 22 of proc_pid_stat(5); the second, the name, may itself hold spaces and parentheses.
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return { pid, started, boot: boot.trim(), namespace }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
