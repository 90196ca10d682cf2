import { exposition } from '../metrics/exposition.ts'
import { plain } from './respond.ts'
import type { ApiRequest, ApiResponse } from './http.ts'

/** What an API server starts, in its order. Source: the checks of kube-apiserver v1.36 */
const HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((hook) => `poststarthook/${hook}`)
const LAST = ['autoregister-completion', 'poststarthook/apiservice-openapi-controller', 'poststarthook/apiservice-openapiv3-controller']

const CHECKS: { readonly [endpoint: string]: readonly string[] } = {
  healthz: ['ping', 'log', 'etcd', ...HOOKS, ...LAST],
  livez: ['ping', 'log', 'etcd', ...HOOKS, ...LAST],
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...HOOKS, ...LAST, 'shutdown'],
}

/** `/healthz`, `/livez`, `/readyz`, and below them each check alone. @see https://kubernetes.io/docs/reference/using-api/health-checks/ */
export function health({ path, query }: ApiRequest): ApiResponse | undefined {
  const [, endpoint = '', check] = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path) ?? []
  const checks = CHECKS[endpoint]
  if (!checks) return undefined
  if (check !== undefined) return checks.includes(check) ? plain(200, 'ok') : plain(404, '404 page not found\n')
  const excluded = new Set(query.getAll('exclude'))
  const unknown = [...excluded].filter((each) => !checks.includes(each))
  if (!query.has('verbose')) return plain(200, 'ok')
  const lines = checks.map((each) => (excluded.has(each) ? `[+]${each} excluded: ok\n` : `[+]${each} ok\n`))
  const warning =
    unknown.length > 0
      ? `warn: some health checks cannot be excluded: no matches for ${unknown.map((each) => JSON.stringify(each)).join(',')}\n`
      : ''
  return plain(200, `${lines.join('')}${warning}${endpoint} check passed\n`)
}

/** Where each check can be asked for alone. */
export function healthPaths(): readonly string[] {
  return Object.entries(CHECKS).flatMap(([endpoint, checks]) => [`/${endpoint}`, ...checks.map((check) => `/${endpoint}/${check}`)])
}

/** `/metrics/slis`: how the checks have gone. @see https://kubernetes.io/docs/reference/instrumentation/slis/ */
export function healthPage(): string {
  const labels = Object.entries(CHECKS).flatMap(([type, checks]) => checks.map((name) => ({ name, type })))
  return exposition([
    {
      name: 'kubernetes_healthcheck',
      help: '[STABLE] This metric records the result of a single healthcheck.',
      type: 'gauge',
      samples: labels.map((each) => ({ labels: each, value: 1 })),
    },
  ])
}
