import { atLeastZero, invalid, unsupported } from './field-error.ts'
import { goSelector } from './go-values.ts'
import { notMoreThanAll, positiveIntOrPercent } from './int-or-percent.ts'
import { validateSelector } from './label-selector.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { PodDisruptionBudget } from './kinds.ts'

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget']

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/policy/validation/validation.go */
export const podDisruptionBudget: KindBehaviour = {
  generation: true,
  prepareCreate: (draft) => void (draft['status'] = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  validate(object) {
    const { spec } = object as unknown as PodDisruptionBudget
    const { minAvailable = null, maxUnavailable = null, selector, unhealthyPodEvictionPolicy: policy } = spec ?? {}
    const errors: FieldError[] = []
    if (minAvailable !== null && maxUnavailable !== null) {
      const shown = {
        MinAvailable: minAvailable,
        Selector: selector ? goSelector(selector) : null,
        MaxUnavailable: maxUnavailable,
        UnhealthyPodEvictionPolicy: policy ?? null,
      }
      errors.push(invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'))
    }
    for (const key of ['minAvailable', 'maxUnavailable'] as const)
      errors.push(...positiveIntOrPercent(`spec.${key}`, spec?.[key]), ...notMoreThanAll(`spec.${key}`, spec?.[key]))
    errors.push(...validateSelector(selector, 'spec.selector'))
    if (policy !== undefined && !EVICTION_POLICIES.includes(policy))
      errors.push(unsupported('spec.unhealthyPodEvictionPolicy', policy, EVICTION_POLICIES))
    return errors
  },
  validateStatus(object) {
    const { status } = object as unknown as PodDisruptionBudget
    const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const
    return counts.flatMap((key) => atLeastZero(`status.${key}`, status?.[key]))
  },
}
