import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { label, subdomain } from './names.ts'
import { nanoOf } from './quantity.ts'
import type { FieldError } from './field-error.ts'
import type { PersistentVolumeClaimSpec } from './kinds.ts'

/** What claims ask for, in claims and where pods and sets make them. @see …/validation.go ValidatePersistentVolumeClaimSpec */

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

export function validateAccessModes(modes: readonly string[], field: string): FieldError[] {
  const errors = modes.filter((mode) => !MODES.includes(mode)).map((mode) => unsupported(field, mode, MODES))
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && MODES.includes(mode)))
    errors.push(forbidden(field, 'may not use ReadWriteOncePod with other access modes'))
  return errors
}

type Source = Partial<NonNullable<PersistentVolumeClaimSpec['dataSourceRef']>>

function validateDataSource(source: Source, field: string): FieldError[] {
  const { name, kind = '', apiGroup = '', namespace } = source
  const errors: FieldError[] = []
  if (!name) errors.push(required(`${field}.name`))
  if (!kind) errors.push(required(`${field}.kind`))
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.push(invalid(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
  if (apiGroup) errors.push(...subdomain(apiGroup).map((words) => invalid(`${field}.apiGroup`, apiGroup, words)))
  if (namespace) errors.push(...label(namespace).map((words) => invalid(`${field}.namespace`, namespace, words)))
  return errors
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, field: string): FieldError[] {
  const { accessModes = [], storageClassName, volumeMode, dataSource, dataSourceRef, volumeAttributesClassName } = spec
  const errors = accessModes.length === 0 ? [required(`${field}.accessModes`, 'at least 1 access mode is required')] : []
  errors.push(...validateSelector(spec.selector, `${field}.selector`), ...validateAccessModes(accessModes, `${field}.accessModes`))
  const storage = spec.resources?.requests?.['storage']
  if (storage === undefined) errors.push(required(`${field}.resources[storage]`))
  else if (nanoOf(String(storage)) <= 0n) errors.push(invalid(`${field}.resources[storage]`, storage, 'must be greater than zero'))
  if (storageClassName)
    errors.push(...subdomain(storageClassName).map((words) => invalid(`${field}.storageClassName`, storageClassName, words)))
  if (volumeMode !== undefined && !['Block', 'Filesystem'].includes(volumeMode))
    errors.push(unsupported(`${field}.volumeMode`, volumeMode, ['Block', 'Filesystem']))
  if (dataSource) errors.push(...validateDataSource(dataSource, `${field}.dataSource`))
  if (dataSourceRef) errors.push(...validateDataSource(dataSourceRef, `${field}.dataSourceRef`))
  // The value shown is the path itself, a struct without public fields.
  if (dataSource && dataSourceRef?.namespace)
    errors.push(invalid(field, {}, 'may not be specified when dataSourceRef.namespace is specified'))
  else if (dataSource && dataSourceRef) {
    const same = (['apiGroup', 'kind', 'name'] as const).every((key) => dataSource[key] === dataSourceRef[key])
    if (!same) errors.push(invalid(field, {}, 'must match dataSourceRef'))
  }
  if (volumeAttributesClassName)
    errors.push(
      ...subdomain(volumeAttributesClassName).map((words) =>
        invalid(`${field}.volumeAttributesClassName`, volumeAttributesClassName, words),
      ),
    )
  return errors
}
