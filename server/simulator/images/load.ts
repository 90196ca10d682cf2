import type { ClusterNetwork } from '../network/network.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import { failed, targetOf } from './calls.ts'
import { shareWithin, slowdownOf } from './ledger.ts'
import type { Flow, FlowKind, Kind, Ledger } from './ledger.ts'
import type { CallDocument, HttpDocument, ProgramDocument } from './schema.ts'
import { tracesOf, type SimulatedTrace } from './tracing.ts'
import { routeFor } from './web.ts'

/** One running container, as the load sees it. */
export interface LoadParty {
  readonly ip: string
  readonly namespace: string
  /** With its environment's settings. Undefined when it runs a command of a person's own. */
  readonly program: ProgramDocument | undefined
  readonly ledger: Ledger
  /** Cores that it may use, and what it uses when nobody asks anything. */
  readonly cores: number
  readonly idleCores: number
  readonly limited: boolean
  /** Whether it is up and listens. */
  readonly ready: () => boolean
  /** What answers at one of its ports. */
  readonly httpAt: (port: number) => HttpDocument | undefined
  /** Status of a path that no route describes: a file that is there, or not. */
  readonly fileStatus: (http: HttpDocument, path: string) => number
  /** Where it sends its spans, and under which names; undefined when it sends none. */
  readonly tracing: { readonly endpoint: string; readonly service: string; readonly pod: string } | undefined
  /** Told when what flows through it has changed. */
  readonly flowing: (flow: Flow) => void
}

/** Calls go no deeper: services that call each other in a circle would never end. */
const deepest = 8
/** Milliseconds that changes are waited for, so that a rollout is worked out once. */
const settleMillis = 50
/** A refused connection takes about this long, in milliseconds; a name that is not there, too. */
const refusedMillis = 1

/** What single requests of the steady load meet on their way. */
export interface LoadWorld {
  readonly parties: Iterable<LoadParty>
  readonly network: Pick<ClusterNetwork, 'resolve' | 'routes'>
  readonly busy: (party: LoadParty) => number
  /** What listens there and is up. */
  readonly at: (ip: string, port: number) => LoadParty | undefined
  readonly httpAt: (party: LoadParty, port: number) => HttpDocument | undefined
}

interface Outcome {
  /** Shares by status; together 1. */
  readonly shares: ReadonlyMap<string, number>
  readonly millis: number
}

/**
 * The steady load of one cluster: what load generators send, where services spread it, and what calls it causes further on.
 * Worked out once after something has changed, from objects and descriptions; nothing ticks.
 */
export class Load {
  readonly #parties = new Set<LoadParty>()
  readonly #network: ClusterNetwork
  readonly #clock: Clock
  readonly #stops: readonly (() => void)[]
  #due: (() => void) | undefined
  #flowing = false
  #busy: ReadonlyMap<LoadParty, number> = new Map()
  #flows = ''
  #since = 0

  constructor(api: Api, network: ClusterNetwork, clock: Clock) {
    this.#network = network
    this.#clock = clock
    const changed = () => this.changed()
    this.#stops = [
      network.onChange(changed),
      ...(['Service', 'EndpointSlice', 'NetworkPolicy', 'Node', 'Pod'] as const).map((kind) => api.watch(kind, changed)),
    ]
  }

  /** A container has started. @returns it has ended */
  join(party: LoadParty): () => void {
    this.#parties.add(party)
    this.changed()
    return () => {
      party.ledger.flow(undefined, this.#clock.now())
      this.#parties.delete(party)
      this.changed()
    }
  }

  /** Something that may change where requests go, or whether they succeed. */
  changed(): void {
    if (this.#due || (!this.#flowing && !this.#hasSources())) return
    this.#due = this.#clock.after(settleMillis, () => {
      this.#due = undefined
      this.#work()
    })
  }

  /** Single requests of the load as it flows now, with their spans, as one collector got them. @param from since when it listens */
  traces(collector: string, from: number): () => Iterable<SimulatedTrace> {
    const world: LoadWorld = {
      parties: this.#parties,
      network: remembering(this.#network),
      busy: (party) => this.#busy.get(party) ?? 0,
      at: (ip, port) => [...this.#parties].find((party) => party.ip === ip && party.ready() && party.httpAt(port) !== undefined),
      httpAt: (party, port) => party.httpAt(port),
    }
    return () => tracesOf(world, collector, Math.max(from, this.#since), this.#clock.now())
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#due?.()
  }

  #hasSources(): boolean {
    for (const party of this.#parties) if (party.program && party.program.load.length > 0) return true
    return false
  }

  #work(): void {
    const now = this.#clock.now()
    // Once as if there were CPU for everything, then with the queues that this makes.
    const wanted = spread(this.#parties, this.#network, () => 0)
    this.#busy = new Map(
      [...this.#parties].map((party) => {
        const millis = wanted.get(party)?.cpuMillis ?? 0
        return [party, (millis / 1000 + party.idleCores) / Math.max(party.cores, 0.001)] as const
      }),
    )
    const made = spread(this.#parties, this.#network, (party) => this.#busy.get(party) ?? 0)
    this.#noteChange(made, now)
    this.#flowing = false
    for (const party of this.#parties) {
      const gathered = made.get(party)
      const flow = gathered && flowOf(party, gathered)
      if (flow) this.#flowing = true
      if (!flow && party.ledger.current.kinds.length === 0) continue
      const settled = flow ?? { kinds: [], cpuMillis: 0, leakBytes: 0, throttled: 0 }
      party.ledger.flow(settled, now)
      party.flowing(settled)
    }
  }

  /** What was before another load flowed cannot be told from what flows now: traces begin anew. */
  #noteChange(made: ReadonlyMap<LoadParty, Gathered>, now: number): void {
    const flows = JSON.stringify(
      [...made].map(([{ ip }, { kinds }]) => [ip, [...kinds].map(([key, { rate, millis }]) => [key, rate, millis])]),
    )
    if (flows !== this.#flows) this.#since = now
    this.#flows = flows
  }
}

/** Names and routes as they are at one moment: a thousand requests ask for the same few. */
function remembering(network: ClusterNetwork): LoadWorld['network'] {
  const names = new Map<string, ReturnType<ClusterNetwork['resolve']>>()
  const ways = new Map<string, ReturnType<ClusterNetwork['routes']>>()
  return {
    resolve(from, namespace, host) {
      const key = `${from} ${host}`
      const found = names.get(key) ?? network.resolve(from, namespace, host)
      names.set(key, found)
      return found
    },
    routes(from, to, port) {
      const key = `${from} ${to} ${port}`
      const found = ways.get(key) ?? network.routes(from, to, port)
      ways.set(key, found)
      return found
    },
  }
}

interface Gathered {
  readonly kinds: Map<string, { -readonly [K in keyof FlowKind]: FlowKind[K] }>
  cpuMillis: number
  leakBytes: number
}

/** Sends the load of every generator on its way. @param busy how much of its CPU a container needs, 1 being all of it */
function spread(
  parties: ReadonlySet<LoadParty>,
  network: ClusterNetwork,
  busy: (party: LoadParty) => number,
): ReadonlyMap<LoadParty, Gathered> {
  const gathered = new Map<LoadParty, Gathered>()
  const of = (party: LoadParty): Gathered => {
    const known = gathered.get(party) ?? { kinds: new Map(), cpuMillis: 0, leakBytes: 0 }
    gathered.set(party, known)
    return known
  }
  const note = (party: LoadParty, kind: Kind & Pick<FlowKind, 'ip' | 'timeout'>, rate: number, millis: number) => {
    if (rate <= 0) return
    const { kinds } = of(party)
    const key = `${kind.what} ${kind.method} ${kind.route} ${kind.status}`
    const known = kinds.get(key) ?? { ...kind, rate: 0, millis: 0 }
    known.millis = (known.millis * known.rate + millis * rate) / (known.rate + rate)
    known.rate += rate
    kinds.set(key, known)
  }
  const byIp = new Map<string, LoadParty[]>()
  for (const party of parties) if (party.ready()) byIp.set(party.ip, [...(byIp.get(party.ip) ?? []), party])

  /** One kind of request that arrives at a container. */
  const serve = (party: LoadParty, http: HttpDocument, method: string, path: string, rate: number, depth: number): Outcome => {
    const load = busy(party)
    const slowdown = slowdownOf(load)
    // What there is no CPU for waits until whoever asked has gone.
    const dropped = load > 1 ? 1 - 1 / load : 0
    const kept = rate * (1 - dropped)
    const route = routeFor(http, method, path)
    const status = route?.status ?? party.fileStatus(http, path)
    const shares = new Map<string, number>()
    const add = (name: string, share: number) => void (share > 0 && shares.set(name, (shares.get(name) ?? 0) + share))
    add('timeout', dropped)
    let left = 1 - dropped
    for (const error of route?.errors ?? []) {
      add(String(error.status), left * error.share)
      left *= 1 - error.share
    }
    let millis = (route?.latency ?? 1) * slowdown
    for (const each of depth < deepest ? (route?.calls ?? []) : []) {
      const called = ask(party, each, kept * (left / Math.max(1 - dropped, 0.001)) * each.share * each.times, depth + 1)
      millis += called.millis * each.share * each.times
      let bad = 0
      for (const [name, share] of called.shares) if (failed(name)) bad += share
      if (route?.proxy) {
        for (const [name, share] of called.shares) add(name === 'timeout' ? '504' : /^\d/.test(name) ? name : '502', left * share)
        left = 0
        continue
      }
      if (each.failure === 'ignore') continue
      const lost = left * each.share * (1 - (1 - bad) ** each.times)
      add(String(each.failure), lost)
      left -= lost
    }
    add(String(status), left)
    const own = of(party)
    own.cpuMillis += kept * (route?.cpu ?? party.program?.usage.perRequest ?? 0.4)
    own.leakBytes += kept * (route?.leak ?? 0)
    for (const [name, share] of shares)
      if (name !== 'timeout') note(party, { what: 'served', method, route: route?.path ?? path, status: name }, rate * share, millis)
    return { shares, millis }
  }

  const ask = (party: LoadParty, request: Pick<CallDocument, 'to' | 'method' | 'timeout'>, rate: number, depth: number): Outcome => {
    const target = targetOf(request.to)
    const shares = new Map<string, number>()
    const waits = new Map<string, number>()
    let millis = 0
    const end = (status: string, share: number, took: number) => {
      if (share <= 0) return
      const before = shares.get(status) ?? 0
      shares.set(status, before + share)
      waits.set(status, ((waits.get(status) ?? 0) * before + took * share) / (before + share))
      millis += took * share
    }
    const place = target && network.resolve(party.ip, party.namespace, target.host)
    if (!target || !place) end('no such host', 1, refusedMillis)
    else if ('failed' in place) end(place.failed, 1, place.failed === 'timeout' ? request.timeout : refusedMillis * 5)
    else {
      const routes = network.routes(party.ip, place.ip, target.port)
      for (const route of routes) {
        const share = 1 / routes.length
        const receiver = route.to === 'endpoint' ? byIp.get(route.ip)?.find((one) => one.httpAt(route.endpoint.port)) : undefined
        const http = route.to === 'endpoint' ? receiver?.httpAt(route.endpoint.port) : undefined
        if (route.to === 'kube-api') end('403', share, 4)
        else if (route.to === 'timeout') end('timeout', share, request.timeout)
        else if (!receiver || !http)
          end(route.to === 'unreachable' ? 'unreachable' : 'refused', share, route.to === 'unreachable' ? 3070 : refusedMillis)
        else {
          const { link } = route
          const outcome = serve(receiver, http, request.method, target.path.split('?')[0] ?? '/', rate * share, depth)
          // A lost packet costs 200 ms, the next one a second, and so on.
          const took = outcome.millis + 0.5 + link.latency + (link.loss > 0 ? (600 * link.loss) / (1 - Math.min(link.loss, 0.9)) : 0)
          const late = 1 - shareWithin(took, request.timeout) * (1 - link.loss ** 6)
          for (const [status, part] of outcome.shares)
            end(status, share * part * (1 - late), status === 'timeout' ? request.timeout : Math.min(took, request.timeout))
          end('timeout', share * late, request.timeout)
        }
      }
    }
    const known = { what: 'called' as const, timeout: request.timeout, ...(place && 'ip' in place ? { ip: place.ip } : {}) }
    for (const [status, share] of shares)
      note(party, { ...known, method: request.method, route: request.to.split('?')[0] ?? '', status }, rate * share, waits.get(status) ?? 0)
    return { shares, millis }
  }

  for (const party of parties) {
    if (!party.program || !party.ready()) continue
    for (const each of party.program.load) if (Number(each.rate) > 0) ask(party, each, Number(each.rate), 0)
  }
  return gathered
}

/** CPU that there is not is not used: the limit throttles instead. */
function flowOf(party: LoadParty, { kinds, cpuMillis, leakBytes }: Gathered): Flow {
  const room = Math.max(party.cores - party.idleCores, 0) * 1000
  const load = (cpuMillis / 1000 + party.idleCores) / Math.max(party.cores, 0.001)
  // CFS throttles in bursts well before the average reaches the limit.
  const throttled = party.limited ? Math.min(Math.max((load - 0.5) * 1.6, 0), 0.95) : 0
  return { kinds: [...kinds.values()], cpuMillis: Math.min(cpuMillis, room), leakBytes, throttled }
}
