import { forbidden, invalid, required, tooLong } from './field-error.ts'
import { labelValue, qualifiedName } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { JsonObject, JsonValue, Meta } from './object.ts'
import { isObject, same } from './draft.ts'

const ANNOTATIONS_LIMIT = 262_144

/** The rules for every object's metadata. @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/validation/objectmeta.go */
export function validateMetadata(meta: Meta, validName: (name: string) => readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  const prefix = meta.generateName
  if (prefix) {
    // What follows it makes a dash at its end no end.
    const masked = prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix
    errors.push(...validName(masked).map((words) => invalid('metadata.generateName', prefix, words)))
  }
  if (!meta.name) errors.push(required('metadata.name', 'name or generateName is required'))
  else errors.push(...validName(meta.name).map((words) => invalid('metadata.name', meta.name, words)))
  errors.push(...validateLabels(meta.labels, 'metadata.labels'), ...validateAnnotations(meta.annotations, 'metadata.annotations'))
  errors.push(...validateOwners(meta['ownerReferences']))
  const finalizers = meta.finalizers ?? []
  for (const [index, finalizer] of finalizers.entries()) {
    errors.push(...qualifiedName(finalizer).map((words) => invalid(`metadata.finalizers[${index}]`, finalizer, words)))
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalid('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  for (const [index, finalizer] of finalizers.entries()) errors.push(...validateStandard(finalizer, `metadata.finalizers[${index}]`))
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

function validateStandard(finalizer: string, field: string): FieldError[] {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return []
  return [invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')]
}

export function validateFinalizer(finalizer: string, field: string): FieldError[] {
  return [...qualifiedName(finalizer).map((words) => invalid(field, finalizer, words)), ...validateStandard(finalizer, field)]
}

function validateOwners(owners: JsonValue | undefined): FieldError[] {
  const field = 'metadata.ownerReferences'
  const references = (Array.isArray(owners) ? owners : []).filter(isObject)
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const owner of references) {
    const [version, kind, name] = [String(owner['apiVersion'] ?? ''), String(owner['kind'] ?? ''), String(owner['name'] ?? '')]
    if (version === '' || version.endsWith('/') || version.split('/').length > 2)
      errors.push(invalid(`${field}.apiVersion`, version, 'version must not be empty'))
    for (const key of ['kind', 'name', 'uid'] as const) if (!owner[key]) errors.push(invalid(`${field}.${key}`, '', 'must not be empty'))
    if (version === 'v1' && kind === 'Event')
      errors.push(invalid(field, goOwner(owner), '/v1, Kind=Event is disallowed from being an owner'))
    if (owner['controller'] !== true) continue
    if (controller !== undefined) {
      const both = `Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(field, references.map(goOwner), `Only one reference can have Controller set to true. ${both}`))
    }
    controller ??= name
  }
  return errors
}

function goOwner(owner: JsonObject): JsonObject {
  const { apiVersion = '', kind = '', name = '', uid = '', controller, blockOwnerDeletion } = owner
  return {
    ...{ apiVersion, kind, name, uid },
    ...(controller !== undefined && { controller }),
    ...(blockOwnerDeletion !== undefined && { blockOwnerDeletion }),
  }
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
