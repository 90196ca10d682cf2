import type { Api } from '../api/door.ts'
import type { DescribedPages } from '../metrics/described.ts'
import { programPage } from '../metrics/programs.ts'
import type { ContainerConfig, ContainerRuntime } from '../kubelet/runtime.ts'
import { ClusterNetwork } from '../network/network.ts'
import type { KubeApi } from '../network/network.ts'
import type { Platform } from '../platform.ts'
import { troubleText } from './fault-lines.ts'
import { Load } from './load.ts'
import { SimulatedContainer } from './container.ts'
import type { UsageSnapshot } from './container.ts'
import { Registry } from './registry.ts'
import type { BuiltInPage, ImageDocument, ServedProgram } from './schema.ts'
import type { Decided } from './web.ts'
import type { HttpRequest } from '../network/view.ts'
import type { ContainerPast, RuntimePast } from './past.ts'
import { VolumeStore } from './volumes.ts'

export interface RuntimeOptions {
  readonly api: Api
  readonly platform: Platform
  /** Every image description; one of them `generic`. */
  readonly images: readonly ImageDocument[]
  /** Answers pods that connect to the API's address. Without it they get 503. */
  readonly kubeApi?: KubeApi
  /** What metrics pages of the cluster's own programs have beside what is worked out for them. */
  readonly described?: DescribedPages
  /** Answers for programs that the simulator plays itself; without it they answer 503. */
  readonly serve?: (program: ServedProgram, container: SimulatedContainer, request: HttpRequest) => Decided | Promise<Decided>
  /** What containers and volumes held in the cluster that this one was forked from. */
  readonly past?: RuntimePast
  /** Called whenever a container has written to its files or a volume. */
  readonly wrote?: () => void
}

/** What a node's kubelet has done since this cluster began. */
export interface NodeActivity {
  readonly pods: number
  readonly created: number
  readonly removed: number
}

/** What containers had used that have ended since: a pod's and a node's own counters keep it. */
export interface Retired {
  readonly cpuSeconds: number
  readonly receiveBytes: number
  readonly transmitBytes: number
}

/** The container runtime of every node, and what metrics and the network need to know of it. */
export interface SimulatedRuntime extends ContainerRuntime {
  readonly network: ClusterNetwork
  /** All containers that have been made and not removed. */
  containers(): readonly SimulatedContainer[]
  activity(node: string): NodeActivity
  /** By the pods' uids; what was used by pods that are gone is under an empty one. */
  retired(node: string): ReadonlyMap<string, Retired>
  /** How many bytes containers have written, volumes included, that are not freed yet. */
  written(): number
  /** What a fork needs to know beside the API's objects. */
  past(): RuntimePast
  /** Stops every process and timer. */
  close(): void
}

const nobody: ReadonlyMap<string, Retired> = new Map()

/** Makes the container runtime that the kubelets of one cluster drive. */
export function createRuntime(options: RuntimeOptions): SimulatedRuntime {
  const { api, platform } = options
  const registry = new Registry(options.images, platform.sha256)
  const network = new ClusterNetwork(api, platform, options.kubeApi)
  const load = new Load(api, network, platform.clock)
  const containers = new Set<SimulatedContainer>()
  const activities = new Map<string, { -readonly [K in keyof NodeActivity]: NodeActivity[K] }>()
  const activityOf = (node: string) => {
    const known = activities.get(node) ?? { pods: 0, created: 0, removed: 0 }
    activities.set(node, known)
    return known
  }
  const retired = new Map<string, Map<string, Retired>>()
  const retire = (node: string, uid: string, { cpuSeconds, receiveBytes, transmitBytes }: Retired) => {
    const ofNode = retired.get(node) ?? new Map<string, Retired>()
    retired.set(node, ofNode)
    const before = ofNode.get(uid) ?? { cpuSeconds: 0, receiveBytes: 0, transmitBytes: 0 }
    ofNode.set(uid, {
      cpuSeconds: before.cpuSeconds + cpuSeconds,
      receiveBytes: before.receiveBytes + receiveBytes,
      transmitBytes: before.transmitBytes + transmitBytes,
    })
  }
  const forget = (uid: string) => {
    for (const [node, pods] of retired) {
      const own = pods.get(uid)
      if (own && pods.delete(uid)) retire(node, '', own)
    }
  }
  const remove = (container: SimulatedContainer) => {
    if (containers.delete(container)) activityOf(container.config.node).removed++
  }
  const listeners = new Set<() => void>()
  const host = {
    api,
    platform,
    network,
    load,
    volumes: new VolumeStore(options.past?.volumes, () => {
      options.wrote?.()
      for (const heard of listeners) heard()
    }),
    past: (id: string) => options.past?.containers[id],
    containersOn: (node: string) => [...containers].filter((container) => container.config.node === node),
    removed: remove,
    ended: ({ config }: SimulatedContainer, usage: UsageSnapshot) => retire(config.node, config.pod.metadata.uid ?? '', usage),
    serve: options.serve ?? (() => ({ status: 503, body: 'Service Unavailable\n' })),
    page: (page: BuiltInPage, container: SimulatedContainer) =>
      programPage(page, container, {
        described: options.described ?? {},
        api,
        clock: platform.clock,
        containers: () => [...containers],
        retired: (node) => retired.get(node) ?? nobody,
      }),
  }
  let troubles = troubleText(api.list('Node'))
  const nodeChanged = () => {
    const now = troubleText(api.list('Node'))
    if (now === troubles) return
    troubles = now
    for (const container of containers) container.nodesChanged()
  }
  // A turn later: by then its containers have stopped.
  const free = (prefix: string) => void platform.clock.after(0, () => host.volumes.free(prefix))
  const gone = (uid: string) => void platform.clock.after(0, () => forget(uid))
  const stops = [
    api.watch('Pod', ({ type, object }) => {
      const { metadata } = object
      if (type !== 'DELETED') {
        for (const container of containers) if (container.config.pod.metadata.uid === metadata.uid) container.podChanged(object)
        return
      }
      free(`pod/${metadata.uid}/`)
      gone(metadata.uid ?? '')
    }),
    api.watch('Node', nodeChanged),
    // Only the control plane's own programs write about events.
    api.watch('Event', ({ type, object }) => {
      if (type !== 'DELETED')
        for (const container of containers) if (container.config.pod.metadata.namespace === 'kube-system') container.tell(object)
    }),
    api.watch('PersistentVolume', ({ type, object }) => void (type === 'DELETED' && free(`pv/${object.metadata.name}/`))),
  ]
  return {
    network,
    containers: () => [...containers],
    activity: activityOf,
    retired: (node) => retired.get(node) ?? nobody,
    written: () => host.volumes.disk.used,
    past() {
      const known = [...containers].map((container) => [container.id, container.past()] as const)
      const telling = known.filter((each): each is readonly [string, ContainerPast] => each[1] !== undefined)
      return { containers: Object.fromEntries(telling), volumes: host.volumes.past() }
    },
    pull: (image) => registry.pull(image),
    volumeBytes: (key) => host.volumes.bytes(key),
    onWritten(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    create(config: ContainerConfig) {
      const image = registry.find(config.container.image ?? '')
      if ('refusal' in image) throw new Error(image.refusal)
      const container = new SimulatedContainer(config, image, host)
      const activity = activityOf(config.node)
      activity.created++
      const { uid } = config.pod.metadata
      if (![...containers].some((each) => each.config.pod.metadata.uid === uid)) activity.pods++
      containers.add(container)
      return container
    },
    close() {
      for (const stop of stops) stop()
      load.close()
      for (const container of containers) container.remove()
    },
  }
}
