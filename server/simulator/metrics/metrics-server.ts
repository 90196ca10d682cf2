import type { AggregatedApi } from '../api/aggregated.ts'
import type { ApiRequest, ApiResponse } from '../api/http.ts'
import type { SimulatedContainer } from '../images/container.ts'
import { rfc3339 } from '../../kernel/clock.ts'
import type { Node, Pod } from '../resources/kinds.ts'
import { nodeUsage, podsOf } from './node-usage.ts'
import type { MetricsSources } from './pages.ts'

const apiVersion = 'metrics.k8s.io/v1beta1'

/** metrics-server looks this often, and needs two looks at a container before it knows a rate. */
const windowSeconds = 15

/** What metrics-server serves: `kubectl top` reads it. */
export function metricsApi(sources: MetricsSources): AggregatedApi {
  return {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    resources: [
      { name: 'nodes', singularName: '', kind: 'NodeMetrics', namespaced: false, verbs: ['get', 'list'] },
      { name: 'pods', singularName: '', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] },
    ],
    handle: (request) => answer(request, sources),
  }
}

function answer(request: ApiRequest, sources: MetricsSources): ApiResponse {
  const path = /^\/apis\/metrics\.k8s\.io\/v1beta1(?:\/namespaces\/([^/]+))?\/(nodes|pods)(?:\/([^/]+))?\/?$/.exec(request.path)
  const [, namespace, resource, name] = path ?? []
  if (request.method !== 'GET' && path)
    return failure(405, 'MethodNotAllowed', `the server does not allow this method on the requested resource`)
  if (resource === 'nodes' && namespace === undefined) return nodes(name, request, sources)
  if (resource === 'pods' && !(name !== undefined && namespace === undefined)) return pods(namespace, name, request, sources)
  return failure(404, 'NotFound', 'the server could not find the requested resource')
}

function json(status: number, body: object): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function failure(code: number, reason: string, message: string, details: object = {}): ApiResponse {
  return json(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code })
}

/** As metrics-server writes them: CPU in nanocores, memory in kibibytes. */
const usageOf = (cores: number, bytes: number) => ({
  cpu: `${Math.max(Math.round(cores * 1e9), 0)}n`,
  memory: `${Math.round(bytes / 1024)}Ki`,
})

function stamp(now: number): { readonly timestamp: string; readonly window: string } {
  const last = Math.floor(now / (windowSeconds * 1000)) * windowSeconds * 1000
  return { timestamp: rfc3339(last), window: `${windowSeconds}s` }
}

function nodes(name: string | undefined, request: ApiRequest, { api, runtime, clock }: MetricsSources): ApiResponse {
  const metrics = (node: Node) => {
    const used = nodeUsage(node, runtime.containers(), clock.now(), runtime.retired(node.metadata.name ?? ''))
    return {
      kind: 'NodeMetrics',
      apiVersion,
      metadata: described(node),
      ...stamp(clock.now()),
      usage: usageOf(used.cpuCores, used.memoryBytes),
    }
  }
  if (name !== undefined) {
    const node = api.get('Node', undefined, name)
    return node
      ? json(200, metrics(node))
      : failure(404, 'NotFound', `nodes.metrics.k8s.io "${name}" not found`, { name, group: 'metrics.k8s.io', kind: 'nodes' })
  }
  const items = api
    .list('Node')
    .filter((node) => selected(node, request))
    .map(metrics)
  return json(200, { kind: 'NodeMetricsList', apiVersion, metadata: {}, items })
}

const described = (object: Node | Pod) => ({
  name: object.metadata.name,
  ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
  creationTimestamp: object.metadata.creationTimestamp,
  ...(object.metadata.labels ? { labels: object.metadata.labels } : {}),
})

function pods(
  namespace: string | undefined,
  name: string | undefined,
  request: ApiRequest,
  { api, runtime, clock }: MetricsSources,
): ApiResponse {
  const now = clock.now()
  const measured = podsOf(runtime.containers()).flatMap(({ pod, containers }) => {
    const current = api.get('Pod', pod.metadata.namespace, pod.metadata.name ?? '')
    const known = containers.filter((container) => now - container.usage().startedAt >= windowSeconds * 1000)
    if (!current || current.metadata.uid !== pod.metadata.uid || known.length === 0) return []
    return [{ pod: current, containers: known }]
  })
  const metrics = ({ pod, containers }: { readonly pod: Pod; readonly containers: readonly SimulatedContainer[] }) => ({
    kind: 'PodMetrics',
    apiVersion,
    metadata: described(pod),
    ...stamp(now),
    containers: containers.map((container) => ({
      name: container.config.container.name,
      usage: usageOf(container.cpuCores(now), container.usage(now).memoryBytes),
    })),
  })
  if (name !== undefined) {
    const found = measured.find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name)
    return found
      ? json(200, metrics(found))
      : failure(404, 'NotFound', `pods.metrics.k8s.io "${namespace}/${name}" not found`, {
          name: `${namespace}/${name}`,
          group: 'metrics.k8s.io',
          kind: 'pods',
        })
  }
  const items = measured
    .filter(({ pod }) => (namespace === undefined || pod.metadata.namespace === namespace) && selected(pod, request))
    .map(metrics)
  return json(200, { kind: 'PodMetricsList', apiVersion, metadata: {}, items })
}

/** `labelSelector` with the equality and existence forms that `kubectl top -l` sends. */
function selected(object: Node | Pod, request: ApiRequest): boolean {
  const labels = object.metadata.labels ?? {}
  return (request.query.get('labelSelector') ?? '')
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const found = /^\s*(!)?([^!=\s]+)\s*(?:(!=|==?)\s*(\S*))?\s*$/.exec(term)
      if (!found) return false
      const [, not, key = '', operator, value] = found
      if (operator === undefined) return (labels[key] !== undefined) !== (not === '!')
      return operator === '!=' ? labels[key] !== value : labels[key] === value
    })
}
