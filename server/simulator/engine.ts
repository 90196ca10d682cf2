import { startSigning } from './api/auth-certificates.ts'
import { startSecretTokens } from './api/auth-secret-tokens.ts'
import { startCustomServices } from './controllers/custom-services.ts'
import { componentStatuses, localServices } from './api/local-services.ts'
import { bootstrap } from './controllers/bootstrap.ts'
import { startControllers } from './controllers/start.ts'
import { createRuntime } from './images/runtime.ts'
import { parseImage } from './images/schema.ts'
import { startKubelet } from './kubelet/kubelet.ts'
import { startScheduler } from './scheduler/scheduler.ts'
import type { ApiData } from './api/create-api.ts'
import type { Api, GenericObject } from './api/door.ts'
import type { Handler } from './api/handler.ts'
import type { ApiRequest, ApiResponse } from './api/http.ts'
import type { DescriptionData } from './api/openapi-schemas.ts'
import type { Operations } from './api/operations.ts'
import type { ClusterOptions } from './cluster-api.ts'
import type { PodMetrics, PodMetricsSource } from './controllers/autoscaling/pod-metrics.ts'
import type { RuntimePast } from './images/past.ts'
import type { SimulatedRuntime } from './images/runtime.ts'
import type { ImageDocument } from './images/schema.ts'
import type { Kubelets } from './kubelet/kubelet.ts'
import type { KubeApi } from './network/network.ts'
import { alertmanagerAnswer } from './metrics/alertmanager/api.ts'
import { prometheusAnswer } from './metrics/prometheus/api.ts'
import type { DescribedPages } from './metrics/described.ts'
import type { MetricsSources } from './metrics/pages.ts'
import type { Platform } from './platform.ts'
import type { Node, Pod } from './resources/kinds.ts'
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
  /** The documents of `metrics/`, by file name without its ending. */
  readonly describedPages: DescribedPages
  /** descriptions.json, read when somebody asks what a field means. */
  readonly descriptions?: () => DescriptionData
}

/** What runs in a cluster. */
export interface Engine {
  readonly runtime: SimulatedRuntime
  readonly kubelets: Kubelets
  stop(): void
}

export interface ClusterParts {
  readonly options: ClusterOptions
  readonly data: SimulatorData
  readonly platform: Platform
  readonly operations: Operations
  /** What containers held in the cluster that this one was forked from; undefined when it is a new one. */
  readonly past: RuntimePast | undefined
}

/** Ways into what runs, and out of it. */
interface Doors {
  readonly api: Api
  readonly handler: Handler
  readonly sources: MetricsSources
  /** Called whenever a container has written something. */
  readonly wrote: () => void
}

/** Starts what runs: in a new cluster it makes the first objects, in a fork it goes on with those that are there. */
export function startEngine({ options, data, platform, operations, past }: ClusterParts, { api, handler, sources, wrote }: Doors): Engine {
  const runtime = createRuntime({
    api,
    platform,
    wrote,
    images: imagesOf(data),
    described: data.describedPages,
    serve: (program, container, request) =>
      program === 'prometheus'
        ? prometheusAnswer(container, request, sources)
        : alertmanagerAnswer(container, request, sources, platform.sha256),
    kubeApi: fromPods((request) => handler.handle(request)),
    ...(past && { past }),
  })
  const token = (pod: Pod, audience: string | undefined, seconds: number): string => tokenOf(api, handler, pod, audience, seconds)
  const kubelets = startKubelet({ api, platform, runtime, token, adopt: past !== undefined })
  if (!past) {
    bootstrap(api, (object) => createWhole(operations, object), platform, options, {
      objects: data.bootstrap,
      node: data.node,
      system: data.system,
    })
    for (const object of [...localServices(operations.registry.discovery), ...componentStatuses()]) createWhole(operations, object)
  }
  const stops = [
    startControllers(api, platform, { certificateAuthority: options.certificateAuthority, podMetrics: podMetricsOf(handler) }),
    startScheduler(api, platform),
    startCustomServices(api, platform),
    startSecretTokens(api, platform, handler.auth, options.certificateAuthority),
    ...(options.signCertificate ? [startSigning(operations, handler.auth, options.signCertificate)] : []),
  ]
  return {
    runtime,
    kubelets,
    stop() {
      for (const stop of stops) stop()
      kubelets.close()
      runtime.close()
    },
  }
}

/** Asks the metrics API as any client would, so that what is not installed or not ready says so. */
function podMetricsOf(handler: Handler): PodMetricsSource {
  return (namespace) => {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`
    const headers = { authorization: `Bearer ${handler.auth.adminToken}` }
    const response = handler.handle({ method: 'GET', path, query: new URLSearchParams(), headers })
    const resource = '(get pods.metrics.k8s.io)'
    if (response.status === 200)
      return { ok: true, items: (JSON.parse(textOf(response.body)) as { readonly items: readonly PodMetrics[] }).items }
    if (response.status === 404) return { ok: false, message: `the server could not find the requested resource ${resource}` }
    return { ok: false, message: `the server is currently unable to handle the request ${resource}` }
  }
}

/** Image descriptions are the same for every cluster: parsed once. */
const parsed = new WeakMap<SimulatorData['images'], readonly ImageDocument[]>()

function imagesOf({ images }: SimulatorData): readonly ImageDocument[] {
  const known = parsed.get(images)
  if (known) return known
  const made = Object.entries(images).map(([name, document]) => parseImage(document, name))
  parsed.set(images, made)
  return made
}

/** Makes an object with its status, as only the cluster's own making may. */
function createWhole(operations: Operations, object: GenericObject): void {
  const resource = operations.registry.ofKind(object.kind)
  const whole = object as unknown as JsonObject
  const made = operations.create(resource, object.metadata.namespace, whole)
  if (whole['status'] === undefined || !resource.subresources.has('status')) return
  operations.update(resource, made.metadata.namespace, made.metadata.name ?? '', { ...made, status: whole['status'] }, 'status')
}

/** A token for the pod's service account, worth something as long as the pod is there. */
function tokenOf(api: Api, handler: Handler, pod: Pod, audience: string | undefined, seconds: number): string {
  const { namespace = '', name: podName = '', uid = '' } = pod.metadata
  const name = pod.spec?.serviceAccountName ?? 'default'
  const account = api.get('ServiceAccount', namespace, name)
  if (!account) return ''
  const node = api.get('Node', undefined, pod.spec?.nodeName ?? '')
  return handler.auth.issue(namespace, name, account.metadata.uid ?? '', seconds, {
    ...(audience !== undefined && { audiences: [audience] }),
    bound: { kind: 'Pod', name: podName, uid },
    ...(node && { node: { name: node.metadata.name ?? '', uid: node.metadata.uid ?? '' } }),
  })
}

/** The API as a pod reaches it over the cluster's network. Watches are answered with what is there. */
function fromPods(handle: (request: ApiRequest) => ApiResponse | undefined): KubeApi {
  return ({ method, path, headers, body }) => {
    const [where = '/', query = ''] = path.split('?', 2)
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const response = handle({
      method,
      path: decodePath(where),
      query: new URLSearchParams(query),
      headers: named,
      ...(body && { body: new TextEncoder().encode(body) }),
    })
    if (!response) return { status: 503, headers: {}, body: '' }
    const flat = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, typeof value === 'string' ? value : value.join(', ')]),
    )
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
  const stop = body({
    write: (chunk) => void (text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)),
    end: () => undefined,
  })
  stop()
  return text
}
