import { rfc3339 } from '../../kernel/clock.ts'
import { child, ensure, isObject, setDefaults, text } from './draft.ts'
import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { immutable } from './metadata.ts'
import { subdomain } from './names.ts'
import { nanoOf } from './quantity.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from './kinds.ts'
import type { Draft, JsonObject } from './object.ts'
import { same } from './draft.ts'

/** Volumes, claims and classes. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go */

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'

/** Nothing is deleted under those who use it. */
function protect(draft: Draft, finalizer: string): void {
  const meta = ensure(draft, 'metadata')
  const finalizers = Array.isArray(meta['finalizers']) ? meta['finalizers'] : []
  if (!finalizers.includes(finalizer)) meta['finalizers'] = [...finalizers, finalizer]
}

function validateModes(modes: readonly string[] | undefined, missing: string): FieldError[] {
  if (!modes || modes.length === 0) return [required('spec.accessModes', missing)]
  return modes.filter((mode) => !MODES.includes(mode)).map((mode) => unsupported('spec.accessModes', mode, MODES))
}

function validateShared(spec: { readonly storageClassName?: string; readonly volumeMode?: string } | undefined): FieldError[] {
  const errors: FieldError[] = []
  if (spec?.storageClassName)
    errors.push(...subdomain(spec.storageClassName).map((words) => invalid('spec.storageClassName', spec.storageClassName, words)))
  if (spec?.volumeMode !== undefined && !['Block', 'Filesystem'].includes(spec.volumeMode))
    errors.push(unsupported('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']))
  return errors
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
  validate(object) {
    const { spec } = object as unknown as PersistentVolume
    const errors = validateModes(spec?.accessModes, '')
    const capacity = Object.keys(spec?.capacity ?? {})
    if (capacity.length === 0) errors.push(required('spec.capacity'))
    if (!(capacity.length === 1 && capacity[0] === 'storage'))
      errors.push(unsupported('spec.capacity', spec?.capacity ?? null, ['storage']))
    else if (nanoOf(String(spec?.capacity?.['storage'])) <= 0n)
      errors.push(invalid('spec.capacity[storage]', spec?.capacity?.['storage'], 'must be greater than zero'))
    const policies = ['Delete', 'Recycle', 'Retain']
    if (!policies.includes(spec?.persistentVolumeReclaimPolicy ?? ''))
      errors.push(unsupported('spec.persistentVolumeReclaimPolicy', spec?.persistentVolumeReclaimPolicy, policies))
    if (spec?.hostPath && !spec.hostPath.path) errors.push(required('spec.hostPath.path'))
    const known = [
      'accessModes',
      'capacity',
      'claimRef',
      'mountOptions',
      'nodeAffinity',
      'persistentVolumeReclaimPolicy',
      'storageClassName',
      'volumeAttributesClassName',
      'volumeMode',
    ]
    const sources = Object.keys(spec ?? {}).filter((key) => !known.includes(key))
    if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'))
    for (const extra of sources.slice(1)) errors.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'))
    if (spec?.local && !spec.nodeAffinity) errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
    return [...errors, ...validateShared(spec)]
  },
  fields: (object) => ({ name: object.metadata.name ?? '' }),
}

export const persistentVolumeClaim: KindBehaviour = {
  returnsDeleted: true,
  defaults(draft) {
    setDefaults(ensure(draft, 'spec'), { volumeMode: 'Filesystem' })
  },
  prepareCreate(draft, around) {
    protect(draft, 'kubernetes.io/pvc-protection')
    draft['status'] = { phase: 'Pending' }
    const spec = ensure(draft, 'spec')
    const annotated = child(child(draft, 'metadata'), 'annotations')?.['volume.beta.kubernetes.io/storage-class']
    if (spec['storageClassName'] !== undefined || annotated !== undefined) return
    const defaults = around.list('StorageClass').filter((candidate) => candidate.metadata.annotations?.[DEFAULT_CLASS] === 'true')
    // Of several defaults, the newest.
    const chosen = defaults.toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))[0]
    if (chosen) spec['storageClassName'] = chosen.metadata.name
  },
  validate(object) {
    const { spec } = object as unknown as PersistentVolumeClaim
    const errors = validateModes(spec?.accessModes, 'at least 1 access mode is required')
    const storage = spec?.resources?.requests?.['storage']
    if (storage === undefined) errors.push(required('spec.resources[storage]'))
    else if (nanoOf(String(storage)) <= 0n) errors.push(invalid('spec.resources[storage]', storage, 'must be greater than zero'))
    return [...errors, ...validateShared(spec)]
  },
  validateUpdate(object, old) {
    const rest = (from: JsonObject[string]) => {
      const {
        resources: _resources,
        volumeName: _volume,
        volumeAttributesClassName: _class,
        storageClassName: _storage,
        ...kept
      } = (isObject(from) ? from : {}) as JsonObject
      return kept
    }
    const before = old['spec'] as JsonObject
    const after = object['spec'] as JsonObject
    const rebound = Boolean(before['volumeName']) && before['volumeName'] !== after['volumeName']
    const reclassed = before['storageClassName'] !== undefined && before['storageClassName'] !== after['storageClassName']
    if (rebound || reclassed || !same(rest(before), rest(after))) {
      return [
        forbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'),
      ]
    }
    const size = (spec: JsonObject) => (spec as NonNullable<PersistentVolumeClaim['spec']>).resources?.requests?.['storage']
    return nanoOf(String(size(after))) < nanoOf(String(size(before)))
      ? [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
      : []
  },
  fields: (object) => ({ name: object.metadata.name ?? '' }),
}

export const storageClass: KindBehaviour = {
  defaults(draft) {
    setDefaults(draft, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' })
  },
  validate(object) {
    const { provisioner, volumeBindingMode, reclaimPolicy } = object as unknown as StorageClass
    const errors: FieldError[] = []
    if (!provisioner) errors.push(required('provisioner'))
    if (!['Delete', 'Retain'].includes(reclaimPolicy ?? '')) errors.push(unsupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']))
    if (!['Immediate', 'WaitForFirstConsumer'].includes(volumeBindingMode ?? ''))
      errors.push(unsupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']))
    return errors
  },
  validateUpdate(object, old) {
    return (['provisioner', 'reclaimPolicy', 'volumeBindingMode', 'parameters'] as const).flatMap((key) =>
      same(object[key], old[key])
        ? []
        : key === 'parameters' || key === 'provisioner'
          ? [forbidden(key, `updates to ${key} are forbidden.`)]
          : immutable(key, text(object as Draft, key), text(old as Draft, key)),
    )
  },
}
