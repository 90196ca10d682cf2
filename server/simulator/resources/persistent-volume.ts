import { rfc3339 } from '../../kernel/clock.ts'
import { child, ensure, same, setDefaults } from './draft.ts'
import { validateAccessModes } from './claim-validation.ts'
import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { goNodeTerms } from './go-values.ts'
import { immutable } from './metadata.ts'
import { subdomain } from './names.ts'
import { validateNodeSelector } from './placement-validation.ts'
import { nanoOf } from './quantity.ts'
import { specDifference } from './spec-difference.ts'
import { validateSources } from './volume-sources.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { PersistentVolume, PersistentVolumeSpec } from './kinds.ts'
import type { Draft, JsonObject, JsonValue } from './object.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidatePersistentVolume */

const ORDER = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const

/** Nothing is deleted under those who use it. */
export function protect(draft: Draft, finalizer: string): void {
  const meta = ensure(draft, 'metadata')
  const finalizers = Array.isArray(meta['finalizers']) ? meta['finalizers'] : []
  if (!finalizers.includes(finalizer)) meta['finalizers'] = [...finalizers, finalizer]
}

export const persistentVolume: KindBehaviour = {
  returnsDeleted: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' })
    const hostPath = child(spec, 'hostPath')
    if (hostPath && hostPath['type'] === undefined) hostPath['type'] = ''
  },
  prepareCreate(draft, around) {
    protect(draft, 'kubernetes.io/pv-protection')
    draft['status'] = { phase: 'Pending', lastPhaseTransitionTime: rfc3339(around.platform.clock.now()) }
  },
  validate: (object) => validateVolume(object as unknown as PersistentVolume),
  validateUpdate: (object, old) =>
    validateVolumeUpdate((object as unknown as PersistentVolume).spec ?? {}, (old as unknown as PersistentVolume).spec ?? {}),
  fields: (object) => ({ name: object.metadata.name ?? '' }),
  warnings: (object) => deprecatedSources((object as unknown as PersistentVolume).spec ?? {}),
}

function validateVolume({ metadata, spec = {} }: PersistentVolume): FieldError[] {
  const { accessModes = [], persistentVolumeReclaimPolicy: policy, nodeAffinity } = spec
  const errors = accessModes.length === 0 ? [required('spec.accessModes')] : []
  errors.push(...validateAccessModes(accessModes, 'spec.accessModes'), ...validateCapacity(spec.capacity))
  const policies = ['Delete', 'Recycle', 'Retain']
  if (policy && !policies.includes(policy)) errors.push(unsupported('spec.persistentVolumeReclaimPolicy', policy, policies))
  if (nodeAffinity) {
    if (!nodeAffinity.required) errors.push(required('spec.nodeAffinity.required', 'must specify required node constraints'))
    else errors.push(...validateNodeSelector(nodeAffinity.required, 'spec.nodeAffinity.required'))
  }
  const local = () => [
    ...(spec.local?.path ? backsteps(spec.local.path) : [required('spec.local.path')]),
    ...(nodeAffinity ? [] : [required('spec.nodeAffinity', 'Local volume requires node affinity')]),
  ]
  errors.push(...validateSources(spec, ORDER, 'spec', { name: metadata.name ?? '', persistent: true }, { local }))
  if (policy === 'Recycle' && /^\/+(\.\/*)*$/.test(spec.hostPath?.path ?? ''))
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"))
  return [...errors, ...validateClasses(spec)]
}

const backsteps = (path: string) => (path.split('/').includes('..') ? [invalid('spec.local.path', path, "must not contain '..'")] : [])

function validateCapacity(capacity: PersistentVolumeSpec['capacity']): FieldError[] {
  const entries = Object.entries(capacity ?? {})
  const errors = entries.length === 0 ? [required('spec.capacity')] : []
  if (entries.length !== 1 || capacity?.['storage'] === undefined) errors.push(unsupported('spec.capacity', capacity ?? null, ['storage']))
  for (const [name, value] of entries) {
    const nano = nanoOf(String(value))
    if (nano < 0n) errors.push(invalid(`spec.capacity[${name}]`, Number(nano / 1_000_000_000n), 'must be a valid resource quantity'))
    if (nano <= 0n) errors.push(invalid(`spec.capacity[${name}]`, value, 'must be greater than zero'))
  }
  return errors
}

function validateClasses({ storageClassName, volumeMode, volumeAttributesClassName: attributes, csi }: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = []
  const named = (key: string, value: string) => subdomain(value).map((words) => invalid(`spec.${key}`, value, words))
  if (storageClassName) errors.push(...named('storageClassName', storageClassName))
  if (volumeMode !== undefined && !['Block', 'Filesystem'].includes(volumeMode))
    errors.push(unsupported('spec.volumeMode', volumeMode, ['Block', 'Filesystem']))
  if (attributes === undefined) return errors
  if (attributes === '') errors.push(required('spec.volumeAttributesClassName', 'an empty string is disallowed'))
  else errors.push(...named('volumeAttributesClassName', attributes))
  if (!csi) errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'))
  return errors
}

function validateVolumeUpdate(after: PersistentVolumeSpec, before: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = []
  const source = ({ csi, ...spec }: PersistentVolumeSpec): JsonObject => {
    const kept = Object.fromEntries(ORDER.filter((kind) => kind !== 'csi').map((kind) => [kind, spec[kind]]))
    // A secret for growing may come later.
    const { controllerExpandSecretRef: secret, ...rest } = csi ?? {}
    const added = before.csi && !before.csi.controllerExpandSecretRef
    return { ...kept, csi: csi && { ...rest, ...(!added && secret && { controllerExpandSecretRef: secret }) } } as JsonObject
  }
  if (!same(source(after), source(before))) {
    const difference = specDifference('PersistentVolumeSource', source(before), source(after))
    errors.push(forbidden('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${difference}`))
  }
  errors.push(...immutable('volumeMode', after.volumeMode, before.volumeMode))
  const [placed, was] = [after.nodeAffinity as JsonValue | undefined, before.nodeAffinity as JsonValue | undefined]
  if (before.nodeAffinity && !same(placed, was)) {
    const shown = after.nodeAffinity ? { Required: goNodeTerms(after.nodeAffinity.required) } : 'null'
    errors.push(invalid('nodeAffinity', shown, 'field is immutable, except for updating from beta label to GA'))
  }
  if (before.volumeAttributesClassName !== undefined && after.volumeAttributesClassName === undefined)
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  return errors
}

/** Plugins that went. @see …/pkg/api/persistentvolume/util.go GetWarningsForPersistentVolume */
function deprecatedSources(spec: PersistentVolumeSpec): readonly string[] {
  const words = {
    cephfs: 'deprecated in v1.28, non-functional in v1.31+',
    photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
    scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
    storageos: 'deprecated in v1.22, non-functional in v1.25+',
    glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
    rbd: 'deprecated in v1.28, non-functional in v1.31+',
  } as const
  const recycled =
    spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []
  const sources = Object.entries(words).filter(([kind]) => (spec as Readonly<Record<string, unknown>>)[kind] !== undefined)
  return [...recycled, ...sources.map(([kind, said]) => `spec.${kind}: ${said}`)]
}
