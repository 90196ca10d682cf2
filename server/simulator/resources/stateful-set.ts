import { child, children, ensure, setDefaults } from './draft.ts'
import { atLeastZero, forbidden, invalid, required, unsupported } from './field-error.ts'
import { intOrPercentValue, notMoreThanAll, positiveIntOrPercent } from './int-or-percent.ts'
import { immutable } from './metadata.ts'
import { label } from './names.ts'
import { notMoreThanReplicas } from './replica-status.ts'
import { defaultTemplate, validateForever, validateSelectorAndTemplate, validateTemplate } from './templates.ts'
import { templateWarnings } from './pod-warnings.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { PodTemplateSpec, StatefulSet } from './kinds.ts'
import type { JsonObject, StoredObject } from './object.ts'

type Spec = NonNullable<StatefulSet['spec']>

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go ValidateStatefulSetSpec */
export const statefulSet: KindBehaviour = {
  generation: true,
  validateName: label,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { replicas: 1, podManagementPolicy: 'OrderedReady', revisionHistoryLimit: 10, serviceName: '' })
    defaultTemplate(spec)
    const strategy = ensure(spec, 'updateStrategy')
    setDefaults(strategy, { type: 'RollingUpdate' })
    // Several unavailable pods at once are a feature that is off: the field goes.
    delete child(strategy, 'rollingUpdate')?.['maxUnavailable']
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
    const retention = ['Retain', 'Delete']
    const { whenDeleted = '', whenScaled = '' } = spec?.persistentVolumeClaimRetentionPolicy ?? {}
    const field = 'spec.persistentVolumeClaimRetentionPolicy'
    errors.push(...validateStrategy(spec?.updateStrategy))
    if (!retention.includes(whenDeleted)) errors.push(unsupported(`${field}.whenDeleted`, whenDeleted, retention))
    if (!retention.includes(whenScaled)) errors.push(unsupported(`${field}.whenScaled`, whenScaled, retention))
    return [
      ...errors,
      ...atLeastZero('spec.replicas', spec?.replicas),
      ...atLeastZero('spec.minReadySeconds', spec?.minReadySeconds),
      ...atLeastZero('spec.ordinals.start', spec?.ordinals?.start),
      ...validateSelectorAndTemplate(spec?.selector, spec?.template, 'statefulset', '', () => validateTemplate(templateWithClaims(spec))),
      ...validateForever(spec?.template, 'StatefulSet'),
    ]
  },
  validateUpdate: (object, old) =>
    immutable('spec', fixed(object), fixed(old)).length === 0
      ? []
      : [
          forbidden(
            'spec',
            `updates to statefulset spec for fields other than ${CHANGEABLE.slice(0, -1)
              .map((name) => `'${name}'`)
              .join(', ')} and '${CHANGEABLE.at(-1) ?? ''}' are forbidden`,
          ),
        ],
  warnings: (object, old) => [
    ...templateWarnings(object, old, 'spec.template'),
    ...(((object as unknown as StatefulSet).spec?.revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ],
  validateStatus(object) {
    const status = (object as unknown as StatefulSet).status
    const ready = status?.readyReplicas ?? 0
    const available = status?.availableReplicas ?? 0
    const counts = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const
    return [
      ...counts.flatMap((key) => atLeastZero(`status.${key}`, status?.[key])),
      ...notMoreThanReplicas(status, ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']),
      ...(available > ready ? [invalid('status.availableReplicas', available, 'cannot be greater than status.readyReplicas')] : []),
    ]
  },
}

/** In the order in which the refusal names them. */
const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

function fixed(object: StoredObject): JsonObject {
  return Object.fromEntries(Object.entries(object['spec'] ?? {}).filter(([key]) => !CHANGEABLE.includes(key)))
}

function validateStrategy(strategy: Spec['updateStrategy']): FieldError[] {
  const field = 'spec.updateStrategy'
  const rolling = strategy?.rollingUpdate
  const shown = rolling ? { Partition: rolling.partition ?? 0, MaxUnavailable: rolling.maxUnavailable ?? null } : null
  if (!strategy?.type) return [required(field)]
  if (strategy.type === 'OnDelete')
    return rolling ? [invalid(`${field}.rollingUpdate`, shown, "only allowed for updateStrategy 'RollingUpdate'")] : []
  if (strategy.type !== 'RollingUpdate')
    return [invalid(field, { Type: strategy.type, RollingUpdate: shown }, "must be 'RollingUpdate' or 'OnDelete'")]
  const most = rolling?.maxUnavailable
  const path = `${field}.rollingUpdate.maxUnavailable`
  return [
    ...atLeastZero(`${field}.rollingUpdate.partition`, rolling?.partition),
    ...positiveIntOrPercent(path, most),
    ...(most !== undefined && intOrPercentValue(most) === 0 ? [invalid(path, most, 'cannot be 0')] : []),
    ...notMoreThanAll(path, most),
  ]
}

/** Claim templates stand for volumes of their names. */
function templateWithClaims(spec: StatefulSet['spec']): PodTemplateSpec | undefined {
  const template = spec?.template
  if (!template?.spec || !spec?.volumeClaimTemplates) return template
  const names = spec.volumeClaimTemplates.map((claim) => claim.metadata?.name ?? '')
  const existing = (template.spec.volumes ?? []).filter((volume) => !names.includes(volume.name))
  return { ...template, spec: { ...template.spec, volumes: [...existing, ...names.map((name) => ({ name, emptyDir: {} }))] } }
}
