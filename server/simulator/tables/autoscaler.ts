import { ageOf } from './cells.ts'
import type { HorizontalPodAutoscaler } from '../resources/kinds.ts'
import type { Cell } from './table.ts'

type Spec = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number]
type Status = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number]

/** How many metrics the cell names before it counts the rest. */
const SHOWN = 2
const UNKNOWN = '<unknown>'

export function autoscalerRow({ metadata, spec, status }: HorizontalPodAutoscaler, now: number): readonly Cell[] {
  const ref = spec?.scaleTargetRef
  const min = spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)
  const targets = (spec?.metrics ?? []).map((metric, index) => metricCell(metric, status?.currentMetrics?.[index]))
  return [
    metadata.name ?? '',
    `${ref?.kind}/${ref?.name}`,
    targetsCell(targets),
    min,
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
  ]
}

function targetsCell(targets: readonly string[]): string {
  if (targets.length === 0) return '<none>'
  const more = targets.length > SHOWN ? ` + ${targets.length - SHOWN} more...` : ''
  return `${targets.slice(0, SHOWN).join(', ')}${more}`
}

/** `cpu: 12%/50%`, `<unknown>/10 (avg)` */
function metricCell(spec: Spec, status: Status | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueCell(spec.external?.target, status?.external?.current)
    case 'Object':
      return valueCell(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue ?? '0'}`
    case 'Resource':
      return resourceCell(spec.resource, status?.resource?.current)
    case 'ContainerResource':
      return resourceCell(spec.containerResource, status?.containerResource?.current)
    default:
      return '<unknown type>'
  }
}

interface Value {
  readonly averageUtilization?: number
  readonly averageValue?: string | number
  readonly value?: string | number
}

function valueCell(target: Value | undefined, current: Value | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
  return `${current?.value ?? UNKNOWN}/${target?.value ?? '<nil>'}`
}

function resourceCell(metric: { readonly name: string; readonly target: Value } | undefined, current: Value | undefined): string {
  const { averageValue, averageUtilization } = metric?.target ?? {}
  const percent = (share: number | undefined) => (share === undefined ? undefined : `${share}%`)
  const shown =
    averageValue !== undefined
      ? `${current?.averageValue ?? UNKNOWN}/${averageValue}`
      : `${percent(current?.averageUtilization) ?? UNKNOWN}/${percent(averageUtilization) ?? '<auto>'}`
  return `${metric?.name ?? ''}: ${shown}`
}
