import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, Pod } from '../../resources/kinds.ts'
import { isDeleting, isPodReady, nameOf } from '../objects.ts'
import { amountOf } from '../quantity.ts'
import { goSelector } from '../selectors.ts'
import type { PodMetrics, PodMetricsSource } from './pod-metrics.ts'

/** A usage this near to its target changes nothing. */
const defaultTolerance = 0.1
/** While a pod is this young its CPU does not count before it has been ready for a whole window. */
const cpuInitializationMillis = 300_000
const initialReadinessMillis = 30_000

/** How many pods one metric asks for. */
export type Proposal =
  | { readonly ok: true; readonly replicas: number; readonly name: string; readonly status: MetricStatus }
  /** `reason` is the event's and the condition's; `message` what the event says. */
  | { readonly ok: false; readonly reason: string; readonly message: string; readonly what: string }

export interface Measured {
  readonly hpa: HorizontalPodAutoscaler
  readonly current: number
  readonly pods: readonly Pod[]
  readonly source: PodMetricsSource
  readonly now: number
}

/** Cannot be measured, for this reason. */
class Unmeasured extends Error {}

/**
 * How many replicas this metric asks for.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details
 */
export function propose(spec: MetricSpec, measured: Measured): Proposal {
  if (spec.type !== 'Resource' && spec.type !== 'ContainerResource') return unserved(spec, measured)
  const source = spec.type === 'Resource' ? spec.resource : spec.containerResource
  const container = spec.containerResource?.container
  const resource = source?.name ?? ''
  const target = source?.target
  const utilization = target?.averageUtilization
  const kind = container === undefined ? 'resource' : 'container resource'
  try {
    const found = usageOf(resource, container, measured)
    const goal =
      utilization === undefined ? amountOf(target?.averageValue) : (requestOf(resource, container, measured.pods) * utilization) / 100
    const average = found.usage / found.counted
    const current = {
      ...(utilization === undefined
        ? {}
        : { averageUtilization: Math.floor((100 * found.usage) / (found.counted * requestOf(resource, container, measured.pods))) }),
      averageValue: quantityOf(resource, average),
    }
    const status: MetricStatus =
      container === undefined
        ? { type: 'Resource', resource: { name: resource, current } }
        : { type: 'ContainerResource', containerResource: { name: resource, container, current } }
    const name = `${resource} ${kind}${utilization === undefined ? '' : ' utilization (percentage of request)'}`
    return { ok: true, replicas: replicasFor(average / goal, goal, found, measured), name, status }
  } catch (error) {
    if (!(error instanceof Unmeasured)) throw error
    const what = utilization === undefined ? `failed to get ${resource} usage: ` : `failed to get ${resource} utilization: `
    const reason = container === undefined ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric'
    return {
      ok: false,
      reason,
      message: what + error.message,
      what: `failed to get ${container === undefined ? `${resource} resource` : `${container} container`} metric value: ${what}${error.message}`,
    }
  }
}

/** Metrics of objects and of the outside need an adapter, which no simulated cluster has. */
function unserved(spec: MetricSpec, { hpa }: Measured): Proposal {
  const { pods, object, external } = spec
  const namespace = hpa.metadata.namespace ?? ''
  const reason = `FailedGet${spec.type}Metric`
  const fail = (what: string, message: string): Proposal => ({
    ok: false,
    reason,
    message,
    what: `failed to get ${what} metric value: ${message}`,
  })
  if (external) {
    const { name, selector } = external.metric
    const why = `unable to fetch metrics from external metrics API: the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`
    return fail(`${name} external`, `unable to get external metric ${namespace}/${name}/${goSelector(selector)}: ${why}`)
  }
  const why = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered'
  if (!object) return fail('pods', `unable to get metric ${pods?.metric.name ?? ''}: ${why}`)
  // The parts of this sentence are in the wrong order in the original, too.
  const { kind, name } = object.describedObject
  return fail('object', `unable to get metric ${object.metric.name}: ${kind} on ${namespace} ${name}/${why}`)
}

interface Usage {
  readonly usage: number
  /** Ready pods that were measured. */
  readonly counted: number
  readonly missing: number
  readonly unready: number
}

function usageOf(resource: string, container: string | undefined, { hpa, pods, source, now }: Measured): Usage {
  const answer = source(hpa.metadata.namespace ?? '')
  const failed = `unable to get metrics for resource ${resource}: `
  if (!answer.ok) throw new Unmeasured(`${failed}unable to fetch metrics from resource metrics API: ${answer.message}`)
  const mine = new Map(
    answer.items.filter((one) => pods.some((pod) => nameOf(pod) === one.metadata.name)).map((one) => [one.metadata.name, one]),
  )
  if (mine.size === 0) throw new Unmeasured(`${failed}no metrics returned from resource metrics API`)
  let [usage, counted, missing, unready] = [0, 0, 0, 0]
  for (const pod of pods) {
    if (isDeleting(pod) || pod.status?.phase === 'Failed') continue
    const metrics = mine.get(nameOf(pod))
    if (pod.status?.phase === 'Pending') unready++
    else if (!metrics) missing++
    else if (resource === 'cpu' && isStarting(pod, metrics, now)) unready++
    else {
      const wanted = metrics.containers.filter((one) => container === undefined || one.name === container)
      usage += wanted.reduce((sum, one) => sum + amountOf(one.usage[resource]), 0)
      counted++
    }
  }
  if (counted === 0) throw new Unmeasured('did not receive metrics for targeted pods (pods might be unready)')
  return { usage, counted, missing, unready }
}

/** The first moments of a pod use more than it will. */
function isStarting(pod: Pod, metrics: PodMetrics, now: number): boolean {
  const ready = pod.status?.conditions?.find((one) => one.type === 'Ready')
  const started = Date.parse(pod.status?.startTime ?? '')
  if (!ready || Number.isNaN(started)) return true
  const changed = Date.parse(ready.lastTransitionTime ?? '')
  if (started + cpuInitializationMillis > now) {
    return !isPodReady(pod) || Date.parse(metrics.timestamp) < changed + Number.parseInt(metrics.window, 10) * 1000
  }
  return !isPodReady(pod) && started + initialReadinessMillis > changed
}

/** What one pod asks for of the resource. */
function requestOf(resource: string, container: string | undefined, pods: readonly Pod[]): number {
  const sums = pods.map((pod) => {
    const containers = (pod.spec?.containers ?? []).filter((one) => container === undefined || one.name === container)
    return containers.reduce((sum, one) => {
      const request = one.resources?.requests?.[resource]
      if (request === undefined) throw new Unmeasured(`missing request for ${resource} in container ${one.name} of Pod ${nameOf(pod)}`)
      return sum + amountOf(request)
    }, 0)
  })
  return sums.reduce((sum, one) => sum + one, 0) / Math.max(sums.length, 1)
}

function replicasFor(ratio: number, goal: number, found: Usage, { hpa, current }: Measured): number {
  const within = (value: number): boolean => Math.abs(1 - value) <= toleranceOf(hpa, value > 1)
  const rest = found.missing + (ratio > 1 ? found.unready : 0)
  if (rest === 0) return within(ratio) ? current : Math.ceil(ratio * found.counted - 1e-9)
  // Whoever cannot be measured is thought to use nothing when more are wanted, and its whole share when fewer.
  const assumed = ratio < 1 ? found.missing * goal : 0
  const counted = found.counted + rest
  const adjusted = (found.usage + assumed) / counted / goal
  if (within(adjusted) || ratio < 1 !== adjusted < 1) return current
  const wanted = Math.ceil(adjusted * counted - 1e-9)
  return (adjusted < 1 && wanted > current) || (adjusted > 1 && wanted < current) ? current : wanted
}

function toleranceOf(hpa: HorizontalPodAutoscaler, up: boolean): number {
  const own = up ? hpa.spec.behavior?.scaleUp?.tolerance : hpa.spec.behavior?.scaleDown?.tolerance
  return own === undefined ? defaultTolerance : amountOf(own)
}

function quantityOf(resource: string, value: number): string {
  return resource === 'cpu' ? `${Math.ceil(value * 1000)}m` : String(Math.ceil(value))
}
