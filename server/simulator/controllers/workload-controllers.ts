import type { Api } from '../api/door.ts'
import { reconcileCronJob } from './batch/cronjob.ts'
import { reconcileJob, releaseOrphans } from './batch/job.ts'
import { reconcileDaemonSet } from './daemonset.ts'
import { reconcileDeployment } from './deployment.ts'
import { split, ownerKeys } from './keys.ts'
import { controllerOf, keyOf, namespaceOf } from './objects.ts'
import { reconcileReplicas } from './replicas.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'
import { mapSelects, selects } from './selectors.ts'
import { reconcileStatefulSet } from './statefulset.ts'

/** What runs workloads, each as a controller: what it watches, whose business that is, and what it decides. */

export function deployments(api: Api, now: () => number): Controller {
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

export function replicaSets(api: Api, now: () => number): Controller {
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

export function replicationControllers(api: Api, now: () => number): Controller {
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

export function statefulSets(api: Api, now: () => number): Controller {
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

export function daemonSets(api: Api, now: () => number): Controller {
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

export function jobs(api: Api, now: () => number): Controller {
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

export function cronJobs(api: Api, now: () => number): Controller {
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
