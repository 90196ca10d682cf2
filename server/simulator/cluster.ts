import { createOperations } from './api/create-api.ts'
import { injectFault } from './kubelet/faults.ts'
import { scrape, scrapeIntervals } from './metrics/scrape/scrape.ts'
import { prometheusState, watchPrometheus } from './metrics/prometheus-state.ts'
import { Renaming } from './rename.ts'
import { Store } from './store/store.ts'
import { CatchUpClock } from './time/catch-up-clock.ts'
import { PausableClock } from './time/pausable-clock.ts'
import { shiftObject, shiftPast } from './time/shift.ts'
import { World } from './world.ts'
import type { ClusterOptions, SimulatedCluster } from './cluster-api.ts'
import type { SimulatorData } from './engine.ts'
import type { Platform } from './platform.ts'
import type { Journal, SavedCluster } from './time/journal.ts'
import type { Snapshot } from './time/snapshot.ts'

/** A cluster whose time its owner commands: others can begin as it is, it can go back, and stand still. */
export interface ForkableCluster extends SimulatedCluster {
  /** Resolves when the cluster's own pods run. */
  ready(): Promise<void>
  /**
   * A cluster of its own that begins as this one is now, under other names: objects keep their names, uids and times, but
   * for what is called after a node. Containers go on from their images' state at this time of their life, with the files
   * and logs they had; a command of a person's own (`sh -c …`) begins anew. Whoever holds a token needs another.
   * The two never affect each other. Nothing of the fork runs, and little of it is there, until somebody changes it or looks
   * into a container. @param options as many nodes as this one has @throws RangeError when not; Error before it is ready
   */
  fork(options: ClusterOptions, platform: Platform): ForkableCluster
  /** What the cluster is now. @throws Error before it is ready */
  snapshot(): Snapshot
  /**
   * The cluster becomes what it was, as after a restore of etcd: objects have their old revisions, whatever is written from
   * now on gets newer ones than ever before, and every stream ends, so that clients list again. Tokens stay good.
   * @throws RangeError for a snapshot of a cluster with other nodes
   */
  restore(snapshot: Snapshot): void
  /** Time stands still: the API answers and stores what it is told, and nothing acts on it until `resume`. */
  pause(): void
  resume(): void
  readonly paused: boolean
  /**
   * The cluster becomes what it would be had it been as it is now a while ago and lived since: controllers, probes, restarts,
   * counters and logs of all that time, carried out as fast as they can be. Until that is done it goes on as it is, and what is
   * done to it meanwhile is not in what it becomes. It ends as `restore` does, and can be gone back from.
   * @throws Error before it is ready, or when it closes meanwhile
   */
  fastForward(journey: Journey): Promise<void>
  /** From now on tells `journal` of everything that must not be lost, before it is acknowledged. */
  keep(journal: Journal): void
}

/** A time that a cluster lives through at once. */
export interface Journey {
  readonly millis: number
  /** Resolves when everything that can happen without time passing has happened; other clusters get their turn meanwhile. */
  readonly turn: () => Promise<void>
  /** Called at every so many milliseconds of that time, with the moment and what its Prometheus scrapes then. */
  readonly sample?: { readonly everyMillis: number; take(millis: number, scrape: SimulatedCluster['scrape']): void }
  /** How much of it is behind, 0 to 1. */
  readonly onProgress?: (share: number) => void
}

/** A Kubernetes cluster in this process. Nothing of it ticks while nothing happens. @param saved what it was when it ended */
export function createCluster(options: ClusterOptions, data: SimulatorData, platform: Platform, saved?: SavedCluster): ForkableCluster {
  const time = new PausableClock(platform.clock)
  const own = { ...platform, clock: time }
  const store = saved && new Store(own, saved)
  const operations = createOperations(data, own, store)
  return new Cluster(new World({ options, data, platform: own, operations, past: saved?.past }, 'at once'), {
    options,
    data,
    platform: own,
    time,
  })
}

interface Fixed {
  readonly options: ClusterOptions
  readonly data: SimulatorData
  readonly platform: Platform
  readonly time: PausableClock
}

/** How often in a journey its progress is told. */
const steps = 100

class Cluster implements ForkableCluster {
  readonly adminToken: string
  readonly nodes: readonly string[]
  readonly #fixed: Fixed
  readonly #prometheusListeners = new Set<() => void>()
  readonly #renaming: Renaming
  #world: World
  #stopWatching: (() => void) | undefined
  #journal: Journal | undefined
  #closed = false
  /** What `prometheus` said last about how often to scrape. */
  #toldIntervals: string | undefined

  constructor(world: World, fixed: Fixed) {
    this.#world = world
    this.#fixed = fixed
    this.adminToken = world.handler.auth.adminToken
    this.nodes = fixed.options.nodes
    this.#renaming = new Renaming([...fixed.options.nodes, fixed.options.certificateAuthority])
  }

  handle(request: Parameters<SimulatedCluster['handle']>[0]): ReturnType<SimulatedCluster['handle']> {
    return this.#world.handle(request)
  }

  upgrade(request: Parameters<SimulatedCluster['upgrade']>[0]): ReturnType<SimulatedCluster['upgrade']> {
    return this.#world.handler.upgrade(request)
  }

  inject(fault: Parameters<SimulatedCluster['inject']>[0]): () => void {
    this.#world.wake()
    return injectFault(this.#world.api, fault)
  }

  scrape(labels: Parameters<SimulatedCluster['scrape']>[0], interval?: number): string {
    const text = scrape(this.#world.sources, labels, interval)
    // Its configuration has been read (again): whoever scrapes has to know how often.
    const now = scrapeIntervals(this.#world.sources)?.join()
    if (now !== undefined && now !== this.#toldIntervals) for (const listener of [...this.#prometheusListeners]) listener()
    return text
  }

  prometheus(): ReturnType<SimulatedCluster['prometheus']> {
    const state = prometheusState(this.#world.api)
    if (state.state !== 'ready') return state
    const intervals = scrapeIntervals(this.#world.sources)
    this.#toldIntervals = intervals?.join()
    return intervals ? { ...state, intervals } : state
  }

  onPrometheus(listener: () => void): () => void {
    const mine = () => listener()
    this.#prometheusListeners.add(mine)
    this.#stopWatching ??= this.#watchPrometheus()
    return () => void this.#prometheusListeners.delete(mine)
  }

  ready(): Promise<void> {
    return this.#world.ready()
  }

  fork(options: ClusterOptions, platform: Platform): ForkableCluster {
    return this.#beginAs(this.snapshot(), options, platform)
  }

  snapshot(): Snapshot {
    return this.#world.snapshot()
  }

  restore(snapshot: Snapshot): void {
    const { nodes } = this.#fixed.options
    if (snapshot.nodes.join() !== nodes.join()) throw new RangeError(`A snapshot of other nodes: ${snapshot.nodes.join(', ')}.`)
    const store = snapshot.store.fork(this.#fixed.platform)
    store.follow(this.#world.revision)
    const { options, data, platform } = this.#fixed
    const operations = createOperations(data, platform, store)
    const { past, quiet } = snapshot
    this.#live(new World({ options, data, platform, operations, past }, quiet ? 'when needed' : 'soon'))
  }

  async fastForward({ millis, turn, sample, onProgress }: Journey): Promise<void> {
    const { options, data, platform, time: real } = this.#fixed
    const { store: now, past } = this.snapshot()
    const time = new CatchUpClock(real, millis)
    const own = { ...platform, clock: time }
    const store = now.fork(own, (object) => shiftObject(object, -millis))
    const operations = createOperations(data, own, store)
    const world = new World({ options, data, platform: own, operations, past: shiftPast(past, -millis) }, 'at once')
    const began = time.now()
    const every = (period: number, act: () => void): void =>
      void time.after(period, () => {
        if (time.caughtUp) return
        act()
        every(period, act)
      })
    if (sample) every(sample.everyMillis, () => sample.take(time.now(), (labels) => scrape(world.sources, labels)))
    if (onProgress) every(millis / steps, () => onProgress(Math.min((time.now() - began) / millis, 1)))
    await time.catchUp(turn, () => this.#closed)
    if (this.#closed) {
      world.close()
      throw new Error('The cluster was closed meanwhile.')
    }
    store.follow(this.#world.revision)
    this.#live(world)
  }

  pause(): void {
    this.#fixed.time.pause()
    this.#world.hold()
  }

  resume(): void {
    this.#fixed.time.resume()
    this.#world.release()
  }

  get paused(): boolean {
    return this.#fixed.time.paused
  }

  keep(journal: Journal): void {
    this.#journal = journal
    this.#world.keep(journal)
  }

  close(): void {
    this.#closed = true
    this.#stopWatching?.()
    this.#world.close()
  }

  /** Goes on as another world. */
  #live(world: World): void {
    const before = this.#world
    this.#world = world
    if (this.paused) this.#world.hold()
    if (this.#journal) this.#world.keep(this.#journal)
    before.close()
    if (!this.#stopWatching) return
    this.#stopWatching = this.#watchPrometheus()
    this.#tellOfPrometheus()
  }

  #watchPrometheus(): () => void {
    return watchPrometheus(this.#world.api, () => this.#tellOfPrometheus())
  }

  #tellOfPrometheus(): void {
    for (const listener of this.#prometheusListeners) listener()
  }

  #beginAs({ store: theirs, past, quiet }: Snapshot, options: ClusterOptions, platform: Platform): ForkableCluster {
    const { data } = this.#fixed
    if (options.nodes.length !== this.nodes.length) throw new RangeError(`A fork has as many nodes as its origin: ${this.nodes.length}.`)
    const time = new PausableClock(platform.clock)
    const own = { ...platform, clock: time }
    const rename = this.#renaming.to(namesOf(this.#fixed.options, options))
    const store = theirs.fork(own, rename)
    const operations = createOperations(data, own, store)
    const world = new World({ options, data, platform: own, operations, past: rename(past) }, quiet ? 'when needed' : 'soon')
    return new Cluster(world, { options, data, platform: own, time })
  }
}

function namesOf(from: ClusterOptions, to: ClusterOptions): ReadonlyMap<string, string> {
  const nodes = from.nodes.map((name, index) => [name, to.nodes[index] ?? name] as const)
  return new Map([...nodes, [from.certificateAuthority, to.certificateAuthority]])
}
