import { children, same, setDefaults, text } from './draft.ts'
import { duplicate, forbidden, invalid, required, tooLong, unsupported } from './field-error.ts'
import { immutable } from './metadata.ts'
import { qualifiedName } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { StorageClass } from './kinds.ts'
import type { Draft, StoredObject } from './object.ts'

const RECLAIM = ['Delete', 'Retain']
const BINDING = ['Immediate', 'WaitForFirstConsumer']
const MOST_PARAMETERS = 512
const MOST_PARAMETER_BYTES = 262_144

/** Changes that are refused, and not only because the field cannot change. */
function fixed(keys: readonly string[]): (object: StoredObject, old: StoredObject) => FieldError[] {
  return (object, old) =>
    keys.filter((key) => !same(object[key], old[key])).map((key) => forbidden(key, `updates to ${key} are forbidden.`))
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go ValidateStorageClass */
export const storageClass: KindBehaviour = {
  returnsDeleted: true,
  defaults: (draft) => setDefaults(draft, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  validate(object) {
    const { provisioner, volumeBindingMode, reclaimPolicy, parameters, allowedTopologies } = object as unknown as StorageClass
    const errors = [...validateProvisioner('provisioner', provisioner), ...validateParameters(parameters)]
    if (!RECLAIM.includes(reclaimPolicy ?? '')) errors.push(unsupported('reclaimPolicy', reclaimPolicy, RECLAIM))
    if (!BINDING.includes(volumeBindingMode ?? '')) errors.push(unsupported('volumeBindingMode', volumeBindingMode, BINDING))
    return [...errors, ...(allowedTopologies ? validateTopologies(object) : [])]
  },
  validateUpdate: (object, old) => [
    ...fixed(['parameters', 'provisioner', 'reclaimPolicy'])(object, old),
    ...immutable('volumeBindingMode', object['volumeBindingMode'], old['volumeBindingMode']),
  ],
}

function validateProvisioner(field: string, name: string | undefined): FieldError[] {
  if (!name) return [required(field)]
  return qualifiedName(name.toLowerCase()).map((words) => invalid(field, name, words))
}

function validateParameters(parameters: { readonly [key: string]: string } | undefined, mayBeEmpty = true): FieldError[] {
  const entries = Object.entries(parameters ?? {})
  if (entries.length > MOST_PARAMETERS) return [tooLong('parameters', MOST_PARAMETERS)]
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  return [
    ...entries.filter(([key]) => key === '').map(([key]) => invalid('parameters', key, 'field can not be empty.')),
    ...(size > MOST_PARAMETER_BYTES ? [tooLong('parameters', MOST_PARAMETER_BYTES)] : []),
    ...(!mayBeEmpty && entries.length === 0 ? [required('parameters', 'must contain at least one key/value pair')] : []),
  ]
}

function validateTopologies(object: StoredObject): FieldError[] {
  return children(object as Draft, 'allowedTopologies').flatMap((term, index) => {
    const expressions = children(term, 'matchLabelExpressions')
    return expressions.flatMap((expression, at) => {
      const field = `allowedTopologies[${index}].matchLabelExpressions[${at}]`
      const key = text(expression, 'key') ?? ''
      const values = Array.isArray(expression['values']) ? expression['values'].map(String) : []
      return [
        ...(values.length === 0 ? [required(`${field}.values`)] : []),
        ...values.flatMap((value, nth) => (values.indexOf(value) < nth ? [duplicate(`${field}.values[${nth}]`, value)] : [])),
        ...qualifiedName(key).map((words) => invalid(`${field}.key`, key, words)),
        ...(expressions.findIndex((other) => other['key'] === key) < at ? [duplicate(`${field}.key`, key)] : []),
      ]
    })
  })
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go ValidateVolumeAttributesClass */
export const volumeAttributesClass: KindBehaviour = {
  validate: (object) => [
    ...validateProvisioner('driverName', text(object as Draft, 'driverName')),
    ...validateParameters((object as unknown as StorageClass).parameters, false),
  ],
  validateUpdate: fixed(['driverName', 'parameters']),
}
