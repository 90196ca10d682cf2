import { ensure, isObject, same, setDefaults } from './draft.ts'
import { forbidden, invalid, required, tooLong } from './field-error.ts'
import { immutable, validateFinalizer } from './metadata.ts'
import { configKey, label } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { ConfigMap, Namespace, Secret } from './kinds.ts'
import type { StoredObject } from './object.ts'

/** Namespaces, and what configures pods. */

type Texts = { readonly [key: string]: string } | undefined

const MOST_BYTES = 1_048_576
/** Of base64, four characters being three bytes. */
const decodedSize = (value: string) => Math.floor((value.replace(/=+$/, '').length * 3) / 4)
const encodedSize = (value: string) => new TextEncoder().encode(value).length
const wrongKey = (field: string, key: string) => configKey(key).map((words) => invalid(`${field}[${key}]`, key, words))

function validateFrozen(object: StoredObject, old: StoredObject, parts: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return []
  const words = 'field is immutable when `immutable` is set'
  const errors = object['immutable'] === true ? [] : [forbidden('immutable', words)]
  return [...errors, ...parts.filter((part) => !same(object[part], old[part])).map((part) => forbidden(part, words))]
}

export const configMap: KindBehaviour = {
  validate(object, _around, old) {
    const { data = {}, binaryData = {} } = object as unknown as ConfigMap
    // What may not change is said first.
    const errors = old ? validateFrozen(object, old, ['data', 'binaryData']) : []
    for (const key of Object.keys(data)) {
      errors.push(...wrongKey('data', key))
      if (binaryData[key] !== undefined) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    }
    for (const key of Object.keys(binaryData)) errors.push(...wrongKey('binaryData', key))
    const sizes = [...Object.values(data).map(encodedSize), ...Object.values(binaryData).map(decodedSize)]
    // The whole object, and so of no field.
    return sizes.reduce((sum, size) => sum + size, 0) > MOST_BYTES ? [...errors, tooLong('', MOST_BYTES)] : errors
  },
}

export const secret: KindBehaviour = {
  defaults(draft) {
    setDefaults(draft, { type: 'Opaque' })
    const given = draft['stringData']
    if (!isObject(given)) return
    const data = ensure(draft, 'data')
    for (const [key, value] of Object.entries(given)) data[key] = toBase64(String(value))
    delete draft['stringData']
  },
  validate(object, _around, old) {
    const { data, type, metadata } = object as unknown as Secret
    const errors = old ? [...immutable('type', object['type'], old['type']), ...validateFrozen(object, old, ['data'])] : []
    for (const key of Object.keys(data ?? {})) errors.push(...wrongKey('data', key))
    const size = Object.values(data ?? {}).reduce((sum, value) => sum + decodedSize(value), 0)
    if (size > MOST_BYTES) errors.push(tooLong('data', MOST_BYTES))
    if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.['kubernetes.io/service-account.name'])
      errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'))
    return [...errors, ...validateSecretType(type, data)]
  },
  fields: (object) => ({ type: (object as unknown as Secret).type ?? '' }),
}

/** What a secret of a known type must hold. */
function validateSecretType(type: string | undefined, data: Texts): FieldError[] {
  const has = (key: string) => data?.[key] !== undefined
  const missing = (...keys: readonly string[]) => keys.filter((key) => !has(key)).map((key) => required(`data[${key}]`))
  if (type === 'kubernetes.io/tls') return missing('tls.crt', 'tls.key')
  if (type === 'kubernetes.io/ssh-auth') return data?.['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]
  if (type === 'kubernetes.io/basic-auth') return has('username') || has('password') ? [] : missing('username', 'password')
  const file = { 'kubernetes.io/dockercfg': '.dockercfg', 'kubernetes.io/dockerconfigjson': '.dockerconfigjson' }[type ?? '']
  if (file === undefined) return []
  const content = data?.[file]
  if (content === undefined) return missing(file)
  const wrong = notAnObject(fromBase64(content))
  return wrong === undefined ? [] : [invalid(`data[${file}]`, '<secret contents redacted>', wrong)]
}

/** What Go says of a text that is to be a JSON object, in its commonest cases. */
function notAnObject(text: string): string | undefined {
  const trimmed = text.trimStart()
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`
  } catch {
    const first = trimmed[0]
    if (first === undefined) return 'unexpected end of JSON input'
    if (/^["{[\d\-tfn]/.test(first)) return 'unexpected end of JSON input'
    return `invalid character ${first === "'" ? String.raw`'\''` : `'${first}'`} looking for beginning of value`
  }
}

function toBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}

function fromBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.codePointAt(0) ?? 0))
}

export const serviceAccount: KindBehaviour = { returnsDeleted: true }

export const namespace: KindBehaviour = {
  validateName: (name) =>
    label(name).length === 0
      ? []
      : name.includes('.') && label(name.replaceAll('.', '-')).length === 0
        ? ['must not contain dots']
        : label(name),
  prepareCreate(draft) {
    const spec = ensure(draft, 'spec')
    const finalizers = Array.isArray(spec['finalizers']) ? spec['finalizers'] : []
    if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes']
    draft['status'] = { phase: 'Active' }
    const meta = ensure(draft, 'metadata')
    // One without a name is refused in a moment.
    if (meta['name'] !== undefined) ensure(meta, 'labels')['kubernetes.io/metadata.name'] = meta['name']
  },
  prepareUpdate(draft, old) {
    const meta = ensure(draft, 'metadata')
    ensure(meta, 'labels')['kubernetes.io/metadata.name'] = old.metadata.name
  },
  validate(object) {
    const finalizers = (object as unknown as Namespace).spec?.finalizers ?? []
    return finalizers.flatMap((finalizer) => validateFinalizer(finalizer, 'spec.finalizers'))
  },
  validateFinalize(object) {
    const finalizers = (object as unknown as Namespace).spec?.finalizers ?? []
    return finalizers.flatMap((finalizer, index) => validateFinalizer(finalizer, `spec.finalizers[${index}]`))
  },
  validateStatus(object) {
    const phase = (object as unknown as Namespace).status?.phase ?? ''
    const going = object.metadata.deletionTimestamp !== undefined
    const meant = going ? 'Terminating' : 'Active'
    const words = `may only be '${meant}' if \`deletionTimestamp\` is ${going ? 'not ' : ''}empty`
    return phase === meant ? [] : [invalid('status.Phase', phase, words)]
  },
  fields: (object) => ({ 'status.phase': (object as unknown as Namespace).status?.phase ?? '' }),
}
