/** A resource that every cluster has: how people call it, and where the API serves it. */
export interface KnownResource {
  readonly one: string
  readonly several: string
  /** Without the namespace: `/apis/apps/v1`. */
  readonly path: string
  readonly plural: string
  readonly namespaced: boolean
}

const core = '/api/v1'
const apps = '/apis/apps/v1'
const batch = '/apis/batch/v1'

/**
 * The commonest resources, by the names that kubectl takes: singular, plural, short. Others are looked up in the cluster.
 * Source: https://kubernetes.io/docs/reference/kubectl/#resource-types
 */
const table: readonly (readonly [
  one: string,
  several: string,
  path: string,
  scope: 'namespaced' | 'cluster',
  ...names: readonly string[],
])[] = [
  ['pod', 'pods', core, 'namespaced', 'pods', 'pod', 'po'],
  ['node', 'nodes', core, 'cluster', 'nodes', 'node', 'no'],
  ['namespace', 'namespaces', core, 'cluster', 'namespaces', 'namespace', 'ns'],
  ['service', 'services', core, 'namespaced', 'services', 'service', 'svc'],
  ['event', 'events', core, 'namespaced', 'events', 'event', 'ev'],
  ['secret', 'secrets', core, 'namespaced', 'secrets', 'secret'],
  ['config map', 'config maps', core, 'namespaced', 'configmaps', 'configmap', 'cm'],
  ['service account', 'service accounts', core, 'namespaced', 'serviceaccounts', 'serviceaccount', 'sa'],
  ['claim', 'claims', core, 'namespaced', 'persistentvolumeclaims', 'persistentvolumeclaim', 'pvc'],
  ['volume', 'volumes', core, 'cluster', 'persistentvolumes', 'persistentvolume', 'pv'],
  ['storage class', 'storage classes', '/apis/storage.k8s.io/v1', 'cluster', 'storageclasses', 'storageclass', 'sc'],
  ['deployment', 'deployments', apps, 'namespaced', 'deployments', 'deployment', 'deploy'],
  ['stateful set', 'stateful sets', apps, 'namespaced', 'statefulsets', 'statefulset', 'sts'],
  ['daemon set', 'daemon sets', apps, 'namespaced', 'daemonsets', 'daemonset', 'ds'],
  ['replica set', 'replica sets', apps, 'namespaced', 'replicasets', 'replicaset', 'rs'],
  ['job', 'jobs', batch, 'namespaced', 'jobs', 'job'],
  ['cron job', 'cron jobs', batch, 'namespaced', 'cronjobs', 'cronjob', 'cj'],
  ['ingress', 'ingresses', '/apis/networking.k8s.io/v1', 'namespaced', 'ingresses', 'ingress', 'ing'],
  ['network policy', 'network policies', '/apis/networking.k8s.io/v1', 'namespaced', 'networkpolicies', 'networkpolicy', 'netpol'],
  ['endpoint slice', 'endpoint slices', '/apis/discovery.k8s.io/v1', 'namespaced', 'endpointslices', 'endpointslice'],
  ['autoscaler', 'autoscalers', '/apis/autoscaling/v2', 'namespaced', 'horizontalpodautoscalers', 'horizontalpodautoscaler', 'hpa'],
]
const byName = new Map(
  table.flatMap(([one, several, path, scope, plural = '', ...names]) => {
    const group = /^\/apis\/([^/]+)/.exec(path)?.[1]
    const resource: KnownResource = { one, several, path, plural, namespaced: scope === 'namespaced' }
    const all = [plural, ...names]
    return [...all, ...(group === undefined ? [] : all.map((name) => `${name}.${group}`))].map((name) => [name, resource] as const)
  }),
)

/** @param resource as kubectl takes it: `deploy`, `deployments.apps` */
export function knownResource(resource: string): KnownResource | undefined {
  return byName.get(resource.toLowerCase())
}
