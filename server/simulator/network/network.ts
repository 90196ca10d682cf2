import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { Pod, Service } from '../resources/kinds.ts'
import { answerQuery } from './dns.ts'
import { slicesOf } from './slices.ts'
import type { Connection, DnsAnswer, HttpExchange, HttpReply, HttpRequest, Listening, Lookup, NetworkView, RecordType } from './view.ts'

/** A place where something listens. */
export interface Endpoint extends Listening {
  readonly tls: boolean
  /** Undefined when it is open but speaks no HTTP. */
  readonly answer: ((request: HttpRequest, client: string) => { readonly reply: HttpReply; readonly millis: number }) | undefined
}

/** A pod's listening side, made by its running containers. */
export interface Attachment {
  readonly pod: Pod
  readonly endpoints: () => readonly Endpoint[]
}

/** Asks the cluster's own API, as a pod that connects to it does. */
export type KubeApi = (request: HttpRequest) => Promise<HttpReply> | HttpReply

type Route =
  | { readonly to: 'endpoint'; readonly endpoint: Endpoint; readonly ip: string }
  | { readonly to: 'kube-api' }
  | { readonly to: 'refused' | 'timeout' | 'unreachable' }

/** The kernel answers for an address that nobody has after this long. */
const unreachableMillis = 3070
const dnsTimeoutMillis = 5000
/** Where pods with `dnsPolicy: Default` ask: what their node's own /etc/resolv.conf names. */
export const nodeResolver = '10.0.0.2'

interface Resolver {
  readonly servers: readonly string[]
  readonly search: readonly string[]
  readonly ndots: number
}

/** What /etc/resolv.conf says (resolv.conf(5)). */
export function parseResolver(text: string): Resolver {
  const words = (keyword: string) => [...text.matchAll(new RegExp(`^${keyword}[ \\t]+(.*)$`, 'gm'))].map((match) => match[1]?.trim() ?? '')
  return {
    servers: words('nameserver').slice(0, 3),
    search: words('search').at(-1)?.split(/\s+/) ?? [],
    ndots: Number(/\bndots:(\d+)/.exec(words('options').join(' '))?.[1] ?? 1),
  }
}

/** Pods, services and names of one cluster. Nothing is kept: every question reads the API's objects. */
export class ClusterNetwork {
  readonly #api: Api
  readonly #platform: Platform
  readonly #kubeApi: KubeApi | undefined
  readonly #attached = new Map<string, Set<Attachment>>()
  #turn = 0

  constructor(api: Api, platform: Platform, kubeApi: KubeApi | undefined) {
    this.#api = api
    this.#platform = platform
    this.#kubeApi = kubeApi
  }

  /** Makes a container's ports reachable at its pod's address. @returns detaches it */
  attach(ip: string, attachment: Attachment): () => void {
    const there = this.#attached.get(ip) ?? new Set()
    this.#attached.set(ip, there)
    there.add(attachment)
    return () => {
      there.delete(attachment)
      if (there.size === 0) this.#attached.delete(ip)
    }
  }

  /** The network from inside a pod. @param hosts reads its /etc/hosts @param resolver reads its /etc/resolv.conf */
  view(ip: string, namespace: string, hosts: () => string, resolver: () => string): NetworkView {
    return {
      ip,
      namespace,
      query: (name, type, server) => this.query(name, type, server === undefined ? parseResolver(resolver()).servers : [server]),
      lookup: (host) => this.#lookup(host, hosts(), parseResolver(resolver())),
      connect: (to, port) => this.connect(ip, to, port),
      request: (to, port, request) => this.request(ip, to, port, request),
      ping: (to) => this.#ping(ip, to),
      listening: () => this.endpointsAt(ip),
    }
  }

  endpointsAt(ip: string): readonly Endpoint[] {
    return [...(this.#attached.get(ip) ?? [])].flatMap((attachment) => attachment.endpoints())
  }

  #wait(millis: number): Promise<void> {
    return new Promise((resolve) => void this.#platform.clock.after(millis, resolve))
  }

  /** Asks name servers, one after the other until one answers. */
  async query(name: string, type: RecordType, servers: readonly string[]): Promise<DnsAnswer> {
    for (const server of servers) {
      if (this.#isNameServer(server)) {
        await this.#wait(1)
        return answerQuery(this.#api, name, type)
      }
      await this.#wait(dnsTimeoutMillis)
    }
    return { status: 'timeout' }
  }

  /** The cluster's DNS by its service or one of its pods, or the nodes' own resolver, which knows no cluster names but answers. */
  #isNameServer(ip: string): boolean {
    const dns = this.#api.list('Service', 'kube-system').find((service) => service.metadata.name === 'kube-dns')
    if (!dns) return false
    const ready = this.#readyAddresses(dns, dns.spec?.ports?.[0]?.name)
    return ready.length > 0 && (dns.spec?.clusterIP === ip || ip === nodeResolver || ready.some((each) => each.ip === ip))
  }

  async #lookup(host: string, hosts: string, { servers, search, ndots }: Resolver): Promise<Lookup> {
    if (/^\d+(\.\d+){3}$/.test(host)) return { ok: true, name: host, addresses: [host] }
    for (const line of hosts.split('\n')) {
      const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
      if (address && !address.includes(':') && names.includes(host)) return { ok: true, name: host, addresses: [address] }
    }
    // resolv.conf(5): names with fewer dots than ndots are tried below the search list first.
    const relative = search.map((domain) => `${host}.${domain}`)
    const names = host.endsWith('.') ? [host] : host.split('.').length > ndots ? [host, ...relative] : [...relative, host]
    let failed = false
    for (const name of names) {
      const answer = await this.query(name, 'A', servers)
      if (answer.status === 'timeout') return { ok: false, why: 'timeout' }
      failed ||= answer.status === 'SERVFAIL'
      const addresses =
        answer.status === 'NOERROR' ? answer.records.filter((record) => record.type === 'A').map((record) => record.data) : []
      if (addresses.length > 0) return { ok: true, name, addresses }
    }
    return { ok: false, why: failed ? 'failed' : 'not-found' }
  }

  async connect(from: string, to: string, port: number): Promise<Connection> {
    const millis = this.#latency()
    const route = this.#route(from, to, port)
    await this.#wait(route.to === 'unreachable' ? unreachableMillis : route.to === 'timeout' ? 0 : Math.ceil(millis))
    if (route.to === 'endpoint') return { result: 'open', protocol: protocolOf(route.endpoint), millis }
    return route.to === 'kube-api' ? { result: 'open', protocol: 'https', millis } : { result: route.to, millis }
  }

  async request(from: string, to: string, port: number, request: HttpRequest): Promise<HttpExchange> {
    const millis = this.#latency()
    const route = this.#route(from, to, port)
    if (route.to === 'kube-api') {
      if (!request.secure)
        return {
          result: 'answered',
          reply: { status: 400, headers: {}, body: 'Client sent an HTTP request to an HTTPS server.\n' },
          millis,
        }
      await this.#wait(Math.ceil(millis + 2))
      const reply = this.#kubeApi ? await this.#kubeApi(request) : { status: 503, headers: {}, body: '' }
      return { result: 'answered', reply, millis }
    }
    if (route.to !== 'endpoint') {
      await this.#wait(route.to === 'unreachable' ? unreachableMillis : route.to === 'timeout' ? 0 : Math.ceil(millis))
      return { result: route.to, millis }
    }
    const { endpoint } = route
    if (!endpoint.answer) return { result: 'wrong-protocol', protocol: 'tcp', millis }
    if (endpoint.tls && !request.secure)
      return { result: 'answered', reply: { status: 400, headers: {}, body: 'Client sent an HTTP request to an HTTPS server.\n' }, millis }
    if (!endpoint.tls && request.secure) return { result: 'wrong-protocol', protocol: 'http', millis }
    const answered = endpoint.answer(request, from)
    await this.#wait(Math.ceil(millis + answered.millis))
    return { result: 'answered', reply: answered.reply, millis: millis + answered.millis }
  }

  async #ping(from: string, to: string): ReturnType<NetworkView['ping']> {
    const millis = 0.05 + this.#latency() * 0.4
    if (to === from || to.startsWith('127.') || this.#hasAddress(to)) {
      await this.#wait(Math.ceil(millis))
      return { result: 'reply', millis }
    }
    // kube-proxy translates ports, not ICMP: a ClusterIP never answers a ping.
    return { result: 'lost' }
  }

  #latency(): number {
    return 0.2 + this.#platform.random() * 0.6
  }

  #hasAddress(ip: string): boolean {
    if (this.#attached.has(ip)) return true
    if (this.#nodeIps().has(ip)) return true
    return this.#api.list('Pod').some((pod) => pod.status?.podIP === ip && pod.status.phase === 'Running')
  }

  #nodeIps(): Set<string> {
    return new Set(
      this.#api
        .list('Node')
        .flatMap((node) => (node.status?.addresses ?? []).filter((each) => each.type === 'InternalIP').map((each) => each.address)),
    )
  }

  #route(from: string, to: string, port: number): Route {
    const ip = to.startsWith('127.') || to === '0.0.0.0' ? from : to
    const service = this.#api
      .list('Service')
      .find(
        (each) =>
          each.spec?.clusterIP === ip ||
          each.spec?.externalIPs?.includes(ip) ||
          each.status?.loadBalancer?.ingress?.some((ingress) => ingress.ip === ip),
      )
    if (service) return this.#toService(service, (each) => each.port === port)
    const own = this.#endpointAt(ip, port)
    if (own) return own
    if (this.#nodeIps().has(ip)) {
      const byNodePort = this.#api.list('Service').find((each) => each.spec?.ports?.some((every) => every.nodePort === port))
      if (byNodePort) return this.#toService(byNodePort, (each) => each.nodePort === port)
      return port === 6443 ? { to: 'kube-api' } : { to: 'refused' }
    }
    if (this.#hasAddress(ip)) return { to: 'refused' }
    return /^10\.(32|244)\./.test(ip) ? { to: 'unreachable' } : { to: 'timeout' }
  }

  #endpointAt(ip: string, port: number): Route | undefined {
    const endpoint = this.endpointsAt(ip).find((each) => each.port === port && each.protocol === 'TCP')
    return endpoint && { to: 'endpoint', endpoint, ip }
  }

  #toService(service: Service, matches: (port: { readonly port: number; readonly nodePort?: number }) => boolean): Route {
    const port = service.spec?.ports?.find(matches)
    if (!port) return { to: 'timeout' }
    if (service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes') return { to: 'kube-api' }
    const addresses = this.#readyAddresses(service, port.name)
    // kube-proxy rejects what has no endpoints.
    const chosen = addresses[this.#turn++ % Math.max(addresses.length, 1)]
    if (!chosen) return { to: 'refused' }
    return this.#endpointAt(chosen.ip, chosen.port) ?? (this.#hasAddress(chosen.ip) ? { to: 'refused' } : { to: 'unreachable' })
  }

  #readyAddresses(service: Service, portName: string | undefined): readonly { readonly ip: string; readonly port: number }[] {
    return slicesOf(this.#api, service).flatMap((slice) => {
      const port = (slice.ports ?? []).find((each) => (each.name ?? '') === (portName ?? ''))?.port
      if (port === undefined) return []
      return (slice.endpoints ?? [])
        .filter((each) => each.conditions?.ready !== false)
        .flatMap((each) => each.addresses.map((ip) => ({ ip, port })))
    })
  }
}

function protocolOf(endpoint: Endpoint): 'http' | 'https' | 'tcp' {
  return endpoint.answer ? (endpoint.tls ? 'https' : 'http') : 'tcp'
}
