import { runController, watching } from '../controllers/runner.ts'
import { sameJson } from '../controllers/objects.ts'
import { add } from './pod-resources.ts'
import { isMeasured, masked, total } from './quota-usage.ts'
import type { Api, GenericObject } from '../api/door.ts'
import type { Change } from '../controllers/change.ts'
import type { Watch } from '../controllers/runner.ts'
import type { Platform } from '../platform.ts'
import type { ResourceQuota } from '../resources/kinds.ts'
import type { StoredObject } from '../resources/object.ts'
import type { Amounts } from './pod-resources.ts'

/**
 * Keeps quotas' status right: admission only ever adds to it, this counts anew whenever something came or went.
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 * @returns stops it
 */
export function startQuotaController(api: Api, platform: Platform): () => void {
  const keysIn = (namespace: string | undefined) =>
    api.list('ResourceQuota', namespace).map((quota) => `${quota.metadata.namespace}/${quota.metadata.name}`)
  const everything: Watch = (_api, enqueue) =>
    api.generic.watch((resource, { type, object, old }) => {
      const { namespace } = object.metadata
      if (namespace === undefined || resource.resource === 'events') return
      // Updates count where they change what is used: pods end, services change their type, claims grow.
      if (type === 'MODIFIED' && !changesUsage(resource.resource, object, old)) return
      for (const key of keysIn(namespace)) enqueue(key)
    })
  return runController(api, platform, {
    name: 'resourcequota-controller',
    watches: [watching('ResourceQuota', (quota) => [`${quota.metadata.namespace}/${quota.metadata.name}`]), everything],
    reconcile(key) {
      const at = key.indexOf('/')
      const quota = api.get('ResourceQuota', key.slice(0, at), key.slice(at + 1))
      return quota ? reconcile(api, quota) : []
    },
  })
}

function changesUsage(resource: string, object: GenericObject, old: GenericObject | undefined): boolean {
  if (resource === 'pods') return phaseOf(object) !== phaseOf(old)
  return resource === 'services' || resource === 'persistentvolumeclaims'
}

function phaseOf(object: GenericObject | undefined): string | undefined {
  return (object?.['status'] as { readonly phase?: string } | undefined)?.phase
}

function reconcile(api: Api, quota: ResourceQuota): Change[] {
  const hard: Amounts = quota.spec?.hard ?? {}
  const names = Object.keys(hard)
  let used: Amounts = Object.fromEntries(names.map((name) => [name, '0']))
  for (const resource of api.generic.resources()) {
    if (!resource.namespaced || !names.some((name) => isMeasured(resource, name))) continue
    const objects = api.generic.list(resource, quota.metadata.namespace) as unknown as readonly StoredObject[]
    used = add(used, masked(total(resource, objects, quota), names))
  }
  const status = { hard, used }
  if (sameJson(quota.status?.hard, hard) && sameJson(quota.status?.used, used)) return []
  return [{ do: 'status', object: { ...quota, status } as ResourceQuota }]
}
