import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { nanoOf } from './quantity.ts'
import type { FieldError } from './field-error.ts'
import type { HorizontalPodAutoscaler } from './kinds.ts'

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number]
type Target = NonNullable<Metric['resource']>['target']

const SOURCES: { readonly [type: string]: 'containerResource' | 'external' | 'object' | 'pods' | 'resource' } = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/autoscaling/validation/validation.go validateMetricSpec */
export function validateMetric(metric: Metric, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (!metric.type) errors.push(required(`${field}.type`, 'must specify a metric source type'))
  const source = SOURCES[metric.type]
  // Both of its checks complain.
  if (source === undefined) errors.push(...[1, 2].map(() => unsupported(`${field}.type`, metric.type, Object.keys(SOURCES))))
  const present = (['object', 'external', 'pods', 'resource', 'containerResource'] as const).filter((key) => metric[key] !== undefined)
  const first = present[0]
  if (first === 'resource') errors.push(...validateResource(metric.resource, `${field}.resource`))
  else if (first === 'containerResource') {
    if (!metric.containerResource?.container) errors.push(required(`${field}.containerResource.container`, 'must specify a container'))
    errors.push(...validateResource(metric.containerResource, `${field}.containerResource`))
  } else if (first !== undefined) errors.push(...validateTarget(metric[first]?.target, `${field}.${first}.target`))
  if (source !== undefined && metric[source] === undefined)
    errors.push(required(`${field}.${source}`, 'must populate information for the given metric source'))
  if (present.length !== 1)
    for (const extra of present)
      if (extra !== source) errors.push(forbidden(`${field}.${extra}`, 'must populate the given metric source only'))
  return errors
}

function validateResource(source: { readonly name: string; readonly target: Target } | undefined, field: string): FieldError[] {
  const target = source?.target
  const errors: FieldError[] = []
  if (!source?.name) errors.push(required(`${field}.name`, 'must specify a resource name'))
  errors.push(...validateTarget(target, `${field}.target`))
  if (target?.averageUtilization === undefined && target?.averageValue === undefined) {
    errors.push(required(`${field}.target.averageUtilization`, 'must set either a target raw value or a target utilization'))
  }
  if (target?.averageUtilization !== undefined && target.averageValue !== undefined) {
    errors.push(forbidden(`${field}.target.averageValue`, 'may not set both a target raw value and a target utilization'))
  }
  return errors
}

function validateTarget(target: Target | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (!target?.type) errors.push(required(`${field}.type`, 'must specify a metric target type'))
  else if (!['Utilization', 'Value', 'AverageValue'].includes(target.type)) {
    errors.push(invalid(`${field}.type`, target.type, 'must be either Utilization, Value, or AverageValue'))
  }
  for (const key of ['value', 'averageValue'] as const) {
    const value = target?.[key]
    if (value !== undefined && nanoOf(String(value)) <= 0n) errors.push(invalid(`${field}.${key}`, value, 'must be positive'))
  }
  const share = target?.averageUtilization
  if (share !== undefined && share < 1) errors.push(invalid(`${field}.averageUtilization`, share, 'must be greater than 0'))
  return errors
}
