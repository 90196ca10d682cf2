import { validateClaimSpec } from './claim-validation.ts'
import { child, draftOf, ensure, same, setDefaults } from './draft.ts'
import { forbidden, invalid } from './field-error.ts'
import { immutable } from './metadata.ts'
import { protect } from './persistent-volume.ts'
import { nanoOf } from './quantity.ts'
import { specDifference } from './spec-difference.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { PersistentVolumeClaim } from './kinds.ts'
import type { JsonObject } from './object.ts'

/** Claims. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go */

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

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
  validate: (object) => validateClaimSpec((object as unknown as PersistentVolumeClaim).spec ?? {}, 'spec'),
  validateUpdate: (object, old) => validateClaimUpdate(object as unknown as PersistentVolumeClaim, old as unknown as PersistentVolumeClaim),
  warnings: (object) => claimWarnings(object as unknown as PersistentVolumeClaim),
  fields: (object) => ({ name: object.metadata.name ?? '' }),
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimUpdate */
function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = []
  const [after, before] = [draftOf((claim.spec ?? {}) as JsonObject), draftOf((old.spec ?? {}) as JsonObject)]
  const [now, then] = [claim.metadata.annotations?.[BETA_CLASS], old.metadata.annotations?.[BETA_CLASS]]
  // The controller names a volume once.
  if (!before['volumeName']) before['volumeName'] = after['volumeName']
  const named = after['storageClassName']
  const unnamed = before['storageClassName'] === undefined
  if (then !== undefined && unnamed && named === then && (now === undefined || now === then)) delete after['storageClassName']
  else {
    if (now !== then) errors.push(invalid(`metadata.annotations.${BETA_CLASS}`, now ?? '', 'field is immutable'))
    if (unnamed && named !== undefined && (then === undefined || named === then)) delete after['storageClassName']
  }
  const size = (spec: PersistentVolumeClaim['spec']) => spec?.resources?.requests?.['storage']
  const bound = claim.status?.phase === 'Bound'
  const requests = child(child(after, 'resources'), 'requests')
  if (bound && requests) requests['storage'] = size(old.spec) as string
  if (bound && after['volumeAttributesClassName'] !== undefined) after['volumeAttributesClassName'] = before['volumeAttributesClassName']
  if (!same(after, before))
    errors.push(
      forbidden(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${specDifference('PersistentVolumeClaimSpec', before, after)}`,
      ),
    )
  const [wanted, asked, has] = [size(claim.spec), size(old.spec), old.status?.capacity?.['storage']].map((value) =>
    nanoOf(String(value ?? '0')),
  )
  if ((wanted ?? 0n) < (asked ?? 0n) && (wanted ?? 0n) <= (has ?? 0n))
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  errors.push(...immutable('volumeMode', claim.spec?.volumeMode, old.spec?.volumeMode))
  const attributes = claim.spec?.volumeAttributesClassName
  if (old.spec?.volumeAttributesClassName === undefined) return errors
  const wrong = attributes === undefined ? 'nil' : attributes === '' ? 'an empty string' : undefined
  return wrong === undefined
    ? errors
    : [...errors, forbidden('spec.volumeAttributesClassName', `update from non-nil value to ${wrong} is forbidden`)]
}

/** Parts of bytes. @see …/pkg/api/persistentvolumeclaim/util.go GetWarningsForPersistentVolumeClaim */
function claimWarnings({ spec }: PersistentVolumeClaim): readonly string[] {
  return (['requests', 'limits'] as const).flatMap((part) => {
    const value = spec?.resources?.[part]?.['storage']
    return value !== undefined && nanoOf(String(value)) % 1_000_000_000n !== 0n
      ? [`spec.resources.${part}[storage]: fractional byte value ${JSON.stringify(value)} is invalid, must be an integer`]
      : []
  })
}
