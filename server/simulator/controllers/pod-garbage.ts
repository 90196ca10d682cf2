import { rfc3339 } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import type { Pod, PodCondition } from '../resources/kinds.ts'
import { again } from './change.ts'
import type { Change } from './change.ts'
import { split } from './keys.ts'
import { isPodFinished, keyOf, nameOf } from './objects.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'

/** The collector comes every 20 seconds, and lets a node that it misses 40 seconds to come back. */
const patienceMillis = 60_000

/** Removes the pods of nodes that are gone. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection */
export function podGarbage(api: Api, now: () => number): Controller {
  const missed = new Map<string, number>()
  const isHomeless = (pod: Pod): boolean => pod.spec?.nodeName !== undefined && !api.get('Node', undefined, pod.spec.nodeName)
  return {
    name: 'pod-garbage-collector',
    watches: [
      watching('Pod', (pod) => (isHomeless(pod) || missed.has(keyOf(pod)) ? [keyOf(pod)] : [])),
      watching('Node', (node) =>
        api
          .list('Pod')
          .filter((pod) => pod.spec?.nodeName === nameOf(node) && isHomeless(pod))
          .map(keyOf),
      ),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const pod = api.get('Pod', namespace, name)
      if (!pod || !isHomeless(pod)) {
        missed.delete(key)
        return []
      }
      const since = missed.get(key) ?? now()
      missed.set(key, since)
      const left = since + patienceMillis - now()
      return left > 0 ? again(left) : collect(pod, now())
    },
  }
}

function collect(pod: Pod, now: number): Change[] {
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation,
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
    lastProbeTime: undefined,
    lastTransitionTime: rfc3339(now),
  }
  const conditions = [...(pod.status?.conditions ?? []).filter((one) => one.type !== condition.type), condition]
  const failed: Change[] = isPodFinished(pod)
    ? []
    : [{ do: 'status', object: { ...pod, status: { ...pod.status, phase: 'Failed', conditions } } }]
  const options = { gracePeriodSeconds: 0 }
  return [...failed, { do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod), options }]
}
