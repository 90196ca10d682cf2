import { createOperations } from './api/create-api.ts'
import { Handler } from './api/handler.ts'
import { localDoor } from './api/local.ts'
import { bootstrap, settle } from './controllers/bootstrap.ts'
import { startControllers } from './controllers/start.ts'
import { createRuntime } from './images/runtime.ts'
import { parseImage } from './images/schema.ts'
import { startKubelet } from './kubelet/kubelet.ts'
import { metricsApi } from './metrics/metrics-server.ts'
import { scrape } from './metrics/pages.ts'
import { prometheusState, watchPrometheus } from './metrics/prometheus-state.ts'
import { startScheduler } from './scheduler/scheduler.ts'
import type { ApiData } from './api/create-api.ts'
import type { Api, GenericObject } from './api/door.ts'
import type { Operations } from './api/operations.ts'
import type { ApiRequest, ApiResponse } from './api/http.ts'
import type { ClusterOptions, SimulatedCluster } from './cluster-api.ts'
import type { KubeApi } from './network/network.ts'
import type { Platform } from './platform.ts'
import type { Node } from './resources/kinds.ts'
import type { JsonObject } from './resources/object.ts'
import type { ColumnData } from './tables/table.ts'

/** What simulated clusters are made of: the parsed files of `manifests/simulator/`. One copy serves every cluster. */
export interface SimulatorData extends ApiData {
  /** table-columns.json */
  readonly columns: ColumnData
  /** bootstrap-objects.json: what a fresh cluster contains, by kind. */
  readonly bootstrap: { readonly [what: string]: readonly GenericObject[] }
  /** node.json: a node as its kubelet registers it. */
  readonly node: Node
  /** The documents of kube-system.yaml. */
  readonly system: readonly GenericObject[]
  /** The documents of `images/`, by file name without its ending. */
  readonly images: { readonly [name: string]: unknown }
}

/** A Kubernetes cluster in this process. Nothing of it ticks while nothing happens. */
export function createCluster(options: ClusterOptions, data: SimulatorData, platform: Platform): SimulatedCluster {
  const operations = createOperations(data, platform)
  const api = localDoor(operations)
  const images = Object.entries(data.images).map(([name, document]) => parseImage(document, name))
  // Pods reach the API through the same handler as people, once it is there.
  const inside: { handle: ((request: ApiRequest) => ApiResponse) | undefined } = { handle: undefined }
  const runtime = createRuntime({ api, platform, images, kubeApi: fromPods((request) => inside.handle?.(request)) })
  const kubelets = startKubelet({ api, platform, runtime, token: (pod, _audience, seconds) => tokenOf(api, handler, pod.metadata.namespace ?? '', pod.spec?.serviceAccountName ?? 'default', seconds) })
  const sources = { api, runtime, clock: platform.clock }
  const handler = new Handler(operations, { columns: data.columns, kubelets, aggregated: [metricsApi(sources)] })
  inside.handle = (request) => handler.handle(request)
  bootstrap(api, (object) => createWhole(operations, object), platform, options, { objects: data.bootstrap, node: data.node, system: data.system })
  const stops = [startControllers(api, platform, { certificateAuthority: options.certificateAuthority }), startScheduler(api, platform)]
  let starting: Promise<void> | undefined = settle(api).then(() => {
    starting = undefined
    kubelets.goLive()
    operations.store.compact()
  })
  return {
    handle: (request) => (starting ? starting.then(() => handler.handle(request)) : handler.handle(request)),
    upgrade: (request) => handler.upgrade(request),
    adminToken: handler.auth.adminToken,
    nodes: options.nodes,
    scrape: (page) => scrape(page, sources),
    prometheus: () => prometheusState(api),
    onPrometheus: (listener) => watchPrometheus(api, listener),
    close() {
      for (const stop of stops) stop()
      kubelets.close()
      runtime.close()
      operations.store.close()
    },
  }
}

/** Makes an object with its status, as only the cluster's own making may. */
function createWhole(operations: Operations, object: GenericObject): void {
  const resource = operations.registry.ofKind(object.kind)
  const whole = object as unknown as JsonObject
  const made = operations.create(resource, object.metadata.namespace, whole)
  if (whole['status'] === undefined || !resource.subresources.has('status')) return
  operations.update(resource, made.metadata.namespace, made.metadata.name ?? '', { ...made, status: whole['status'] }, 'status')
}

function tokenOf(api: Api, handler: Handler, namespace: string, name: string, seconds: number): string {
  const account = api.get('ServiceAccount', namespace, name)
  return account ? handler.auth.issue(namespace, name, account.metadata.uid ?? '', seconds) : ''
}

/** The API as a pod reaches it over the cluster's network. Watches are answered with what is there. */
function fromPods(handle: (request: ApiRequest) => ApiResponse | undefined): KubeApi {
  return ({ method, path, headers, body }) => {
    const [where = '/', query = ''] = path.split('?', 2)
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const response = handle({ method, path: decodePath(where), query: new URLSearchParams(query), headers: named, ...(body && { body: new TextEncoder().encode(body) }) })
    if (!response) return { status: 503, headers: {}, body: '' }
    const flat = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, typeof value === 'string' ? value : value.join(', ')]))
    return { status: response.status, headers: flat, body: textOf(response.body) }
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function textOf(body: ApiResponse['body']): string {
  if (typeof body === 'string') return body
  if (typeof body !== 'function') return new TextDecoder().decode(body)
  let text = ''
  const stop = body({ write: (chunk) => void (text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)), end: () => undefined })
  stop()
  return text
}
