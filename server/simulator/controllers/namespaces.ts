import { rfc3339 } from '../../kernel/clock.ts'
import type { Api, ResourceInfo } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { Namespace, NamespaceCondition } from '../resources/kinds.ts'
import { isDeleting, nameOf, sameJson } from './objects.ts'

/** How long a namespace is seen to terminate before it is looked at. @see namespaceDeletionGracePeriod in kubernetes' pkg/controller/namespace */
const paceMillis = 5000

/**
 * Empties a namespace that is being deleted, whatever kinds it holds, then lets it go.
 * https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace
 * @returns stops it
 */
export function startNamespaceController(api: Api, platform: Platform): () => void {
  const terminating = new Set<string>()
  const pending = new Set<string>()
  const timers = new Map<string, () => void>()

  const later = (name: string): void => {
    if (timers.has(name)) return
    const cancel = platform.clock.after(paceMillis, () => {
      timers.delete(name)
      look(name)
    })
    timers.set(name, cancel)
  }
  const look = (name: string): void => {
    if (pending.size === 0) queueMicrotask(drain)
    pending.add(name)
  }
  const drain = (): void => {
    const names = [...pending]
    pending.clear()
    for (const name of names) {
      try {
        empty(name)
      } catch (error) {
        platform.report(error)
      }
    }
  }
  const empty = (name: string): void => {
    const namespace = api.get('Namespace', undefined, name)
    if (namespace && !isDeleting(namespace)) return
    const left: { resource: ResourceInfo; finalizers: readonly string[] }[] = []
    for (const resource of api.generic.resources()) {
      if (!resource.namespaced) continue
      for (const object of api.generic.list(resource, name)) {
        if (!isDeleting(object)) api.generic.delete(resource, name, nameOf(object), { propagationPolicy: 'Background' })
      }
      for (const object of api.generic.list(resource, name)) left.push({ resource, finalizers: object.metadata.finalizers ?? [] })
    }
    if (left.length === 0)
      api.modify('Namespace', undefined, name, (current) => ({ ...current, spec: { ...current.spec, finalizers: [] } }))
    else if (namespace) report(api, platform, namespace, left)
  }

  const ends = [
    api.watch('Namespace', ({ type, object }) => {
      const name = nameOf(object)
      if (type === 'DELETED') {
        terminating.delete(name)
        timers.get(name)?.()
        timers.delete(name)
        // Nothing outlives its namespace, even one that went without its finalizer.
        look(name)
      } else if (isDeleting(object) && !terminating.has(name)) {
        terminating.add(name)
        later(name)
      }
    }),
    api.generic.watch((_resource, { type, object }) => {
      if (terminating.size === 0 || type !== 'DELETED') return
      const name = object.metadata.namespace
      if (name !== undefined && terminating.has(name)) later(name)
    }),
  ]
  return () => {
    for (const end of ends) end()
    for (const cancel of timers.values()) cancel()
  }
}

/** Says in the namespace's conditions what keeps it. */
function report(
  api: Api,
  platform: Platform,
  namespace: Namespace,
  left: readonly { readonly resource: ResourceInfo; readonly finalizers: readonly string[] }[],
): void {
  const at = rfc3339(platform.clock.now())
  const condition = (type: string, status: boolean, reason: string, message: string): NamespaceCondition => {
    const old = namespace.status?.conditions?.find((one) => one.type === type)
    const truth = status ? 'True' : 'False'
    return { type, status: truth, lastTransitionTime: old?.status === truth ? old.lastTransitionTime : at, reason, message }
  }
  const count = (names: readonly string[], tell: (name: string, count: number) => string): string =>
    [...new Set(names)]
      .toSorted()
      .map((name) => tell(name, names.filter((one) => one === name).length))
      .join(', ')
  const kinds = left.map(({ resource }) => (resource.group ? `${resource.resource}.${resource.group}` : `${resource.resource}.`))
  const finalizers = left.flatMap((one) => one.finalizers)
  const remaining = `Some resources are remaining: ${count(kinds, (name, number) => `${name} has ${number} resource instances`)}`
  const waiting = `Some content in the namespace has finalizers remaining: ${count(finalizers, (name, number) => `${name} in ${number} resource instances`)}`
  const conditions = [
    condition('NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'),
    condition('NamespaceDeletionGroupVersionParsingFailure', false, 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    condition(
      'NamespaceDeletionContentFailure',
      false,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    condition('NamespaceContentRemaining', true, 'SomeResourcesRemain', remaining),
    finalizers.length > 0
      ? condition('NamespaceFinalizersRemaining', true, 'SomeFinalizersRemain', waiting)
      : condition('NamespaceFinalizersRemaining', false, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
  ]
  api.modifyStatus('Namespace', undefined, nameOf(namespace), (current) =>
    sameJson(current.status?.conditions, conditions) ? undefined : { ...current, status: { ...current.status, conditions } },
  )
}
