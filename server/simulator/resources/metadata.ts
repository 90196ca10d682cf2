import { forbidden, invalid, required, tooLong } from './field-error.ts'
import { labelValue, qualifiedName } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { JsonValue, Meta } from './object.ts'
import { isObject, same } from './draft.ts'

const ANNOTATIONS_LIMIT = 262_144

/** The rules for every object's metadata. @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/validation/objectmeta.go */
export function validateMetadata(meta: Meta, validName: (name: string) => readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  if (!meta.name) errors.push(required('metadata.name', 'name or generateName is required'))
  else errors.push(...validName(meta.name).map((words) => invalid('metadata.name', meta.name, words)))
  errors.push(...validateLabels(meta.labels, 'metadata.labels'), ...validateAnnotations(meta.annotations, 'metadata.annotations'))
  errors.push(...validateOwners(meta['ownerReferences']))
  for (const [index, finalizer] of (meta.finalizers ?? []).entries()) {
    errors.push(...validateFinalizer(finalizer, `metadata.finalizers[${index}]`))
  }
  return errors
}

export function validateLabels(labels: Meta['labels'], field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key).map((words) => invalid(field, key, words)),
    ...labelValue(value).map((words) => invalid(field, value, words)),
  ])
}

export function validateAnnotations(annotations: Meta['annotations'], field: string): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const errors = entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((words) => invalid(field, key, words)))
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  return size > ANNOTATIONS_LIMIT ? [...errors, tooLong(field, ANNOTATIONS_LIMIT)] : errors
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion']

export function validateFinalizer(finalizer: string, field: string): FieldError[] {
  const errors = qualifiedName(finalizer).map((words) => invalid(field, finalizer, words))
  if (errors.length > 0 || finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return errors
  return [invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')]
}

function validateOwners(owners: JsonValue | undefined): FieldError[] {
  const field = 'metadata.ownerReferences'
  return (Array.isArray(owners) ? owners : [])
    .filter(isObject)
    .flatMap((owner) => [
      ...(owner['apiVersion'] ? [] : [invalid(`${field}.apiVersion`, '', 'version must not be empty')]),
      ...(['kind', 'name', 'uid'] as const).filter((key) => !owner[key]).map((key) => invalid(`${field}.${key}`, '', 'must not be empty')),
    ])
}

/** What may not change in metadata. */
export function validateMetadataUpdate(meta: Meta, old: Meta): FieldError[] {
  const errors: FieldError[] = []
  if (meta.name !== old.name) errors.push(invalid('metadata.name', meta.name, 'field is immutable'))
  if (meta.uid !== old.uid) errors.push(invalid('metadata.uid', meta.uid, 'field is immutable'))
  const added = (meta.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer))
  if (old.deletionTimestamp !== undefined && added.length > 0) {
    errors.push(
      forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
      ),
    )
  }
  return errors
}

/** Fields that must stay as they are, in apimachinery's words. */
export function immutable(field: string, value: JsonValue | undefined, old: JsonValue | undefined): FieldError[] {
  return same(value, old) ? [] : [invalid(field, value ?? null, 'field is immutable')]
}
