import type { Api } from '../api/door.ts'
import type { Pod } from '../resources/kinds.ts'
import { reconcileEndpoints, reconcileEndpointSlices } from './endpoints.ts'
import { provisions } from './provisioner.ts'
import { split, ownerKeys } from './keys.ts'
import { isPodFinished, keyOf, nameOf, namespaceOf } from './objects.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'
import { mapSelects } from './selectors.ts'
import { TriggerTimes } from './trigger-times.ts'
import { isUnbound, reconcileClaim, reconcileVolume } from './volume-binder.ts'
import type { Storage } from './volume-binder.ts'
import { awaitExpansion } from './volume-reclaim.ts'

/** What ties services to pods, and claims to volumes. */

const servicesOf = (api: Api, pod: Pod): string[] =>
  api
    .list('Service', namespaceOf(pod))
    .filter((one) => mapSelects(one.spec?.selector, pod.metadata.labels))
    .map(keyOf)

export function endpoints(api: Api): Controller {
  const times = new TriggerTimes()
  return {
    name: 'endpoint-controller',
    watches: [
      watching('Service', (object) => [keyOf(object)]),
      watching('Pod', (pod) => servicesOf(api, pod)),
      watching('Endpoints', (object) => [keyOf(object)]),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const service = api.get('Service', namespace, name)
      const current = api.get('Endpoints', namespace, name)
      if (service) return reconcileEndpoints(service, api.list('Pod', namespace), current, times)
      times.forget(key)
      const own = current?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller'
      return own ? [{ do: 'delete', kind: 'Endpoints', namespace, name }] : []
    },
  }
}

export function endpointSlices(api: Api): Controller {
  const times = new TriggerTimes()
  return {
    name: 'endpoint-slice-controller',
    watches: [
      watching('Service', (object) => [keyOf(object)]),
      watching('Pod', (pod) => servicesOf(api, pod)),
      watching('EndpointSlice', (slice) => ownerKeys(slice, 'Service')),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const service = api.get('Service', namespace, name)
      if (service) return reconcileEndpointSlices(service, api.list('Pod', namespace), api.list('EndpointSlice', namespace), times)
      times.forget(key)
      return []
    },
  }
}

const storageOf = (api: Api, now: () => number): Storage => ({
  volumes: api.list('PersistentVolume'),
  claims: api.list('PersistentVolumeClaim'),
  classes: api.list('StorageClass'),
  now: now(),
})

export function claims(api: Api, now: () => number): Controller {
  const unbound = (): string[] => api.list('PersistentVolumeClaim').filter(isUnbound).map(keyOf)
  return {
    name: 'persistentvolume-controller',
    watches: [
      watching('PersistentVolumeClaim', (object) => [keyOf(object)]),
      watching('PersistentVolume', (volume, type) => {
        const ref = volume.spec?.claimRef
        return type === 'DELETED' && ref ? [`${ref.namespace ?? ''}/${ref.name ?? ''}`] : unbound()
      }),
      watching('StorageClass', unbound),
      // A claim that is being deleted is free when the last pod that uses it has ended.
      watching('Pod', (pod, type) => {
        if (type !== 'DELETED' && !isPodFinished(pod)) return []
        return (pod.spec?.volumes ?? []).flatMap((one) =>
          one.persistentVolumeClaim ? [`${namespaceOf(pod)}/${one.persistentVolumeClaim.claimName}`] : [],
        )
      }),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const claim = api.get('PersistentVolumeClaim', namespace, name)
      return claim ? reconcileClaim(claim, storageOf(api, now), api.list('Pod', namespace)) : []
    },
  }
}

/** Claims that want more than they have wait for whoever could give it. */
export function expansion(api: Api): Controller {
  return {
    name: 'volume_expand',
    watches: [watching('PersistentVolumeClaim', (claim) => [keyOf(claim)])],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const claim = api.get('PersistentVolumeClaim', namespace, name)
      const storageClass = claim && api.get('StorageClass', undefined, claim.spec?.storageClassName ?? '')
      return claim ? awaitExpansion(claim, storageClass, provisions(storageClass?.provisioner)) : []
    },
  }
}

export function volumes(api: Api, now: () => number): Controller {
  return {
    name: 'persistentvolume-controller',
    watches: [
      watching('PersistentVolume', (object) => [nameOf(object)]),
      watching('PersistentVolumeClaim', (claim) => (claim.spec?.volumeName ? [claim.spec.volumeName] : [])),
    ],
    reconcile: (key) => {
      const volume = api.get('PersistentVolume', undefined, key)
      return volume ? reconcileVolume(volume, storageOf(api, now)) : []
    },
  }
}
