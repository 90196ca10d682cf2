import type { Api } from '../../api/door.ts'
import type { Deployment, HorizontalPodAutoscaler, ReplicaSet, ReplicationController, StatefulSet } from '../../resources/kinds.ts'
import { keyOf, namespaceOf } from '../objects.ts'
import { watching } from '../runner.ts'
import type { Controller } from '../runner.ts'
import { mapSelects, selects } from '../selectors.ts'
import { autoscale } from './autoscaler.ts'
import type { Target } from './autoscaler.ts'
import type { Memory } from './behaviour.ts'
import type { PodMetricsSource } from './pod-metrics.ts'

/** How often the autoscaler looks, while there is anything to scale. */
const syncMillis = 15_000

type Scalable = Deployment | ReplicaSet | ReplicationController | StatefulSet
const plurals: { readonly [kind: string]: string } = {
  Deployment: 'deployments.apps',
  ReplicaSet: 'replicasets.apps',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets.apps',
}

/** Looks at each HorizontalPodAutoscaler every 15 seconds; without one nothing ticks. */
export function autoscalers(api: Api, now: () => number, source: PodMetricsSource): Controller {
  const memories = new Map<string, Memory & { next: number; generation: string }>()
  return {
    name: 'horizontal-pod-autoscaler',
    watches: [watching('HorizontalPodAutoscaler', (hpa) => [keyOf(hpa)])],
    reconcile: (key) => {
      const [namespace = '', name = ''] = key.split('/')
      const hpa = api.get('HorizontalPodAutoscaler', namespace, name)
      if (!hpa) {
        memories.delete(key)
        return []
      }
      const memory = memories.get(key) ?? { recommendations: [], rescales: [], next: 0, generation: '' }
      memories.set(key, memory)
      const generation = JSON.stringify(hpa.spec)
      // Its own report brings it back here: it looks again only when it is time, or when it is asked for something else.
      if (generation === memory.generation && now() < memory.next) return [{ do: 'again', millis: memory.next - now() }]
      Object.assign(memory, { next: now() + syncMillis, generation })
      return [...autoscale({ hpa, target: targetOf(api, hpa), source, memory, now: now() }), { do: 'again', millis: syncMillis }]
    },
  }
}

function targetOf(api: Api, hpa: HorizontalPodAutoscaler): Target | string {
  const { kind, name } = hpa.spec.scaleTargetRef
  const namespace = namespaceOf(hpa)
  const plural = plurals[kind]
  if (plural === undefined) return `no matches for kind "${kind}" in group "${hpa.spec.scaleTargetRef.apiVersion?.split('/')[0] ?? ''}"`
  const object = api.get<'Deployment' | 'ReplicaSet' | 'ReplicationController' | 'StatefulSet'>(kind as Scalable['kind'], namespace, name)
  if (!object) {
    const [resource = '', group] = plural.split('.')
    return `${resource}${group ? `.${group}` : ''} "${name}" not found`
  }
  const pods = api
    .list('Pod', namespace)
    .filter((pod) =>
      object.kind === 'ReplicationController'
        ? mapSelects(object.spec?.selector, pod.metadata.labels)
        : selects(object.spec?.selector, pod.metadata.labels),
    )
  return {
    replicas: object.spec?.replicas ?? 1,
    present: object.status?.replicas ?? 0,
    pods,
    resized: (replicas) => resize(object, replicas),
  }
}

function resize(object: Scalable, replicas: number): Scalable {
  return { ...object, metadata: { ...object.metadata, resourceVersion: undefined }, spec: { ...object.spec, replicas } } as Scalable
}
