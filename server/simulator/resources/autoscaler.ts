import { child, children, ensure, setDefaults } from './draft.ts'
import { atLeastZero, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateMetric, validateObjectReference } from './metric-validation.ts'
import { nanoOf } from './quantity.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { HorizontalPodAutoscaler, HPAScalingRules } from './kinds.ts'
import type { Draft } from './object.ts'

const LONGEST_STABILIZATION = 3600
const LONGEST_PERIOD = 1800

/** What scales up or down when rules do not say. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/autoscaling/v2/defaults.go */
const RULES: { readonly [direction: string]: () => Draft } = {
  scaleUp: () => ({
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  }),
  scaleDown: () => ({ selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }),
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/autoscaling/validation/validation.go */
export const horizontalPodAutoscaler: KindBehaviour = {
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { minReplicas: 1 })
    if (children(spec, 'metrics').length === 0)
      spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]
    const behavior = child(spec, 'behavior')
    if (behavior) for (const [direction, rules] of Object.entries(RULES)) setDefaults(ensure(behavior, direction), rules())
  },
  prepareCreate: (draft) => void (draft['status'] = { desiredReplicas: 0, currentMetrics: null }),
  validate(object, _around, old) {
    const { spec } = object as unknown as HorizontalPodAutoscaler
    const errors: FieldError[] = []
    const [min, max] = [spec?.minReplicas ?? 1, spec?.maxReplicas ?? 0]
    const least = (old as unknown as HorizontalPodAutoscaler | undefined)?.spec?.minReplicas === 0 ? 0 : 1
    if (min < least) errors.push(invalid('spec.minReplicas', min, `must be greater than or equal to ${least}`))
    if (max < 1) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
    if (max < min) errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
    errors.push(...validateObjectReference(spec?.scaleTargetRef, 'spec.scaleTargetRef', false))
    spec?.metrics?.forEach((metric, index) => errors.push(...validateMetric(metric, `spec.metrics[${index}]`)))
    if (min === 0 && !spec?.metrics?.some(({ type }) => type === 'Object' || type === 'External'))
      errors.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'))
    for (const direction of ['scaleUp', 'scaleDown'] as const)
      errors.push(...validateRules(spec?.behavior?.[direction], `spec.behavior.${direction}`))
    return errors
  },
  validateStatus(object) {
    const { status } = object as unknown as HorizontalPodAutoscaler
    return (['currentReplicas', 'desiredReplicas'] as const).flatMap((key) => atLeastZero(`status.${key}`, status?.[key]))
  },
}

function validateRules(rules: HPAScalingRules | undefined, field: string): FieldError[] {
  if (!rules) return []
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules
  const path = `${field}.stabilizationWindowSeconds`
  const choices = ['Disabled', 'Max', 'Min']
  const errors: FieldError[] = []
  if ((window ?? 0) < 0) errors.push(invalid(path, window, 'must be greater than or equal to zero'))
  if ((window ?? 0) > LONGEST_STABILIZATION) errors.push(invalid(path, window, `must be less than or equal to ${LONGEST_STABILIZATION}`))
  if (selectPolicy !== undefined && !choices.includes(selectPolicy))
    errors.push(unsupported(`${field}.selectPolicy`, selectPolicy, choices))
  if (policies.length === 0) errors.push(required(`${field}.policies`, 'must specify at least one Policy'))
  policies.forEach(({ type, value, periodSeconds }, index) => {
    const at = `${field}.policies[${index}]`
    if (type !== 'Pods' && type !== 'Percent') errors.push(unsupported(`${at}.type`, type, ['Percent', 'Pods']))
    if (value <= 0) errors.push(invalid(`${at}.value`, value, 'must be greater than zero'))
    if (periodSeconds <= 0) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'))
    if (periodSeconds > LONGEST_PERIOD)
      errors.push(invalid(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${LONGEST_PERIOD}`))
  })
  if (tolerance !== undefined && nanoOf(String(tolerance)) < 0n)
    errors.push(invalid(`${field}.tolerance`, String(tolerance), 'must be greater than or equal to 0'))
  return errors
}
