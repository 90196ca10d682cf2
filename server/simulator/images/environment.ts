import type { Api } from '../api/door.ts'
import type { Container, Pod } from '../resources/kinds.ts'
import { nodeResolver } from '../network/network.ts'

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
