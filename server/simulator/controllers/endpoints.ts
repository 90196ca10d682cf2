import type { EndpointAddress, Endpoints, EndpointSlice, EndpointSubset, Pod, Service, ServicePort } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { controllerReference, isControlledBy, isDeleting, isPodFinished, isPodReady, nameOf, namespaceOf, sameJson } from './objects.ts'
import { mapSelects } from './selectors.ts'
import { triggered } from './trigger-times.ts'
import type { TriggerTime, TriggerTimes } from './trigger-times.ts'

/** A port of a service as one pod has it; a named port may differ from pod to pod. */
interface Port {
  readonly name: string
  readonly port: number
  readonly protocol: string
  readonly appProtocol: string | undefined
}

/** More addresses than this go into another slice. */
const sliceSize = 100

function portsOf(service: Service, pod: Pod): Port[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetOf(port, pod)
    return number === undefined
      ? []
      : [{ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP', appProtocol: port.appProtocol }]
  })
}

function targetOf(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const named = (pod.spec?.containers ?? [])
    .flatMap((one) => one.ports ?? [])
    .find((one) => one.name === target && (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
  return named?.containerPort
}

const selected = (service: Service, pods: readonly Pod[]): Pod[] =>
  pods.filter((pod) => mapSelects(service.spec?.selector, pod.metadata.labels))

const backing = (service: Service, pods: readonly Pod[]): Pod[] =>
  selected(service, pods)
    .filter((pod) => pod.status?.podIP && !isPodFinished(pod))
    .toSorted((a, b) => ipNumber(a) - ipNumber(b))

const ipNumber = (pod: Pod): number => (pod.status?.podIP ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const target = (pod: Pod): NonNullable<EndpointAddress['targetRef']> => ({
  kind: 'Pod',
  namespace: namespaceOf(pod),
  name: nameOf(pod),
  uid: pod.metadata.uid,
})

/** The old Endpoints object of a service with a selector. https://kubernetes.io/docs/concepts/services-networking/service/#endpoints */
export function reconcileEndpoints(service: Service, pods: readonly Pod[], current: Endpoints | undefined, times: TriggerTimes): Change[] {
  if (!service.spec?.selector || service.spec.type === 'ExternalName' || isDeleting(service)) return []
  const time = times.next(service, selected(service, pods))
  const subsets = new Map<string, { ports: readonly Port[]; ready: EndpointAddress[]; not: EndpointAddress[] }>()
  for (const pod of backing(service, pods)) {
    if (isDeleting(pod) && !service.spec.publishNotReadyAddresses) continue
    const ports = portsOf(service, pod)
    if (ports.length === 0 && service.spec.clusterIP !== 'None') continue
    const key = JSON.stringify(ports)
    const subset = subsets.get(key) ?? { ports, ready: [], not: [] }
    const hostname = pod.spec?.hostname && pod.spec.subdomain === nameOf(service) ? { hostname: pod.spec.hostname } : {}
    const address = { ip: pod.status?.podIP ?? '', ...hostname, nodeName: pod.spec?.nodeName, targetRef: target(pod) }
    if (isPodReady(pod) || service.spec.publishNotReadyAddresses) subset.ready.push(address)
    else subset.not.push(address)
    subsets.set(key, subset)
  }
  const wanted: EndpointSubset[] = [...subsets.values()].map((subset) => ({
    ...(subset.ready.length > 0 ? { addresses: subset.ready } : {}),
    ...(subset.not.length > 0 ? { notReadyAddresses: subset.not } : {}),
    ports: subset.ports.map((port) => ({
      ...(port.name ? { name: port.name } : {}),
      port: port.port,
      protocol: port.protocol,
      ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
    })),
  }))
  const headless: { [key: string]: string } = service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}
  const labels = { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller', ...headless }
  const object: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...current?.metadata,
      name: nameOf(service),
      namespace: namespaceOf(service),
      labels,
      annotations: triggered(current?.metadata.annotations, time),
    },
    ...(wanted.length > 0 ? { subsets: wanted } : {}),
  }
  if (!current) return [{ do: 'create', object }]
  if (sameJson(current.subsets ?? [], wanted) && sameJson(current.metadata.labels ?? {}, labels)) return []
  return [{ do: 'update', object }]
}

/** The EndpointSlices of a service. https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ */
export function reconcileEndpointSlices(
  service: Service,
  pods: readonly Pod[],
  slices: readonly EndpointSlice[],
  times: TriggerTimes,
): Change[] {
  if (!service.spec?.selector || service.spec.type === 'ExternalName' || isDeleting(service)) return []
  const time = times.next(service, selected(service, pods))
  const groups = new Map<string, { ports: readonly Port[]; pods: Pod[] }>()
  for (const pod of backing(service, pods)) {
    const ports = portsOf(service, pod)
    const key = JSON.stringify(ports)
    const group = groups.get(key) ?? { ports, pods: [] }
    group.pods.push(pod)
    groups.set(key, group)
  }
  const wanted: Pick<EndpointSlice, 'endpoints' | 'ports'>[] = []
  for (const group of groups.values()) {
    for (let from = 0; from < group.pods.length; from += sliceSize) {
      wanted.push({
        endpoints: group.pods.slice(from, from + sliceSize).map((pod) => endpointOf(service, pod)),
        ports: slicePorts(group.ports),
      })
    }
  }
  if (wanted.length === 0) wanted.push({ endpoints: [], ports: [] })
  const own = slices.filter((slice) => isControlledBy(slice, service) && !isDeleting(slice))
  return [
    ...wanted.flatMap((slice, index): Change[] => writeSlice(service, slice, own[index], time)),
    ...own
      .slice(wanted.length)
      .map((slice): Change => ({ do: 'delete', kind: 'EndpointSlice', namespace: slice.metadata.namespace, name: nameOf(slice) })),
  ]
}

const slicePorts = (ports: readonly Port[]): NonNullable<EndpointSlice['ports']> =>
  ports.map((port) => ({
    name: port.name,
    port: port.port,
    protocol: port.protocol,
    ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
  }))

function endpointOf(service: Service, pod: Pod): NonNullable<EndpointSlice['endpoints']>[number] {
  const ready = isPodReady(pod)
  const hostname = pod.spec?.hostname && pod.spec.subdomain === nameOf(service) ? { hostname: pod.spec.hostname } : {}
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: (ready && !isDeleting(pod)) || (service.spec?.publishNotReadyAddresses ?? false),
      serving: ready,
      terminating: isDeleting(pod),
    },
    ...hostname,
    targetRef: target(pod),
    nodeName: pod.spec?.nodeName,
  }
}

function writeSlice(
  service: Service,
  slice: Pick<EndpointSlice, 'endpoints' | 'ports'>,
  current: EndpointSlice | undefined,
  time: TriggerTime,
): Change[] {
  const headless: { [key: string]: string } = service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}
  const labels = {
    ...service.metadata.labels,
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': nameOf(service),
    ...headless,
  }
  if (current) {
    const same =
      sameJson(current.endpoints ?? [], slice.endpoints) &&
      sameJson(current.ports ?? [], slice.ports) &&
      sameJson(current.metadata.labels ?? {}, labels)
    return same
      ? []
      : [
          {
            do: 'update',
            object: {
              ...current,
              ...slice,
              metadata: { ...current.metadata, labels, annotations: triggered(current.metadata.annotations, time) },
            },
          },
        ]
  }
  const metadata = {
    generateName: `${nameOf(service)}-`,
    namespace: namespaceOf(service),
    labels,
    annotations: triggered(undefined, time),
    ownerReferences: [controllerReference(service)],
  }
  return [{ do: 'create', object: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata, ...slice } }]
}
