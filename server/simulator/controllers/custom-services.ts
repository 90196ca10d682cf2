import { nameOf } from './objects.ts'
import { runController, watching } from './runner.ts'
import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { APIService, CustomResourceDefinition } from '../resources/kinds.ts'
import type { Change } from './change.ts'

const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged'

/**
 * Registers an APIService for each version of a group that CustomResourceDefinitions serve, and removes it with the last.
 * Source: k8s.io/kubernetes, pkg/controlplane/controller/crdregistration
 * @returns stops it
 */
export function startCustomServices(api: Api, platform: Platform): () => void {
  return runController(api, platform, {
    name: 'crd-registration-controller',
    watches: [
      watching('CustomResourceDefinition', ({ spec }) => spec.versions.map(({ name }) => `${name}.${spec.group}`)),
      watching('APIService', (service) => (service.metadata.labels?.[AUTOMANAGED] === 'true' ? [nameOf(service)] : [])),
    ],
    reconcile: (key) => reconcileCustomService(key, api.get('APIService', undefined, key), api.list('CustomResourceDefinition')),
  })
}

/** @param name `v1.example.com` */
export function reconcileCustomService(
  name: string,
  service: APIService | undefined,
  definitions: readonly CustomResourceDefinition[],
): Change[] {
  const at = name.indexOf('.')
  const [version, group] = [name.slice(0, at), name.slice(at + 1)]
  const served = definitions.some(
    ({ spec, status }) =>
      spec.group === group &&
      spec.versions.some((one) => one.served && one.name === version) &&
      status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True'),
  )
  if (served && !service) {
    const spec = { group, groupPriorityMinimum: 1000, version, versionPriority: 100 }
    const metadata = { name, labels: { [AUTOMANAGED]: 'true' } }
    return [{ do: 'create', object: { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata, spec } }]
  }
  const ours = service?.metadata.labels?.[AUTOMANAGED] === 'true'
  return !served && ours ? [{ do: 'delete', kind: 'APIService', namespace: undefined, name }] : []
}
