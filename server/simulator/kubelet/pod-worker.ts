import type { Api } from '../api/door.ts'
import { isDeleting, isPodFinished, nameOf, namespaceOf, sameJson, uidOf } from '../controllers/objects.ts'
import type { EventRecorder } from '../controllers/event-recorder.ts'
import type { Platform } from '../platform.ts'
import type { Container, ContainerState, Node, Pod } from '../resources/kinds.ts'
import { ContainerWorker } from './container-worker.ts'
import { containerHost } from './container-host.ts'
import type { ImageStore } from './images.ts'
import { limitsStorage, storageExcess } from './local-storage.ts'
import type { ContainerRuntime, Volume } from './runtime.ts'
import { rejectionOf } from './admission.ts'
import { needsRestart } from './resize.ts'
import { PodResize } from './pod-resize.ts'
import { isSidecar, restartsAfter } from './restart-policy.ts'
import { isPassed, podStatus, rejectedStatus } from './status.ts'
import type { ContainerFacts, PodFacts } from './status.ts'
import { ownVolume, resolveVolumes } from './volumes.ts'

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
  /** The pods that this node has taken and that have not ended, but for this one. */
  readonly others: (pod: Pod) => readonly Pod[]
  /** The node's kubelet does not act at present. */
  readonly frozen: () => boolean
}

/** How long it takes to make a sandbox and give it its network. */
const sandboxMillis = 350
/** How long it takes until containers have what they were given. */
const resizeMillis = 1000
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
  readonly #resize: PodResize
  #admitted: boolean
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
    this.#admitted = host.instant()
    this.#resize = new PodResize(pod)
    const deadline = pod.spec?.activeDeadlineSeconds
    const age = host.platform.clock.now() - this.#startTime
    if (deadline !== undefined && !isPodFinished(pod)) this.#wait(Math.max(deadline * 1000 - age, 0), () => this.#exceed())
  }

  /** Goes on with what the pod's status says: it ran in the cluster that this one was forked from. */
  adopt(): void {
    const { spec, status } = this.#pod
    this.#ip = status?.podIP
    this.#sandbox = 'ready'
    this.#admitted = true
    this.#resize.adopt(status)
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

  /** Others have left the node: there may be room now for what this pod asks for. */
  makeUse(): void {
    if (this.#resize.pending) this.#touch()
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
    if (!this.#admit()) return
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
    this.#applyResize()
    if (this.#isDone()) this.#stopSidecars((this.#pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000)
  }

  /** A pod that the node does not take fails, and nothing of it is ever made. */
  #admit(): boolean {
    if (this.#admitted) return true
    const node = this.#host.node()
    const rejection = node && rejectionOf(this.#pod, node, this.#host.others(this.#pod))
    this.#admitted = rejection === undefined
    if (!rejection) return true
    this.#host.record(this.#pod, { type: 'Warning', ...rejection })
    this.#ended = { reason: rejection.reason, message: `Pod was rejected: ${rejection.message}` }
    return false
  }

  /** Gives containers the resources that the pod's spec asks for now, restarting those that want it so. */
  #applyResize(): void {
    const node = this.#host.node()
    if (!node) return
    const step = this.#resize.step(this.#pod, node, this.#host.others(this.#pod), this.#host.platform.clock.now())
    for (const said of step.said) this.#host.record(this.#pod, said)
    if (!step.started) return
    for (const [container, before] of step.started) {
      if (needsRestart(container, before)) this.#containers.get(container.name)?.restartForResize()
    }
    this.#wait(resizeMillis, () => {
      this.#host.record(this.#pod, this.#resize.complete(this.#pod))
      this.#touch()
    })
  }

  /** The pod's own containers have ended for good. */
  #isDone(): boolean {
    const own = this.#pod.spec?.containers ?? []
    return own.every((one) => {
      const code = this.#containers.get(one.name)?.exited
      return code !== undefined && !restartsAfter(this.#pod, one, code)
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
    else if (worker.unstartable || (worker.exited !== undefined && restartsAfter(this.#pod, container, worker.exited))) worker.restart()
  }

  #worker(container: Container): ContainerWorker {
    const known = this.#containers.get(container.name)
    if (known) return known
    const worker = new ContainerWorker(
      container,
      containerHost(this.#host, {
        pod: () => this.#pod,
        ip: () => this.#ip,
        volumes: () => this.#volumes ?? new Map(),
        wait: (millis, then) => this.#wait(millis, then),
        guard: (act) => this.#guard(act),
        touch: () => this.#touch(),
      }),
    )
    this.#containers.set(container.name, worker)
    return worker
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

  /** Evicts the pod if it takes more of the node's disk than it may. */
  checkStorage(): void {
    if (!limitsStorage(this.#pod) || this.#host.frozen() || isDeleting(this.#pod)) return
    const excess = storageExcess(this.#pod, {
      container: (name) => this.#containers.get(name)?.current?.diskBytes ?? 0,
      volume: (name) => this.#host.runtime.volumeBytes(ownVolume(this.#pod, name)),
    })
    if (excess !== undefined) this.evict(excess)
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
      resize: this.#resize,
      over: isDeleting(this.#pod) && this.#containers.size > 0 && ![...this.#containers.values()].some((one) => one.running),
    }
  }

  #report(): void {
    // It ended without ever having run here: there is nothing to add.
    if (isPodFinished(this.#pod) && this.#containers.size === 0) return
    if (this.#gone || (isPodFinished(this.#pod) && !isDeleting(this.#pod))) {
      if (this.#gone || !(this.#ephemeralRunning() || this.#unsettled())) return
    }
    const now = this.#host.platform.clock.now()
    const written = this.#host.api.modifyStatus('Pod', namespaceOf(this.#pod), nameOf(this.#pod), (current) => {
      if (uidOf(current) !== uidOf(this.#pod)) return undefined
      const status = this.#admitted || !this.#ended ? podStatus(current, this.#facts(), now) : rejectedStatus(current, this.#facts())
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
