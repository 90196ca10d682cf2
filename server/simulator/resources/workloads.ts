import { child, ensure, setDefaults, text } from './draft.ts'
import { atLeastZero, forbidden, invalid, required, unsupported } from './field-error.ts'
import { nameWarnings } from './job.ts'
import { intOrPercentValue, notMoreThanAll, positiveIntOrPercent } from './int-or-percent.ts'
import { selectsAll } from './label-selector.ts'
import { immutable } from './metadata.ts'
import { defaultPodSpec } from './pod-defaults.ts'
import { notMoreThanReplicas } from './replica-status.ts'
import { defaultTemplate, validateForever, validateSelectorAndTemplate, validateTemplate } from './templates.ts'
import { templateWarnings } from './pod-warnings.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Deployment, PodTemplate, PodTemplateSpec, ReplicaSet, ReplicationController } from './kinds.ts'
import type { JsonObject, StoredObject } from './object.ts'

/** The kinds that keep pods running from a template. */

const UNREADABLE = 'invalid label selector'
const specOf = (object: StoredObject) => object['spec'] as JsonObject | undefined
export const deployment: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
    defaultTemplate(spec)
    const strategy = ensure(spec, 'strategy')
    setDefaults(strategy, { type: 'RollingUpdate' })
    if (strategy['type'] === 'RollingUpdate') setDefaults(ensure(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' })
  },
  prepareCreate: (draft) => void (draft['status'] = {}),
  validate(object) {
    const { spec } = object as unknown as Deployment
    const errors = [
      ...atLeastZero('spec.replicas', spec?.replicas),
      ...validateSelectorAndTemplate(spec?.selector, spec?.template, 'deployment', UNREADABLE, () => replicated(spec?.template)),
      ...validateStrategy(spec?.strategy?.type, spec?.strategy?.rollingUpdate),
      ...atLeastZero('spec.minReadySeconds', spec?.minReadySeconds),
      ...atLeastZero('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
      ...atLeastZero('spec.progressDeadlineSeconds', spec?.progressDeadlineSeconds),
    ]
    if ((spec?.progressDeadlineSeconds ?? 600) <= (spec?.minReadySeconds ?? 0)) {
      errors.push(invalid('spec.progressDeadlineSeconds', spec?.progressDeadlineSeconds, 'must be greater than minReadySeconds'))
    }
    return errors
  },
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object)?.['selector'], specOf(old)?.['selector']),
  warnings: (object, old) => [...nameWarnings(object), ...templateWarnings(object, old, 'spec.template')],
  validateStatus(object) {
    const status = (object as unknown as Deployment).status ?? {}
    const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'] as const
    const ready = status.readyReplicas ?? 0
    const available = status.availableReplicas ?? 0
    return [
      ...counts.flatMap((key) => atLeastZero(`status.${key}`, status[key])),
      ...notMoreThanReplicas(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
      ...(available > ready ? [invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas')] : []),
    ]
  },
}

/** What both of the kinds with replicas that are all alike ask of their templates. */
function replicated(template: PodTemplateSpec | undefined): FieldError[] {
  return [...validateTemplate(template), ...validateForever(template, 'ReplicaSet')]
}

type Rolling = { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string } | undefined

function validateStrategy(type: string | undefined, rolling: Rolling): FieldError[] {
  const field = 'spec.strategy'
  const [unavailable, surge] = [`${field}.rollingUpdate.maxUnavailable`, `${field}.rollingUpdate.maxSurge`]
  if (type === 'Recreate')
    return rolling ? [forbidden(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")] : []
  if (type !== 'RollingUpdate') {
    const shown = rolling ? { MaxUnavailable: rolling.maxUnavailable ?? 0, MaxSurge: rolling.maxSurge ?? 0 } : null
    return [unsupported(field, { Type: type ?? '', RollingUpdate: shown }, ['Recreate', 'RollingUpdate'])]
  }
  const errors = [...positiveIntOrPercent(unavailable, rolling?.maxUnavailable), ...positiveIntOrPercent(surge, rolling?.maxSurge)]
  if (intOrPercentValue(rolling?.maxUnavailable) === 0 && intOrPercentValue(rolling?.maxSurge) === 0)
    errors.push(invalid(unavailable, rolling?.maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  return [...errors, ...notMoreThanAll(unavailable, rolling?.maxUnavailable)]
}

export const replicaSet: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { replicas: 1 })
    defaultTemplate(spec)
  },
  prepareCreate: (draft) => void (draft['status'] = { replicas: 0 }),
  validate(object) {
    const { spec } = object as unknown as ReplicaSet
    return [
      ...atLeastZero('spec.replicas', spec?.replicas),
      ...atLeastZero('spec.minReadySeconds', spec?.minReadySeconds),
      // The message names a deployment here too.
      ...validateSelectorAndTemplate(spec?.selector, spec?.template, 'deployment', UNREADABLE, () => replicated(spec?.template)),
    ]
  },
  validateStatus(object) {
    const status = (object as unknown as ReplicaSet).status
    const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const
    const ready = status?.readyReplicas ?? 0
    const available = status?.availableReplicas ?? 0
    return [
      ...counts.flatMap((key) => atLeastZero(`status.${key}`, status?.[key])),
      ...notMoreThanReplicas(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
      ...(available > ready ? [invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas')] : []),
    ]
  },
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object)?.['selector'], specOf(old)?.['selector']),
  warnings: (object, old) => [...nameWarnings(object), ...templateWarnings(object, old, 'spec.template')],
  fields: (object) => ({ 'status.replicas': String((object as unknown as ReplicaSet).status?.replicas ?? 0) }),
}

export const replicationController: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { replicas: 1 })
    const labels = child(child(child(spec, 'template'), 'metadata'), 'labels')
    if (labels && Object.keys(child(spec, 'selector') ?? {}).length === 0) spec['selector'] = { ...labels }
    const meta = ensure(draft, 'metadata')
    if (labels && Object.keys(child(meta, 'labels') ?? {}).length === 0) meta['labels'] = { ...labels }
    if (spec['template'] !== undefined) defaultTemplate(spec)
  },
  prepareCreate: (draft) => void (draft['status'] = { replicas: 0 }),
  validate(object) {
    const { spec } = object as unknown as ReplicationController
    const errors = atLeastZero('spec.minReadySeconds', spec?.minReadySeconds)
    const chosen = Object.keys(spec?.selector ?? {}).length > 0
    if (!chosen) errors.push(required('spec.selector'))
    errors.push(...atLeastZero('spec.replicas', spec?.replicas))
    if (!spec?.template) return [...errors, required('spec.template')]
    const labels = spec.template.metadata?.labels
    if (chosen && !selectsAll(spec.selector, labels))
      errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'))
    return [...errors, ...validateTemplate(spec.template), ...validateForever(spec.template, 'ReplicationController')]
  },
  warnings: (object, old) => templateWarnings(object, old, 'spec.template'),
  fields: (object) => ({ 'status.replicas': String((object as unknown as ReplicationController).status?.replicas ?? 0) }),
}

export const podTemplate: KindBehaviour = {
  generation: true,
  returnsDeleted: true,
  defaults(draft) {
    if (text(child(draft, 'template'), 'spec') !== undefined || draft['template'] !== undefined)
      defaultPodSpec(ensure(ensure(draft, 'template'), 'spec'))
  },
  validate: (object) => validateTemplate((object as unknown as PodTemplate).template, 'template'),
  warnings: (object, old) => templateWarnings(object, old, 'template'),
}
