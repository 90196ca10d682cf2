import type { HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscaler } from '../../resources/kinds.ts'

/** What the autoscaler remembers of one HorizontalPodAutoscaler, between its looks. */
export interface Memory {
  recommendations: readonly { readonly at: number; readonly replicas: number }[]
  /** How far each rescale went: up positive, down negative. */
  rescales: readonly { readonly at: number; readonly change: number }[]
}

/** A condition's status, reason and message. */
export type Verdict = readonly [status: 'True' | 'False', reason: string, message: string]

export interface Bounded {
  readonly replicas: number
  readonly ableToScale: Verdict
  readonly limited: Verdict
}

const upByDefault: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const downByDefault: HPAScalingRules = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
}

/**
 * Holds a wish to what recent wishes, the rate of change and the limits allow.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
export function bound(hpa: HorizontalPodAutoscaler, current: number, wish: number, memory: Memory, now: number): Bounded {
  const up = { ...upByDefault, ...hpa.spec.behavior?.scaleUp }
  const down = { ...downByDefault, ...hpa.spec.behavior?.scaleDown }
  const stable = stabilize(up, down, current, wish, memory, now)
  const ableToScale: Verdict =
    stable === wish
      ? ['True', 'ReadyForNewScale', 'recommended size matches current size']
      : stable > wish
        ? ['True', 'ScaleDownStabilized', 'recent recommendations were higher than current one, applying the highest recent recommendation']
        : ['True', 'ScaleUpStabilized', 'recent recommendations were lower than current one, applying the lowest recent recommendation']
  return { ableToScale, ...limit(hpa, up, down, current, stable, memory, now) }
}

function stabilize(up: HPAScalingRules, down: HPAScalingRules, current: number, wish: number, memory: Memory, now: number): number {
  const recent = (rules: HPAScalingRules): number[] =>
    memory.recommendations.filter((one) => one.at > now - (rules.stabilizationWindowSeconds ?? 0) * 1000).map((one) => one.replicas)
  const lowest = Math.min(wish, ...recent(up))
  const highest = Math.max(wish, ...recent(down))
  const longest = Math.max(up.stabilizationWindowSeconds ?? 0, down.stabilizationWindowSeconds ?? 0) * 1000
  memory.recommendations = [...memory.recommendations.filter((one) => one.at > now - longest), { at: now, replicas: wish }]
  return Math.min(Math.max(current, lowest), highest)
}

function limit(
  hpa: HorizontalPodAutoscaler,
  up: HPAScalingRules,
  down: HPAScalingRules,
  current: number,
  wish: number,
  memory: Memory,
  now: number,
): { readonly replicas: number; readonly limited: Verdict } {
  const [min, max] = [hpa.spec.minReplicas ?? 1, hpa.spec.maxReplicas]
  if (wish > current) {
    const fastest = Math.max(rateLimit(up, current, memory, now, 1), current)
    if (wish > Math.min(fastest, max)) {
      return max <= fastest
        ? { replicas: max, limited: ['True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count'] }
        : {
            replicas: fastest,
            limited: ['True', 'ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate'],
          }
    }
  } else if (wish < current) {
    const fastest = Math.min(rateLimit(down, current, memory, now, -1), current)
    if (wish < Math.max(fastest, min)) {
      return min >= fastest
        ? { replicas: min, limited: ['True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count'] }
        : {
            replicas: fastest,
            limited: ['True', 'ScaleDownLimit', 'the desired replica count is decreasing faster than the maximum scale rate'],
          }
    }
  } else if (wish < min) {
    return { replicas: min, limited: ['True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count'] }
  }
  return { replicas: wish, limited: ['False', 'DesiredWithinRange', 'the desired count is within the acceptable range'] }
}

/** How many replicas the policies allow now. @param sign 1 for more, -1 for fewer */
function rateLimit(rules: HPAScalingRules, current: number, memory: Memory, now: number, sign: 1 | -1): number {
  if (rules.selectPolicy === 'Disabled') return current
  const allowed = (policy: HPAScalingPolicy): number => {
    const moved = memory.rescales
      .filter((one) => one.at > now - policy.periodSeconds * 1000)
      .reduce((sum, one) => sum + (Math.sign(one.change) === sign ? one.change : 0), 0)
    const start = current - moved
    if (policy.type === 'Pods') return start + sign * policy.value
    return sign > 0 ? Math.ceil(start * (1 + policy.value / 100)) : Math.floor(start * (1 - policy.value / 100))
  }
  const limits = (rules.policies ?? []).map(allowed)
  if (limits.length === 0) return current
  const widest = (rules.selectPolicy ?? 'Max') === 'Max'
  return widest === sign > 0 ? Math.max(...limits) : Math.min(...limits)
}
