import type { Api } from '../../api/door.ts'
import type { HorizontalPodAutoscaler } from '../../resources/kinds.ts'
import { keyOf, namespaceOf } from '../objects.ts'
import { watching } from '../runner.ts'
import type { Controller } from '../runner.ts'
import { parseLabelSelector, SelectorError } from '../../store/selectors.ts'
import { autoscale } from './autoscaler.ts'
import type { Target } from './autoscaler.ts'
import type { Memory } from './behaviour.ts'
import type { PodMetricsSource } from './pod-metrics.ts'

/** How often the autoscaler looks, while there is anything to scale. */
const syncMillis = 15_000

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
  const { kind, name, apiVersion = '' } = hpa.spec.scaleTargetRef
  const namespace = namespaceOf(hpa)
  const at = { group: apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '', kind, namespace, name }
  const scale = api.generic.scale(at)
  if (typeof scale === 'string') return scale
  return { at, replicas: scale.replicas, present: scale.present, pods: podsOf(api, namespace, scale.selector) }
}

/** Source: kubernetes pkg/controller/podautoscaler/horizontal.go, validateAndParseSelector */
function podsOf(api: Api, namespace: string, selector: string): Target['pods'] {
  if (selector === '')
    return { event: 'SelectorRequired', message: 'selector is required', condition: "the HPA target's scale is missing a selector" }
  try {
    const own = parseLabelSelector(selector)
    return api.list('Pod', namespace).filter((pod) => own(pod.metadata.labels))
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error
    const message = `couldn't convert selector into a corresponding internal selector object: ${error.message}`
    return { event: 'InvalidSelector', message, condition: message }
  }
}
