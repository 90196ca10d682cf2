import type { Api, DeleteOptions, GenericObject, ResourceInfo } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import { isDeleting, uidOf } from './objects.ts'

/** An object as it was last seen, and where it is. */
interface Known {
  readonly resource: ResourceInfo
  readonly object: GenericObject
}

/**
 * Deletes what its owners have left behind, as each deletion asked: in the background, dependents first
 * (foreground), or leaving them (orphan).
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#owners-dependents
 * @returns stops it
 */
export function startGarbageCollector(api: Api, platform: Platform): () => void {
  const alive = new Map<string, Known>()
  const dependents = new Map<string, Set<string>>()
  const pending = new Set<string>()
  let scheduled = false

  const look = (uid: string): void => {
    pending.add(uid)
    if (scheduled) return
    scheduled = true
    queueMicrotask(() => {
      scheduled = false
      const uids = [...pending]
      pending.clear()
      for (const one of uids) guard(() => process(one))
    })
  }
  const guard = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      platform.report(error)
    }
  }
  const remove = (uid: string, options: DeleteOptions): void => {
    const known = alive.get(uid)
    if (!known) return
    const { namespace, name = '' } = known.object.metadata
    api.generic.delete(known.resource, namespace, name, { ...options, preconditions: { uid } })
  }
  const modify = (uid: string, change: (object: GenericObject) => GenericObject | undefined): void => {
    const known = alive.get(uid)
    if (!known) return
    const { namespace, name = '' } = known.object.metadata
    api.generic.modify(known.resource, namespace, name, (object) => (uidOf(object) === uid ? change(object) : undefined))
  }
  const disown = (uid: string, owners: ReadonlySet<string>): void =>
    modify(uid, (object) => {
      const left = (object.metadata.ownerReferences ?? []).filter((one) => !owners.has(one.uid))
      return { ...object, metadata: { ...object.metadata, ownerReferences: left.length > 0 ? left : undefined } }
    })
  const finish = (uid: string, finalizer: string): void =>
    modify(uid, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter((one) => one !== finalizer) },
    }))

  const process = (uid: string): void => {
    const object = alive.get(uid)?.object
    if (!object) return
    const finalizers = object.metadata.finalizers ?? []
    if (isDeleting(object) && finalizers.includes('orphan')) {
      for (const dependent of dependents.get(uid) ?? []) disown(dependent, new Set([uid]))
      finish(uid, 'orphan')
      return
    }
    if (isDeleting(object) && finalizers.includes('foregroundDeletion')) {
      const blocking = [...(dependents.get(uid) ?? [])].filter((one) =>
        alive.get(one)?.object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion),
      )
      for (const dependent of dependents.get(uid) ?? []) {
        const child = alive.get(dependent)?.object
        if (child && !isDeleting(child))
          remove(dependent, { propagationPolicy: blocking.includes(dependent) ? 'Foreground' : 'Background' })
      }
      if (blocking.length === 0) finish(uid, 'foregroundDeletion')
      return
    }
    abandon(uid, object)
  }

  /** Deletes an object whose owners are all gone; forgets the gone ones if some are left. */
  const abandon = (uid: string, object: GenericObject): void => {
    const owners = object.metadata.ownerReferences ?? []
    if (owners.length === 0 || isDeleting(object)) return
    const gone = owners.filter((owner) => !alive.has(owner.uid))
    if (gone.length === 0) return
    if (gone.length < owners.length) disown(uid, new Set(gone.map((owner) => owner.uid)))
    else remove(uid, { propagationPolicy: 'Background' })
  }

  const unlink = (object: GenericObject): void => {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const set = dependents.get(owner.uid)
      set?.delete(uidOf(object))
      if (set?.size === 0) dependents.delete(owner.uid)
    }
  }
  const link = (object: GenericObject): void => {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const set = dependents.get(owner.uid) ?? new Set()
      set.add(uidOf(object))
      dependents.set(owner.uid, set)
    }
  }

  return api.generic.watch((resource, { type, object }) => {
    if (resource.resource === 'events') return
    const uid = uidOf(object)
    const before = alive.get(uid)?.object
    if (before) unlink(before)
    if (type === 'DELETED') {
      alive.delete(uid)
      for (const dependent of dependents.get(uid) ?? []) look(dependent)
      // An owner that waits for its dependents may go on now.
      for (const owner of object.metadata.ownerReferences ?? []) look(owner.uid)
      return
    }
    link(object)
    alive.set(uid, { resource, object })
    if ((object.metadata.ownerReferences ?? []).length > 0 || isDeleting(object)) look(uid)
    if (before && before.metadata.ownerReferences !== object.metadata.ownerReferences)
      for (const owner of before.metadata.ownerReferences ?? []) look(owner.uid)
  })
}
