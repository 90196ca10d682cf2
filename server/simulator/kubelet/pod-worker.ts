import type { Api } from '../api/door.ts'
import { isDeleting, isPodFinished, nameOf, namespaceOf, sameJson, uidOf } from '../controllers/objects.ts'
import type { EventRecorder } from '../controllers/event-recorder.ts'
import type { Platform } from '../platform.ts'
import type { Container, ContainerState, Node, Pod, Service } from '../resources/kinds.ts'
import { ContainerWorker } from './container-worker.ts'
import type { ContainerHost } from './container-worker.ts'
import { resolveEnv } from './env.ts'
import type { ImageStore } from './images.ts'
import type { ContainerRuntime, Volume } from './runtime.ts'
import { isPassed, isSidecar, podStatus } from './status.ts'
import type { ContainerFacts, PodFacts } from './status.ts'
import { mountsOf, resolveVolumes } from './volumes.ts'

/** What a pod needs from its node. */
export interface PodHost {
  readonly api: Api
  readonly platform: Platform
  readonly runtime: ContainerRuntime
  readonly images: ImageStore
  readonly record: EventRecorder
  readonly node: () => Node | undefined
  readonly hostIP: string
  /** An address of the node's range. */
  readonly allocateIP: () => string
  readonly token: (pod: Pod, audience: string | undefined, seconds: number) => string
  readonly instant: () => boolean
  /** The node's kubelet does not act at present. */
  readonly frozen: () => boolean
}

/** How long it takes to make a sandbox and give it its network. */
const sandboxMillis = 350
/** A volume that cannot be mounted is tried again after this long, twice as long each time. */
const firstMountRetryMillis = 500
const lastMountRetryMillis = 122_000

/**
 * Runs one pod on its node, from the moment it is bound until it is gone. Level-triggered: `#sync`
 * looks at what is there and does the next thing, after every change.
 */
export class PodWorker {
  #pod: Pod
  readonly #host: PodHost
  readonly #containers = new Map<string, ContainerWorker>()
  readonly #timers = new Set<() => void>()
  readonly #startTime: number
  #sandbox: 'none' | 'making' | 'ready' = 'none'
  #ip: string | undefined
  #volumes: ReadonlyMap<string, Volume> | undefined
  #mountDelay = firstMountRetryMillis
  #mountRetry: (() => void) | undefined
  #ended: PodFacts['ended']
  #stopping = false
  #gone = false
  #dirty = false

  constructor(pod: Pod, host: PodHost) {
    this.#pod = pod
    this.#host = host
    this.#startTime = pod.status?.startTime ? Date.parse(pod.status.startTime) : host.platform.clock.now()
    const deadline = pod.spec?.activeDeadlineSeconds
    const age = host.platform.clock.now() - this.#startTime
    if (deadline !== undefined && !isPodFinished(pod)) this.#wait(Math.max(deadline * 1000 - age, 0), () => this.#exceed())
  }

  /** Goes on with what the pod's status says: it ran in the cluster that this one was forked from. */
  adopt(): void {
    const { spec, status } = this.#pod
    this.#ip = status?.podIP
    this.#sandbox = 'ready'
    const found = this.#resolveVolumes()
    // What was mounted stays mounted, though its source may have gone.
    this.#volumes = found.ok ? found.volumes : new Map()
    const statuses = [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ]
    for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])]) {
      const told = statuses.find((one) => one.name === container.name)
      if (!told?.imageID) continue
      this.#host.images.preload(container.image ?? '')
      this.#guard(() => this.#worker(container).adopt(told))
    }
  }

  get pod(): Pod {
    return this.#pod
  }
  get ip(): string | undefined {
    return this.#ip
  }

  container(name: string): ContainerWorker | undefined {
    return this.#containers.get(name)
  }

  /** Takes the pod as it is now. */
  update(pod: Pod): void {
    this.#pod = pod
    this.#touch()
  }

  /** A ConfigMap, Secret or claim may have come that this pod waits for. */
  nudge(): void {
    if (this.#mountRetry) {
      this.#mountRetry()
      this.#mountRetry = undefined
      this.#touch()
    }
    for (const container of this.#containers.values()) container.retryConfig()
  }

  /** The pod object is gone: so is everything else, at once. */
  remove(): void {
    this.#gone = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    for (const container of this.#containers.values()) container.remove()
  }

  /** Coalesces everything that happens in one turn into one look and one write. */
  #touch(): void {
    if (this.#dirty || this.#gone) return
    this.#dirty = true
    queueMicrotask(() => {
      this.#dirty = false
      if (!this.#gone) this.#guard(() => this.#sync())
    })
  }

  /** One pod's mishap is reported and harms no other. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#host.platform.report(error)
    }
  }

  #wait(millis: number, then: () => void): () => void {
    let cancelled = false
    const run = (): void => {
      this.#timers.delete(cancel)
      if (!cancelled && !this.#gone) this.#guard(then)
    }
    let stop = (): void => {}
    const cancel = (): void => {
      cancelled = true
      this.#timers.delete(cancel)
      stop()
    }
    if (this.#host.instant()) queueMicrotask(run)
    else stop = this.#host.platform.clock.after(millis, run)
    this.#timers.add(cancel)
    return cancel
  }

  #sync(): void {
    // It looks again when its node's kubelet is back.
    if (this.#host.frozen()) return
    if (isDeleting(this.#pod)) this.#terminate()
    else if (!isPodFinished(this.#pod) && !this.#ended) this.#advance()
    this.#report()
  }

  #advance(): void {
    if (!this.#volumes && !this.#mount()) return
    if (this.#sandbox === 'none') {
      this.#sandbox = 'making'
      this.#wait(sandboxMillis, () => {
        this.#sandbox = 'ready'
        this.#ip = this.#pod.spec?.hostNetwork ? this.#host.hostIP : this.#host.allocateIP()
        this.#touch()
      })
    }
    if (this.#sandbox !== 'ready') return
    if (!this.#initialise()) return
    for (const container of this.#pod.spec?.containers ?? []) this.#keep(container)
    for (const container of this.#pod.spec?.ephemeralContainers ?? []) {
      const worker = this.#worker(container)
      if (!worker.begun) worker.begin()
    }
    if (this.#isDone()) this.#stopSidecars((this.#pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000)
  }

  /** The pod's own containers have ended for good. */
  #isDone(): boolean {
    const own = this.#pod.spec?.containers ?? []
    return own.every((one) => {
      const code = this.#containers.get(one.name)?.exited
      return code !== undefined && !this.#restarts(one, code)
    })
  }

  /** Sidecars outlive the others, and end one after the other, the last one first. @returns whether one still runs */
  #stopSidecars(graceMillis: number): boolean {
    const sidecars = (this.#pod.spec?.initContainers ?? []).filter(isSidecar).map((one) => this.#containers.get(one.name))
    const last = sidecars.findLast((one) => one?.running)
    last?.stop(graceMillis, undefined)
    for (const one of sidecars) if (!one?.running) one?.stop(graceMillis, undefined)
    return last !== undefined
  }

  /** Init containers, one after the other. @returns whether all have passed */
  #initialise(): boolean {
    for (const container of this.#pod.spec?.initContainers ?? []) {
      const worker = this.#worker(container)
      if (isPassed(container, worker.facts({}))) {
        if (isSidecar(container)) this.#keep(container)
        continue
      }
      this.#keep(container)
      return false
    }
    return true
  }

  /** Starts a container that has not begun, and one that has ended if it is to be restarted. */
  #keep(container: Container): void {
    const worker = this.#worker(container)
    if (!worker.begun) worker.begin()
    else if (worker.unstartable || (worker.exited !== undefined && this.#restarts(container, worker.exited))) worker.restart()
  }

  #restarts(container: Container, code: number): boolean {
    if (isSidecar(container)) return true
    const policy = this.#pod.spec?.restartPolicy ?? 'Always'
    const init = this.#pod.spec?.initContainers?.some((one) => one.name === container.name)
    if (init) return code !== 0 && policy !== 'Never'
    return policy === 'Always' || (policy === 'OnFailure' && code !== 0)
  }

  #worker(container: Container): ContainerWorker {
    const known = this.#containers.get(container.name)
    if (known) return known
    const worker = new ContainerWorker(container, this.#containerHost())
    this.#containers.set(container.name, worker)
    return worker
  }

  #containerHost(): ContainerHost {
    const { platform, images, runtime, record } = this.#host
    const wait = (millis: number, then: () => void): (() => void) => this.#wait(millis, then)
    return {
      pod: () => this.#pod,
      now: () => platform.clock.now(),
      clock: { now: () => platform.clock.now(), after: (millis, then) => platform.clock.after(millis, () => this.#guard(then)) },
      wait,
      instant: this.#host.instant,
      // The control plane's own mirror pods are not asked how they are.
      probing: () => this.#pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined,
      quiet: () => namespaceOf(this.#pod) === 'kube-system',
      initial: (container) => !isSidecar(container) && (this.#pod.spec?.initContainers ?? []).some((one) => one.name === container.name),
      say: (type, reason, message, container) => record(this.#pod, { type, reason, message, fieldPath: this.#fieldPath(container) }),
      fetch: (image, policy, pulling, done) => {
        if (this.#host.instant() && !images.has(image)) images.preload(image)
        const asked = this.#host.instant() ? 'IfNotPresent' : policy
        images.fetch(
          image,
          asked,
          () => platform.clock.now(),
          (millis, then) => void wait(millis, then),
          pulling,
          done,
        )
      },
      create: (container, restartCount, past) => {
        const resolved = resolveEnv(this.#pod, container, this.#envSources())
        if (!resolved.ok) return resolved
        const mounts = mountsOf(container, this.#volumes ?? new Map(), resolved.env)
        const pod = { ...this.#pod, status: { ...this.#pod.status, podIP: this.#ip, hostIP: this.#host.hostIP } }
        return {
          ok: true,
          made: runtime.create({
            pod,
            container,
            env: resolved.env,
            mounts,
            restartCount,
            node: this.#pod.spec?.nodeName ?? '',
            ...(past && { past }),
          }),
        }
      },
      changed: () => this.#touch(),
    }
  }

  #fieldPath(container: Container): string {
    const list = this.#pod.spec?.initContainers?.some((one) => one.name === container.name) ? 'initContainers' : 'containers'
    const ephemeral = this.#pod.spec?.ephemeralContainers?.some((one) => one.name === container.name)
    return `spec.${ephemeral ? 'ephemeralContainers' : list}{${container.name}}`
  }

  #envSources(): Parameters<typeof resolveEnv>[2] {
    const { api } = this.#host
    const namespace = namespaceOf(this.#pod)
    const master = api.get('Service', 'default', 'kubernetes')
    const own: readonly Service[] = api.list('Service', namespace)
    return {
      configMap: (name) => api.get('ConfigMap', namespace, name),
      secret: (name) => api.get('Secret', namespace, name),
      services: master && namespace !== 'default' ? [master, ...own] : own,
      node: this.#host.node(),
      podIP: this.#ip ?? '',
      hostIP: this.#host.hostIP,
    }
  }

  /** @returns whether all volumes are there */
  #mount(): boolean {
    if (this.#mountRetry) return false
    const found = this.#resolveVolumes()
    if (found.ok) {
      this.#volumes = found.volumes
      return true
    }
    this.#host.record(this.#pod, { type: 'Warning', reason: 'FailedMount', message: found.message })
    this.#mountRetry = this.#wait(this.#mountDelay, () => {
      this.#mountRetry = undefined
      this.#touch()
    })
    this.#mountDelay = Math.min(this.#mountDelay * 2, lastMountRetryMillis)
    return false
  }

  #resolveVolumes(): ReturnType<typeof resolveVolumes> {
    const { api, hostIP, token } = this.#host
    return resolveVolumes(this.#pod, { api, hostIP, token, node: this.#host.node(), podIP: () => this.#ip ?? '' })
  }

  /** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination */
  #terminate(): void {
    if (!this.#stopping) {
      this.#stopping = true
      const grace = (this.#pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000
      for (const [name, container] of this.#containers) if (!this.#isSidecarName(name) || grace === 0) container.stop(grace, undefined)
    }
    const others = [...this.#containers].some(([name, one]) => one.running && !this.#isSidecarName(name))
    if (others || this.#stopSidecars((this.#pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000)) return
    this.#report()
    this.#host.api.delete('Pod', namespaceOf(this.#pod), nameOf(this.#pod), {
      gracePeriodSeconds: 0,
      preconditions: { uid: uidOf(this.#pod) },
    })
  }

  #isSidecarName(name: string): boolean {
    return (this.#pod.spec?.initContainers ?? []).some((one) => one.name === name && isSidecar(one))
  }

  #exceed(): void {
    if (isPodFinished(this.#pod) || this.#ended) return
    this.#ended = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }
    this.#host.record(this.#pod, { type: 'Normal', reason: 'DeadlineExceeded', message: this.#ended.message })
    const grace = (this.#pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000
    for (const container of this.#containers.values()) container.stop(grace, undefined)
    this.#touch()
  }

  /** Ends the pod because its node runs out of something. @param message what the event says */
  evict(message: string): void {
    if (isPodFinished(this.#pod) || this.#ended) return
    this.#ended = { reason: 'Evicted', message, condition: 'TerminationByKubelet' }
    this.#host.record(this.#pod, { type: 'Warning', reason: 'Evicted', message })
    for (const container of this.#containers.values()) container.stop(0, undefined)
    this.#touch()
  }

  #facts(): PodFacts {
    const containers = new Map<string, ContainerFacts>()
    const blank: ContainerState = {
      waiting: { reason: (this.#pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' },
    }
    for (const [name, worker] of this.#containers) containers.set(name, worker.facts(blank))
    return {
      sandbox: this.#sandbox === 'ready',
      podIP: this.#ip,
      hostIP: this.#host.hostIP,
      startTime: this.#startTime,
      containers,
      ended: this.#ended,
      over: isDeleting(this.#pod) && this.#containers.size > 0 && ![...this.#containers.values()].some((one) => one.running),
    }
  }

  #report(): void {
    if (this.#gone || (isPodFinished(this.#pod) && !isDeleting(this.#pod))) {
      if (this.#gone || !(this.#ephemeralRunning() || this.#unsettled())) return
    }
    const now = this.#host.platform.clock.now()
    const written = this.#host.api.modifyStatus('Pod', namespaceOf(this.#pod), nameOf(this.#pod), (current) => {
      if (uidOf(current) !== uidOf(this.#pod)) return undefined
      const status = podStatus(current, this.#facts(), now)
      return sameJson(status, current.status) ? undefined : { ...current, status }
    })
    if (written && uidOf(written) === uidOf(this.#pod)) this.#pod = written
  }

  /** Was ended as a whole, and its containers' own ends are still to be told. */
  #unsettled(): boolean {
    return this.#ended !== undefined && (this.#pod.status?.containerStatuses ?? []).some((one) => one.state?.running !== undefined)
  }

  #ephemeralRunning(): boolean {
    return (this.#pod.spec?.ephemeralContainers ?? []).length > 0
  }
}
