import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { Pod } from '../resources/kinds.ts'
import { askStream } from './http-client.ts'
import { httpServer } from './http-wire.ts'
import { answerAsServer, answerOutside } from './name-server.ts'
import { routesBetween } from './routes.ts'
import type { ProxyRules, Route, Terrain } from './routes.ts'
import { silentServer } from './stream.ts'
import type { Dialled } from './stream.ts'
import type {
  Accept,
  Connection,
  DnsAnswer,
  HttpExchange,
  HttpReply,
  HttpRequest,
  Listening,
  Lookup,
  NetworkView,
  RecordType,
} from './view.ts'

/** A place where something listens. */
export interface Endpoint extends Listening {
  readonly tls: boolean
  /** Undefined when it is open but speaks no HTTP. A program that asks others first answers later. */
  readonly answer: ((request: HttpRequest, client: string) => Answered | Promise<Answered>) | undefined
  /** Takes connections of what speaks no HTTP; without it such a server says nothing. */
  readonly accept?: Accept
  /** Writes a line to the program's log. */
  readonly say: (template: string, fields?: Readonly<Record<string, string>>) => void
}

export interface Answered {
  readonly reply: HttpReply
  /** How long the program took, beside what it waited for others. */
  readonly millis: number
}

/** A pod's listening side, made by its running containers. */
export interface Attachment {
  readonly pod: Pod
  readonly endpoints: () => readonly Endpoint[]
}

/** Asks the cluster's own API, as a pod that connects to it does. */
export type KubeApi = (request: HttpRequest) => Promise<HttpReply> | HttpReply

/** One packet lost: TCP sends it again after this (RFC 6298: a second for the first, 200 ms once the round trip is known). */
const [firstRetry, laterRetry] = [1000, 200]
/** After so many packets in a row a connection counts as timed out (tcp_syn_retries). */
const mostRetries = 6
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
  readonly #rules = new Map<string, ProxyRules>()
  readonly #listeners = new Set<() => void>()
  readonly #terrain: Terrain
  #turn = 0

  constructor(api: Api, platform: Platform, kubeApi: KubeApi | undefined) {
    this.#api = api
    this.#platform = platform
    this.#kubeApi = kubeApi
    this.#terrain = {
      api,
      endpointsAt: (ip) => this.endpointsAt(ip),
      podAt: (ip) => this.#podAt(ip),
      rulesOf: (node) => this.#rules.get(node),
    }
  }

  /** Makes a container's ports reachable at its pod's address. @returns detaches it */
  attach(ip: string, attachment: Attachment): () => void {
    const there = this.#attached.get(ip) ?? new Set()
    this.#attached.set(ip, there)
    there.add(attachment)
    const proxied = isKubeProxy(attachment.pod) ? attachment.pod.spec?.nodeName : undefined
    if (proxied !== undefined) this.#rules.delete(proxied)
    this.#changed()
    return () => {
      there.delete(attachment)
      if (there.size === 0) this.#attached.delete(ip)
      // The node's rules stay as they were until another kube-proxy runs there.
      if (proxied !== undefined) this.#rules.set(proxied, { services: this.#api.list('Service'), slices: this.#api.list('EndpointSlice') })
      this.#changed()
    }
  }

  /** Tells of containers that come and go. @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Every way a connection may go, all equally likely, as it is now. @param from, to addresses */
  routes(from: string, to: string, port: number): readonly Route[] {
    return routesBetween(this.#terrain, from, to, port)
  }

  #podAt(ip: string): Pod | undefined {
    for (const { pod } of this.#attached.get(ip) ?? []) if (!pod.spec?.hostNetwork) return pod
    return this.#api
      .list('Pod')
      .find(({ spec, status }) => status?.podIP === ip && !spec?.hostNetwork && status.phase !== 'Succeeded' && status.phase !== 'Failed')
  }

  /** The network from inside a pod. @param hosts reads its /etc/hosts @param resolver reads its /etc/resolv.conf */
  view(pod: Pod, hosts: () => string, resolver: () => string): NetworkView {
    const ip = pod.status?.podIP ?? '127.0.0.1'
    return {
      ip,
      namespace: pod.metadata.namespace ?? 'default',
      query: (name, type, server) => this.query(ip, name, type, server === undefined ? parseResolver(resolver()).servers : [server]),
      lookup: (host) => this.#lookup(ip, host, hosts(), parseResolver(resolver())),
      connect: (to, port) => this.connect(ip, to, port),
      request: (to, port, request) => this.request(ip, to, port, request),
      ping: (to) => this.#ping(ip, to),
      dial: (to, port) => this.dial(ip, to, port),
      listening: () => this.endpointsAt(ip),
      listen: (port, program, accept) => this.#listen(pod, ip, port, program, accept),
    }
  }

  #listen(pod: Pod, ip: string, port: number, program: string, accept: Accept): (() => void) | undefined {
    if (this.endpointsAt(ip).some((each) => each.port === port && each.protocol === 'TCP')) return undefined
    const endpoint: Endpoint = { port, protocol: 'TCP', program, tls: false, answer: undefined, accept, say: () => undefined }
    return this.attach(ip, { pod, endpoints: () => [endpoint] })
  }

  endpointsAt(ip: string): readonly Endpoint[] {
    return [...(this.#attached.get(ip) ?? [])].flatMap((attachment) => attachment.endpoints())
  }

  #wait(millis: number): Promise<void> {
    return new Promise((resolve) => void this.#platform.clock.after(millis, resolve))
  }

  /** Asks name servers, one after the other until one answers. @param from the address of who asks */
  async query(from: string, name: string, type: RecordType, servers: readonly string[]): Promise<DnsAnswer> {
    for (const server of servers) {
      if (server === nodeResolver) {
        await this.#wait(1)
        return answerOutside(name, type)
      }
      const route = this.#pick(routesBetween(this.#terrain, from, server, 53, 'UDP'))
      if (route.to === 'endpoint' && this.#platform.random() >= route.link.loss) {
        await this.#wait(Math.ceil(1 + route.link.latency))
        return answerAsServer({ api: this.#api, random: this.#platform.random, say: route.endpoint.say }, from, name, type)
      }
      await this.#wait(dnsTimeoutMillis)
    }
    return { status: 'timeout' }
  }

  /** What a name means to whoever asks from there, now and without waiting: for what is worked out rather than lived through. */
  resolve(from: string, namespace: string, host: string): { readonly ip: string } | { readonly failed: 'no such host' | 'timeout' } {
    if (/^\d+(\.\d+){3}$/.test(host)) return { ip: host }
    const dns = this.#api.list('Service', 'kube-system').find((service) => service.metadata.name === 'kube-dns')?.spec?.clusterIP
    const routes = dns === undefined ? [] : routesBetween(this.#terrain, from, dns, 53, 'UDP')
    if (!routes.some((route) => route.to === 'endpoint')) return { failed: 'timeout' }
    const quiet = { api: this.#api, random: () => 0.5, say: () => undefined }
    const search = [`${namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'].map((domain) => `${host}.${domain}`)
    for (const name of host.endsWith('.') ? [host] : [...search, host]) {
      const answer = answerAsServer(quiet, from, name, 'A')
      const address = answer.status === 'NOERROR' ? answer.records.find((record) => record.type === 'A')?.data : undefined
      if (address !== undefined) return { ip: address }
    }
    return { failed: 'no such host' }
  }

  async #lookup(from: string, host: string, hosts: string, { servers, search, ndots }: Resolver): Promise<Lookup> {
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
      const answer = await this.query(from, name, 'A', servers)
      if (answer.status === 'timeout') return { ok: false, why: 'timeout' }
      failed ||= answer.status === 'SERVFAIL'
      const addresses =
        answer.status === 'NOERROR' ? answer.records.filter((record) => record.type === 'A').map((record) => record.data) : []
      if (addresses.length > 0) return { ok: true, name, addresses }
    }
    return { ok: false, why: failed ? 'failed' : 'not-found' }
  }

  async connect(from: string, to: string, port: number): Promise<Connection> {
    const route = this.#pick(this.routes(from, to, port))
    const millis = this.#latency(route)
    if (millis === undefined) return { result: 'timeout', millis: 0 }
    await this.#wait(route.to === 'unreachable' ? unreachableMillis : route.to === 'timeout' ? 0 : Math.ceil(millis))
    if (route.to === 'endpoint') return { result: 'open', protocol: protocolOf(route.endpoint), millis }
    return route.to === 'kube-api' ? { result: 'open', protocol: 'https', millis } : { result: route.to, millis }
  }

  async request(from: string, to: string, port: number, request: HttpRequest): Promise<HttpExchange> {
    const route = this.#pick(this.routes(from, to, port))
    const millis = this.#latency(route)
    if (millis === undefined) return { result: 'timeout', millis: 0 }
    if (route.to === 'kube-api') return this.#askApi(request, millis)
    if (route.to !== 'endpoint') {
      await this.#wait(route.to === 'unreachable' ? unreachableMillis : route.to === 'timeout' ? 0 : Math.ceil(millis))
      return { result: route.to, millis }
    }
    const { endpoint } = route
    if (!endpoint.answer) {
      await this.#wait(Math.ceil(millis))
      const { accept } = endpoint
      if (!accept || request.secure) return { result: 'wrong-protocol', protocol: 'tcp', millis }
      return askStream((peer) => accept(peer, from), request, millis)
    }
    if (endpoint.tls && !request.secure) return { result: 'answered', reply: plainToSecure, millis }
    if (!endpoint.tls && request.secure) return { result: 'wrong-protocol', protocol: 'http', millis }
    const began = this.#platform.clock.now()
    const answered = await endpoint.answer(request, from)
    await this.#wait(Math.ceil(millis + answered.millis))
    return { result: 'answered', reply: answered.reply, millis: Math.max(millis + answered.millis, this.#platform.clock.now() - began) }
  }

  /** Connects to a port for an exchange of bytes rather than of messages. HTTP that goes through it is read here. */
  async dial(from: string, to: string, port: number): Promise<Dialled> {
    const route = this.#pick(this.routes(from, to, port))
    const millis = this.#latency(route)
    if (millis === undefined) return { result: 'timeout' }
    await this.#wait(route.to === 'unreachable' ? unreachableMillis : route.to === 'timeout' ? 0 : Math.ceil(millis))
    if (route.to !== 'endpoint' && route.to !== 'kube-api') return { result: route.to }
    const tls = route.to === 'kube-api' || route.endpoint.tls
    if (route.to === 'endpoint' && !route.endpoint.answer) {
      const { accept } = route.endpoint
      return { result: 'open', tls, accept: accept ? (peer) => accept(peer, from) : silentServer }
    }
    const ask = async (request: HttpRequest): Promise<HttpReply | undefined> => {
      const exchange = await this.request(from, to, port, request)
      return exchange.result === 'answered' ? exchange.reply : undefined
    }
    return { result: 'open', tls, accept: (peer) => httpServer(peer, tls, ask) }
  }

  async #askApi(request: HttpRequest, millis: number): Promise<HttpExchange> {
    if (!request.secure) return { result: 'answered', reply: plainToSecure, millis }
    await this.#wait(Math.ceil(millis + 2))
    const reply = this.#kubeApi ? await this.#kubeApi(request) : { status: 503, headers: {}, body: '' }
    return { result: 'answered', reply, millis }
  }

  async #ping(from: string, to: string): ReturnType<NetworkView['ping']> {
    if (this.#api.list('Service').some(({ spec }) => spec?.clusterIP === to)) return { result: 'lost' } // kube-proxy translates ports, not ICMP
    // Any port tells whether packets arrive; policies about single ports do not know ICMP, so they keep it out.
    const [route] = this.routes(from, to, icmp)
    const millis = 0.05 + this.#jitter() * 0.4 + (route?.link.latency ?? 0)
    if (route?.to === 'unreachable') return { result: 'unreachable' }
    if (!route || route.to === 'timeout' || this.#platform.random() < route.link.loss) return { result: 'lost' }
    await this.#wait(Math.ceil(millis))
    return { result: 'reply', millis }
  }

  #pick(routes: readonly Route[]): Route {
    return routes[routes.length > 1 ? this.#turn++ % routes.length : 0] ?? { to: 'timeout', link: { latency: 0, loss: 0 } }
  }

  #jitter(): number {
    return 0.2 + this.#platform.random() * 0.6
  }

  /** Milliseconds until the other side has what was sent, with every packet that had to be sent again; undefined when none arrives. */
  #latency({ link }: Route): number | undefined {
    let millis = this.#jitter() + link.latency
    for (let lost = 0; link.loss > 0 && this.#platform.random() < link.loss; lost++) {
      if (lost === mostRetries) return undefined
      millis += lost === 0 ? laterRetry : firstRetry * 2 ** (lost - 1)
    }
    return millis
  }
}

const plainToSecure: HttpReply = { status: 400, headers: {}, body: 'Client sent an HTTP request to an HTTPS server.\n' }

/** Stands for no port at all. */
const icmp = 0

/** Whether a pod is what writes its node's service rules. */
const isKubeProxy = (pod: Pod): boolean =>
  pod.metadata.namespace === 'kube-system' && (pod.spec?.containers ?? []).some(({ image }) => /(^|\/)kube-proxy:/.test(image ?? ''))

function protocolOf(endpoint: Endpoint): 'http' | 'https' | 'tcp' {
  return endpoint.answer ? (endpoint.tls ? 'https' : 'http') : 'tcp'
}
