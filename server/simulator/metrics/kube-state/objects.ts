import { clusterWide, collector, conditionParts, namespaced, oneOf, resourceLabels, secondsOf, yes } from './collect.ts'
import { quantityNumber } from '../../images/machine-builder.ts'
import type { Api } from '../../api/door.ts'
import type { Family } from '../exposition.ts'

function nodeFamilies(api: Api): Family[] {
  const { one, many, created, labels } = collector(api.list('Node'), clusterWide('node'))
  const resources = (amounts: Readonly<Record<string, string | number>> | undefined) =>
    Object.entries(amounts ?? {}).map(([resource, amount]) => [resourceLabels(resource), quantityNumber(String(amount))] as const)
  return [
    created('kube_node_created'),
    labels('kube_node_labels'),
    many('kube_node_info', '[STABLE] Information about a cluster node.', ({ status, spec }) => {
      const info = status?.nodeInfo
      return [
        [
          {
            kernel_version: info?.kernelVersion ?? '',
            os_image: info?.osImage ?? '',
            container_runtime_version: info?.containerRuntimeVersion ?? '',
            kubelet_version: info?.kubeletVersion ?? '',
            kubeproxy_version: 'deprecated',
            provider_id: spec?.providerID ?? '',
            pod_cidr: spec?.podCIDR ?? '',
            system_uuid: info?.systemUUID ?? '',
            internal_ip: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
          },
          1,
        ],
      ]
    }),
    many('kube_node_role', 'The role of a cluster node.', ({ metadata }) =>
      Object.keys(metadata.labels ?? {}).flatMap((label) =>
        label.startsWith('node-role.kubernetes.io/') ? [[{ role: label.slice(24) }, 1] as const] : [],
      ),
    ),
    one('kube_node_spec_unschedulable', '[STABLE] Whether a node can schedule new pods.', ({ spec }) => yes(spec?.unschedulable)),
    many('kube_node_spec_taint', '[STABLE] The taint of a cluster node.', ({ spec }) =>
      (spec?.taints ?? []).map(({ key, value = '', effect }) => [{ key, value, effect }, 1] as const),
    ),
    many(
      'kube_node_status_allocatable',
      '[STABLE] The allocatable for different resources of a node that are available for scheduling.',
      ({ status }) => resources(status?.allocatable),
    ),
    many('kube_node_status_capacity', '[STABLE] The capacity for different resources of a node.', ({ status }) =>
      resources(status?.capacity),
    ),
    many('kube_node_status_addresses', 'Node address information.', ({ status }) =>
      (status?.addresses ?? []).map(({ type, address }) => [{ type, address }, 1] as const),
    ),
    many('kube_node_status_condition', '[STABLE] The condition of a cluster node.', ({ status }) => conditionParts(status?.conditions)),
  ]
}

function storageFamilies(api: Api): Family[] {
  const claim = collector(api.list('PersistentVolumeClaim'), namespaced('persistentvolumeclaim'))
  const volume = collector(api.list('PersistentVolume'), clusterWide('persistentvolume'))
  const storageClass = collector(api.list('StorageClass'), clusterWide('storageclass'))
  return [
    claim.created('kube_persistentvolumeclaim_created'),
    claim.labels('kube_persistentvolumeclaim_labels'),
    claim.many('kube_persistentvolumeclaim_info', '[STABLE] Information about persistent volume claim.', ({ spec }) => [
      [{ storageclass: spec?.storageClassName ?? '', volumename: spec?.volumeName ?? '', volumemode: spec?.volumeMode ?? 'Filesystem' }, 1],
    ]),
    claim.many(
      'kube_persistentvolumeclaim_access_mode',
      '[STABLE] The access mode(s) specified by the persistent volume claim.',
      ({ spec }) => (spec?.accessModes ?? []).map((access_mode) => [{ access_mode }, 1] as const),
    ),
    claim.one(
      'kube_persistentvolumeclaim_resource_requests_storage_bytes',
      '[STABLE] The capacity of storage requested by the persistent volume claim.',
      ({ spec }) => quantityNumber(spec?.resources?.requests?.['storage']),
    ),
    claim.many('kube_persistentvolumeclaim_status_phase', '[STABLE] The phase the persistent volume claim is currently in.', ({ status }) =>
      oneOf('phase', ['Lost', 'Bound', 'Pending'], status?.phase),
    ),
    volume.created('kube_persistentvolume_created'),
    volume.labels('kube_persistentvolume_labels'),
    volume.many('kube_persistentvolume_info', '[STABLE] Information about persistentvolume.', ({ spec }) => [
      [
        {
          storageclass: spec?.storageClassName ?? '',
          reclaim_policy: spec?.persistentVolumeReclaimPolicy ?? '',
          host_path: spec?.hostPath?.path ?? '',
          local_path: spec?.local?.path ?? '',
        },
        1,
      ],
    ]),
    volume.many('kube_persistentvolume_claim_ref', '[STABLE] Information about the Persistent Volume Claim Reference.', ({ spec }) =>
      spec?.claimRef ? [[{ name: spec.claimRef.name ?? '', claim_namespace: spec.claimRef.namespace ?? '' }, 1]] : [],
    ),
    volume.one('kube_persistentvolume_capacity_bytes', '[STABLE] Persistentvolume capacity in bytes.', ({ spec }) =>
      quantityNumber(spec?.capacity?.['storage']),
    ),
    volume.many(
      'kube_persistentvolume_status_phase',
      '[STABLE] The phase indicates if a volume is available, bound to a claim, or released by a claim.',
      ({ status }) => oneOf('phase', ['Pending', 'Available', 'Bound', 'Released', 'Failed'], status?.phase),
    ),
    storageClass.created('kube_storageclass_created'),
    storageClass.labels('kube_storageclass_labels'),
    storageClass.many(
      'kube_storageclass_info',
      '[STABLE] Information about storageclass.',
      ({ provisioner, reclaimPolicy, volumeBindingMode }) => [
        [{ provisioner, reclaim_policy: reclaimPolicy ?? 'Delete', volume_binding_mode: volumeBindingMode ?? 'Immediate' }, 1],
      ],
    ),
  ]
}

function networkFamilies(api: Api): Family[] {
  const service = collector(api.list('Service'), (each) => ({ ...namespaced('service')(each), uid: each.metadata.uid ?? '' }))
  const endpoint = collector(api.list('Endpoints'), namespaced('endpoint'))
  const ingress = collector(api.list('Ingress'), namespaced('ingress'))
  const policy = collector(api.list('NetworkPolicy'), namespaced('networkpolicy'))
  return [
    service.created('kube_service_created'),
    service.labels('kube_service_labels'),
    service.many('kube_service_info', '[STABLE] Information about service.', ({ spec }) => [
      [
        {
          cluster_ip: spec?.clusterIP ?? '',
          external_name: spec?.externalName ?? '',
          external_traffic_policy: spec?.externalTrafficPolicy ?? '',
          load_balancer_ip: spec?.loadBalancerIP ?? '',
        },
        1,
      ],
    ]),
    service.many('kube_service_spec_type', '[STABLE] Type about service.', ({ spec }) => [[{ type: spec?.type ?? 'ClusterIP' }, 1]]),
    endpoint.created('kube_endpoint_created'),
    endpoint.labels('kube_endpoint_labels'),
    endpoint.many('kube_endpoint_info', '[STABLE] Information about endpoint.', () => [[{}, 1]]),
    endpoint.many('kube_endpoint_address', '[STABLE] Information about Endpoint available and non available addresses.', ({ subsets }) =>
      (subsets ?? []).flatMap(({ addresses, notReadyAddresses, ports }) =>
        [
          ...(addresses ?? []).map(({ ip }) => [ip, 'true'] as const),
          ...(notReadyAddresses ?? []).map(({ ip }) => [ip, 'false'] as const),
        ].flatMap(([ip, ready]) =>
          (ports ?? []).map(
            (port) =>
              [
                { port_protocol: port.protocol ?? 'TCP', port_number: String(port.port), port_name: port.name ?? '', ip, ready },
                1,
              ] as const,
          ),
        ),
      ),
    ),
    ingress.created('kube_ingress_created'),
    ingress.labels('kube_ingress_labels'),
    ingress.many('kube_ingress_info', '[STABLE] Information about ingress.', ({ spec }) => [
      [{ ingressclass: spec?.ingressClassName ?? '_default' }, 1],
    ]),
    ingress.many('kube_ingress_path', '[STABLE] Ingress host, paths and backend service information.', ({ spec }) =>
      (spec?.rules ?? []).flatMap(({ host = '', http }) =>
        (http?.paths ?? []).map(
          ({ path = '', backend }) =>
            [
              {
                host,
                path,
                service_name: backend.service?.name ?? '',
                service_port: String(backend.service?.port?.number ?? backend.service?.port?.name ?? ''),
              },
              1,
            ] as const,
        ),
      ),
    ),
    policy.created('kube_networkpolicy_created'),
    policy.labels('kube_networkpolicy_labels'),
    policy.one(
      'kube_networkpolicy_spec_ingress_rules',
      'Number of ingress rules on the networkpolicy.',
      ({ spec }) => spec?.ingress?.length ?? 0,
    ),
    policy.one(
      'kube_networkpolicy_spec_egress_rules',
      'Number of egress rules on the networkpolicy.',
      ({ spec }) => spec?.egress?.length ?? 0,
    ),
  ]
}

function plainFamilies(api: Api): Family[] {
  const namespace = collector(api.list('Namespace'), clusterWide('namespace'))
  const config = collector(api.list('ConfigMap'), namespaced('configmap'))
  const secret = collector(api.list('Secret'), namespaced('secret'))
  const lease = collector(api.list('Lease'), (each) => ({ lease: each.metadata.name ?? '', namespace: each.metadata.namespace ?? '' }))
  return [
    namespace.created('kube_namespace_created'),
    namespace.labels('kube_namespace_labels'),
    namespace.many('kube_namespace_status_phase', '[STABLE] kubernetes namespace status phase.', ({ status }) =>
      oneOf('phase', ['Active', 'Terminating'], status?.phase),
    ),
    config.created('kube_configmap_created'),
    config.one('kube_configmap_info', '[STABLE] Information about configmap.', () => 1),
    secret.created('kube_secret_created'),
    secret.one('kube_secret_info', '[STABLE] Information about secret.', () => 1),
    secret.many('kube_secret_type', '[STABLE] Type about secret.', ({ type }) => [[{ type: type ?? 'Opaque' }, 1]]),
    lease.many('kube_lease_owner', "Information about the Lease's owner.", ({ metadata, spec }) => [
      [
        {
          owner_kind: metadata.ownerReferences?.[0]?.kind ?? '',
          owner_name: metadata.ownerReferences?.[0]?.name ?? '',
          lease_holder: spec?.holderIdentity ?? '',
        },
        1,
      ],
    ]),
    lease.one('kube_lease_renew_time', 'Kube lease renew time.', ({ spec }) => secondsOf(spec?.renewTime)),
  ]
}

/** What kube-state-metrics says of nodes, storage, the network and what is only kept. */
export function objectFamilies(api: Api): Family[] {
  return [...nodeFamilies(api), ...storageFamilies(api), ...networkFamilies(api), ...plainFamilies(api)]
}
