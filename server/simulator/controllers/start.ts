import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { Namespace, Pod } from '../resources/kinds.ts'
import type { PodMetricsSource } from './autoscaling/pod-metrics.ts'
import { autoscalers } from './autoscaling/start.ts'
import { reconcileCronJob } from './batch/cronjob.ts'
import { reconcileJob, releaseOrphans } from './batch/job.ts'
import type { Change } from './change.ts'
import { reconcileDaemonSet } from './daemonset.ts'
import { reconcileDeployment } from './deployment.ts'
import { startAvailability } from './api-services.ts'
import { reconcileBudget } from './disruption.ts'
import type { ControllerSize } from './disruption.ts'
import { reconcileEndpoints, reconcileEndpointSlices } from './endpoints.ts'
import { startEventExpiry } from './event-expiry.ts'
import { startGarbageCollector } from './garbage.ts'
import { faultsOf } from '../kubelet/faults.ts'
import { startNamespaceController } from './namespaces.ts'
import { reconcileNode } from './node-lifecycle.ts'
import { controllerOf, isDeleting, isPodFinished, keyOf, nameOf, namespaceOf } from './objects.ts'
import { provisioning } from './provisioner.ts'
import { reconcileReplicas } from './replicas.ts'
import { runController, watching } from './runner.ts'
import { startQuotaController } from '../admission/quota-controller.ts'
import { startRoleAggregation } from '../admission/role-aggregation.ts'
import type { Controller } from './runner.ts'
import { mapSelects, selects } from './selectors.ts'
import { reconcileStatefulSet } from './statefulset.ts'
import { reconcileTaintedPod } from './taint-eviction.ts'
import { isUnbound, reconcileClaim, reconcileVolume } from './volume-binder.ts'
import type { Storage } from './volume-binder.ts'

export interface ControllerOptions {
  /** PEM, for `kube-root-ca.crt` in every namespace. */
  readonly certificateAuthority: string
  /** The resource metrics API, if anything may ask it. */
  readonly podMetrics?: PodMetricsSource
}

const noMetrics: PodMetricsSource = () => ({ ok: false, message: 'the server could not find the requested resource (get pods.metrics.k8s.io)' })

/** Starts everything that a controller manager does here. @returns stops it */
export function startControllers(api: Api, platform: Platform, options: ControllerOptions): () => void {
  const now = (): number => platform.clock.now()
  const controllers = [
    deployments(api, now),
    replicaSets(api, now),
    replicationControllers(api, now),
    statefulSets(api, now),
    daemonSets(api, now),
    jobs(api, now),
    cronJobs(api, now),
    endpoints(api),
    endpointSlices(api),
    claims(api, now),
    volumes(api, now),
    ...provisioning(api, now),
    budgets(api, now),
    autoscalers(api, now, options.podMetrics ?? noMetrics),
    nodeLifecycle(api, now),
    taintEviction(api, now),
    namespaceFurniture(api, options),
  ]
  const stops = [
    ...controllers.map((controller) => runController(api, platform, controller)),
    startGarbageCollector(api, platform),
    startNamespaceController(api, platform),
    startEventExpiry(api, platform),
    startAvailability(api, platform),
    startQuotaController(api, platform),
    startRoleAggregation(api, platform),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** `namespace/name` taken apart. */
function split(key: string): readonly [string, string] {
  const at = key.indexOf('/')
  return [key.slice(0, at), key.slice(at + 1)]
}

/** The key of the controller of `kind` that owns a pod. */
function ownerKeys(object: { readonly metadata: Pod['metadata'] }, kind: string): string[] {
  const owner = controllerOf(object)
  return owner?.kind === kind ? [`${namespaceOf(object)}/${owner.name}`] : []
}

function deployments(api: Api, now: () => number): Controller {
  return {
    name: 'deployment-controller',
    watches: [
      watching('Deployment', (object) => [keyOf(object)]),
      watching('ReplicaSet', (set) => {
        if (controllerOf(set)) return ownerKeys(set, 'Deployment')
        return api
          .list('Deployment', namespaceOf(set))
          .filter((one) => selects(one.spec?.selector, set.metadata.labels))
          .map(keyOf)
      }),
      // A Recreate waits until the last old pod has gone.
      watching('Pod', (pod, type) => {
        const owner = type === 'DELETED' ? controllerOf(pod) : undefined
        const set = owner?.kind === 'ReplicaSet' ? api.get('ReplicaSet', namespaceOf(pod), owner.name) : undefined
        return set ? ownerKeys(set, 'Deployment') : []
      }),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const deployment = api.get('Deployment', namespace, name)
      if (!deployment) return []
      const pods = deployment.spec?.strategy?.type === 'Recreate' ? api.list('Pod', namespace) : []
      return reconcileDeployment(deployment, api.list('ReplicaSet', namespace), pods, now())
    },
  }
}

function replicaSets(api: Api, now: () => number): Controller {
  return {
    name: 'replicaset-controller',
    watches: [
      watching('ReplicaSet', (object) => [keyOf(object)]),
      watching('Pod', (pod) => {
        if (controllerOf(pod)) return ownerKeys(pod, 'ReplicaSet')
        return api
          .list('ReplicaSet', namespaceOf(pod))
          .filter((one) => selects(one.spec?.selector, pod.metadata.labels))
          .map(keyOf)
      }),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const set = api.get('ReplicaSet', namespace, name)
      return set ? reconcileReplicas(set, api.list('Pod', namespace), now()) : []
    },
  }
}

function replicationControllers(api: Api, now: () => number): Controller {
  return {
    name: 'replication-controller',
    watches: [
      watching('ReplicationController', (object) => [keyOf(object)]),
      watching('Pod', (pod) => {
        if (controllerOf(pod)) return ownerKeys(pod, 'ReplicationController')
        return api
          .list('ReplicationController', namespaceOf(pod))
          .filter((one) => mapSelects(one.spec?.selector, pod.metadata.labels))
          .map(keyOf)
      }),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const controller = api.get('ReplicationController', namespace, name)
      return controller ? reconcileReplicas(controller, api.list('Pod', namespace), now()) : []
    },
  }
}

function statefulSets(api: Api, now: () => number): Controller {
  return {
    name: 'statefulset-controller',
    watches: [
      watching('StatefulSet', (object) => [keyOf(object)]),
      watching('Pod', (pod) => {
        if (controllerOf(pod)) return ownerKeys(pod, 'StatefulSet')
        return api
          .list('StatefulSet', namespaceOf(pod))
          .filter((one) => selects(one.spec?.selector, pod.metadata.labels))
          .map(keyOf)
      }),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const set = api.get('StatefulSet', namespace, name)
      if (!set) return []
      return reconcileStatefulSet(
        set,
        api.list('Pod', namespace),
        api.list('PersistentVolumeClaim', namespace),
        api.list('ControllerRevision', namespace),
        now(),
      )
    },
  }
}

function daemonSets(api: Api, now: () => number): Controller {
  const all = (): string[] => api.list('DaemonSet').map(keyOf)
  return {
    name: 'daemonset-controller',
    watches: [
      watching('DaemonSet', (object) => [keyOf(object)]),
      watching('Pod', (pod) => {
        if (controllerOf(pod)) return ownerKeys(pod, 'DaemonSet')
        return api
          .list('DaemonSet', namespaceOf(pod))
          .filter((one) => selects(one.spec?.selector, pod.metadata.labels))
          .map(keyOf)
      }),
      watching('Node', all),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const set = api.get('DaemonSet', namespace, name)
      return set
        ? reconcileDaemonSet(set, api.list('Node'), api.list('Pod', namespace), api.list('ControllerRevision', namespace), now())
        : []
    },
  }
}

function jobs(api: Api, now: () => number): Controller {
  return {
    name: 'job-controller',
    watches: [watching('Job', (object) => [keyOf(object)]), watching('Pod', (pod) => ownerKeys(pod, 'Job'))],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const job = api.get('Job', namespace, name)
      const pods = api.list('Pod', namespace)
      return [...releaseOrphans(name, pods, job), ...(job ? reconcileJob(job, pods, now()) : [])]
    },
  }
}

function cronJobs(api: Api, now: () => number): Controller {
  return {
    name: 'cronjob-controller',
    watches: [watching('CronJob', (object) => [keyOf(object)]), watching('Job', (job) => ownerKeys(job, 'CronJob'))],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const cron = api.get('CronJob', namespace, name)
      return cron ? reconcileCronJob(cron, api.list('Job', namespace), now()) : []
    },
  }
}

function controllerSize(api: Api, pod: Pod): ReturnType<ControllerSize> {
  const owner = controllerOf(pod)
  const namespace = namespaceOf(pod)
  if (owner?.kind !== 'ReplicaSet' && owner?.kind !== 'StatefulSet' && owner?.kind !== 'ReplicationController') return undefined
  const set = api.get<'ReplicaSet' | 'StatefulSet' | 'ReplicationController'>(owner.kind, namespace, owner.name)
  const above = set && controllerOf(set)
  const sized = above?.kind === 'Deployment' ? api.get('Deployment', namespace, above.name) : set
  return sized && { uid: sized.metadata.uid ?? '', replicas: sized.spec?.replicas ?? 1 }
}

function budgets(api: Api, now: () => number): Controller {
  return {
    name: 'controllermanager',
    watches: [
      watching('PodDisruptionBudget', (object) => [keyOf(object)]),
      watching('Pod', (pod) =>
        api
          .list('PodDisruptionBudget', namespaceOf(pod))
          .filter((one) => selects(one.spec?.selector, pod.metadata.labels))
          .map(keyOf),
      ),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const budget = api.get('PodDisruptionBudget', namespace, name)
      return budget ? reconcileBudget(budget, api.list('Pod', namespace), now(), (pod) => controllerSize(api, pod)) : []
    },
  }
}

function nodeLifecycle(api: Api, now: () => number): Controller {
  const silent = new Map<string, number>()
  return {
    name: 'node-controller',
    watches: [
      watching('Node', (node) => [nameOf(node)]),
      // A pod that comes to a node that is lost is told so.
      watching('Pod', (pod) => (pod.spec?.nodeName && silent.has(pod.spec.nodeName) ? [pod.spec.nodeName] : [])),
    ],
    reconcile: (key) => {
      const node = api.get('Node', undefined, key)
      if (!node || !faultsOf(node).has('unreachable')) silent.delete(key)
      else if (!silent.has(key)) silent.set(key, now())
      const pods = api.list('Pod').filter((pod) => pod.spec?.nodeName === key)
      return node ? reconcileNode(node, pods, silent.get(key), now()) : []
    },
  }
}

function taintEviction(api: Api, now: () => number): Controller {
  const isTainted = (name: string | undefined): boolean => {
    const node = name === undefined ? undefined : api.get('Node', undefined, name)
    return (node?.spec?.taints ?? []).some((taint) => taint.effect === 'NoExecute')
  }
  return {
    name: 'taint-eviction-controller',
    watches: [
      watching('Pod', (pod) => (isTainted(pod.spec?.nodeName) ? [keyOf(pod)] : [])),
      watching('Node', (node) =>
        (node.spec?.taints ?? []).some((taint) => taint.effect === 'NoExecute')
          ? api.list('Pod').filter((pod) => pod.spec?.nodeName === nameOf(node)).map(keyOf)
          : [],
      ),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const pod = api.get('Pod', namespace, name)
      return pod ? reconcileTaintedPod(pod, api.get('Node', undefined, pod.spec?.nodeName ?? ''), now()) : []
    },
  }
}

const servicesOf = (api: Api, pod: Pod): string[] =>
  api
    .list('Service', namespaceOf(pod))
    .filter((one) => mapSelects(one.spec?.selector, pod.metadata.labels))
    .map(keyOf)

function endpoints(api: Api): Controller {
  return {
    name: 'endpoint-controller',
    watches: [
      watching('Service', (object) => [keyOf(object)]),
      watching('Pod', (pod) => servicesOf(api, pod)),
      watching('Endpoints', (object) => [keyOf(object)]),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const service = api.get('Service', namespace, name)
      const current = api.get('Endpoints', namespace, name)
      if (service) return reconcileEndpoints(service, api.list('Pod', namespace), current)
      const own = current?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller'
      return own ? [{ do: 'delete', kind: 'Endpoints', namespace, name }] : []
    },
  }
}

function endpointSlices(api: Api): Controller {
  return {
    name: 'endpoint-slice-controller',
    watches: [
      watching('Service', (object) => [keyOf(object)]),
      watching('Pod', (pod) => servicesOf(api, pod)),
      watching('EndpointSlice', (slice) => ownerKeys(slice, 'Service')),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const service = api.get('Service', namespace, name)
      return service ? reconcileEndpointSlices(service, api.list('Pod', namespace), api.list('EndpointSlice', namespace)) : []
    },
  }
}

const storageOf = (api: Api, now: () => number): Storage => ({
  volumes: api.list('PersistentVolume'),
  claims: api.list('PersistentVolumeClaim'),
  classes: api.list('StorageClass'),
  now: now(),
})

function claims(api: Api, now: () => number): Controller {
  const unbound = (): string[] => api.list('PersistentVolumeClaim').filter(isUnbound).map(keyOf)
  return {
    name: 'persistentvolume-controller',
    watches: [
      watching('PersistentVolumeClaim', (object) => [keyOf(object)]),
      watching('PersistentVolume', (volume, type) => {
        const ref = volume.spec?.claimRef
        return type === 'DELETED' && ref ? [`${ref.namespace ?? ''}/${ref.name ?? ''}`] : unbound()
      }),
      watching('StorageClass', unbound),
      // A claim that is being deleted is free when the last pod that uses it has ended.
      watching('Pod', (pod, type) => {
        if (type !== 'DELETED' && !isPodFinished(pod)) return []
        return (pod.spec?.volumes ?? []).flatMap((one) =>
          one.persistentVolumeClaim ? [`${namespaceOf(pod)}/${one.persistentVolumeClaim.claimName}`] : [],
        )
      }),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const claim = api.get('PersistentVolumeClaim', namespace, name)
      return claim ? reconcileClaim(claim, storageOf(api, now), api.list('Pod', namespace)) : []
    },
  }
}

function volumes(api: Api, now: () => number): Controller {
  return {
    name: 'persistentvolume-controller',
    watches: [
      watching('PersistentVolume', (object) => [nameOf(object)]),
      watching('PersistentVolumeClaim', (claim) => (claim.spec?.volumeName ? [claim.spec.volumeName] : [])),
    ],
    reconcile: (key) => {
      const volume = api.get('PersistentVolume', undefined, key)
      return volume ? reconcileVolume(volume, storageOf(api, now)) : []
    },
  }
}

/** What every namespace has: the service account `default` and the ConfigMap `kube-root-ca.crt`. */
export function furniture(namespace: Namespace, certificateAuthority: string): readonly Extract<Change, { do: 'create' }>['object'][] {
  const name = nameOf(namespace)
  const annotations = { 'kubernetes.io/description': rootCaDescription }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt', namespace: name, annotations },
      data: { 'ca.crt': certificateAuthority },
    },
  ]
}

const rootCaDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

function namespaceFurniture(api: Api, options: ControllerOptions): Controller {
  return {
    name: 'service-account-controller',
    watches: [
      watching('Namespace', (object) => [nameOf(object)]),
      watching('ServiceAccount', (object, type) => (type === 'DELETED' ? [namespaceOf(object)] : [])),
      watching('ConfigMap', (object) => (nameOf(object) === 'kube-root-ca.crt' ? [namespaceOf(object)] : [])),
    ],
    reconcile: (key) => {
      const namespace = api.get('Namespace', undefined, key)
      if (!namespace || isDeleting(namespace)) return []
      return furniture(namespace, options.certificateAuthority).flatMap((object): Change[] => {
        const current = api.get(object.kind, key, nameOf(object))
        if (!current) return [{ do: 'create', object }]
        const altered = current.kind === 'ConfigMap' && current.data?.['ca.crt'] !== options.certificateAuthority
        return altered ? [{ do: 'update', object }] : []
      })
    },
  }
}
