import { targetOf } from './calls.ts'
import { noise } from './seeded.ts'
import type { CallDocument } from './schema.ts'
import { routeFor } from './web.ts'
import { slowdownOf, spread } from './ledger.ts'
import type { LoadParty, LoadWorld } from './load.ts'

/** One span as a program with OpenTelemetry's HTTP instrumentation sends it. Times in milliseconds. */
export interface SimulatedSpan {
  readonly id: string
  readonly parent: string | undefined
  readonly service: string
  readonly pod: string
  readonly kind: 'server' | 'client'
  readonly operation: string
  readonly from: number
  readonly millis: number
  readonly failed: boolean
  readonly tags: Readonly<Record<string, string | number>>
}

export interface SimulatedTrace {
  readonly id: string
  readonly spans: readonly SimulatedSpan[]
}

const DEEPEST = 8
/** No program is asked more often than this for a trace: what a sampler keeps of a busy service. */
const LEAST_APART = 250
/** How many requests of one kind are looked through for those that fit. */
const MOST_LOOKED_AT = 300

/**
 * The traces that the steady load has left with one collector, newest first: single requests as the load's rates, outcomes and
 * durations have them on average. The same request is the same trace, however often it is asked for.
 * @param collector the address spans must have been sent to
 * @param from when the collector and the load as it flows now were both there, milliseconds
 */
export function* tracesOf(world: LoadWorld, collector: string, from: number, now: number): Generator<SimulatedTrace> {
  const sees = collectedBy(world, collector)
  const starts: { readonly at: number; readonly party: LoadParty; readonly request: CallDocument; readonly seed: string }[] = []
  for (const party of world.parties) {
    if (!party.program || !party.ready()) continue
    for (const load of party.program.load) {
      const rate = Number(load.rate)
      if (rate <= 0) continue
      const apart = Math.max(1000 / rate, LEAST_APART)
      const newest = Math.floor(now / apart)
      for (let slot = newest; slot > newest - MOST_LOOKED_AT; slot--) {
        const seed = `${party.ip}/${load.method}/${load.to}/${slot}`
        const at = (slot + noise(seed, 0) * 0.5) * apart
        if (at < from) break
        starts.push({ at, party, request: { share: 1, times: 1, failure: 502, ...load }, seed })
      }
    }
  }
  for (const { at, party, request, seed } of starts.toSorted((a, b) => b.at - a.at)) {
    for (const trace of new Walk(world, sees, seed).run(party, request, at)) {
      if (trace.spans.every((span) => span.from + span.millis <= now)) yield trace
    }
  }
}

/** Whose spans reach a collector: those whose exporter's address leads there now. */
function collectedBy({ network }: LoadWorld, collector: string): (party: LoadParty) => boolean {
  const known = new Map<LoadParty, boolean>()
  const leadsThere = ({ ip, namespace, tracing }: LoadParty): boolean => {
    const target = tracing && targetOf(tracing.endpoint)
    const place = target && network.resolve(ip, namespace, target.host)
    if (!target || !place || 'failed' in place) return false
    return network.routes(ip, place.ip, target.port).some((route) => route.to === 'endpoint' && route.ip === collector)
  }
  return (party) => {
    const sees = known.get(party) ?? leadsThere(party)
    known.set(party, sees)
    return sees
  }
}

interface Open {
  readonly trace: { readonly id: string; readonly spans: SimulatedSpan[] }
  readonly parent: string | undefined
}

interface Outcome {
  readonly status: string
  readonly end: number
}

/** One request on its way. */
class Walk {
  readonly #world: LoadWorld
  readonly #sees: (party: LoadParty) => boolean
  readonly #seed: string
  readonly #traces: Open['trace'][] = []
  #drawn = 1

  constructor(world: LoadWorld, sees: (party: LoadParty) => boolean, seed: string) {
    this.#world = world
    this.#sees = sees
    this.#seed = seed
  }

  run(party: LoadParty, request: CallDocument, at: number): readonly SimulatedTrace[] {
    this.#ask(party, request, at, undefined, 0)
    return this.#traces
  }

  #draw(): number {
    return noise(this.#seed, this.#drawn++)
  }

  #hex(digits: number): string {
    let text = ''
    while (text.length < digits)
      text += Math.floor(this.#draw() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0')
    return text.slice(0, digits)
  }

  /** Log-normal around a mean. */
  #took(mean: number): number {
    const z = Math.sqrt(-2 * Math.log(1 - this.#draw())) * Math.cos(2 * Math.PI * this.#draw())
    return mean * Math.exp(spread * z - (spread * spread) / 2)
  }

  #ask(party: LoadParty, request: CallDocument, at: number, around: Open | undefined, depth: number): Outcome {
    const open = this.#sees(party) ? this.#opened(around) : undefined
    const id = this.#hex(16)
    const { status, end } = this.#send(party, request, at, open && { trace: open.trace, parent: id }, depth)
    const late = end - at > request.timeout
    const outcome = late ? { status: 'timeout', end: at + request.timeout } : { status, end }
    if (open && party.tracing) {
      const failed = !/^[1-3]\d\d$/.test(outcome.status)
      const answered = /^\d/.test(outcome.status)
      open.trace.spans.push({
        id,
        parent: open.parent,
        service: party.tracing.service,
        pod: party.tracing.pod,
        kind: 'client',
        operation: `HTTP ${request.method}`,
        from: at,
        millis: outcome.end - at,
        failed,
        tags: {
          'http.request.method': request.method,
          'url.full': request.to,
          ...(answered
            ? { 'http.response.status_code': Number(outcome.status) }
            : { 'error.message': WHY[outcome.status] ?? outcome.status }),
        },
      })
    }
    return outcome
  }

  /** A call outside of any trace begins one. */
  #opened(around: Open | undefined): Open {
    if (around) return around
    const trace = { id: this.#hex(32), spans: [] }
    this.#traces.push(trace)
    return { trace, parent: undefined }
  }

  #send(party: LoadParty, request: CallDocument, at: number, around: Open | undefined, depth: number): Outcome {
    const { network } = this.#world
    const target = targetOf(request.to)
    const place = target && network.resolve(party.ip, party.namespace, target.host)
    if (!target || !place) return { status: 'no such host', end: at + 1 }
    if ('failed' in place) return { status: place.failed, end: at + (place.failed === 'timeout' ? request.timeout : 5) }
    const routes = network.routes(party.ip, place.ip, target.port)
    const route = routes[Math.floor(this.#draw() * routes.length)]
    if (!route || route.to === 'timeout') return { status: 'timeout', end: at + request.timeout }
    if (route.to === 'kube-api') return { status: '403', end: at + 4 }
    if (route.to === 'unreachable') return { status: 'unreachable', end: at + 3070 }
    const receiver = route.to === 'endpoint' ? this.#world.at(route.ip, route.endpoint.port) : undefined
    if (!receiver || route.to !== 'endpoint') return { status: 'refused', end: at + 1 }
    const way = 0.25 + route.link.latency / 2 + (this.#draw() < route.link.loss ? 200 : 0)
    const served = this.#serve(receiver, request.method, { port: route.endpoint.port, path: target.path }, at + way, around, depth)
    return { status: served.status, end: served.end + way }
  }

  #serve(
    party: LoadParty,
    method: string,
    target: { readonly port: number; readonly path: string },
    at: number,
    around: Open | undefined,
    depth: number,
  ): Outcome {
    const load = this.#world.busy(party)
    // What there is no CPU for waits until whoever asked has gone.
    if (load > 1 && this.#draw() < 1 - 1 / load) return { status: 'timeout', end: Infinity }
    const http = this.#world.httpAt(party, target.port)
    const path = target.path.split('?')[0] ?? '/'
    const route = http && routeFor(http, method, path)
    const own = this.#took((route?.latency ?? 1) * slowdownOf(load))
    const open = this.#sees(party) ? this.#opened(around) : undefined
    const id = this.#hex(16)
    const error = route?.errors.find((each) => this.#draw() < each.share)
    let status = String(error?.status ?? route?.status ?? (http ? party.fileStatus(http, path) : 404))
    let now = at + own / 2
    if (!error && depth < DEEPEST)
      for (const call of route?.calls ?? []) {
        if (this.#draw() >= call.share) continue
        const outcome = this.#ask(party, call, now, open && { trace: open.trace, parent: id }, depth + 1)
        now = outcome.end
        if (route?.proxy) status = /^\d/.test(outcome.status) ? outcome.status : outcome.status === 'timeout' ? '504' : '502'
        else if (!/^[1-4]\d\d$/.test(outcome.status) && call.failure !== 'ignore') {
          status = String(call.failure)
          break
        }
      }
    const end = now + own / 2
    if (open && party.tracing)
      open.trace.spans.push({
        id,
        parent: open.parent,
        service: party.tracing.service,
        pod: party.tracing.pod,
        kind: 'server',
        operation: `${method} ${route?.path ?? path}`,
        from: at,
        millis: end - at,
        failed: Number(status) >= 500,
        tags: { 'http.request.method': method, 'http.route': route?.path ?? path, 'http.response.status_code': Number(status) },
      })
    return { status, end }
  }
}

const WHY: Readonly<Record<string, string>> = {
  'refused': 'connect: connection refused',
  'unreachable': 'connect: no route to host',
  'no such host': 'no such host',
  'timeout': 'context deadline exceeded',
}
