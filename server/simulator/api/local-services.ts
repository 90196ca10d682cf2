import type { GenericObject } from './door.ts'
import type { DiscoveryData } from '../resources/registry.ts'

/** The order of groups and of their versions. @see DefaultGenericAPIServicePriorities in kubernetes' pkg/controlplane/apiserver/aggregator.go */
const PRIORITIES: { readonly [group: string]: number } = {
  '': 18_000,
  'apps': 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  'autoscaling': 17_500,
  'batch': 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  'policy': 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'resource.k8s.io': 15_900,
}
const VERSIONS: { readonly [groupVersion: string]: number } = { 'v1': 1, 'autoscaling/v2': 30, 'flowcontrol.apiserver.k8s.io/v1': 21 }

/** The APIServices of what the API server serves itself, as it registers them when it starts. */
export function localServices({ groups }: DiscoveryData): readonly GenericObject[] {
  return groups.flatMap(({ groupVersion }) => {
    const [group, version] = groupVersion.includes('/') ? groupVersion.split('/', 2) : ['', groupVersion]
    const priority = PRIORITIES[group ?? '']
    if (priority === undefined) return []
    return [
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `${version}.${group}`, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
        spec: { ...(group && { group }), groupPriorityMinimum: priority, version, versionPriority: VERSIONS[groupVersion] ?? 15 },
      },
    ]
  })
}

/** What `kubectl get componentstatuses` says of a control plane that is well. */
export function componentStatuses(): readonly GenericObject[] {
  return ['controller-manager', 'etcd-0', 'scheduler'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  }))
}
