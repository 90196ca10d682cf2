import { bytesOfText, textOfBytes } from '../bytes.ts'
import { ApiError } from './door.ts'
import { badRequest, notFound } from './errors.ts'
import { rewriteHtml, rewriteLocation } from './proxy-rewrite.ts'
import type { ClusterNetwork } from '../network/network.ts'
import type { EndpointSlice } from '../resources/kinds.ts'
import type { HttpExchange, HttpReply } from '../network/view.ts'
import type { Call } from './call.ts'
import type { ApiRequest, ApiResponse } from './http.ts'
import type { Operations } from './operations.ts'

/** What a kubelet's own server answers to a path. */
export type KubeletServer = (node: string, path: string, query: URLSearchParams) => ApiResponse

interface Target {
  readonly secure: boolean
  readonly ip: string
  readonly port: number
}

/** Connecting gives up after this long. Source: Go's http.DefaultTransport */
const dialMillis = 30_000
const kubeletPort = 10_250

/** The `proxy` subresources of pods, services and nodes. Source: kubernetes pkg/registry/core/{pod,service,node}/rest */
export class Proxy {
  readonly #operations: Operations
  readonly #network: () => ClusterNetwork
  readonly #kubelets: KubeletServer | undefined

  constructor(operations: Operations, network: () => ClusterNetwork, kubelets: KubeletServer | undefined) {
    this.#operations = operations
    this.#network = network
    this.#kubelets = kubelets
  }

  /** Passes a request on and its answer back. @throws ApiError when there is nobody to ask, or nobody answers */
  async answer(call: Call): Promise<ApiResponse> {
    const { request } = call
    const { prefix, rest } = parted(request)
    const target = this.#target(call)
    const query = request.query.toString()
    if (rest === '' && (request.method === 'GET' || request.method === 'HEAD'))
      return { status: 301, headers: { location: `${prefix}/${query && `?${query}`}` }, body: '' }
    const path = rest === '' ? '/' : rest
    if (typeof target === 'string') {
      if (!this.#kubelets) throw unavailable('the server is currently unable to handle the request')
      return this.#kubelets(target, decoded(path), request.query)
    }
    const from = this.#ownAddress()
    const exchange = await this.#network().request(from, target.ip, target.port, {
      secure: target.secure,
      method: request.method,
      host: request.headers['host'] ?? '',
      path: `${path}${query && `?${query}`}`,
      headers: passedOn(request),
      body: request.body ? textOfBytes(request.body) : '',
    })
    return answered(await this.#reply(exchange, target), prefix, request, target)
  }

  /** @returns a kubelet by its node's name, or an address */
  #target(call: Call): Target | string {
    const { resource } = call
    const id = call.name ?? ''
    const { scheme, name, port } = splitName(id) ?? {}
    const kind = resource.kind.toLowerCase()
    if (name === undefined) throw badRequest(`invalid ${kind} request ${JSON.stringify(id)}`)
    if (resource.resource === 'services') return this.#service(call, scheme, name, port ?? '')
    if (port && !/^\d+$/.test(port)) throw badRequest(`invalid ${kind} request ${JSON.stringify(id)}`)
    if (resource.resource === 'pods') {
      const pod = this.#operations.get('Pod', call.namespace, name)
      if (!pod) throw notFound(resource, name)
      const ip = pod.status?.podIP
      if (!ip) throw badRequest('address not allowed')
      const declared = (pod.spec?.containers ?? []).find((container) => (container.ports ?? []).length > 0)?.ports?.[0]?.containerPort
      return { secure: scheme === 'https', ip, port: Number(port || (declared ?? (scheme === 'https' ? 443 : 80))) }
    }
    const node = this.#operations.get('Node', undefined, name)
    if (!node) throw notFound(resource, name)
    if (!port || Number(port) === kubeletPort) return name
    const ip = (node.status?.addresses ?? []).find((each) => each.type === 'InternalIP')?.address ?? ''
    return { secure: scheme === 'https', ip, port: Number(port) }
  }

  #service(call: Call, scheme: string | undefined, name: string, asked: string): Target {
    const service = this.#operations.get('Service', call.namespace, name)
    if (!service) throw notFound(call.resource, name)
    let portName = asked
    if (/^\d+$/.test(asked)) {
      const port = (service.spec?.ports ?? []).find((each) => each.port === Number(asked))
      if (!port) throw unavailable(`no service port ${Number(asked)} found for service ${JSON.stringify(name)}`)
      portName = port.name ?? ''
    }
    const slices = this.#slices(call.namespace, name)
    const addresses = slices.flatMap((slice) => {
      const port = (slice.ports ?? []).find((each) => (each.name ?? '') === portName)?.port
      if (port === undefined) return []
      const ready = (slice.endpoints ?? []).filter((each) => each.conditions?.ready !== false)
      return ready.flatMap((each) => each.addresses.map((ip) => ({ ip, port })))
    })
    const chosen = addresses[Math.floor(this.#operations.platform.random() * addresses.length)]
    // Endpoints of other ports than this one: the whole request is named then.
    const known = slices.some((slice) => (slice.endpoints ?? []).length > 0)
    if (!chosen) throw unavailable(`no endpoints available for service ${JSON.stringify(known ? call.name : name)}`)
    return { secure: scheme === 'https', ...chosen }
  }

  #slices(namespace: string | undefined, service: string): readonly EndpointSlice[] {
    return this.#operations
      .list('EndpointSlice', namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
  }

  async #reply(exchange: HttpExchange, { ip, port, secure }: Target): Promise<HttpReply> {
    const failed = (why: string) => unavailable(`error trying to reach service: ${why}`)
    switch (exchange.result) {
      case 'answered':
        return exchange.reply
      case 'refused':
        throw failed(`dial tcp ${ip}:${port}: connect: connection refused`)
      case 'unreachable':
        throw failed(`dial tcp ${ip}:${port}: connect: no route to host`)
      case 'timeout':
        await new Promise<void>((resolve) => void this.#operations.platform.clock.after(dialMillis, resolve))
        throw failed(`dial tcp ${ip}:${port}: i/o timeout`)
      case 'wrong-protocol':
        throw failed(
          secure
            ? 'http: server gave HTTP response to HTTPS client'
            : 'net/http: HTTP/1.x transport connection broken: malformed HTTP response',
        )
    }
  }

  /** The API server runs on the first node. */
  #ownAddress(): string {
    const [node] = this.#operations.list('Node')
    return (node?.status?.addresses ?? []).find((each) => each.type === 'InternalIP')?.address ?? '127.0.0.1'
  }
}

function unavailable(message: string): ApiError {
  return new ApiError(503, 'ServiceUnavailable', message)
}

/** `name`, `name:port`, `scheme:name:port`. Source: k8s.io/apimachinery/pkg/util/net/port_split.go */
function splitName(id: string): { readonly scheme?: string; readonly name: string; readonly port?: string } | undefined {
  const parts = id.split(':')
  if (parts.length === 1) return id === '' ? undefined : { name: id }
  const [first = '', second = '', third = ''] = parts
  if (parts.length === 2) return first === '' ? undefined : { name: first, port: second }
  if (parts.length !== 3 || second === '' || !['', 'http', 'https'].includes(first)) return undefined
  return { scheme: first, name: second, port: third }
}

/** The path up to `/proxy`, and what comes behind it, both as they were sent. */
function parted({ path, target }: ApiRequest): { readonly prefix: string; readonly rest: string } {
  const whole = target ?? path.split('/').map(encodeURIComponent).join('/')
  const [, prefix = '', rest = ''] = /^(\/+api\/+v1\/+(?:namespaces\/+[^/]+\/+)?[^/]+\/+[^/]+\/+proxy)(\/.*)?$/s.exec(whole) ?? []
  return { prefix, rest }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Headers about one connection, and what was said to the API server alone. */
const OWN = new Set([
  ...['authorization', 'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'host', 'impersonate-user', 'impersonate-group', 'impersonate-uid'],
])

function passedOn(request: ApiRequest): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !OWN.has(name) && !name.startsWith('impersonate-')) headers[name] = value
  return {
    ...headers,
    'x-forwarded-for': [headers['x-forwarded-for'], '127.0.0.1'].filter((each) => each !== undefined).join(', '),
    'x-forwarded-host': request.headers['host'] ?? '',
    'x-forwarded-proto': 'https',
    'x-forwarded-uri': request.target ?? request.path,
  }
}

/** As the API server gives it to its client: links and redirects lead back through the proxy. */
function answered(reply: HttpReply, prefix: string, request: ApiRequest, target: Target): ApiResponse {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(reply.headers)) {
    const key = name.toLowerCase()
    if (!OWN.has(key) && key !== 'content-length' && !key.startsWith('access-control-')) headers[key] = value
  }
  const source = { prefix, hosts: [`${target.ip}:${target.port}`, request.headers['host'] ?? ''] }
  const { location } = headers
  if (location !== undefined) headers['location'] = rewriteLocation(location, source)
  const isHtml = (headers['content-type'] ?? '').split(';')[0]?.trim() === 'text/html'
  const text = location === undefined && isHtml && headers['content-encoding'] === undefined ? rewriteHtml(reply.body, source) : reply.body
  return { status: reply.status, headers, body: bytesOfText(text) }
}
