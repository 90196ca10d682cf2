import type { Mount } from '../kubelet/runtime.ts'
import type { Listening } from '../network/view.ts'
import type { MachineFacts } from '../shell/machine.ts'
import type { Process, ProcessTable } from '../shell/processes.ts'

/** What /proc, /dev and /sys are made of. */
export interface ProcParts {
  readonly facts: MachineFacts
  readonly processes: ProcessTable
  readonly now: number
  readonly listening: readonly Listening[]
  readonly mounts: readonly Mount[]
  readonly cgroup: {
    /** Cores; Infinity without a limit. */
    readonly cpuLimit: number
    readonly cpuSeconds: number
    readonly throttledSeconds: number
  }
}

const nameOf = (process: Process): string => process.argv[0]?.split(/[: ]/)[0]?.split('/').at(-1)?.slice(0, 15) ?? ''

/** Where a process is shown at, or `self`. */
function processAt(path: string, processes: ProcessTable): { readonly process: Process; readonly file: string } | undefined {
  const [, id, file = ''] = /^\/proc\/(\d+|self|thread-self)\/(.+)$/.exec(path) ?? []
  const process = id === undefined ? undefined : /^\d/.test(id) ? processes.get(Number(id)) : processes.own().at(-1)
  return process && { process, file }
}

const processFiles: Readonly<Record<string, (process: Process, parts: ProcParts) => string>> = {
  cmdline: ({ argv }) => `${argv.join('\0')}\0`,
  comm: (process) => `${nameOf(process)}\n`,
  environ: ({ env }) =>
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  cgroup: () => '0::/\n',
  limits: () =>
    'Limit                     Soft Limit           Hard Limit           Units     \nMax cpu time              unlimited            unlimited            seconds   \nMax open files            1048576              1048576              files     \nMax processes             unlimited            unlimited            processes \n',
  mounts: (_, parts) => mountsText(parts.mounts),
  oom_score_adj: () => '985\n',
  stat: (process, { facts, now }) => {
    const ticks = Math.floor(Math.max(process.startedAt - facts.bootedAt, 0) / 10)
    const used = Math.floor(process.cpuSteps / 200)
    return `${process.pid} (${nameOf(process)}) ${process.stopped ? 'T' : 'S'} ${process.parent?.pid ?? 0} ${process.pid} ${process.pid} 0 -1 4194560 0 0 0 0 ${used} 0 0 0 20 0 1 0 ${Math.min(ticks, Math.floor((now - facts.bootedAt) / 10))} 1638400 256\n`
  },
  status: (process) =>
    `Name:\t${nameOf(process)}\nUmask:\t0022\nState:\t${process.stopped ? 'T (stopped)' : 'S (sleeping)'}\nTgid:\t${process.pid}\nPid:\t${process.pid}\nPPid:\t${process.parent?.pid ?? 0}\nThreads:\t1\n`,
}

/** `/proc/mounts` as mount(8) words it. */
function mountsText(mounts: readonly Mount[]): string {
  const rows = mounts.map(({ path, volume, readOnly }) => {
    const memory = volume.kind === 'projected' || volume.medium === 'memory'
    return `${memory ? 'tmpfs' : '/dev/vda1'} ${path} ${memory ? 'tmpfs' : 'ext4'} ${readOnly ? 'ro' : 'rw'},relatime 0 0\n`
  })
  return `overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\ntmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755 0 0\ncgroup /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec,relatime 0 0\n${rows.join('')}`
}

const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, '0')

/** `/proc/net/tcp` and `/proc/net/udp`: listening sockets (proc_net_tcp.rst: 0A is LISTEN). */
function socketsText(listening: readonly Listening[], protocol: 'TCP' | 'UDP'): string {
  const rows = listening
    .filter((each) => each.protocol === protocol)
    .map(
      ({ port }, index) =>
        `${String(index).padStart(4)}: 00000000:${hex(port, 4)} 00000000:0000 ${protocol === 'TCP' ? '0A' : '07'} 00000000:00000000 00:00000000 00000000     0        0 ${20_000 + index} 1 0000000000000000 100 0 0 10 0\n`,
    )
  return `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n${rows.join('')}`
}

const systemFiles: Readonly<Record<string, (parts: ProcParts) => string>> = {
  '/proc/meminfo': ({ facts }) => {
    const kib = (share: number) => `${Math.round((facts.memoryTotal * share) / 1024)} kB`
    return `MemTotal:       ${kib(1)}\nMemFree:        ${kib(0.42)}\nMemAvailable:   ${kib(0.76)}\nBuffers:          118204 kB\nCached:          5210844 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n`
  },
  '/proc/cpuinfo': ({ facts }) =>
    Array.from(
      { length: facts.cpus },
      (_, index) => `processor\t: ${index}\nvendor_id\t: GenuineIntel\nmodel name\t: Virtual CPU\ncpu MHz\t\t: 2400.000\n\n`,
    ).join(''),
  '/proc/loadavg': ({ processes }) => `0.12 0.18 0.15 1/512 ${processes.list().length}\n`,
  '/proc/uptime': ({ facts, now }) => {
    const uptime = (now - facts.bootedAt) / 1000
    return `${uptime.toFixed(2)} ${(uptime * facts.cpus * 0.93).toFixed(2)}\n`
  },
  '/proc/version': ({ facts }) => `Linux version ${facts.kernel} (root@build) #1 SMP PREEMPT_DYNAMIC\n`,
  '/proc/mounts': ({ mounts }) => mountsText(mounts),
  '/proc/filesystems': () => 'nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\nnodev\tcgroup2\n\text4\n',
  '/proc/sys/kernel/osrelease': ({ facts }) => `${facts.kernel}\n`,
  '/proc/sys/net/core/somaxconn': () => '4096\n',
  '/proc/sys/net/ipv4/ip_forward': () => '1\n',
  '/proc/net/tcp': ({ listening }) => socketsText(listening, 'TCP'),
  '/proc/net/udp': ({ listening }) => socketsText(listening, 'UDP'),
  '/sys/fs/cgroup/cgroup.procs': ({ processes }) =>
    processes
      .list()
      .map(({ pid }) => `${pid}\n`)
      .join(''),
  '/sys/fs/cgroup/cgroup.controllers': () => 'cpuset cpu io memory hugetlb pids rdma misc\n',
  '/sys/fs/cgroup/memory.max': ({ facts }) => `${facts.memoryLimit > 0 ? facts.memoryLimit : 'max'}\n`,
  '/sys/fs/cgroup/memory.current': ({ facts }) => `${facts.memoryBytes()}\n`,
  '/sys/fs/cgroup/memory.swap.max': () => '0\n',
  // A container whose process was killed has a group of its own again.
  '/sys/fs/cgroup/memory.events': () => 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n',
  '/sys/fs/cgroup/cpu.max': ({ cgroup }) =>
    `${Number.isFinite(cgroup.cpuLimit) ? Math.max(Math.round(cgroup.cpuLimit * 100_000), 1000) : 'max'} 100000\n`,
  '/sys/fs/cgroup/cpu.stat': ({ cgroup, facts, now }) => {
    const used = Math.round(cgroup.cpuSeconds * 1e6)
    const periods = Number.isFinite(cgroup.cpuLimit) ? Math.floor(Math.min((now - facts.bootedAt) / 100, cgroup.cpuSeconds * 20)) : 0
    const throttled = Math.min(Math.ceil(cgroup.throttledSeconds * 10), periods)
    return `usage_usec ${used}\nuser_usec ${Math.round(used * 0.7)}\nsystem_usec ${used - Math.round(used * 0.7)}\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec ${Math.round(cgroup.throttledSeconds * 1e6)}\n`
  },
  '/sys/fs/cgroup/pids.current': ({ processes }) => `${processes.list().length}\n`,
  '/sys/fs/cgroup/pids.max': () => 'max\n',
}

const processLinks = ['cwd', 'exe', 'root']

/** Where a link of a process leads: `/proc/1/exe`, `/proc/1/fd/1`. */
export function generatedLink(path: string, processes: ProcessTable): string | undefined {
  const at = path.startsWith('/proc/') ? processAt(path, processes) : undefined
  if (path === '/proc/self') return String(processes.own().at(-1)?.pid ?? 1)
  if (!at) return undefined
  if (at.file === 'root' || at.file === 'cwd') return '/'
  if (at.file === 'exe') return programPath(at.process)
  const descriptor = /^fd\/([012])$/.exec(at.file)?.[1]
  if (descriptor === undefined) return undefined
  return at.process.terminal
    ? '/dev/pts/0'
    : descriptor === '0'
      ? '/dev/null'
      : `pipe:[${21_000 + at.process.pid * 7 + Number(descriptor)}]`
}

function programPath({ argv, table }: Process): string {
  const name = argv[0] ?? ''
  const found = name.startsWith('/')
    ? name
    : ['/bin', '/usr/bin', '/usr/sbin', '/usr/local/bin'].map((folder) => `${folder}/${name}`).find((each) => table.files?.stat(each))
  return found !== undefined && table.files?.stat('/bin/busybox') && found.startsWith('/bin/')
    ? '/bin/busybox'
    : (found ?? `/${name.split(/[: ]/)[0]}`)
}

const devices = ['null', 'random', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero']

/** What is read at a path that no disk holds; undefined where there is nothing. @param parts asked only when something is there */
export function generatedFile(path: string, processes: ProcessTable, parts: () => ProcParts): string | undefined {
  if (path.startsWith('/dev/')) return devices.includes(path.slice(5)) ? '' : undefined
  const at = processAt(path, processes)
  if (at) return processFiles[at.file]?.(at.process, parts())
  return Object.hasOwn(systemFiles, path) ? systemFiles[path]?.(parts()) : undefined
}

/** The names in a directory of such files. */
export function generatedNames(directory: string, processes: ProcessTable): readonly string[] {
  if (directory === '/dev') return devices
  if (directory === '/etc') return ['hostname', 'hosts', 'resolv.conf']
  if (/^\/proc\/(\d+|self)$/.test(directory))
    return directory.endsWith('self') || processes.get(Number(directory.slice(6)))
      ? [...Object.keys(processFiles), ...processLinks, 'fd']
      : []
  if (/^\/proc\/(\d+|self)\/fd$/.test(directory)) return generatedNames(directory.slice(0, -3), processes).length > 0 ? ['0', '1', '2'] : []
  if (directory !== '/sys' && !directory.startsWith('/sys/') && directory !== '/proc' && !directory.startsWith('/proc/')) return []
  const below = Object.keys(systemFiles).filter((path) => path.startsWith(`${directory}/`))
  const names = below.map((path) => path.slice(directory.length + 1).split('/')[0] ?? '')
  const own = directory === '/proc' ? [...processes.list().map((process) => String(process.pid)), 'self'] : []
  return [...new Set([...own, ...names])]
}
