import { rfc3339, rfc3339Micro } from '../../kernel/clock.ts'
import { ApiError } from '../api/door.ts'
import type { Api, GenericObject } from '../api/door.ts'
import type { ClusterOptions } from '../cluster-api.ts'
import type { Platform } from '../platform.ts'
import type { Namespace, Node, Pod } from '../resources/kinds.ts'
import { isPodReady, nameOf, namespaceOf, uidOf } from './objects.ts'
import { furniture } from './namespace-furniture.ts'

/** What a fresh cluster is made of, as data. */
export interface BootstrapData {
  /** `manifests/simulator/bootstrap-objects.json`: lists of objects, under names that only people read. */
  readonly objects: { readonly [group: string]: readonly GenericObject[] }
  /** `manifests/simulator/node.json`: what a node looks like; its names, addresses and times are replaced. */
  readonly node: Node
  /** The documents of `manifests/simulator/kube-system.yaml`. */
  readonly system: readonly GenericObject[]
}

/** Makes an object of any kind, its status included. */
export type Create = (object: GenericObject) => void

/**
 * Fills an empty API with what a cluster has when kubeadm is done: namespaces, roles, nodes, and the workloads of
 * kube-system. Start controllers, scheduler and kubelets afterwards, then wait with `settle`.
 */
export function bootstrap(api: Api, create: Create, platform: Platform, options: ClusterOptions, data: BootstrapData): void {
  const objects = Object.values(data.objects).flat()
  const authority = options.certificateAuthority
  const make = (object: GenericObject): void => {
    try {
      create(bornAt(object, platform.clock.now()))
    } catch (error) {
      // Some objects stand in two lists, and some are made by the API itself. A cluster that lacks one is better than none.
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) platform.report(error)
    }
  }
  const namespaces = objects.filter((one) => one.kind === 'Namespace')
  for (const namespace of namespaces) make(namespace)
  for (const namespace of namespaces)
    for (const object of furniture({ apiVersion: 'v1', kind: 'Namespace', metadata: namespace.metadata } satisfies Namespace, authority))
      make(generic(object))
  for (const object of objects.filter((one) => one.kind !== 'Namespace')) make(withAuthority(object, authority))
  for (const [index, name] of options.nodes.entries()) makeNode(api, platform, data.node, name, index)
  makeKubernetesEndpoints(make, data.node, options)
  for (const object of data.system) {
    if (object.kind !== 'Pod') make(object)
    else if (options.nodes[0] !== undefined) make(generic(mirrorPod(api, platform, object, options.nodes[0])))
  }
}

/** The object with conditions that came true now: the data's are of the cluster that it was read off. */
function bornAt(object: GenericObject, millis: number): GenericObject {
  const { status } = object as { readonly status?: { readonly conditions?: readonly object[] } }
  if (!status?.conditions) return object
  const conditions = status.conditions.map((one) => ('lastTransitionTime' in one ? { ...one, lastTransitionTime: rfc3339(millis) } : one))
  return { ...object, status: { ...status, conditions } }
}

/** A cluster that takes longer than this to start is handed out as it is. */
const longestStartMillis = 20_000

/**
 * Turns around until all pods are ready, or long enough. Everything is instant then, so mostly microtasks have to run;
 * where controllers have had their turn for too long, they go on in a later one.
 */
export async function settle(api: Api, clock: Platform['clock']): Promise<void> {
  const began = clock.now()
  for (;;) {
    for (let turn = 0; turn < 2000; turn++) {
      await Promise.resolve()
      if (turn % 20 === 19 && isSettled(api)) return
    }
    const passed = clock.now() - began
    // Where time stands still nobody has put anything off.
    if (passed === 0 || passed > longestStartMillis) return
    await new Promise<void>((resolve) => void clock.after(2, resolve))
  }
}

function isSettled(api: Api): boolean {
  return (
    api.list('Pod', 'kube-system').every(isPodReady) &&
    api
      .list('DaemonSet', 'kube-system')
      .every((one) => one.status !== undefined && one.status.numberReady === one.status.desiredNumberScheduled) &&
    api.list('Deployment', 'kube-system').every((one) => one.status?.readyReplicas === one.spec?.replicas)
  )
}

/** A typed object, for those who don't care what it is. */
function generic(object: {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: GenericObject['metadata']
}): GenericObject {
  return { ...object }
}

/** Puts this cluster's own authority where the recorded cluster had its. */
function withAuthority(object: GenericObject, authority: string): GenericObject {
  if (object.kind !== 'ConfigMap' || typeof object['data'] !== 'object' || object['data'] === null) return object
  const data = Object.entries(object['data']).map(([key, value]) => [
    key,
    typeof value === 'string' && value.startsWith('-----BEGIN CERTIFICATE-----') ? authority : value,
  ])
  return { ...object, data: Object.fromEntries(data) as { readonly [key: string]: unknown } }
}

function addressOf(template: Node, index: number): string {
  const first = template.status?.addresses?.find((one) => one.type === 'InternalIP')?.address ?? '10.0.0.10'
  const parts = first.split('.').map(Number)
  return [...parts.slice(0, 3), (parts[3] ?? 10) + index].join('.')
}

function makeNode(api: Api, platform: Platform, template: Node, name: string, index: number): void {
  const now = platform.clock.now()
  const at = rfc3339(now)
  const cidr = `10.32.${index}.0/24`
  const role: { readonly [key: string]: string } = index === 0 ? { 'node-role.kubernetes.io/control-plane': '' } : {}
  const labels = { ...template.metadata.labels, 'kubernetes.io/hostname': name, ...role }
  const created = api.create<'Node'>({
    ...template,
    metadata: { ...template.metadata, name, labels },
    spec: { ...template.spec, podCIDR: cidr, podCIDRs: [cidr] },
  })
  const id = platform.sha256(`${name}/${uidOf(created)}`)
  const uuid = `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20, 32)}`
  const { nodeInfo } = template.status ?? {}
  api.updateStatus<'Node'>({
    ...created,
    status: {
      ...template.status,
      addresses: [
        { type: 'InternalIP', address: addressOf(template, index) },
        { type: 'Hostname', address: name },
      ],
      conditions: (template.status?.conditions ?? []).map((one) => ({ ...one, lastHeartbeatTime: at, lastTransitionTime: at })),
      ...(nodeInfo ? { nodeInfo: { ...nodeInfo, machineID: id.slice(0, 32), systemUUID: uuid, bootID: uuid } } : {}),
    },
  })
  api.create<'Lease'>({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease', ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: uidOf(created) }] },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: rfc3339Micro(now) },
  })
}

/** The service `kubernetes` has no selector: its addresses are the API servers'. */
function makeKubernetesEndpoints(make: Create, template: Node, options: ClusterOptions): void {
  // Loopback cannot be an endpoint: inside, the API server is where a control plane node would have it.
  const inside = options.endpoint.host.startsWith('127.') || !/^[0-9.]+$/.test(options.endpoint.host)
  const ip = inside ? addressOf(template, 0) : options.endpoint.host
  const port = inside ? 6443 : options.endpoint.port
  make({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  })
  make({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  })
}

/** How the API shows a static pod: named after its node, owned by it. */
function mirrorPod(api: Api, platform: Platform, object: GenericObject, node: string): Pod {
  const template = object as unknown as Pod
  const hash = platform.sha256(JSON.stringify(template)).slice(0, 32)
  const owner = api.get('Node', undefined, node)
  return {
    ...template,
    metadata: {
      ...template.metadata,
      name: `${nameOf(template)}-${node}`,
      namespace: namespaceOf(template),
      annotations: {
        'kubernetes.io/config.hash': hash,
        'kubernetes.io/config.mirror': hash,
        'kubernetes.io/config.seen': rfc3339Micro(platform.clock.now()),
        'kubernetes.io/config.source': 'file',
      },
      ...(owner ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid: uidOf(owner), controller: true }] } : {}),
    },
    spec: {
      ...template.spec,
      containers: template.spec?.containers ?? [],
      nodeName: node,
      priorityClassName: 'system-node-critical',
      tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
      automountServiceAccountToken: false,
    },
  }
}
