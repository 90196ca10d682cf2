import type { Api } from '../api/door.ts'
import { faultsOf } from '../kubelet/faults.ts'
import type { Pod } from '../resources/kinds.ts'
import { reconcileBudget } from './disruption.ts'
import type { ControllerSize } from './disruption.ts'
import { split } from './keys.ts'
import { reconcileNode } from './node-lifecycle.ts'
import { controllerOf, keyOf, nameOf, namespaceOf } from './objects.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'
import { selects } from './selectors.ts'
import { reconcileTaintedPod } from './taint-eviction.ts'

/** What looks after nodes and disruptions. */

function controllerSize(api: Api, pod: Pod): ReturnType<ControllerSize> {
  const owner = controllerOf(pod)
  const namespace = namespaceOf(pod)
  if (owner?.kind !== 'ReplicaSet' && owner?.kind !== 'StatefulSet' && owner?.kind !== 'ReplicationController') return undefined
  const set = api.get<'ReplicaSet' | 'StatefulSet' | 'ReplicationController'>(owner.kind, namespace, owner.name)
  const above = set && controllerOf(set)
  const sized = above?.kind === 'Deployment' ? api.get('Deployment', namespace, above.name) : set
  return sized && { uid: sized.metadata.uid ?? '', replicas: sized.spec?.replicas ?? 1 }
}

export function budgets(api: Api, now: () => number): Controller {
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

export function nodeLifecycle(api: Api, now: () => number): Controller {
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

export function taintEviction(api: Api, now: () => number): Controller {
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
          ? api
              .list('Pod')
              .filter((pod) => pod.spec?.nodeName === nameOf(node))
              .map(keyOf)
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
