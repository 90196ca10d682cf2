import type { Api } from '../api/door.ts'
import type { Container, Pod } from '../resources/kinds.ts'
import { nodeResolver } from '../network/network.ts'
import type { ProcessTable } from '../shell/processes.ts'
import type { MachineFacts } from '../shell/machine.ts'

/** The DNS settings a pod gets (`dnsPolicy`). */
export function resolvConf(api: Api, pod: Pod): string {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst'
  const config = pod.spec?.dnsConfig
  const inCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec?.hostNetwork)
  const dns = api.list('Service', 'kube-system').find((service) => service.metadata.name === 'kube-dns')?.spec?.clusterIP
  const own = inCluster ? [`${pod.metadata.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'] : []
  const search = [...own, ...(config?.searches ?? [])]
  const servers = [...(inCluster ? [dns ?? '10.96.0.10'] : policy === 'None' ? [] : [nodeResolver]), ...(config?.nameservers ?? [])]
  const options = [
    ...(inCluster ? ['ndots:5'] : []),
    ...(config?.options ?? []).map((option) => option.name + (option.value === undefined ? '' : `:${option.value}`)),
  ]
  const lines = [
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ]
  return `${lines.join('\n')}\n`
}

export function hostsFile(pod: Pod, hostname: string): string {
  const ip = pod.status?.podIP ?? '127.0.0.1'
  const subdomain = pod.spec?.subdomain
  const names = subdomain ? `${hostname}.${subdomain}.${pod.metadata.namespace}.svc.cluster.local\t${hostname}` : hostname
  const aliases = (pod.spec?.hostAliases ?? []).map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}\n`).join('')
  const head =
    '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nfe00::\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n'
  return `${head}${ip}\t${names}\n${aliases === '' ? '' : `\n# Entries added by HostAliases.\n${aliases}`}`
}

export function hostnameOf(pod: Pod): string {
  if (pod.spec?.hostNetwork) return pod.spec.nodeName ?? 'localhost'
  return (pod.spec?.hostname ?? pod.metadata.name ?? 'localhost').slice(0, 63)
}

/** `$(VAR)` in a command or its arguments, as the kubelet expands it; `$$(VAR)` stays `$(VAR)`. */
export function expandArgument(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? whole),
  )
}

/** The first arguments of a container: its own command and arguments, or the image's. */
export function commandLine(
  container: Container,
  image: { readonly entrypoint: readonly string[]; readonly cmd: readonly string[] },
  env: Readonly<Record<string, string>>,
): string[] {
  const command = container.command ?? []
  const args = container.args ?? []
  const head = command.length > 0 ? command : image.entrypoint
  const tail = args.length > 0 ? args : command.length > 0 ? [] : image.cmd
  const own = (words: readonly string[]) => words.map((word) => expandArgument(word, env))
  return [...(head === command ? own(head) : head), ...(tail === args ? own(tail) : tail)]
}

/** What templates may name of a container's environment and flags: `env:NAME`, `arg:--flag`. */
export function givenFields(env: Readonly<Record<string, string>>, argv: readonly string[]): Readonly<Record<string, string>> {
  const flags = argv.flatMap((arg, index): (readonly [string, string])[] => {
    const [name = '', value] = arg.split(/=(.*)/s, 2)
    return name.startsWith('-') ? [[`arg:${name}`, value ?? argv[index + 1] ?? '']] : []
  })
  return Object.fromEntries([...Object.entries(env).map(([name, value]) => [`env:${name}`, value] as const), ...flags])
}

/** What /proc and /dev show. */
export function generatedFile(path: string, facts: MachineFacts, processes: ProcessTable, now: number): string | undefined {
  const process = /^\/proc\/(\d+|self)\/(cmdline|comm|status|environ)$/.exec(path)
  if (process) {
    const found = process[1] === 'self' ? processes.list().at(-1) : processes.get(Number(process[1]))
    if (!found) return undefined
    if (process[2] === 'cmdline') return `${found.argv.join('\0')}\0`
    if (process[2] === 'comm') return `${found.argv[0]?.split('/').at(-1) ?? ''}\n`
    return process[2] === 'environ'
      ? Object.entries(found.env)
          .map(([name, value]) => `${name}=${value}\0`)
          .join('')
      : `Name:\t${found.argv[0]?.split('/').at(-1) ?? ''}\nState:\tS (sleeping)\nPid:\t${found.pid}\nPPid:\t${found.parent?.pid ?? 0}\n`
  }
  const uptime = (now - facts.bootedAt) / 1000
  const kib = (share: number) => `${Math.round((facts.memoryTotal * share) / 1024)} kB`
  switch (path) {
    case '/proc/meminfo':
      return `MemTotal:       ${kib(1)}\nMemFree:        ${kib(0.42)}\nMemAvailable:   ${kib(0.76)}\nBuffers:          118204 kB\nCached:          5210844 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n`
    case '/proc/cpuinfo':
      return Array.from(
        { length: facts.cpus },
        (_, index) => `processor\t: ${index}\nvendor_id\t: GenuineIntel\nmodel name\t: Virtual CPU\ncpu MHz\t\t: 2400.000\n\n`,
      ).join('')
    case '/proc/loadavg':
      return `0.12 0.18 0.15 1/512 ${processes.list().length}\n`
    case '/proc/uptime':
      return `${uptime.toFixed(2)} ${(uptime * facts.cpus * 0.93).toFixed(2)}\n`
    case '/proc/version':
      return `Linux version ${facts.kernel} (root@build) #1 SMP PREEMPT_DYNAMIC\n`
    case '/sys/fs/cgroup/memory.max':
      return `${facts.memoryLimit > 0 ? facts.memoryLimit : 'max'}\n`
    case '/sys/fs/cgroup/memory.current':
      return `${facts.memoryBytes()}\n`
    default:
      return ['/dev/null', '/dev/zero', '/dev/urandom', '/dev/random', '/dev/tty', '/dev/stdin', '/dev/stdout', '/dev/stderr'].includes(
        path,
      )
        ? ''
        : undefined
  }
}

export function generatedNames(directory: string, processes: ProcessTable): readonly string[] {
  if (directory === '/proc')
    return [...processes.list().map((process) => String(process.pid)), 'cpuinfo', 'loadavg', 'meminfo', 'self', 'uptime', 'version']
  if (/^\/proc\/(\d+|self)$/.test(directory))
    return directory.endsWith('self') || processes.get(Number(directory.slice(6))) ? ['cmdline', 'comm', 'environ', 'status'] : []
  if (directory === '/dev') return ['null', 'random', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero']
  if (directory === '/sys/fs/cgroup') return ['memory.current', 'memory.max']
  if (directory === '/sys/fs') return ['cgroup']
  if (directory === '/sys') return ['fs']
  if (directory === '/etc') return ['hostname', 'hosts', 'resolv.conf']
  return []
}
