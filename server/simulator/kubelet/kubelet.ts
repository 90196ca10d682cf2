import { ApiError } from '../api/door.ts'
import type { Api } from '../api/door.ts'
import { createEventRecorder } from '../controllers/event-recorder.ts'
import type { EventRecorder } from '../controllers/event-recorder.ts'
import { isPodFinished, namespaceOf, uidOf } from '../controllers/objects.ts'
import type { Platform } from '../platform.ts'
import type { Pod } from '../resources/kinds.ts'
import { isFrozen, isMissing } from './faults.ts'
import { ImageStore } from './images.ts'
import { limitsStorage } from './local-storage.ts'
import { startNodeStatus } from './node-status.ts'
import { PodWorker } from './pod-worker.ts'
import type { PodHost } from './pod-worker.ts'
import type { KubeletPort } from './port.ts'
import type { ContainerRuntime } from './runtime.ts'

const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined

export interface KubeletOptions {
  readonly api: Api
  readonly platform: Platform
  readonly runtime: ContainerRuntime
  /** Makes a token for a pod's service account, as the TokenRequest API would. */
  readonly token?: PodHost['token']
  /** The pods that are there have run before, in the cluster that this one was forked from: they go on. */
  readonly adopt?: boolean
}

export interface Kubelets extends KubeletPort {
  /**
   * Until this is called everything happens at once: images are there, containers start, probes pass.
   * A cluster that is being made calls it when its own pods run.
   */
  goLive(): void
  /** Stops every container and timer. */
  close(): void
}

/** How often the kubelet looks at what pods take of its disk (monitoringInterval of the eviction manager). */
const storageMillis = 10_000

interface NodeState {
  readonly images: ImageStore
  readonly record: EventRecorder
  next: number
}

/** The kubelets of all nodes: runs every pod that is bound to a node, and answers for its containers. */
export function startKubelet(options: KubeletOptions): Kubelets {
  const { api, platform, runtime } = options
  const workers = new Map<string, PodWorker>()
  /** Those that may take only so much of the node's disk. */
  const limited = new Set<PodWorker>()
  const nodes = new Map<string, NodeState>()
  let live = options.adopt ?? false

  const stateOf = (name: string): NodeState => {
    const known = nodes.get(name)
    if (known) return known
    const made = {
      images: new ImageStore(runtime, (image) => isMissing(api.get('Node', undefined, name), image)),
      record: createEventRecorder(api, platform, { component: 'kubelet', host: name }),
      next: 2,
    }
    nodes.set(name, made)
    return made
  }

  const allocate = (node: string): string => {
    const base = (api.get('Node', undefined, node)?.spec?.podCIDR ?? '10.32.0.0/24').replace(/\.\d+\/\d+$/, '')
    const taken = new Set([...workers.values()].map((worker) => worker.ip))
    const state = stateOf(node)
    for (let tries = 0; tries < 253; tries++) {
      const ip = `${base}.${state.next}`
      state.next = state.next >= 254 ? 2 : state.next + 1
      if (!taken.has(ip)) return ip
    }
    return `${base}.254`
  }

  const hostFor = (node: string): PodHost => ({
    api,
    platform,
    runtime,
    images: stateOf(node).images,
    record: stateOf(node).record,
    node: () => api.get('Node', undefined, node),
    hostIP: api.get('Node', undefined, node)?.status?.addresses?.find((one) => one.type === 'InternalIP')?.address ?? '',
    allocateIP: () => allocate(node),
    token: options.token ?? (() => ''),
    instant: () => !live,
    others: (pod) =>
      api
        .list('Pod')
        .filter((one) => one.spec?.nodeName === node && uidOf(one) !== uidOf(pod) && one.status?.startTime && !isPodFinished(one)),
    frozen: () => isFrozen(api.get('Node', undefined, node)),
  })

  const see = (pod: Pod, type: 'ADDED' | 'MODIFIED' | 'DELETED'): void => {
    const uid = uidOf(pod)
    const known = workers.get(uid)
    if (type === 'DELETED') {
      known?.remove()
      workers.delete(uid)
      if (known) limited.delete(known)
      makeRoom(pod)
      if (isMirror(pod)) restore(pod)
      return
    }
    if (known) {
      known.update(pod)
      if (isPodFinished(pod)) makeRoom(pod)
      return
    }
    const node = pod.spec?.nodeName
    if (!node || !api.get('Node', undefined, node)) return
    start(pod, node).update(pod)
  }
  /** A static pod runs whatever becomes of its mirror: the API gets another one. */
  const restore = ({ apiVersion, kind, metadata, spec }: Pod): void => {
    const { name, namespace, labels, annotations, ownerReferences } = metadata
    if (!api.get('Node', undefined, spec?.nodeName ?? '')) return
    try {
      api.create<'Pod'>({ apiVersion, kind, metadata: { name, namespace, labels, annotations, ownerReferences }, spec })
    } catch (error) {
      // Its namespace may be going, say.
      if (!(error instanceof ApiError)) platform.report(error)
    }
  }
  const makeRoom = (gone: Pod): void => {
    for (const worker of workers.values()) if (worker.pod.spec?.nodeName === gone.spec?.nodeName) worker.makeUse()
  }
  const start = (pod: Pod, node: string): PodWorker => {
    const worker = new PodWorker(pod, hostFor(node))
    workers.set(uidOf(pod), worker)
    if (limitsStorage(pod)) limited.add(worker)
    return worker
  }
  const adopt = (pod: Pod): void => {
    const node = pod.spec?.nodeName
    if (node && pod.status?.podIP && api.get('Node', undefined, node)) start(pod, node).adopt()
  }
  const nudge = (object: { readonly metadata: Pod['metadata'] }): void => {
    for (const worker of workers.values()) if (namespaceOf(worker.pod) === namespaceOf(object)) worker.nudge()
  }
  const find = (namespace: string, name: string): PodWorker | undefined => {
    const pod = api.get('Pod', namespace, name)
    return pod && workers.get(uidOf(pod))
  }

  if (options.adopt) for (const pod of api.list('Pod')) adopt(pod)
  let looking: (() => void) | undefined
  const lookLater = (): void => {
    looking ??= platform.clock.after(storageMillis, () => {
      looking = undefined
      for (const worker of limited) worker.checkStorage()
    })
  }
  const ends = [
    () => looking?.(),
    // Nothing is measured while nobody writes, nor for pods without limits.
    runtime.onWritten(() => void (limited.size > 0 && lookLater())),
    api.watch('Pod', ({ type, object }) => see(object, type)),
    api.watch('ConfigMap', ({ object }) => nudge(object)),
    api.watch('Secret', ({ object }) => nudge(object)),
    api.watch('PersistentVolumeClaim', ({ object }) => nudge(object)),
    startNodeStatus({
      api,
      platform,
      recordFor: (node) => stateOf(node).record,
      proxyFor: (node) => createEventRecorder(api, platform, { component: 'kube-proxy', host: node, modern: true }),
      adopt: options.adopt ?? false,
      evict: (pod, message) => workers.get(uidOf(pod))?.evict(message),
      thawed: (node) => {
        for (const worker of workers.values()) if (worker.pod.spec?.nodeName === node) worker.update(worker.pod)
      },
    }),
  ]
  return {
    containerOf: (namespace, pod, container) => find(namespace, pod)?.container(container)?.current,
    previousLogs: (namespace, pod, container) => find(namespace, pod)?.container(container)?.previousLogs,
    goLive: () => {
      live = true
    },
    close: () => {
      for (const end of ends) end()
      for (const worker of workers.values()) worker.remove()
      workers.clear()
    },
  }
}
