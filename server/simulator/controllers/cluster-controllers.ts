import type { Api } from '../api/door.ts'
import { faultsOf } from '../kubelet/faults.ts'
import type { Node, Pod } from '../resources/kinds.ts'
import { normal } from './change.ts'
import type { Change } from './change.ts'
import { reconcileBudget } from './disruption.ts'
import type { ControllerSize } from './disruption.ts'
import { split } from './keys.ts'
import { reconcileNode } from './node-lifecycle.ts'
import { controllerOf, keyOf, nameOf, namespaceOf, uidOf } from './objects.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'
import { selects } from './selectors.ts'
import { hasNoExecute, reviewTaintedPod } from './taint-eviction.ts'

/** What looks after nodes and disruptions. */

/** Controllers of pods that have no size of their own. */
const unscalables: { readonly [kind: string]: string } = { DaemonSet: 'daemonsets.apps', Job: 'jobs.batch' }

function controllerSize(api: Api, pod: Pod): ReturnType<ControllerSize> {
  const owner = controllerOf(pod)
  const namespace = namespaceOf(pod)
  const unscalable = owner && unscalables[owner.kind]
  if (unscalable) return { problem: `${unscalable} does not implement the scale subresource` }
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
  /** The nodes that have been seen, with their uids. */
  const known = new Map<string, string>()
  const meet = (node: Node): Change[] => {
    if (known.has(nameOf(node))) return []
    known.set(nameOf(node), uidOf(node))
    // A cluster that began as another one was knows its nodes already.
    const told = api.list('Event', 'default').some((one) => one.reason === 'RegisteredNode' && one.involvedObject.uid === uidOf(node))
    return told ? [] : [nodeEvent(nameOf(node), uidOf(node), 'RegisteredNode', 'Registered', 'in')]
  }
  const miss = (name: string): Change[] => {
    const uid = known.get(name)
    known.delete(name)
    return uid === undefined ? [] : [nodeEvent(name, uid, 'RemovingNode', 'Removing', 'from')]
  }
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
      if (!node) return miss(key)
      const pods = api.list('Pod').filter((pod) => pod.spec?.nodeName === key)
      return [...meet(node), ...reconcileNode(node, pods, silent.get(key), now())]
    },
  }
}

function nodeEvent(name: string, uid: string, reason: string, doing: string, where: string): Change {
  const subject = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid } }
  return normal(subject, reason, `Node ${name} event: ${doing} Node ${name} ${where} Controller`)
}

export function taintEviction(api: Api, now: () => number): Controller {
  const planned = new Map<string, number>()
  const isTainted = (name: string | undefined): boolean => name !== undefined && hasNoExecute(api.get('Node', undefined, name))
  return {
    name: 'taint-eviction-controller',
    watches: [
      watching('Pod', (pod) => (isTainted(pod.spec?.nodeName) || planned.has(keyOf(pod)) ? [keyOf(pod)] : [])),
      watching('Node', (node) =>
        hasNoExecute(node)
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
      const verdict = reviewTaintedPod(key, pod, api.get('Node', undefined, pod?.spec?.nodeName ?? ''), now(), planned.get(key))
      if (verdict.due === undefined) planned.delete(key)
      else planned.set(key, verdict.due)
      return verdict.changes
    },
  }
}
