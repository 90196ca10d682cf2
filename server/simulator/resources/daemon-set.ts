import { child, ensure, setDefaults } from './draft.ts'
import { atLeastZero, invalid, required, unsupported } from './field-error.ts'
import { intOrPercentValue, notMoreThanAll, positiveIntOrPercent } from './int-or-percent.ts'
import { selects, validateSelector } from './label-selector.ts'
import { immutable } from './metadata.ts'
import { defaultTemplate, mismatch, selectsEverything, validateForever, validateTemplate } from './templates.ts'
import { templateWarnings } from './pod-warnings.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { DaemonSet } from './kinds.ts'
import type { JsonObject, StoredObject } from './object.ts'

type Strategy = NonNullable<DaemonSet['spec']>['updateStrategy']

const specOf = (object: StoredObject) => object['spec'] as JsonObject | undefined
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go ValidateDaemonSetSpec */
export const daemonSet: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { revisionHistoryLimit: 10 })
    defaultTemplate(spec)
    const strategy = ensure(spec, 'updateStrategy')
    setDefaults(strategy, { type: 'RollingUpdate' })
    if (strategy['type'] === 'RollingUpdate') setDefaults(ensure(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 })
  },
  prepareCreate(draft) {
    ensure(ensure(draft, 'metadata'), 'annotations')[TEMPLATE_GENERATION] = '1'
    draft['status'] = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }
  },
  prepareUpdate(draft, old) {
    const annotations = ensure(ensure(draft, 'metadata'), 'annotations')
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1)
    const changed = immutable('', child(draft, 'spec')?.['template'], specOf(old)?.['template']).length > 0
    annotations[TEMPLATE_GENERATION] = String(changed ? before + 1 : before)
  },
  validate(object) {
    const { spec } = object as unknown as DaemonSet
    const { selector, template } = spec ?? {}
    const unreadable = validateSelector(selector, 'spec.selector')
    const differs = unreadable.length === 0 && !selectsEverything(selector) && !selects(selector, template?.metadata?.labels)
    return [
      ...unreadable,
      ...(differs ? [mismatch(template)] : []),
      ...(selectsEverything(selector) ? [invalid('spec.selector', {}, 'empty selector is invalid for daemonset')] : []),
      ...validateTemplate(template),
      ...validateForever(template, 'DaemonSet'),
      ...atLeastZero('spec.minReadySeconds', spec?.minReadySeconds),
      ...validateStrategy(spec?.updateStrategy),
      ...atLeastZero('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
    ]
  },
  warnings: (object, old) => templateWarnings(object, old, 'spec.template'),
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object)?.['selector'], specOf(old)?.['selector']),
  validateStatus(object) {
    const status = (object as unknown as DaemonSet).status
    const counts = [
      'currentNumberScheduled',
      'numberMisscheduled',
      'desiredNumberScheduled',
      'numberReady',
      'observedGeneration',
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
      'collisionCount',
    ] as const
    return counts.flatMap((key) => atLeastZero(`status.${key}`, status?.[key]))
  },
}

function validateStrategy(strategy: Strategy): FieldError[] {
  const field = 'spec.updateStrategy'
  const rolling = strategy?.rollingUpdate
  if (strategy?.type === 'OnDelete') return []
  if (strategy?.type !== 'RollingUpdate') {
    const shown = rolling ? { MaxUnavailable: rolling.maxUnavailable ?? 0, MaxSurge: rolling.maxSurge ?? 0 } : null
    return [unsupported(field, { Type: strategy?.type ?? '', RollingUpdate: shown }, ['RollingUpdate', 'OnDelete'])]
  }
  const [unavailable, surge] = [`${field}.rollingUpdate.maxUnavailable`, `${field}.rollingUpdate.maxSurge`]
  const errors = [
    ...positiveIntOrPercent(unavailable, rolling?.maxUnavailable),
    ...positiveIntOrPercent(surge, rolling?.maxSurge),
    ...notMoreThanAll(unavailable, rolling?.maxUnavailable),
    ...notMoreThanAll(surge, rolling?.maxSurge),
  ]
  const takesAway = intOrPercentValue(rolling?.maxUnavailable) !== 0
  const adds = intOrPercentValue(rolling?.maxSurge) !== 0
  if (takesAway && adds) errors.push(invalid(surge, rolling?.maxSurge, 'may not be set when maxUnavailable is non-zero'))
  if (!takesAway && !adds) errors.push(required(unavailable, 'cannot be 0 when maxSurge is 0'))
  return errors
}
