import type { Api } from '../api/door.ts'
import type { Endpoint, EndpointAddress, Endpoints, EndpointSlice, EndpointSubset } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { split } from './keys.ts'
import { controllerReference, isControlledBy, isDeleting, keyOf, nameOf, namespaceOf, sameJson } from './objects.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'

const manager = 'endpointslicemirroring-controller.k8s.io'
/** Labels that say where an Endpoints object comes from, not what it is. */
const notMirrored = new Set([
  'endpoints.kubernetes.io/managed-by',
  'endpointslice.kubernetes.io/skip-mirror',
  'service.kubernetes.io/headless',
])

/** Copies Endpoints that people write, for services without selector, into slices. https://kubernetes.io/docs/concepts/services-networking/service/#endpointslice-mirroring */
export function sliceMirroring(api: Api): Controller {
  return {
    name: 'endpoint-slice-mirroring-controller',
    watches: [
      watching('Endpoints', (object) => [keyOf(object)]),
      watching('Service', (object) => [keyOf(object)]),
      watching('EndpointSlice', (slice) => {
        const mirrored = slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === manager
        return mirrored ? [`${namespaceOf(slice)}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`] : []
      }),
    ],
    reconcile: (key) => {
      const [namespace, name] = split(key)
      const endpoints = api.get('Endpoints', namespace, name)
      const service = api.get('Service', namespace, name)
      const slices = api
        .list('EndpointSlice', namespace)
        .filter(
          ({ metadata }) =>
            metadata.labels?.['kubernetes.io/service-name'] === name &&
            metadata.labels['endpointslice.kubernetes.io/managed-by'] === manager,
        )
      const wanted = endpoints && service && !service.spec?.selector && isMirrored(endpoints) ? endpoints : undefined
      return mirror(wanted, slices)
    },
  }
}

function isMirrored({ metadata }: Endpoints): boolean {
  if (metadata.deletionTimestamp !== undefined || metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true') return false
  return metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined
}

/** Brings the slices to what the Endpoints say; without any, there are none. */
export function mirror(endpoints: Endpoints | undefined, slices: readonly EndpointSlice[]): Change[] {
  const subsets = endpoints?.subsets ?? []
  const own = slices.filter((slice) => !isDeleting(slice) && (!endpoints || isControlledBy(slice, endpoints)))
  const kept = own.slice(0, subsets.length)
  return [
    ...(endpoints ? subsets.flatMap((subset, index) => write(endpoints, subset, kept[index])) : []),
    ...own
      .slice(subsets.length)
      .map((slice): Change => ({ do: 'delete', kind: 'EndpointSlice', namespace: slice.metadata.namespace, name: nameOf(slice) })),
  ]
}

function write(endpoints: Endpoints, subset: EndpointSubset, current: EndpointSlice | undefined): Change[] {
  const inherited = Object.entries(endpoints.metadata.labels ?? {}).filter(([key]) => !notMirrored.has(key))
  const labels = {
    ...Object.fromEntries(inherited),
    'endpointslice.kubernetes.io/managed-by': manager,
    'kubernetes.io/service-name': nameOf(endpoints),
  }
  const content = {
    addressType: subset.addresses?.[0]?.ip.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [
      ...(subset.addresses ?? []).map((one) => endpointOf(one, true)),
      ...(subset.notReadyAddresses ?? []).map((one) => endpointOf(one, false)),
    ],
    ports: (subset.ports ?? []).map((port) => ({ name: '', protocol: 'TCP', ...port })),
  }
  if (!current) {
    const owners = [controllerReference(endpoints)]
    const metadata = { generateName: `${nameOf(endpoints)}-`, namespace: namespaceOf(endpoints), labels, ownerReferences: owners }
    return [{ do: 'create', object: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...content } }]
  }
  const same =
    sameJson(current.endpoints ?? [], content.endpoints) &&
    sameJson(current.ports ?? [], content.ports) &&
    sameJson(current.metadata.labels, labels)
  return same ? [] : [{ do: 'update', object: { ...current, ...content, metadata: { ...current.metadata, labels } } }]
}

function endpointOf(address: EndpointAddress, ready: boolean): Endpoint {
  const { ip, hostname, nodeName, targetRef } = address
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef }),
    ...(nodeName && { nodeName }),
  }
}
