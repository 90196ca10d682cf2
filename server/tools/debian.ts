import { chmod, mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { inPartialFolder, isRoot, lastWords, run, TOOLS } from './machine.ts'
import { StepFailed } from './progress.ts'

let listsAreFresh: Promise<void> | undefined

/** Installs packages for the whole machine; only root can. */
export async function aptInstall(packages: readonly string[]): Promise<void> {
  const install = () =>
    run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  if ((await install()).ok) return
  await refreshLists()
  const { ok, stderr } = await install()
  if (!ok) throw new StepFailed(`apt-get could not install ${packages.join(' and ')}: ${lastWords(stderr)}`)
}

/** Takes programs out of a Debian package, without root and without installing it: `.tools/FOLDER/NAME`. */
export function takeFromPackage(name: string, inside: readonly string[], folder: string): Promise<void> {
  return inPartialFolder(async (partial) => {
    const download = () => run('apt-get', ['download', name], { cwd: partial })
    let got = await download()
    if (!got.ok && isRoot()) {
      await refreshLists()
      got = await download()
    }
    const file = (await readdir(partial)).find((each) => each.endsWith('.deb'))
    if (!got.ok || !file) throw new StepFailed(`apt-get could not download ${name}: ${lastWords(got.stderr)}`)
    const unpacked = await run('dpkg', ['-x', file, 'unpacked'], { cwd: partial })
    if (!unpacked.ok) throw new StepFailed(`${name} could not be unpacked: ${lastWords(unpacked.stderr)}`)
    for (const program of inside) await putInPlace(join(partial, 'unpacked', program), folder)
  })
}

/** Moves one finished program to `.tools/FOLDER/`, so that a half-fetched one is never found there. */
export async function putInPlace(program: string, folder: string): Promise<void> {
  const home = join(TOOLS, folder)
  await mkdir(home, { recursive: true })
  await chmod(program, 0o755)
  await rename(program, join(home, program.slice(program.lastIndexOf('/') + 1)))
}

/** `apt-get update`, once however many steps need it. */
function refreshLists(): Promise<void> {
  listsAreFresh ??= run('apt-get', ['update']).then(({ ok, stderr }) => {
    if (!ok) throw new StepFailed(`apt-get could not refresh its lists: ${lastWords(stderr)}`)
  })
  return listsAreFresh
}
