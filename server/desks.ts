import type { QueryFacts } from './checks/verdict.ts'
import { watchObjects } from './checks/cluster-watch.ts'
import { watchCheck } from './checks/watch-check.ts'
import type { CheckedCluster } from './checks/watch-check.ts'
import type { Classroom, Person } from './classroom/classroom.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import type { ChartRequest, Desk, WatchedBlock } from './http/room.ts'
import { watchTopology, type DrawnCluster, type Measured } from './drawings/watch-topology.ts'
import { watchTrace } from './drawings/watch-trace.ts'
import { Emitter } from './kernel/events.ts'
import type { BlockId, PersonId } from './kernel/ids.ts'
import { UserError, wordsFor } from './kernel/user-error.ts'
import type { LiveState } from './protocol/live-block.ts'
import type { ChartState, ClusterNotice } from './protocol/server-message.ts'
import type { Metrics } from './metrics/metrics.ts'
import { SharedWatches } from './shared-watches.ts'
import type { Terminal } from './terminals/terminal.ts'
import type { Terminals, TerminalSeat } from './terminals/terminals.ts'

/** What a shell gets before its page has told how large it is. */
const FIRST_SIZE = { columns: 100, rows: 30 }

export interface DesksDeps {
  readonly classroom: Classroom
  readonly terminals: Terminals
  /** Undefined, with a sentence that says why, when nobody gets a cluster. */
  readonly clusters: ClusterProvider | { readonly none: string }
  /** Why nobody may open terminals, when so. */
  readonly slidesOnly: string | undefined
  readonly metrics: Pick<Metrics, 'register' | 'watch' | 'samplesUrl'>
  readonly log: (message: string, error?: unknown) => void
}

/** Everyone's desk: a cluster, terminals and charts for each person, made when they join. What fails at one stays there. */
export interface Desks {
  /** The person's desk; made the first time. */
  of(person: PersonId): Desk
  close(): Promise<void>
}

export function createDesks(deps: DesksDeps): Desks {
  const desks = new Map<PersonId, PersonDesk>()
  return {
    of(id) {
      const known = desks.get(id)
      if (known) {
        known.tryAgain()
        return known
      }
      const person = deps.classroom.person(id)
      if (!person) throw new UserError('not-found', 'Nobody of that name has joined. Join again.')
      const desk = new PersonDesk(deps, person)
      desks.set(id, desk)
      return desk
    },
    async close() {
      await Promise.all([...desks.values()].map((desk) => desk.close()))
    },
  }
}

/** What a check asks of a query: its last value. */
const newest = { rangeSeconds: 60, stepSeconds: 15 }

class PersonDesk implements Desk {
  readonly #deps: DesksDeps
  readonly #person: Person
  readonly #seat: TerminalSeat
  readonly #changed = new Emitter<ClusterNotice>()
  #lease: Promise<ClusterLease>
  /** Whether another attempt at a cluster could help. */
  #failed = false
  #notice: ClusterNotice = { state: 'starting' }
  #ready: ClusterLease | undefined
  #unregister: () => void = () => {}
  /** Begins what is drawn anew, once its cluster has its metrics under another name. */
  readonly #charts = new Set<(lease: ClusterLease) => void>()
  #travels = false
  readonly #blocks = new SharedWatches<BlockId, LiveState>()
  /** The terminal opened ahead of the page, until the page asks for its first one. */
  #first: Promise<Terminal> | undefined

  constructor(deps: DesksDeps, person: Person) {
    this.#deps = deps
    this.#person = person
    this.#lease = this.#obtain()
    // Whoever waits for the cluster hears of a failure; so does the person, as a notice.
    this.#lease.catch(() => {})
    this.#seat = deps.terminals.seat({ person: person.id, number: person.number, presenter: person.presenter }, this.#lease)
    if (deps.slidesOnly !== undefined) return
    this.#first = this.#seat.open(FIRST_SIZE)
    this.#first.catch((error: unknown) => {
      if (!(error instanceof UserError)) deps.log(`The first terminal of person ${person.number} did not open.`, error)
    })
  }

  /** A page was loaded again: if there was no cluster to be had, there may be now. */
  tryAgain(): void {
    if (!this.#failed) return
    this.#failed = false
    this.#tell({ state: 'starting' })
    this.#lease = this.#obtain()
    this.#lease.catch(() => {})
    this.#seat.connect(this.#lease)
  }

  cluster(): ClusterNotice {
    return this.#notice
  }

  onClusterChange(listener: (cluster: ClusterNotice) => void): () => void {
    return this.#changed.subscribe(listener)
  }

  async openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<Terminal> {
    if (this.#deps.slidesOnly !== undefined) throw new UserError('unsupported', this.#deps.slidesOnly)
    const first = await this.#takeFirst()
    if (!first) return this.#seat.open(size)
    first.resize(size.columns, size.rows)
    return first
  }

  watchChart(request: ChartRequest, listener: (state: ChartState) => void): () => void {
    let stop: () => void = () => {}
    let over = false
    const begin = (lease: ClusterLease): void => {
      if (over) return
      stop()
      stop = this.#deps.metrics.watch(asWatched(lease), request, listener)
    }
    this.#charts.add(begin)
    if (this.#ready) begin(this.#ready)
    else {
      if (this.#notice.state !== 'none') listener({ state: 'waiting', why: 'Your cluster is starting.' })
      this.#lease.then(begin, (error: unknown) => {
        if (!over) listener({ state: 'failed', why: wordsFor(error) })
      })
    }
    return () => {
      over = true
      this.#charts.delete(begin)
      stop()
    }
  }

  watchBlock(block: WatchedBlock, listener: (live: LiveState) => void): () => void {
    return this.#blocks.watch(block.id, listener, (tell) => this.#beginBlock(block, tell))
  }

  /** One watching for all of this person's pages. It begins when there is a cluster. */
  #beginBlock(block: WatchedBlock, tell: (live: LiveState) => void): () => void {
    let over = false
    let end = (): void => void (over = true)
    this.#lease.then(
      (lease) => {
        if (!over) end = this.#watchIn(lease, block, tell)
      },
      (error: unknown) => {
        if (!over) tell(withoutCluster(block, wordsFor(error)))
      },
    )
    return () => end()
  }

  #watchIn(lease: ClusterLease, block: WatchedBlock, tell: (live: LiveState) => void): () => void {
    const { classroom, metrics } = this.#deps
    const measure = (query: string, listener: (state: ChartState) => void) =>
      metrics.watch(asWatched(lease), { query, ...newest }, listener)
    switch (block.kind) {
      case 'check': {
        const query: CheckedCluster['query'] = (text, hear) => measure(text, (state) => hear(factsOf(state)))
        return watchCheck({ api: lease.client, query }, block, (check) => {
          if (check.met) classroom.passed(this.#person.id, block.id)
          tell({ kind: 'check', check })
        })
      }
      case 'topology': {
        const objects: DrawnCluster['objects'] = (interest, signal, changed, failed) =>
          void watchObjects(lease.client, interest, signal, changed, failed)
        const query: DrawnCluster['query'] = (text, hear) => measure(text, (state) => hear(measuredOf(state)))
        return watchTopology({ objects, query }, block, (topology) => tell({ kind: 'topology', topology }))
      }
      case 'trace':
        return watchTrace(lease.client, block, (trace) => tell({ kind: 'trace', trace }))
    }
  }

  async fastForward(minutes: number): Promise<void> {
    const { metrics } = this.#deps
    await this.#travel(async (lease) => {
      if (!lease.fastForward) throw new UserError('unsupported', 'Only a simulated cluster can be fast-forwarded.')
      const progress = (share: number) => this.#tell({ ...ready(lease), journey: Math.min(Math.max(share, 0), 1) })
      progress(0)
      return lease.fastForward(minutes * 60_000, await metrics.samplesUrl(), progress)
    })
  }

  async goBack(): Promise<void> {
    await this.#travel((lease) => {
      if (!lease.goBack) throw new UserError('unsupported', 'The cluster has not been fast-forwarded.')
      return lease.goBack()
    })
  }

  /** One journey at a time. Whatever comes of it, the notice says in the end what the cluster is. */
  async #travel(journey: (lease: ClusterLease) => Promise<ClusterLease>): Promise<void> {
    const lease = this.#ready
    if (!lease) throw new UserError('unsupported', 'There is no cluster yet.')
    if (this.#travels) throw new UserError('terminal-busy', 'The cluster is being fast-forwarded already. Wait for it.')
    this.#travels = true
    try {
      const next = await journey(lease)
      if (this.#ready !== lease) return
      this.#ready = next
      this.#unregister()
      this.#unregister = this.#deps.metrics.register(asWatched(next))
      for (const begin of this.#charts) begin(next)
    } finally {
      this.#travels = false
      if (this.#ready) this.#tell(ready(this.#ready))
    }
  }

  async close(): Promise<void> {
    this.#unregister()
    this.#blocks.close()
    await this.#seat.close()
    await this.#ready?.release()
  }

  /** The terminal that was opened ahead, when it still waits for its page to ask. */
  async #takeFirst(): Promise<Terminal | undefined> {
    const first = this.#first
    this.#first = undefined
    const opened = await first?.catch(() => undefined)
    // A page that came after it was there has seen it, and asks for another one.
    return opened && this.#claimable(opened) ? opened : undefined
  }

  #claimable(terminal: Terminal): boolean {
    return !terminal.closed && !terminal.seen
  }

  async #obtain(): Promise<ClusterLease> {
    const { clusters, slidesOnly, log } = this.#deps
    try {
      if (slidesOnly !== undefined) throw new UserError('unsupported', slidesOnly)
      if ('none' in clusters) throw new UserError('unsupported', clusters.none)
      const lease = await clusters.lease({ number: this.#person.number, name: this.#person.name })
      this.#ready = lease
      this.#unregister = this.#deps.metrics.register(asWatched(lease))
      lease.onLost?.((why) => this.#lose(lease, why))
      this.#tell(ready(lease))
      return lease
    } catch (error) {
      this.#failed = !(error instanceof UserError && error.code === 'unsupported')
      if (this.#failed) log(`Person ${this.#person.number} has no cluster.`, error)
      this.#tell({ state: 'none', why: wordsFor(error) })
      throw error
    }
  }

  /** The cluster is gone: this person is told, and gets another when the page is loaded again. */
  #lose(lease: ClusterLease, why: string): void {
    if (this.#ready?.id !== lease.id) return
    this.#unregister()
    this.#ready = undefined
    this.#failed = true
    void lease.release().catch((error: unknown) => this.#deps.log(`The cluster of person ${this.#person.number} was not released.`, error))
    this.#tell({ state: 'none', why })
  }

  #tell(notice: ClusterNotice): void {
    this.#notice = notice
    this.#changed.emit(notice)
  }
}

function asWatched(lease: ClusterLease): { readonly id: string; readonly prometheus: ClusterLease['prometheus'] } {
  return { id: lease.samples ?? lease.id, prometheus: lease.prometheus }
}

function withoutCluster(block: WatchedBlock, why: string): LiveState {
  if (block.kind === 'topology') return { kind: 'topology', topology: { state: 'failed', why } }
  if (block.kind === 'trace') return { kind: 'trace', trace: { state: 'failed', why } }
  const conditions = block.conditions.map(() => ({ met: false, say: 'You have a cluster.', found: why }))
  return { kind: 'check', check: { met: false, conditions } }
}

/** What a drawing wants to know of a query. */
export function measuredOf(state: ChartState): readonly Measured[] {
  if (state.state !== 'data') return []
  return state.series.flatMap(({ labels, values }) => {
    const value = values.findLast((each) => each !== null)
    return value === undefined || value === null ? [] : [{ labels, value }]
  })
}

/** What a check wants to know of a query. */
export function factsOf(state: ChartState): QueryFacts {
  switch (state.state) {
    case 'data':
      return { values: state.series.flatMap(({ values }) => values.findLast((value) => value !== null) ?? []) }
    case 'empty':
      return { values: [] }
    case 'waiting':
    case 'failed':
      return { why: state.why }
  }
}

function ready({ name, simulated, goBack }: ClusterLease): Extract<ClusterNotice, { state: 'ready' }> {
  return { state: 'ready', name, simulated, ...(goBack && { returnable: true }) }
}
