import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { inPartialFolder, lastWords, readText, ROOT, run, TOOLS } from './machine.ts'
import { StepFailed } from './progress.ts'

interface Lockfile {
  readonly packages?: Readonly<Record<string, { readonly version?: string; readonly integrity?: string; readonly optional?: boolean }>>
}

/**
 * Whether `node_modules` holds what the lockfile says. npm keeps its own account of an installation in
 * `node_modules/.package-lock.json`, written last, so one that was interrupted has none.
 */
export function isInstalled(lockfile: string | undefined, account: string | undefined): boolean {
  if (!lockfile || !account) return false
  const wanted = (JSON.parse(lockfile) as Lockfile).packages ?? {}
  const there = (JSON.parse(account) as Lockfile).packages ?? {}
  return Object.entries(wanted).every(([path, entry]) => {
    // Optional packages are those of other platforms, as a rule.
    if (path === '' || (entry.optional && !there[path])) return true
    return there[path]?.version === entry.version
  })
}

export const dependenciesAreInstalled = (): boolean =>
  isInstalled(readText(join(ROOT, 'package-lock.json')), readText(join(ROOT, 'node_modules/.package-lock.json')))

export async function installDependencies(): Promise<void> {
  const { ok, stderr } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (!ok) throw new StepFailed(`npm ci failed: ${lastWords(stderr)}. It needs npm's registry (or its cache) the first time.`)
}

const CLIENT_SOURCES = ['client', 'server/protocol', 'server/kernel', 'vite.config.ts', 'package-lock.json', 'index.html']
const BUILD_STAMP = join(TOOLS, 'client-build')

export const hasClient = (): boolean => existsSync(join(ROOT, 'vite.config.ts'))

export async function clientIsBuilt(): Promise<boolean> {
  if (!['index.html', 'export/export.js'].every((each) => existsSync(join(ROOT, 'dist', each)))) return false
  return readText(BUILD_STAMP) === (await fingerprint(CLIENT_SOURCES.map((each) => join(ROOT, each))))
}

/** Builds beside `dist/` and swaps at the end, so that a running server never misses a file for long. */
export function buildClient(): Promise<void> {
  return inPartialFolder(async (partial) => {
    const stamp = await fingerprint(CLIENT_SOURCES.map((each) => join(ROOT, each)))
    const fresh = join(partial, 'dist')
    await viteBuild('production', fresh)
    await viteBuild('export', join(fresh, 'export'))
    await swap(fresh, join(ROOT, 'dist'))
    writeFileSync(BUILD_STAMP, stamp)
  })
}

async function viteBuild(mode: 'production' | 'export', folder: string): Promise<void> {
  const vite = join(ROOT, 'node_modules/.bin/vite')
  const { ok, stderr, stdout } = await run(vite, ['build', '--mode', mode, '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'])
  if (!ok) throw new StepFailed(`the client could not be built: ${lastWords(stderr || stdout)}`)
}

async function swap(fresh: string, place: string): Promise<void> {
  await rm(place, { recursive: true, force: true })
  // Another start may have put its own there in between; both are right, the last one stays.
  await rename(fresh, place).catch(async () => {
    await rm(place, { recursive: true, force: true })
    await rename(fresh, place)
  })
}

/** One hash over the names and contents of files and folders; tests do not count. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await Promise.all(paths.map(filesIn))).flat().toSorted()) {
    if (/\.test\.tsx?$/.test(file)) continue
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

async function filesIn(path: string): Promise<string[]> {
  if (!existsSync(path)) return []
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => undefined)
  if (!entries) return [path]
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

export const makeToolsFolder = (): Promise<unknown> => mkdir(TOOLS, { recursive: true })
