import type { Api } from '../api/door.ts'
import { faultsOf } from '../kubelet/faults.ts'
import type { EndpointSlice, Pod, Service } from '../resources/kinds.ts'
import type { Endpoint } from './network.ts'
import { linkBetween } from './links.ts'
import type { Link } from './links.ts'
import { allows } from './policy.ts'
import type { Party } from './policy.ts'
import { slicesOf } from './slices.ts'

/** What becomes of a connection attempt. */
export type Route = { readonly link: Link } & (
  | { readonly to: 'endpoint'; readonly endpoint: Endpoint; readonly ip: string }
  /** Something listens there that is no container: a node's kubelet, which speaks TLS. */
  | { readonly to: 'kube-api' }
  | { readonly to: 'refused' | 'timeout' | 'unreachable' }
)

/** What a node's kube-proxy knew when it stopped. */
export interface ProxyRules {
  readonly services: readonly Service[]
  readonly slices: readonly EndpointSlice[]
}

/** The network's places, as the API and the running containers have them. */
export interface Terrain {
  readonly api: Api
  readonly endpointsAt: (ip: string) => readonly Endpoint[]
  readonly podAt: (ip: string) => Pod | undefined
  /** Undefined where kube-proxy runs: it follows the API. */
  readonly rulesOf: (node: string) => ProxyRules | undefined
}

type Protocol = 'TCP' | 'UDP'

const direct: Link = { latency: 0, loss: 0 }
const lost = (link: Link = direct): Route => ({ to: 'timeout', link })

/** Who has an address. Nodes come first: pods on the host's network have their node's. */
export function partyAt(terrain: Terrain, ip: string): Party {
  return { ip, pod: terrain.podAt(ip) }
}

/** The node that has an address, or on which the pod with it runs. */
export function nodeAt(terrain: Terrain, ip: string): string | undefined {
  const node = terrain.api.list('Node').find((each) => each.status?.addresses?.some(({ address }) => address === ip))
  return node?.metadata.name ?? terrain.podAt(ip)?.spec?.nodeName
}

/**
 * Every way a connection from one address to another may go, all equally likely: a service has as many as it has endpoints.
 * Pure: it reads objects and what listens now. Policies, faults, kube-proxy and readiness all have their say here.
 */
export function routesBetween(terrain: Terrain, from: string, to: string, port: number, protocol: Protocol = 'TCP'): readonly Route[] {
  const ip = to.startsWith('127.') || to === '0.0.0.0' || to === '::1' ? from : to
  if (ip === from) return [arrive(terrain, from, ip, port, protocol)]
  const node = nodeAt(terrain, from)
  const rules = (node === undefined ? undefined : terrain.rulesOf(node)) ?? { services: terrain.api.list('Service'), slices: undefined }
  const service = rules.services.find((each) => hasAddress(each, ip))
  if (service) return viaService(terrain, from, service, rules.slices, { port, protocol, node, external: false })
  if (!terrain.api.list('Node').some((each) => each.status?.addresses?.some(({ address }) => address === ip)))
    return [arrive(terrain, from, ip, port, protocol)]
  return atNode(terrain, from, ip, port, protocol)
}

const hasAddress = ({ spec, status }: Service, ip: string): boolean =>
  spec?.clusterIP === ip ||
  spec?.externalIPs?.includes(ip) === true ||
  status?.loadBalancer?.ingress?.some((ingress) => ingress.ip === ip) === true

/** A node's own address: node ports, host ports, and what runs on the host's network. */
function atNode(terrain: Terrain, from: string, ip: string, port: number, protocol: Protocol): readonly Route[] {
  const node = nodeAt(terrain, ip)
  const rules = (node === undefined ? undefined : terrain.rulesOf(node)) ?? { services: terrain.api.list('Service'), slices: undefined }
  const own = terrain.endpointsAt(ip).find((each) => each.port === port && each.protocol === protocol)
  if (own) return [arrive(terrain, from, ip, port, protocol)]
  const published = rules.services.find((each) =>
    each.spec?.ports?.some((one) => one.nodePort === port && (one.protocol ?? 'TCP') === protocol),
  )
  if (published) return viaService(terrain, from, published, rules.slices, { port, protocol, node, external: true })
  for (const pod of terrain.api.list('Pod')) {
    if (pod.spec?.nodeName !== node || pod.spec?.hostNetwork || !pod.status?.podIP) continue
    const wanted = (pod.spec?.containers ?? [])
      .flatMap((container) => container.ports ?? [])
      .find((one) => one.hostPort === port && (one.protocol ?? 'TCP') === protocol)
    if (wanted) return [arrive(terrain, from, pod.status.podIP, wanted.containerPort, protocol)]
  }
  return [arrive(terrain, from, ip, port, protocol)]
}

interface Asked {
  readonly port: number
  readonly protocol: Protocol
  /** Where kube-proxy's rules apply: the sender's node, or the one whose node port is used. */
  readonly node: string | undefined
  readonly external: boolean
}

interface Backend {
  readonly ip: string
  readonly port: number
  readonly node: string | undefined
}

/** https://kubernetes.io/docs/reference/networking/virtual-ips/ */
function viaService(
  terrain: Terrain,
  from: string,
  service: Service,
  frozen: readonly EndpointSlice[] | undefined,
  asked: Asked,
): readonly Route[] {
  const { spec, metadata } = service
  const port = spec?.ports?.find(
    (each) => (asked.external ? each.nodePort : each.port) === asked.port && (each.protocol ?? 'TCP') === asked.protocol,
  )
  // iptables have no rule for other ports of a service's address: the packets go nowhere.
  if (!port) return [lost()]
  if (metadata.namespace === 'default' && metadata.name === 'kubernetes') return [toApi(terrain, from, service)]
  const slices = frozen?.filter(
    (slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name && slice.metadata.namespace === metadata.namespace,
  )
  const all = backends(slices ?? slicesOf(terrain.api, service), port.name)
  // kube-proxy rejects what has no endpoints.
  if (all.length === 0) return [{ to: 'refused', link: direct }]
  const local = asked.external ? spec?.externalTrafficPolicy === 'Local' : spec?.internalTrafficPolicy === 'Local'
  const near = local ? all.filter((each) => each.node === asked.node) : all
  // …and drops what its traffic policy keeps from the endpoints that there are.
  if (near.length === 0) return [lost()]
  const chosen = spec?.sessionAffinity === 'ClientIP' ? [favourite(near, from)] : near
  return chosen.map((each) => arrive(terrain, from, each.ip, each.port, asked.protocol, service))
}

/** Ready endpoints; when there are none, those that still serve while they end (KEP-1669). */
function backends(slices: readonly EndpointSlice[], portName: string | undefined): readonly Backend[] {
  const found = slices.flatMap((slice) => {
    const port = (slice.ports ?? []).find((each) => (each.name ?? '') === (portName ?? ''))?.port
    if (port === undefined) return []
    return (slice.endpoints ?? []).flatMap(({ addresses, conditions, nodeName }) =>
      addresses.map((ip) => ({
        ip,
        port,
        node: nodeName,
        ready: conditions?.ready !== false,
        ending: conditions?.serving === true && conditions.terminating === true,
      })),
    )
  })
  const ready = found.filter((each) => each.ready)
  return ready.length > 0 ? ready : found.filter((each) => each.ending)
}

/** The same client keeps its endpoint for as long as it is there, and the others keep theirs when one goes. */
function favourite(all: readonly Backend[], from: string): Backend {
  const weight = (ip: string) =>
    [...`${from} ${ip}`].reduce((hash, char) => Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16_777_619) >>> 0, 2_166_136_261)
  return all.reduce((best, each) => (weight(each.ip) > weight(best.ip) ? each : best))
}

/** The API server listens on the first node. */
function toApi(terrain: Terrain, from: string, service?: Service): Route {
  const node = terrain.api.list('Node')[0]
  const ip = node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''
  const sender = partyAt(terrain, from)
  const link = linkBetween(terrain.api, sender, { ip, pod: undefined }, [nodeAt(terrain, from), node?.metadata.name], service?.metadata)
  if (link.loss >= 1 || !allows(terrain.api, sender, { ip, pod: undefined }, 6443, 'TCP')) return lost(link)
  return { to: 'kube-api', link }
}

/** The last stretch: to an address that is a pod's or a node's own. */
function arrive(terrain: Terrain, from: string, ip: string, port: number, protocol: Protocol, service?: Service): Route {
  const { api } = terrain
  const nodes = [nodeAt(terrain, from), nodeAt(terrain, ip)] as const
  const sender = partyAt(terrain, from)
  const receiver = partyAt(terrain, ip)
  const link = linkBetween(api, sender, receiver, nodes, service?.metadata)
  const isNode = api.list('Node').some((each) => each.status?.addresses?.some(({ address }) => address === ip))
  const listening = terrain.endpointsAt(ip)
  const there = isNode || listening.length > 0 || receiver.pod !== undefined
  // Nobody answers for the address: its node does, when it is one of the pods' own.
  if (!there) return /^10\.(32|244)\./.test(ip) ? { to: 'unreachable', link } : lost(link)
  if (link.loss >= 1 || !allows(api, sender, receiver, port, protocol)) return lost(link)
  if (nodes[0] !== nodes[1] && nodes.some((name) => name !== undefined && faultsOf(api.get('Node', undefined, name)).has('unreachable')))
    return lost(link)
  // The API server's own pod only stands there: this process answers.
  if (isNode && port === 6443 && protocol === 'TCP' && api.list('Node')[0]?.status?.addresses?.some(({ address }) => address === ip))
    return { to: 'kube-api', link }
  const endpoint = listening.find((each) => each.port === port && each.protocol === protocol)
  if (endpoint) return { to: 'endpoint', endpoint, ip, link }
  return { to: 'refused', link }
}
