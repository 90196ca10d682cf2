import type { Api } from '../api/door.ts'
import type { Namespace } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { isDeleting, nameOf, namespaceOf } from './objects.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'

/** What every namespace has: the service account `default` and the ConfigMap `kube-root-ca.crt`. */
export function furniture(namespace: Namespace, certificateAuthority: string): readonly Extract<Change, { do: 'create' }>['object'][] {
  const name = nameOf(namespace)
  const annotations = { 'kubernetes.io/description': rootCaDescription }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt', namespace: name, annotations },
      data: { 'ca.crt': certificateAuthority },
    },
  ]
}

const rootCaDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

export function namespaceFurniture(api: Api, certificateAuthority: string): Controller {
  return {
    name: 'service-account-controller',
    watches: [
      watching('Namespace', (object) => [nameOf(object)]),
      watching('ServiceAccount', (object, type) => (type === 'DELETED' ? [namespaceOf(object)] : [])),
      watching('ConfigMap', (object) => (nameOf(object) === 'kube-root-ca.crt' ? [namespaceOf(object)] : [])),
    ],
    reconcile: (key) => {
      const namespace = api.get('Namespace', undefined, key)
      if (!namespace || isDeleting(namespace)) return []
      return furniture(namespace, certificateAuthority).flatMap((object): Change[] => {
        const current = api.get(object.kind, key, nameOf(object))
        if (!current) return [{ do: 'create', object }]
        const altered = current.kind === 'ConfigMap' && current.data?.['ca.crt'] !== certificateAuthority
        return altered ? [{ do: 'update', object }] : []
      })
    },
  }
}
