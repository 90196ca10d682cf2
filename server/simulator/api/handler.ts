import { ApiError } from './door.ts'
import { Auth } from './auth.ts'
import { groupVersionOf, targetOf, verbOf } from './call.ts'
import { Containers } from './containers.ts'
import { Discovery } from './discovery.ts'
import { methodNotAllowed, noSuchResource } from './errors.ts'
import { health, healthPage, healthPaths } from './health.ts'
import { issuer } from './issuer.ts'
import { OpenApi } from './openapi.ts'
import { forwarderTo } from './port-forward.ts'
import { Proxy } from './proxy.ts'
import { Reader } from './read.ts'
import { RequestCounts } from './request-counts.ts'
import { answer, plain, refusal, prettyFor } from './respond.ts'
import { checkRoute } from './routes.ts'
import { isReview, review } from './reviews.ts'
import { Subresources } from './subresources.ts'
import { Writer } from './write.ts'
import { greet } from '../custom/request.ts'
import { apiServerPage } from '../metrics/api-server.ts'
import { TablePrinter } from '../tables/table.ts'
import type { KubeletPort } from '../kubelet/port.ts'
import type { ClusterNetwork } from '../network/network.ts'
import type { DescribedPages } from '../metrics/described.ts'
import type { ColumnData } from '../tables/table.ts'
import type { AggregatedApi } from './aggregated.ts'
import type { Call, Target, User } from './call.ts'
import type { ApiRequest, ApiResponse, UpgradeAnswer } from './http.ts'
import type { DescriptionData } from './openapi-schemas.ts'
import type { Operations } from './operations.ts'
import type { KubeletServer } from './proxy.ts'

export interface HandlerOptions {
  readonly columns: ColumnData
  readonly kubelets: KubeletPort
  /** The way to what listens in the cluster; without it no port can be reached. */
  readonly network?: () => ClusterNetwork
  readonly kubeletServer?: KubeletServer
  /** What its metrics page has beside what is counted; nothing when absent. */
  readonly described?: Pick<DescribedPages, 'go' | 'api-server'>
  /** APIs that something inside the cluster serves, once an APIService says so. */
  readonly aggregated: readonly AggregatedApi[]
  /** What types and fields mean, for OpenAPI documents; nothing when absent. */
  readonly descriptions?: () => DescriptionData
}

/** Besides groups and health checks. */
const PATHS = [
  '/.well-known/openid-configuration',
  '/api',
  '/apis',
  '/apis/',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/version',
]

/** What is there to be read only. */
const DISCOVERY = /^\/(version|api|api\/[^/]+|apis\/[^/]+|apis\/[^/]+\/[^/]+)\/?$/

/** Kubernetes over HTTP: finds out what a request is about and who answers it. */
export class Handler {
  readonly auth: Auth
  readonly #operations: Operations
  readonly #options: HandlerOptions
  readonly #discovery: Discovery
  readonly #openapi: OpenApi
  readonly #reader: Reader
  readonly #writer: Writer
  readonly #subresources: Subresources
  readonly #containers: Containers
  readonly #proxy: Proxy
  readonly #counts: RequestCounts
  readonly #startedAt: number

  constructor(operations: Operations, options: HandlerOptions) {
    const { platform, registry, schemas } = operations
    this.#operations = operations
    this.#options = options
    this.auth = new Auth(operations)
    this.#discovery = new Discovery(registry, platform.sha256, () =>
      options.aggregated.filter((api) => this.#registered(api) && this.#unavailable(api) === undefined),
    )
    this.#openapi = new OpenApi(registry, schemas, platform.sha256, () => options.descriptions?.())
    this.#reader = new Reader(operations, new TablePrinter(options.columns, () => platform.clock.now()))
    this.#writer = new Writer(operations, this.#reader, this.auth)
    this.#subresources = new Subresources(operations, this.#reader, this.#writer, this.auth)
    this.#containers = new Containers(operations, options.kubelets)
    this.#counts = new RequestCounts(() => platform.clock.now())
    this.#startedAt = platform.clock.now()
    this.#proxy = new Proxy(operations, () => this.#network(), options.kubeletServer)
  }

  /** Never throws. */
  handle(request: ApiRequest): ApiResponse {
    const warnings: string[] = []
    try {
      return prettyFor(request, this.#route(request, warnings))
    } catch (error) {
      return prettyFor(request, this.#refuse(error, warnings))
    }
  }

  /** Answers a client, whoever in the cluster has to be asked first, and counts it. Never fails. */
  answer(request: ApiRequest): ApiResponse | Promise<ApiResponse> {
    const began = this.#operations.platform.clock.now()
    const proxied = this.#proxied(request)
    if (!proxied) return this.#counts.count(request, this.handle(request), began)
    return proxied.then((response) => this.#counts.count(request, response, began))
  }

  /** A request that something inside the cluster answers, by a `proxy` subresource; undefined for all others. Never fails. */
  #proxied(request: ApiRequest): Promise<ApiResponse> | undefined {
    if (!/\/proxy(\/|$)/.test(request.path)) return undefined
    const refuse = (error: unknown) => prettyFor(request, this.#refuse(error, []))
    try {
      const call = this.#call(request, this.auth.authenticate(request), [])
      if (call?.subresource !== 'proxy') return undefined
      this.auth.authorize(call, verbOf(request, call.name))
      return this.#proxy.answer(call).catch(refuse)
    } catch (error) {
      return Promise.resolve(refuse(error))
    }
  }

  /** Never throws. */
  upgrade(request: ApiRequest): UpgradeAnswer {
    const warnings: string[] = []
    try {
      const call = this.#call(request, this.auth.authenticate(request), warnings)
      if (!call || call.resource.resource !== 'pods' || !call.name) throw noSuchResource()
      this.#authorizeUpgrade(call)
      switch (call.subresource) {
        case 'exec':
          return this.#containers.exec(call)
        case 'attach':
          return this.#containers.attach(call)
        case 'portforward':
          return { accepted: true, forward: forwarderTo(this.#containers.pod(call), () => this.#network(), this.#operations.platform) }
        default:
          throw methodNotAllowed()
      }
    } catch (error) {
      return { accepted: false, response: this.#refuse(error, warnings) }
    }
  }

  /**
   * A WebSocket can only be opened with GET, so it takes `create` as well: reading rights alone open no shell.
   * Source: kubernetes pkg/registry/core/pod/rest/subresources.go, AuthorizePodWebsocketUpgradeCreatePermission
   */
  #authorizeUpgrade(call: Call): void {
    const isGet = call.request.method === 'GET'
    if (isGet) this.auth.authorize(call, 'get')
    if (!isGet || call.request.headers['upgrade']?.toLowerCase() === 'websocket') this.auth.authorize(call, 'create')
  }

  #network(): ClusterNetwork {
    const network = this.#options.network?.()
    if (!network) throw new ApiError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request', {})
    return network
  }

  #refuse(error: unknown, warnings: readonly string[]): ApiResponse {
    if (error instanceof ApiError) return refusal(error, warnings)
    this.#operations.platform.report(error)
    return refusal(new ApiError(500, 'InternalError', 'Internal error occurred: the simulated API server failed', {}), warnings)
  }

  #route(request: ApiRequest, warnings: string[]): ApiResponse {
    const user = this.auth.authenticate(request)
    const call = this.#aggregate(request, user) ?? this.#call(request, user, warnings)
    if (call && 'status' in call) return call
    if (call) {
      warnDeprecated(call)
      return this.#dispatch(call)
    }
    this.auth.authorizePath(user, request.method === 'GET' ? 'get' : request.method, request.path)
    if (request.method !== 'GET' && DISCOVERY.test(request.path)) throw methodNotAllowed()
    const found =
      health(request) ??
      this.#metrics(request) ??
      this.#version(request) ??
      this.#discovery.answer(request) ??
      this.#openapi.answer(request) ??
      issuer(request, this.#operations)
    return found ?? (request.path === '/' ? this.#root() : plain(404, '404 page not found\n'))
  }

  /** The request as one for a resource; undefined for all other paths. @throws ApiError NotFound */
  #call(request: ApiRequest, user: User, warnings: string[]): Call | undefined {
    const found = groupVersionOf(request.path)
    if (!found) return undefined
    const { groupVersion, rest } = found
    const { registry } = this.#operations
    if (!registry.hasGroupVersion(groupVersion)) {
      if (request.path.startsWith('/api/') || registry.routes(groupVersion.split('/')[0] ?? '')) throw noSuchResource()
      return undefined
    }
    if (rest.length === 0) return undefined
    if (rest[0] === 'watch') return watchCall(request, user, warnings, targetOf(registry, groupVersion, rest.slice(1)))
    return { request, user, warnings, ...targetOf(registry, groupVersion, rest) }
  }

  #dispatch(call: Call): ApiResponse {
    const { request, resource, name, subresource } = call
    const verb = verbOf(request, name)
    greet(call, verb)
    if (isReview(resource.resource)) {
      if (!resource.resource.startsWith('self')) this.auth.authorize(call, verb)
      checkRoute(call)
      return review(call, this.auth, this.#operations.schemas)
    }
    const allowed = (subresource === undefined ? resource.discovered : resource.subresources.get(subresource))?.verbs ?? []
    this.auth.authorize(call, verb)
    checkRoute(call)
    if (!allowed.includes(verb) || (verb === 'create' && name !== undefined && subresource === undefined)) throw methodNotAllowed()
    if (subresource !== undefined) return this.#subresource(call, subresource, verb)
    switch (verb) {
      case 'get':
        return this.#reader.get(call)
      case 'list':
        return this.#reader.list(call)
      case 'watch':
        return this.#reader.watch(call)
      case 'create':
        return resource.table === 'v1/bindings' ? this.#subresources.bind(call) : this.#writer.create(call)
      case 'update':
        return this.#writer.update(call, 'main')
      case 'patch':
        return this.#writer.patch(call, 'main')
      case 'delete':
        return this.#writer.delete(call)
      default:
        return this.#writer.deleteCollection(call)
    }
  }

  #subresource(call: Call, subresource: string, verb: string): ApiResponse {
    if (subresource === 'scale') return verb === 'get' ? this.#subresources.getScale(call) : this.#subresources.setScale(call)
    if (subresource === 'log') return this.#containers.log(call)
    if (subresource === 'binding') return this.#subresources.bind(call)
    if (subresource === 'eviction') return this.#subresources.evict(call)
    if (subresource === 'token') return this.#subresources.issueToken(call)
    if (subresource === 'exec' || subresource === 'attach' || subresource === 'portforward') {
      this.#reader.find(call)
      throw new ApiError(400, 'BadRequest', 'Upgrade request required')
    }
    const part =
      subresource === 'status' || subresource === 'finalize' || subresource === 'resize' || subresource === 'ephemeralcontainers'
        ? subresource
        : subresource === 'approval'
          ? 'status'
          : 'main'
    if (verb === 'get') return this.#reader.get(call)
    return verb === 'update' ? this.#writer.update(call, part) : this.#writer.patch(call, part)
  }

  #version(request: ApiRequest): ApiResponse | undefined {
    return request.path.replace(/\/$/, '') === '/version' ? answer(200, this.#operations.registry.discovery.version) : undefined
  }

  #metrics(request: ApiRequest): ApiResponse | undefined {
    if (request.path === '/metrics/slis') return metricsPage(healthPage())
    if (request.path !== '/metrics') return undefined
    return metricsPage(this.metrics())
  }

  /** The API server's own metrics, in the text format. */
  metrics(): string {
    const { described = { 'go': {}, 'api-server': {} } } = this.#options
    return apiServerPage({ operations: this.#operations, requests: this.#counts.all(), startedAt: this.#startedAt, described })
  }

  #root(): ApiResponse {
    const served = this.#operations.registry.discovery.groups.map(({ groupVersion }) => groupVersion)
    const groups = new Set(served.flatMap((each) => (each === 'v1' ? ['/api/v1'] : [`/apis/${each.split('/')[0] ?? ''}`, `/apis/${each}`])))
    const aggregated = this.#options.aggregated.filter((api) => this.#registered(api))
    for (const { group, version } of aggregated) groups.add(`/apis/${group}`).add(`/apis/${group}/${version}`)
    return answer(200, { paths: [...new Set([...PATHS, ...healthPaths(), ...groups])].toSorted((a, b) => (a < b ? -1 : 1)) })
  }

  #registered(api: AggregatedApi): boolean {
    return this.#operations.get('APIService', undefined, `${api.version}.${api.group}`) !== undefined
  }

  /** Why the aggregated API's service cannot be asked; undefined when it can. */
  #unavailable(api: AggregatedApi): string | undefined {
    const service = this.#operations.get('APIService', undefined, `${api.version}.${api.group}`)?.spec?.service
    if (!service?.name || !this.#operations.get('Service', service.namespace, service.name)) return 'service not found'
    const slices = this.#operations
      .list('EndpointSlice', service.namespace)
      .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service.name)
    const ready = slices.some((slice) => (slice.endpoints ?? []).some((endpoint) => endpoint.conditions?.ready))
    return ready ? undefined : 'no ready endpoints'
  }

  #aggregate(request: ApiRequest, user: User): ApiResponse | undefined {
    const api = this.#options.aggregated.find(({ group, version }) => request.path.startsWith(`/apis/${group}/${version}`))
    if (!api || !this.#registered(api)) return undefined
    this.auth.authorizePath(user, 'get', request.path)
    if (this.#unavailable(api) !== undefined) return plain(503, 'service unavailable\n')
    return this.#discovery.answer(request) ?? api.handle(request)
  }
}

/** The older way to watch, `/api/v1/watch/namespaces/default/pods`. */
function watchCall(request: ApiRequest, user: User, warnings: string[], target: Target): Call {
  const query = new URLSearchParams(request.query.toString())
  query.set('watch', '1')
  if (target.name !== undefined) query.set('fieldSelector', `metadata.name=${target.name}`)
  if (target.subresource !== undefined) throw noSuchResource()
  return { request: { ...request, query }, user, warnings, ...target, name: undefined }
}

/** Some APIs ask to be left behind, in every answer. */
function warnDeprecated(call: Call): void {
  if (call.resource.table === 'v1/endpoints')
    call.warnings.push('v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice')
  if (call.resource.table === 'v1/componentstatuses') call.warnings.push('v1 ComponentStatus is deprecated in v1.19+')
}

function metricsPage(body: string): ApiResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores' }, body }
}
