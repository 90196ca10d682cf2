import type { Pod } from '../resources/kinds.ts'
import { controllerOf, namespaceOf } from './objects.ts'

/** `namespace/name` taken apart. */
export function split(key: string): readonly [string, string] {
  const at = key.indexOf('/')
  return [key.slice(0, at), key.slice(at + 1)]
}

/** The key of the controller of `kind` that owns a pod. */
export function ownerKeys(object: { readonly metadata: Pod['metadata'] }, kind: string): string[] {
  const owner = controllerOf(object)
  return owner?.kind === kind ? [`${namespaceOf(object)}/${owner.name}`] : []
}
