import type { Kinds, ObjectMeta, ObjectReference, OwnerReference, Pod } from '../resources/kinds.ts'

/** Any object of a built-in kind. */
export type AnyObject = Kinds[keyof Kinds]

interface Named {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

export const nameOf = (object: { readonly metadata: ObjectMeta }): string => object.metadata.name ?? ''
export const namespaceOf = (object: { readonly metadata: ObjectMeta }): string => object.metadata.namespace ?? ''
export const uidOf = (object: { readonly metadata: ObjectMeta }): string => object.metadata.uid ?? ''
/** `namespace/name`, or the bare name of an object without namespace. */
export const keyOf = (object: { readonly metadata: ObjectMeta }): string =>
  object.metadata.namespace ? `${object.metadata.namespace}/${nameOf(object)}` : nameOf(object)
export const isDeleting = (object: { readonly metadata: ObjectMeta }): boolean => object.metadata.deletionTimestamp !== undefined

/** The owner that manages this object, if one does. */
export function controllerOf(object: { readonly metadata: ObjectMeta }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller)
}

export function isControlledBy(object: { readonly metadata: ObjectMeta }, owner: { readonly metadata: ObjectMeta }): boolean {
  return controllerOf(object)?.uid === uidOf(owner)
}

/** The reference by which `owner` manages what it makes. */
export function controllerReference(owner: Named): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: nameOf(owner),
    uid: uidOf(owner),
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** How events and addresses point at an object. */
export function referenceTo(object: Named): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata
  return {
    kind: object.kind,
    ...(namespace ? { namespace } : {}),
    name,
    uid,
    ...(object.apiVersion ? { apiVersion: object.apiVersion } : {}),
    resourceVersion,
  }
}

/** The same object with other metadata. */
export function withMetadata<T extends { readonly metadata: ObjectMeta }>(object: T, metadata: Partial<ObjectMeta>): T {
  return { ...object, metadata: { ...object.metadata, ...metadata } }
}

/** Plain JSON values, compared by content; a missing field equals an undefined one. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const left = new Map(Object.entries(a).filter(([, value]) => value !== undefined))
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined))
  if (left.size !== right.size) return false
  for (const [key, value] of left) if (!right.has(key) || !sameJson(value, right.get(key))) return false
  return true
}

export const isPodFinished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
/** Neither finished nor being deleted: it counts towards its controller's replicas. */
export const isPodActive = (pod: Pod): boolean => !isPodFinished(pod) && !isDeleting(pod)
export const isPodReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false

/** When the pod became ready, in milliseconds; undefined while it is not. */
export function readySince(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find((one) => one.type === 'Ready' && one.status === 'True')
  return ready?.lastTransitionTime === undefined ? undefined : Date.parse(ready.lastTransitionTime)
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isPodReady(pod)) return false
  if (minReadySeconds === 0) return true
  const since = readySince(pod)
  return since !== undefined && since + minReadySeconds * 1000 <= now
}

/** How long until the first ready pod turns available; undefined when none is on its way. */
export function untilAvailable(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  if (minReadySeconds === 0) return undefined
  const waits = pods
    .map(readySince)
    .filter((since) => since !== undefined)
    .map((since) => since + minReadySeconds * 1000 - now)
    .filter((wait) => wait > 0)
  return waits.length > 0 ? Math.min(...waits) : undefined
}
