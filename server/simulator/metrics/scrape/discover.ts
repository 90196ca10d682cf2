import type { Api } from '../../api/door.ts'
import type { Container, EndpointSlice, Node, Pod, Service } from '../../resources/kinds.ts'
import type { DiscoveryDocument } from './config.ts'

/** A target before relabelling: `__address__` and what is known of it. */
export type Found = Map<string, string>

const safe = (name: string): string => name.replaceAll(/\W/g, '_')

/** `…_label_X` and `…_labelpresent_X`, and the same of annotations. */
function described(into: Found, role: string, { metadata }: Pick<Pod, 'metadata'>): void {
  for (const [what, entries] of [
    ['label', metadata.labels],
    ['annotation', metadata.annotations],
  ] as const) {
    for (const [name, value] of Object.entries(entries ?? {})) {
      into.set(`__meta_kubernetes_${role}_${what}_${safe(name)}`, value)
      into.set(`__meta_kubernetes_${role}_${what}present_${safe(name)}`, 'true')
    }
  }
}

/**
 * What a Prometheus in a cluster finds there.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config
 * @param own the namespace in which it runs
 */
export function discovered({ role, namespaces }: DiscoveryDocument, api: Api, own: string): readonly Found[] {
  const names = [...(namespaces?.names ?? []), ...(namespaces?.own_namespace ? [own] : [])]
  const inside = names.length === 0 ? undefined : new Set(names)
  const wanted = <T extends Pick<Pod, 'metadata'>>(objects: readonly T[]): readonly T[] =>
    objects.filter(({ metadata }) => !inside || metadata.namespace === undefined || inside.has(metadata.namespace))
  switch (role) {
    case 'node':
      return wanted(api.list('Node')).map(nodeTarget)
    case 'pod':
      return wanted(api.list('Pod')).flatMap(podTargets)
    case 'service':
      return wanted(api.list('Service')).flatMap(serviceTargets)
    case 'endpoints':
    case 'endpointslice':
      return sliceTargets(role, wanted(api.list('EndpointSlice')), api)
    case 'ingress':
      return []
  }
}

function nodeTarget(node: Node): Found {
  const { name = '' } = node.metadata
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10_250
  const addresses = node.status?.addresses ?? []
  const first = addresses.find(({ type }) => type === 'InternalIP') ?? addresses[0]
  const found: Found = new Map([
    ['__address__', `${first?.address ?? name}:${port}`],
    ['instance', name],
    ['__meta_kubernetes_node_name', name],
    ['__meta_kubernetes_node_provider_id', node.spec?.providerID ?? ''],
  ])
  for (const { type, address } of addresses) found.set(`__meta_kubernetes_node_address_${safe(type)}`, address)
  described(found, 'node', node)
  return found
}

function ofPod(pod: Pod): Found {
  const { metadata, spec, status } = pod
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  const found: Found = new Map([
    ['__meta_kubernetes_namespace', metadata.namespace ?? ''],
    ['__meta_kubernetes_pod_name', metadata.name ?? ''],
    ['__meta_kubernetes_pod_ip', status?.podIP ?? ''],
    ['__meta_kubernetes_pod_ready', (status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'unknown').toLowerCase()],
    ['__meta_kubernetes_pod_phase', status?.phase ?? ''],
    ['__meta_kubernetes_pod_node_name', spec?.nodeName ?? ''],
    ['__meta_kubernetes_pod_host_ip', status?.hostIP ?? ''],
    ['__meta_kubernetes_pod_uid', metadata.uid ?? ''],
  ])
  if (owner) {
    found.set('__meta_kubernetes_pod_controller_kind', owner.kind)
    found.set('__meta_kubernetes_pod_controller_name', owner.name)
  }
  described(found, 'pod', pod)
  return found
}

function withPort(found: Found, container: Container, init: boolean, port: NonNullable<Container['ports']>[number] | undefined): Found {
  const all = new Map(found)
  all.set('__meta_kubernetes_pod_container_name', container.name)
  all.set('__meta_kubernetes_pod_container_image', container.image ?? '')
  all.set('__meta_kubernetes_pod_container_init', String(init))
  if (port) {
    all.set('__meta_kubernetes_pod_container_port_number', String(port.containerPort))
    all.set('__meta_kubernetes_pod_container_port_name', port.name ?? '')
    all.set('__meta_kubernetes_pod_container_port_protocol', port.protocol ?? 'TCP')
  }
  return all
}

/** One a declared port, or one a container without any. */
function podTargets(pod: Pod): readonly Found[] {
  const ip = pod.status?.podIP
  if (!ip || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return []
  const base = ofPod(pod)
  const of = (container: Container, init: boolean): readonly Found[] =>
    (container.ports?.length ? container.ports : [undefined]).map((port) =>
      withPort(base, container, init, port).set('__address__', port ? `${ip}:${port.containerPort}` : ip),
    )
  const { containers = [], initContainers = [] } = pod.spec ?? {}
  return [...containers.flatMap((each) => of(each, false)), ...initContainers.flatMap((each) => of(each, true))]
}

function ofService(into: Found, service: Service): void {
  into.set('__meta_kubernetes_service_name', service.metadata.name ?? '')
  described(into, 'service', service)
}

function serviceTargets(service: Service): readonly Found[] {
  const { metadata, spec } = service
  return (spec?.ports ?? []).map((port) => {
    const found: Found = new Map([
      ['__address__', `${metadata.name}.${metadata.namespace}.svc:${port.port}`],
      ['__meta_kubernetes_namespace', metadata.namespace ?? ''],
      ['__meta_kubernetes_service_cluster_ip', spec?.clusterIP ?? ''],
      ['__meta_kubernetes_service_type', spec?.type ?? 'ClusterIP'],
      ['__meta_kubernetes_service_port_name', port.name ?? ''],
      ['__meta_kubernetes_service_port_number', String(port.port)],
      ['__meta_kubernetes_service_port_protocol', port.protocol ?? 'TCP'],
    ])
    ofService(found, service)
    return found
  })
}

/** Endpoints are worked out from slices too: both say the same. */
function sliceTargets(role: 'endpoints' | 'endpointslice', slices: readonly EndpointSlice[], api: Api): readonly Found[] {
  return slices.flatMap((slice) => {
    const { namespace = '', name = '', labels } = slice.metadata
    const serviceName = labels?.['kubernetes.io/service-name'] ?? ''
    const service = api.get('Service', namespace, serviceName)
    return (slice.ports ?? []).flatMap((port) =>
      (slice.endpoints ?? []).flatMap(({ addresses, conditions, targetRef, nodeName }) =>
        addresses.map((address): Found => {
          const pod = targetRef?.kind === 'Pod' ? api.get('Pod', targetRef.namespace ?? namespace, targetRef.name ?? '') : undefined
          let found: Found = pod ? ofPod(pod) : new Map()
          const declared = pod?.spec?.containers.find((each) => each.ports?.some(({ containerPort }) => containerPort === port.port))
          if (declared)
            found = withPort(
              found,
              declared,
              false,
              declared.ports?.find(({ containerPort }) => containerPort === port.port),
            )
          const prefix = role === 'endpoints' ? '__meta_kubernetes_endpoint' : '__meta_kubernetes_endpointslice'
          found.set('__address__', `${address}:${port.port ?? 80}`)
          found.set('__meta_kubernetes_namespace', namespace)
          found.set(
            role === 'endpoints' ? '__meta_kubernetes_endpoints_name' : '__meta_kubernetes_endpointslice_name',
            role === 'endpoints' ? serviceName : name,
          )
          found.set(`${prefix}_port_name`, port.name ?? '')
          found.set(`${prefix}_port_protocol`, port.protocol ?? 'TCP')
          found.set(role === 'endpoints' ? `${prefix}_ready` : `${prefix}_endpoint_conditions_ready`, String(conditions?.ready ?? true))
          if (role === 'endpoints') found.set(`${prefix}_node_name`, nodeName ?? '')
          else found.set(`${prefix}_port`, String(port.port ?? ''))
          if (targetRef) {
            found.set(`${prefix}_address_target_kind`, targetRef.kind ?? '')
            found.set(`${prefix}_address_target_name`, targetRef.name ?? '')
          }
          if (service) ofService(found, service)
          return found
        }),
      ),
    )
  })
}
