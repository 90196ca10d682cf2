import { ensure, isObject, setDefaults } from './draft.ts'
import { forbidden, invalid, required, tooLong } from './field-error.ts'
import { immutable, validateFinalizer } from './metadata.ts'
import { configKey, label } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { ConfigMap, Event, Namespace, Node, Secret } from './kinds.ts'
import type { StoredObject } from './object.ts'
import { same } from './draft.ts'

/** Namespaces, nodes, and what configures pods. */

function validateKeys(...maps: readonly ({ readonly [key: string]: string } | undefined)[]): FieldError[] {
  const fields = ['data', 'binaryData']
  return maps.flatMap((map, index) =>
    Object.keys(map ?? {}).flatMap((key) => configKey(key).map((words) => invalid(`${fields[index] ?? 'data'}[${key}]`, key, words))),
  )
}

function validateFrozen(object: StoredObject, old: StoredObject, parts: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return []
  const errors = object['immutable'] === true ? [] : [forbidden('immutable', 'field is immutable when `immutable` is set')]
  return [
    ...errors,
    ...parts.filter((part) => !same(object[part], old[part])).map((part) => forbidden(part, 'field is immutable when `immutable` is set')),
  ]
}

export const configMap: KindBehaviour = {
  validate(object) {
    const { data, binaryData } = object as unknown as ConfigMap
    const errors = validateKeys(data, binaryData)
    for (const key of Object.keys(binaryData ?? {}))
      if (data?.[key] !== undefined) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    const size = [...Object.values(data ?? {}), ...Object.values(binaryData ?? {})].reduce((sum, value) => sum + value.length, 0)
    if (size > 1048576) errors.push({ reason: 'FieldValueTooLong', field: '', message: 'Too long: may not be more than 1048576 bytes' })
    return errors
  },
  validateUpdate: (object, old) => validateFrozen(object, old, ['data', 'binaryData']),
}

/** Which keys a typed secret must have. */
const SECRET_KEYS: { readonly [type: string]: readonly string[] } = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
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
  validate(object) {
    const { data, type, metadata } = object as unknown as Secret
    const missing = (SECRET_KEYS[type ?? ''] ?? []).filter((key) => data?.[key] === undefined)
    const errors = [...validateKeys(data), ...missing.map((key) => required(`data[${key}]`))]
    // As bytes, four of base64 being three.
    const size = Object.values(data ?? {}).reduce((sum, value) => sum + Math.floor((value.replace(/=+$/, '').length * 3) / 4), 0)
    if (size > 1048576) errors.push(tooLong('data', 1048576))
    if (type === 'kubernetes.io/basic-auth' && data?.['username'] === undefined && data?.['password'] === undefined)
      errors.push(required('data[username]'), required('data[password]'))
    if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.['kubernetes.io/service-account.name'])
      errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'))
    return errors
  },
  validateUpdate: (object, old) => [...immutable('type', object['type'], old['type']), ...validateFrozen(object, old, ['data'])],
  fields: (object) => ({ type: (object as unknown as Secret).type ?? '' }),
}

function toBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
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
    ensure(meta, 'labels')['kubernetes.io/metadata.name'] = meta['name']
  },
  prepareUpdate(draft, old) {
    const meta = ensure(draft, 'metadata')
    ensure(meta, 'labels')['kubernetes.io/metadata.name'] = old.metadata.name
  },
  validate(object) {
    const finalizers = (object as unknown as Namespace).spec?.finalizers ?? []
    return finalizers.flatMap((finalizer) => validateFinalizer(finalizer, 'spec.finalizers'))
  },
  fields: (object) => ({ 'status.phase': (object as unknown as Namespace).status?.phase ?? '' }),
}

export const node: KindBehaviour = {
  prepareCreate(draft) {
    // As TaintNodesByCondition does, until the kubelet reports.
    const spec = ensure(draft, 'spec')
    const ready = (draft as unknown as Node).status?.conditions?.some(
      (condition) => condition.type === 'Ready' && condition.status === 'True',
    )
    const taints = Array.isArray(spec['taints']) ? spec['taints'] : []
    if (!ready) spec['taints'] = [...taints, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]
  },
  fields: (object) => ({ 'spec.unschedulable': String((object as unknown as Node).spec?.unschedulable ?? false) }),
}

export const event: KindBehaviour = {
  defaults(draft) {
    // Go writes these always.
    for (const field of ['eventTime', 'firstTimestamp', 'lastTimestamp']) if (draft[field] === undefined) draft[field] = null
    setDefaults(draft, { reportingComponent: '', reportingInstance: '' })
  },
  validate(object) {
    const { involvedObject, metadata } = object as unknown as Event
    if ((involvedObject?.namespace ?? 'default') === metadata.namespace || (involvedObject?.namespace ?? '') === '') return []
    return [invalid('involvedObject.namespace', involvedObject.namespace, 'does not match event.namespace')]
  },
  fields(object) {
    const { involvedObject: of, reason, reportingComponent, source, type } = object as unknown as Event
    const about = {
      kind: of?.kind,
      namespace: of?.namespace,
      name: of?.name,
      uid: of?.uid,
      apiVersion: of?.apiVersion,
      resourceVersion: of?.resourceVersion,
      fieldPath: of?.fieldPath,
    }
    return {
      ...Object.fromEntries(Object.entries(about).map(([key, value]) => [`involvedObject.${key}`, value ?? ''])),
      reason: reason ?? '',
      reportingComponent: reportingComponent ?? '',
      source: source?.component || reportingComponent || '',
      type: type ?? '',
    }
  },
}
