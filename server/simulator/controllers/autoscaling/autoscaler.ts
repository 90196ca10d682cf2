import { rfc3339 } from '../../../kernel/clock.ts'
import type { ScaleTarget } from '../../api/door.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
  Pod,
} from '../../resources/kinds.ts'
import { normal, warning } from '../change.ts'
import type { Change } from '../change.ts'
import { sameJson } from '../objects.ts'
import { bound } from './behaviour.ts'
import type { Memory, Verdict } from './behaviour.ts'
import { propose } from './measure.ts'
import type { PodMetricsSource } from './pod-metrics.ts'

/** What is scaled, and the pods that it selects. */
export interface Target {
  readonly at: ScaleTarget
  readonly replicas: number
  /** As its status has it. */
  readonly present: number
  readonly pods: readonly Pod[] | SelectorProblem
}

/** Why nobody can say which pods are the target's. */
export interface SelectorProblem {
  readonly event: 'SelectorRequired' | 'InvalidSelector'
  readonly message: string
  readonly condition: string
}

export interface Look {
  readonly hpa: HorizontalPodAutoscaler
  /** The target, or why its scale cannot be read. */
  readonly target: Target | string
  readonly source: PodMetricsSource
  readonly memory: Memory
  readonly now: number
}

type Conditions = Map<string, Verdict>

/**
 * One look of the autoscaler: measures, decides, rescales and reports.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
 */
export function autoscale(look: Look): Change[] {
  const { hpa, target } = look
  const conditions: Conditions = new Map()
  if (typeof target === 'string') {
    conditions.set('AbleToScale', ['False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${target}`])
    return [warning(hpa, 'FailedGetScale', target), ...report(look, conditions, {})]
  }
  conditions.set('AbleToScale', ['True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"])
  const current = target.replicas
  const min = hpa.spec.minReplicas ?? 1
  if (current === 0 && min !== 0) {
    conditions.set('ScalingActive', ['False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero'])
    return report(look, conditions, { currentReplicas: target.present, desiredReplicas: 0, currentMetrics: undefined })
  }
  if (current > hpa.spec.maxReplicas)
    return rescale(look, target, conditions, hpa.spec.maxReplicas, 'Current number of replicas above Spec.MaxReplicas', undefined)
  if (current < min) return rescale(look, target, conditions, min, 'Current number of replicas below Spec.MinReplicas', undefined)
  return measure(look, target, conditions)
}

function measure(look: Look, target: Target, conditions: Conditions): Change[] {
  const { hpa, memory, now, source } = look
  const current = target.replicas
  const { pods } = target
  if ('event' in pods) {
    conditions.set('ScalingActive', ['False', 'InvalidSelector', pods.condition])
    return [
      warning(hpa, pods.event, pods.message),
      warning(hpa, 'FailedComputeMetricsReplicas', pods.message),
      ...report(look, conditions, { currentReplicas: target.present, currentMetrics: undefined }),
    ]
  }
  const metrics = hpa.spec.metrics ?? []
  const proposals = metrics.map((spec) => propose(spec, { hpa, current, pods, source, now }))
  const good = proposals.filter((one) => one.ok)
  const bad = proposals.filter((one) => !one.ok)
  const [first] = bad
  const best = good.toSorted((a, b) => b.replicas - a.replicas)[0]
  // With some metric missing nothing is scaled down.
  if (!best || (first && best.replicas < current)) {
    if (first) conditions.set('ScalingActive', ['False', first.reason, `the HPA was unable to compute the replica count: ${first.message}`])
    const summary = `invalid metrics (${bad.length} invalid out of ${metrics.length}), first error is: ${first?.what ?? ''}`
    return [
      ...bad.map((one) => warning(hpa, one.reason, one.message)),
      warning(hpa, 'FailedComputeMetricsReplicas', summary),
      ...report(look, conditions, { currentReplicas: target.present, currentMetrics: undefined }),
    ]
  }
  conditions.set('ScalingActive', [
    'True',
    'ValidMetricFound',
    `the HPA was able to successfully calculate a replica count from ${best.name}`,
  ])
  const allowed = bound(hpa, current, best.replicas, memory, now)
  conditions.set('AbleToScale', allowed.ableToScale)
  conditions.set('ScalingLimited', allowed.limited)
  const reason = best.replicas > current ? `${best.name} above target` : 'All metrics below target'
  return [
    ...bad.map((one) => warning(hpa, one.reason, one.message)),
    ...rescale(
      look,
      target,
      conditions,
      allowed.replicas,
      reason,
      good.map((one) => one.status),
    ),
  ]
}

function rescale(
  look: Look,
  target: Target,
  conditions: Conditions,
  desired: number,
  reason: string,
  currentMetrics: readonly MetricStatus[] | undefined,
): Change[] {
  const { hpa, memory, now } = look
  const counts = { currentReplicas: target.present, desiredReplicas: desired, currentMetrics }
  if (desired === target.replicas) return report(look, conditions, counts)
  memory.rescales = [...memory.rescales.filter((one) => one.at > now - 1_800_000), { at: now, change: desired - target.replicas }]
  conditions.set('AbleToScale', ['True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`])
  return [
    { do: 'rescale', target: target.at, replicas: desired },
    normal(hpa, 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`),
    ...report(look, conditions, { ...counts, lastScaleTime: rfc3339(now) }),
  ]
}

/** Writes what has changed. Conditions that this look says nothing about stay as they are. */
function report({ hpa, now }: Look, conditions: Conditions, counts: Partial<HorizontalPodAutoscalerStatus>): Change[] {
  const before = hpa.status?.conditions ?? []
  const added = [...conditions.keys()].filter((type) => !before.some((one) => one.type === type))
  const next = [...before.map((one) => one.type), ...added].map((type): HorizontalPodAutoscalerCondition => {
    const old = before.find((one) => one.type === type)
    const verdict = conditions.get(type)
    if (!verdict) return old ?? { type, status: 'Unknown' }
    const [status, reason, message] = verdict
    return { type, status, lastTransitionTime: old?.status === status ? old.lastTransitionTime : rfc3339(now), reason, message }
  })
  const status: HorizontalPodAutoscalerStatus = { desiredReplicas: 0, ...hpa.status, ...counts, conditions: next }
  return sameJson(status, hpa.status) ? [] : [{ do: 'status', object: { ...hpa, status } }]
}
