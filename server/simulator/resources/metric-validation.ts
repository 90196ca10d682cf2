import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { label, pathSegment } from './names.ts'
import { nanoOf } from './quantity.ts'
import type { FieldError } from './field-error.ts'
import type { CrossVersionObjectReference, MetricSpec, MetricTarget } from './kinds.ts'

type Source = 'object' | 'external' | 'pods' | 'resource' | 'containerResource'

const SOURCES: { readonly [type: string]: Source } = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/autoscaling/validation/validation.go validateMetricSpec */
export function validateMetric(metric: MetricSpec, field: string): FieldError[] {
  const errors: FieldError[] = []
  const type = metric.type ?? ''
  if (!type) errors.push(required(`${field}.type`, 'must specify a metric source type'))
  const source = SOURCES[type]
  const unknown = unsupported(`${field}.type`, type, Object.keys(SOURCES))
  if (source === undefined) errors.push(unknown)
  const present = (['object', 'external', 'pods', 'resource', 'containerResource'] as const).filter((key) => metric[key] !== undefined)
  // Only the first of several is looked into.
  if (present[0]) errors.push(...validateSource(metric, present[0], `${field}.${present[0]}`))
  if (source === undefined) errors.push(unknown)
  else if (metric[source] === undefined)
    errors.push(required(`${field}.${source}`, 'must populate information for the given metric source'))
  if (present.length !== 1)
    for (const extra of present)
      if (extra !== source) errors.push(forbidden(`${field}.${extra}`, 'must populate the given metric source only'))
  return errors
}

function validateSource(metric: MetricSpec, source: Source, field: string): FieldError[] {
  const missing = (words: string) => required(`${field}.target.averageValue`, words)
  const { value, averageValue } = metric[source]?.target ?? {}
  const neither = value === undefined && averageValue === undefined
  switch (source) {
    case 'object':
      return [
        ...validateObjectReference(metric.object?.describedObject, `${field}.describedObject`, true),
        ...validateNamed(metric.object?.metric.name, metric.object?.target, field),
        ...(neither ? [missing('must set either a target value or averageValue')] : []),
      ]
    case 'external':
      return [
        ...validateNamed(metric.external?.metric.name, metric.external?.target, field),
        ...(neither ? [missing('must set either a target value for metric or a per-pod target')] : []),
        ...(value !== undefined && averageValue !== undefined
          ? [forbidden(`${field}.target.value`, 'may not set both a target value for metric and a per-pod target')]
          : []),
      ]
    case 'pods':
      return [
        ...validateNamed(metric.pods?.metric.name, metric.pods?.target, field),
        ...(averageValue === undefined ? [missing('must specify a positive target averageValue')] : []),
      ]
    case 'resource':
      return validateResource(metric.resource, field)
    case 'containerResource': {
      const container = metric.containerResource?.container
      const words = container ? label(container).map((said) => invalid(`${field}.container`, container, said)) : []
      const between = container ? words : [required(`${field}.container`, 'must specify a container')]
      return validateResource(metric.containerResource, field, between)
    }
  }
}

function validateNamed(name: string | undefined, target: MetricTarget | undefined, field: string): FieldError[] {
  const errors = name
    ? pathSegment(name).map((words) => invalid(`${field}.metric.name`, name, words))
    : [required(`${field}.metric.name`, 'must specify a metric name')]
  return [...errors, ...validateTarget(target, `${field}.target`)]
}

function validateResource(
  source: { readonly name: string; readonly target: MetricTarget } | undefined,
  field: string,
  between: readonly FieldError[] = [],
): FieldError[] {
  const target = source?.target
  const errors = [
    ...(source?.name ? [] : [required(`${field}.name`, 'must specify a resource name')]),
    ...between,
    ...validateTarget(target, `${field}.target`),
  ]
  if (target?.averageUtilization === undefined && target?.averageValue === undefined) {
    errors.push(required(`${field}.target.averageUtilization`, 'must set either a target raw value or a target utilization'))
  }
  if (target?.averageUtilization !== undefined && target.averageValue !== undefined) {
    errors.push(forbidden(`${field}.target.averageValue`, 'may not set both a target raw value and a target utilization'))
  }
  return errors
}

function validateTarget(target: MetricTarget | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  const type = target?.type ?? ''
  if (!type) errors.push(required(`${field}.type`, 'must specify a metric target type'))
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue'))
  for (const key of ['value', 'averageValue'] as const) {
    const value = target?.[key]
    if (value !== undefined && nanoOf(String(value)) <= 0n) errors.push(invalid(`${field}.${key}`, value, 'must be positive'))
  }
  const share = target?.averageUtilization
  if (share !== undefined && share < 1) errors.push(invalid(`${field}.averageUtilization`, share, 'must be greater than 0'))
  return errors
}

/** @param core whether what is referred to may be of the group that has no name */
export function validateObjectReference(ref: CrossVersionObjectReference | undefined, field: string, core: boolean): FieldError[] {
  const errors = (['kind', 'name'] as const).flatMap((key) => {
    const value = ref?.[key]
    return value ? pathSegment(value).map((words) => invalid(`${field}.${key}`, value, words)) : [required(`${field}.${key}`)]
  })
  const version = ref?.apiVersion ?? ''
  const slashes = version.split('/').length - 1
  if (slashes > 1) errors.push(invalid(`${field}.apiVersion`, version, `unexpected GroupVersion string: ${version}`))
  else if (!core && (slashes === 0 || version.startsWith('/')) && !(version === 'v1' && ref?.kind === 'ReplicationController'))
    errors.push(invalid(`${field}.apiVersion`, version, 'apiVersion must specify API group'))
  return errors
}
