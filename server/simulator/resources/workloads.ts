import { child, children, ensure, setDefaults, text } from './draft.ts'
import { invalid, required, unsupported } from './field-error.ts'
import { selectsAll, validateWorkloadSelector } from './label-selector.ts'
import { immutable, validateLabels } from './metadata.ts'
import { label } from './names.ts'
import { defaultPodSpec } from './pod-defaults.ts'
import { atLeastZero, validatePodSpec } from './pod-validation.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { DaemonSet, Deployment, PodTemplateSpec, ReplicaSet, ReplicationController, StatefulSet } from './kinds.ts'
import type { Draft, JsonObject, StoredObject } from './object.ts'

/** The kinds that keep pods running from a template. */

export function defaultTemplate(spec: Draft): void {
  defaultPodSpec(ensure(ensure(spec, 'template'), 'spec'))
}

export function validateTemplate(
  template: PodTemplateSpec | undefined,
  restartPolicies: readonly string[],
  field = 'spec.template',
): FieldError[] {
  return [
    ...validateLabels(template?.metadata?.labels, `${field}.metadata.labels`),
    ...validatePodSpec(template?.spec ?? { containers: [] }, `${field}.spec`, { template: true, restartPolicies }),
  ]
}

const specOf = (object: StoredObject) => object['spec'] as JsonObject | undefined
/** Go's name for a struct's fields, as `%v` of an internal type shows them. */
const goStrategy = (type: string | undefined) => ({ Type: type ?? '', RollingUpdate: null })

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
      ...validateWorkloadSelector(spec?.selector, spec?.template?.metadata?.labels, 'deployment'),
      ...validateTemplate(spec?.template, ['Always']),
      ...validateStrategy(spec?.strategy?.type, spec?.strategy?.rollingUpdate),
      ...atLeastZero('spec.minReadySeconds', spec?.minReadySeconds),
      ...atLeastZero('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
    ]
    if ((spec?.progressDeadlineSeconds ?? 600) <= (spec?.minReadySeconds ?? 0)) {
      errors.push(invalid('spec.progressDeadlineSeconds', spec?.progressDeadlineSeconds, 'must be greater than minReadySeconds'))
    }
    return errors
  },
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object)?.['selector'], specOf(old)?.['selector']),
  validateStatus(object) {
    const status = (object as unknown as Deployment).status ?? {}
    const errors: FieldError[] = []
    const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'] as const
    for (const key of counts) errors.push(...atLeastZero(`status.${key}`, status[key]))
    for (const key of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
      if ((status[key] ?? 0) > (status.replicas ?? 0))
        errors.push(invalid(`status.${key}`, status[key] ?? 0, 'cannot be greater than status.replicas'))
    }
    return errors
  },
}

type Rolling = { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string } | undefined

function validateStrategy(type: string | undefined, rolling: Rolling): FieldError[] {
  const field = 'spec.strategy'
  if (type === 'Recreate') {
    return rolling
      ? [
          {
            reason: 'FieldValueForbidden',
            field: `${field}.rollingUpdate`,
            message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
          },
        ]
      : []
  }
  if (type !== 'RollingUpdate') return [unsupported(field, goStrategy(type), ['Recreate', 'RollingUpdate'])]
  const errors = [
    ...validateIntOrPercent(rolling?.maxUnavailable, `${field}.rollingUpdate.maxUnavailable`, true),
    ...validateIntOrPercent(rolling?.maxSurge, `${field}.rollingUpdate.maxSurge`, false),
  ]
  if (isZero(rolling?.maxUnavailable) && isZero(rolling?.maxSurge)) {
    errors.push(invalid(`${field}.rollingUpdate.maxUnavailable`, rolling?.maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  return errors
}

const isZero = (value: number | string | undefined) => value === 0 || value === '0%' || value === '0'

/** `2` or `25%`. */
export function validateIntOrPercent(value: number | string | undefined, field: string, atMostAll: boolean): FieldError[] {
  if (typeof value === 'number') return atLeastZero(field, value)
  if (value === undefined) return []
  if (!/^[0-9]+%$/.test(value)) {
    return [
      invalid(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ]
  }
  return atMostAll && Number.parseInt(value, 10) > 100 ? [invalid(field, value, 'must not be greater than 100%')] : []
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
      ...validateWorkloadSelector(spec?.selector, spec?.template?.metadata?.labels, 'deployment'),
      ...validateTemplate(spec?.template, ['Always']),
    ]
  },
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object)?.['selector'], specOf(old)?.['selector']),
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
    const errors = [...atLeastZero('spec.replicas', spec?.replicas)]
    if (Object.keys(spec?.selector ?? {}).length === 0 && spec?.template) errors.push(required('spec.selector'))
    if (!spec?.template) return [...errors, required('spec.template')]
    const labels = spec.template.metadata?.labels
    if (!selectsAll(spec.selector, labels))
      errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'))
    return [...errors, ...validateTemplate(spec.template, ['Always'])]
  },
  fields: (object) => ({ 'status.replicas': String((object as unknown as ReplicationController).status?.replicas ?? 0) }),
}

export const statefulSet: KindBehaviour = {
  generation: true,
  validateName: label,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { replicas: 1, podManagementPolicy: 'OrderedReady', revisionHistoryLimit: 10, serviceName: '' })
    defaultTemplate(spec)
    const strategy = ensure(spec, 'updateStrategy')
    setDefaults(strategy, { type: 'RollingUpdate' })
    if (strategy['type'] === 'RollingUpdate') setDefaults(ensure(strategy, 'rollingUpdate'), { partition: 0 })
    setDefaults(ensure(spec, 'persistentVolumeClaimRetentionPolicy'), { whenDeleted: 'Retain', whenScaled: 'Retain' })
    for (const claim of children(spec, 'volumeClaimTemplates')) {
      Object.assign(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' })
      setDefaults(ensure(claim, 'spec'), { volumeMode: 'Filesystem' })
      claim['status'] = { phase: 'Pending' }
    }
  },
  prepareCreate: (draft) => void (draft['status'] = { replicas: 0, availableReplicas: 0 }),
  validate(object) {
    const { spec } = object as unknown as StatefulSet
    const errors: FieldError[] = []
    const policy = spec?.podManagementPolicy
    if (policy !== 'OrderedReady' && policy !== 'Parallel')
      errors.push(invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"))
    const type = spec?.updateStrategy?.type
    if (type !== 'RollingUpdate' && type !== 'OnDelete')
      errors.push(invalid('spec.updateStrategy', goStrategy(type), "must be 'RollingUpdate' or 'OnDelete'"))
    return [
      ...errors,
      ...atLeastZero('spec.replicas', spec?.replicas),
      ...validateWorkloadSelector(spec?.selector, spec?.template?.metadata?.labels, 'statefulset'),
      ...validateTemplate(templateWithClaims(spec), ['Always']),
    ]
  },
  validateUpdate(object, old) {
    const allowed = [
      'replicas',
      'ordinals',
      'template',
      'updateStrategy',
      'revisionHistoryLimit',
      'persistentVolumeClaimRetentionPolicy',
      'minReadySeconds',
    ]
    const rest = (from: StoredObject) => Object.fromEntries(Object.entries(specOf(from) ?? {}).filter(([key]) => !allowed.includes(key)))
    const changed = immutable('spec', rest(object), rest(old)).length > 0
    return changed
      ? [
          {
            reason: 'FieldValueForbidden',
            field: 'spec',
            message:
              "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
          },
        ]
      : []
  },
}

/** Claim templates stand for volumes of their names. */
function templateWithClaims(spec: StatefulSet['spec']): PodTemplateSpec | undefined {
  const template = spec?.template
  if (!template?.spec || !spec?.volumeClaimTemplates) return template
  const names = spec.volumeClaimTemplates.map((claim) => claim.metadata?.name ?? '')
  const existing = (template.spec.volumes ?? []).filter((volume) => !names.includes(volume.name))
  return { ...template, spec: { ...template.spec, volumes: [...existing, ...names.map((name) => ({ name, emptyDir: {} }))] } }
}

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
    ensure(ensure(draft, 'metadata'), 'annotations')['deprecated.daemonset.template.generation'] = '1'
    draft['status'] = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }
  },
  prepareUpdate(draft, old) {
    const annotations = ensure(ensure(draft, 'metadata'), 'annotations')
    const key = 'deprecated.daemonset.template.generation'
    const before = Number(old.metadata.annotations?.[key] ?? 1)
    const changed = immutable('', child(draft, 'spec')?.['template'], specOf(old)?.['template']).length > 0
    annotations[key] = String(changed ? before + 1 : before)
  },
  validate(object) {
    const { spec } = object as unknown as DaemonSet
    const errors = [
      ...validateWorkloadSelector(spec?.selector, spec?.template?.metadata?.labels, 'daemonset'),
      ...validateTemplate(spec?.template, ['Always']),
    ]
    const { type, rollingUpdate } = spec?.updateStrategy ?? {}
    if (type !== 'RollingUpdate' && type !== 'OnDelete')
      errors.push(unsupported('spec.updateStrategy', goStrategy(type), ['RollingUpdate', 'OnDelete']))
    if (type === 'RollingUpdate' && isZero(rollingUpdate?.maxUnavailable) && isZero(rollingUpdate?.maxSurge ?? 0)) {
      errors.push(required('spec.updateStrategy.rollingUpdate.maxUnavailable', 'cannot be 0 when maxSurge is 0'))
    }
    return errors
  },
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object)?.['selector'], specOf(old)?.['selector']),
}

export const podTemplate: KindBehaviour = {
  generation: true,
  returnsDeleted: true,
  defaults(draft) {
    if (text(child(draft, 'template'), 'spec') !== undefined || draft['template'] !== undefined)
      defaultPodSpec(ensure(ensure(draft, 'template'), 'spec'))
  },
}
