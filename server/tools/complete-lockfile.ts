/**
 * Adds to `package-lock.json` the optional packages of other platforms that npm left out, because the registry
 * it was made with did not have them. Without them `npm ci` refuses the lockfile everywhere; with them it skips
 * them where they do not fit. Run it after the dependencies have changed:
 *
 *     node server/tools/complete-lockfile.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** What the last parts of a platform package's name mean to npm. */
const SYSTEMS: Readonly<Record<string, string>> = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  aix: 'aix',
  win32: 'win32',
}
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el']

const file = new URL('../../package-lock.json', import.meta.url)
const lockfile = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }

function platformOf(name: string): Pick<Entry, 'os' | 'cpu'> | undefined {
  const parts = name.split(/[/-]/)
  const os = parts.map((part) => SYSTEMS[part]).find((each) => each !== undefined)
  const cpu = PROCESSORS.find((each) => parts.includes(each))
  return os && cpu ? { os: [os], cpu: [cpu] } : undefined
}

let added = 0
for (const [path, entry] of Object.entries(lockfile.packages)) {
  for (const [name, wanted] of Object.entries(entry.optionalDependencies ?? {})) {
    const places = [`${path}/node_modules/${name}`, `node_modules/${name}`]
    if (places.some((place) => lockfile.packages[place])) continue
    const platform = platformOf(name)
    if (!platform) {
      process.stderr.write(`${name}, wanted by ${path}, names no platform: add it by hand\n`)
      continue
    }
    const version = wanted.replace(/^[~^]/, '')
    lockfile.packages[`node_modules/${name}`] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true }
    added += 1
  }
}

const sorted = Object.fromEntries(Object.entries(lockfile.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify({ ...lockfile, packages: sorted }, undefined, 2)}\n`)
process.stdout.write(`${added} added\n`)
