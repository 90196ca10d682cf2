import { parseQuantity } from '../resources/quantity.ts'
import type { ContainerConfig, Mount } from '../kubelet/runtime.ts'
import type { ClusterNetwork } from '../network/network.ts'
import type { Api } from '../api/door.ts'
import type { Container } from '../resources/kinds.ts'
import type { Platform } from '../platform.ts'
import { programFiles, programsOf } from '../shell/commands/table.ts'
import { FileError, FileTree, layerOf } from '../shell/files.ts'
import type { Layer } from '../shell/files.ts'
import type { Command, Machine, MachineFacts } from '../shell/machine.ts'
import type { SimulatedContainer } from './container.ts'
import { accountFiles, memberships } from './accounts.ts'
import { controlNginx } from './nginx-command.ts'
import type { MainProgram } from './nginx-command.ts'
import { nodeFiles } from './node-files.ts'
import { nodeView } from './node-view.ts'
import { ProcessTable } from '../shell/processes.ts'
import type { ProcessSpace } from '../shell/processes.ts'
import type { Output } from '../shell/streams.ts'
import { hostnameOf, hostsFile, resolvConf } from './environment.ts'
import type { FoundImage } from './registry.ts'
import type { ContainerPast } from './past.ts'
import { generatedFile, generatedLink, generatedNames } from './proc-files.ts'
import type { ProcParts } from './proc-files.ts'
import type { VolumeStore } from './volumes.ts'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** When images were built, as their files say. */
const builtAt = Date.UTC(2025, 9, 8, 9, 28)

/** A quantity as a plain number; 0 when there is none. */
export function quantityNumber(quantity: string | number | undefined): number {
  const parsed = quantity === undefined ? undefined : parseQuantity(String(quantity))
  return parsed ? Number(parsed.nano) / 1e9 : 0
}

/** The environment of a container's programs. */
export function environmentOf(config: ContainerConfig, image: FoundImage): Readonly<Record<string, string>> {
  const { uid } = userOf(config, image)
  return {
    PATH: defaultPath,
    HOSTNAME: hostnameOf(config.pod),
    ...image.document.env,
    ...config.env,
    HOME: config.env['HOME'] ?? (uid === 0 ? '/root' : '/'),
  }
}

function userOf(config: ContainerConfig, image: FoundImage): Machine['user'] {
  const { user } = image.document
  const uid = config.container.securityContext?.runAsUser ?? config.pod.spec?.securityContext?.runAsUser ?? user.uid
  const gid =
    config.container.securityContext?.runAsGroup ?? config.pod.spec?.securityContext?.runAsGroup ?? (uid === user.uid ? user.gid : 0)
  return {
    uid,
    gid,
    groups: groupsOf(config, gid, uid === 0 ? memberships(image.userland) : []),
    name: uid === 0 ? 'root' : uid === user.uid ? user.name : String(uid),
  }
}

/** A process's groups: its own first. */
function groupsOf(config: ContainerConfig, gid: number, memberOf: readonly number[]): readonly number[] {
  const security = config.pod.spec?.securityContext
  const { fsGroup } = security ?? {}
  const own = security?.supplementalGroupsPolicy === 'Strict' ? [] : memberOf
  return [...new Set([gid, ...own, ...(fsGroup === undefined ? [] : [fsGroup]), ...(security?.supplementalGroups ?? [])])]
}

/** Image layers are the same for every container: built once, kept as long as the description. */
const layers = new WeakMap<FoundImage['document'], Map<string, Layer>>()

function imageLayer(image: FoundImage): Layer {
  const { document, userland } = image
  const known = layers.get(document) ?? new Map<string, Layer>()
  layers.set(document, known)
  const made = known.get(userland) ?? layerOf(imageFiles(image), builtAt)
  known.set(userland, made)
  return made
}

const releases: Record<FoundImage['userland'], string> = {
  busybox: '',
  alpine:
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME="Alpine Linux v3.22"\nHOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n',
  debian:
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\nVERSION_CODENAME=trixie\nID=debian\nHOME_URL="https://www.debian.org/"\n',
  none: 'PRETTY_NAME="Distroless"\nNAME="Debian GNU/Linux"\nID="debian"\nVERSION_ID="12"\n',
}

function imageFiles(image: FoundImage): (readonly [string, string])[] {
  const { document, userland } = image
  const { user } = document
  const folders = [
    '/dev/',
    '/etc/',
    '/home/',
    '/proc/',
    '/root/',
    '/sys/',
    '/tmp/',
    '/usr/bin/',
    '/usr/local/bin/',
    '/var/',
    '/run/',
    ...(userland === 'alpine' || userland === 'debian' ? ['/lib/', '/media/', '/mnt/', '/opt/', '/sbin/', '/srv/'] : []),
    `${document.workdir}/`,
  ]
  const system: (readonly [string, string])[] = [
    ...accountFiles(userland, user),
    ...(releases[userland] ? [['/etc/os-release', releases[userland]] as const] : []),
    ...(userland === 'alpine' ? [['/etc/alpine-release', '3.22.2\n'] as const] : []),
  ]
  const tools = document.tools.map((name) => [`/usr/bin/${name}`, `\u007fELF ${name}`] as const)
  return [
    ...folders.map((path) => [path.replace('//', '/'), ''] as const),
    ...system,
    ...programFiles(userland),
    ...tools,
    ...Object.entries(document.files),
  ]
}

export interface MachineParts {
  readonly config: ContainerConfig
  readonly image: FoundImage
  readonly host: {
    readonly api: Api
    readonly platform: Platform
    readonly network: ClusterNetwork
    readonly volumes: VolumeStore
    readonly containersOn: (node: string) => readonly SimulatedContainer[]
  }
  readonly console: Output
  readonly exhaustMemory: () => void
  readonly usedMemory: () => void
  /** The container's main program, for its own command line. */
  readonly program: MainProgram
  readonly memory: () => number
  readonly cgroup: () => ProcParts['cgroup']
  readonly past: ContainerPast | undefined
}

/** Which processes a container sees: its own, its pod's (`shareProcessNamespace`) or those of the container that it is to debug. */
function spaceFor({ pod, container, node }: ContainerConfig, { containersOn, platform }: MachineParts['host']): ProcessSpace | undefined {
  const target = pod.spec?.ephemeralContainers?.find(({ name }) => name === container.name)?.targetContainerName
  if (!pod.spec?.shareProcessNamespace && !target) return undefined
  const others = containersOn(node).filter(({ config }) => config.pod.metadata.uid === pod.metadata.uid)
  if (target && !pod.spec?.shareProcessNamespace)
    return others.find(({ config, running }) => config.container.name === target && running)?.machine.processes.space
  const shared = others.find(({ machine }) => machine.processes.get(1)?.argv[0] === pause)
  if (shared) return shared.machine.processes.space
  const sandbox = new ProcessTable(platform.clock)
  sandbox.start(undefined, { argv: [pause], user: '65535', background: true })
  return sandbox.space
}

/** What a pod's sandbox runs. */
const pause = '/pause'

const mayTrace = ({ securityContext }: Container): boolean =>
  securityContext?.privileged === true ||
  (securityContext?.capabilities?.add ?? []).some((name) => /^(CAP_)?(SYS_PTRACE|SYS_ADMIN|ALL)$/.test(name))

/** `/proc/PID/root` of another container's process (ptrace(2), PTRACE_MODE_READ_FSCREDS). */
function rootOf(pid: string, processes: ProcessTable, who: { readonly uid: number; readonly traces: boolean }): FileTree | undefined {
  const process = processes.get(Number(pid))
  if (!process || process.table === processes) return undefined
  const { files } = process.table
  if (!files || (files.uid !== who.uid && !who.traces)) throw new FileError('Permission denied')
  return files
}

/** Where containers of a pod share memory: containerd gives each sandbox 64 MiB. */
const sharedMemory = ({ metadata }: ContainerConfig['pod']): Mount => ({
  path: '/dev/shm',
  readOnly: false,
  volume: { kind: 'shared', key: `pod/${metadata.uid}//dev/shm`, medium: 'memory', size: 64 * 1_048_576 },
})

/** A container from the inside: files, network, processes and programs. */
export function buildMachine(parts: MachineParts): Machine {
  const { config, image, host } = parts
  const { pod, container } = config
  const { clock, random, sha256 } = host.platform
  const hostname = hostnameOf(pod)
  const processes = new ProcessTable(clock, spaceFor(config, host))
  const facts = factsOf(parts)
  const user = userOf(config, image)
  const generated = (path: string): string | undefined => {
    if (path === '/etc/resolv.conf') return resolvConf(host.api, pod)
    if (path === '/etc/hosts') return hostsFile(pod, hostname)
    if (path === '/etc/hostname') return `${hostname}\n`
    return generatedFile(path, processes, () => ({
      facts,
      processes,
      now: clock.now(),
      listening: network.listening(),
      mounts,
      cgroup: parts.cgroup(),
    }))
  }
  const mounts = [...config.mounts, ...(config.mounts.some(({ path }) => path === '/dev/shm') ? [] : [sharedMemory(pod)])]
  const files = new FileTree({
    now: () => clock.now(),
    image: imageLayer(image),
    mounts,
    usedMemory: parts.usedMemory,
    rootOf: (pid) => rootOf(pid, processes, { uid: user.uid, traces: mayTrace(container) }),
    generatedLink: (path) => generatedLink(path, processes),
    disk: host.volumes.disk,
    volume: (key) => host.volumes.files(key, () => (key === `node/${config.node}/` ? nodeFiles(host.api, config.node) : new Map())),
    generated,
    generatedNames: (directory) => generatedNames(directory, processes),
    ...(parts.past ? { past: parts.past.files } : {}),
    user: { uid: user.uid, gids: user.groups },
    ...(pod.spec?.securityContext?.fsGroup === undefined ? {} : { fsGroup: pod.spec.securityContext.fsGroup }),
    ...(container.securityContext?.readOnlyRootFilesystem ? { readOnlyRoot: true } : {}),
  })
  processes.files = files
  const network = host.network.view(
    pod,
    () => files.read('/etc/hosts'),
    () => files.read('/etc/resolv.conf'),
  )
  const programs = new Set([...programsOf(image.userland), ...image.document.tools])
  return {
    clock,
    random,
    sha256,
    files,
    processes,
    network,
    hostname,
    user,
    userland: image.userland,
    programs,
    full: new Set(image.userland === 'debian' ? programs : image.document.tools),
    own: ownCommands(image, parts.program),
    facts,
    console: parts.console,
    exhaustMemory: parts.exhaustMemory,
    below: () => nodeView(host.api, config.node, host.containersOn, () => clock.now()),
  }
}

function factsOf(parts: MachineParts): MachineFacts {
  const { config, host } = parts
  const node = host.api.get('Node', undefined, config.node)
  return {
    node: config.node,
    kernel: node?.status?.nodeInfo?.kernelVersion ?? '6.12.0',
    cpus: quantityNumber(node?.status?.capacity?.['cpu']) || 2,
    memoryTotal: quantityNumber(node?.status?.capacity?.['memory']) || 8_000_000_000,
    memoryLimit: quantityNumber(config.container.resources?.limits?.['memory']),
    memoryBytes: parts.memory,
    bootedAt: Date.parse(node?.metadata.creationTimestamp ?? '') || host.platform.clock.now() - 3_600_000,
  }
}

/** Commands of an image with fixed answers: the longest beginning of the command line that is known. */
function ownCommands(image: FoundImage, program: MainProgram): ReadonlyMap<string, Command> {
  const commands = new Map<string, Command>()
  const answers = Object.entries(image.document.answers).toSorted((a, b) => b[0].length - a[0].length)
  const nginx = image.document.programs.some(({ config }) => config?.format === 'nginx')
  for (const name of new Set(answers.map(([line]) => line.split(' ')[0] ?? ''))) {
    commands.set(name, (run) => {
      if (nginx && name === 'nginx' && /^-[tTsq]/.test(run.args[0] ?? '')) return controlNginx(run, program)
      const line = [name, ...run.args].join(' ')
      const known = answers.find(([beginning]) => line === beginning || line.startsWith(`${beginning} `))
      if (known) run.io.out.write(known[1])
      else run.io.err.write(`${name}: not simulated with these arguments\n`)
      return known ? 0 : 1
    })
  }
  return commands
}
