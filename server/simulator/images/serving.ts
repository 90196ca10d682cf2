import { push } from '../metrics/pushed.ts'
import type { Pushes } from '../metrics/pushed.ts'
import type { Answered, Endpoint } from '../network/network.ts'
import type { HttpRequest, NetworkView } from '../network/view.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Container } from '../resources/kinds.ts'
import type { FileTree } from '../shell/files.ts'
import type { AppFaults } from './app-faults.ts'
import { call, failed, reasonOf } from './calls.ts'
import { jaegerAnswer } from './jaeger-api.ts'
import type { Ledger } from './ledger.ts'
import type { ContainerLog } from './logs.ts'
import type { BuiltInPage, HttpDocument, ProgramDocument, Protocol, RouteDocument, ServedProgram } from './schema.ts'
import type { Speaker } from './speaking.ts'
import type { SimulatedTrace } from './tracing.ts'
import { answer, routeFor } from './web.ts'
import type { Decided } from './web.ts'

export interface Serving {
  readonly program: ProgramDocument
  readonly container: Container
  readonly argv: readonly string[]
  readonly files: FileTree
  readonly logs: ContainerLog
  readonly network: NetworkView
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: () => number
  readonly fields: () => Readonly<Record<string, string>>
  readonly seed: string
  /** The program's own metrics page, for routes that answer with it. */
  /** The traces that have been sent to this program. */
  readonly traces: () => Iterable<SimulatedTrace>
  readonly metrics: (page?: BuiltInPage) => string
  readonly serve: (program: ServedProgram, request: HttpRequest) => Decided | Promise<Decided>
  /** Reads the program's configuration file again. */
  readonly reload: () => void
  /** Ends the program. */
  readonly end: (code: number) => void
  readonly env: Readonly<Record<string, string>>
  /** Routes that a request has turned to another status. */
  readonly turned: Map<string, number>
  /** What is wrong on purpose. */
  readonly faults: AppFaults
  readonly pushes: Pushes
  readonly startedAt: number
  readonly speaker: Speaker
}

/** A port and what answers there. */
export interface Listening {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
  readonly tls: boolean
  readonly http: HttpDocument | undefined
  readonly speaks?: Protocol | undefined
}

/** What a program listens on, its flags and the pod's declared ports considered. */
export function listening(program: ProgramDocument, container: Container, argv: readonly string[]): readonly Listening[] {
  const listed = program.listens.map(({ port, protocol, tls, flag, http, speaks }): Listening => {
    const moved = flag === undefined ? undefined : flagOf(argv, flag)
    return { port: Number(moved?.split(':').at(-1)) || port, protocol, tls, http, speaks }
  })
  if (!program.listensOnDeclared) return listed
  const declared = (container.ports ?? []).map((port): Listening => ({
    port: port.containerPort,
    protocol: port.protocol === 'UDP' ? 'UDP' : 'TCP',
    tls: false,
    http: genericHttp,
  }))
  return [...listed, ...declared.filter((each) => !listed.some((other) => other.port === each.port))]
}

/** `--port=80`, or `--port 80`. */
function flagOf(argv: readonly string[], flag: string): string | undefined {
  const at = argv.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`))
  return at < 0 ? undefined : argv[at]?.includes('=') ? argv[at].slice(flag.length + 1) : argv[at + 1]
}

/** What a running program listens on, and how it answers. */
export function endpointsOf(serving: Serving): readonly Endpoint[] {
  const name = serving.program.names[0] ?? ''
  return listening(serving.program, serving.container, serving.argv).map(({ port, protocol, tls, http, speaks }): Endpoint => ({
    port,
    protocol,
    program: name,
    tls,
    say: (template, more) => serving.logs.say(template, more),
    ...(speaks ? { accept: serving.speaker.accept(speaks) } : {}),
    answer: http && ((request, client) => answered(serving, http, request, client)),
  }))
}

/** One request: its upstream calls are made for real, and it is counted and logged as any other. */
function answered(serving: Serving, http: HttpDocument, request: HttpRequest, client: string): Answered | Promise<Answered> {
  const route = routeFor(http, request.method, request.path.split('?')[0] ?? '/')
  if (!route) {
    const { errors, status, latency } = serving.faults
    const fails = errors > 0 && serving.random() < errors
    return finish(serving, http, request, client, undefined, fails ? { status, body: 'failed on purpose\n' } : {}, latency)
  }
  if (route.serves !== undefined) {
    const served = serving.serve(route.serves, request)
    if (served instanceof Promise) return served.then((decided) => finish(serving, http, request, client, route, decided, 0))
    return finish(serving, http, request, client, route, served, 0)
  }
  const own = route.traces ? jaegerAnswer(request, serving.traces) : ownFailure(serving, route, request)
  if (own || route.calls.length === 0) return finish(serving, http, request, client, route, own ?? {}, 0)
  const began = serving.clock.now()
  return upstream(serving, route, request).then((decided) =>
    finish(serving, http, request, client, route, decided, serving.clock.now() - began),
  )
}

/** The last part of a path as a number; 0 when it is none, and no more than `most`. */
const numberAtEnd = (path: string, most: number): number => {
  const found = /\/(\d{1,6})$/.exec(path.split('?')[0] ?? '')?.[1]
  return Math.min(Number(found ?? 0), most)
}

/** What a program answers that tells what it was asked or given. */
function tellsOf(what: NonNullable<RouteDocument['says']>, { env }: Serving, request: HttpRequest): Decided | undefined {
  switch (what) {
    case 'environment':
      return {
        body: JSON.stringify(
          Object.entries(env).map(([name, value]) => `${name}=${value}`),
          null,
          2,
        ),
      }
    case 'headers': {
      const named = Object.entries(request.headers).map(([name, value]) => [
        name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase()),
        [value],
      ])
      return { body: JSON.stringify(Object.fromEntries(named), null, 2) }
    }
    case 'body':
      return { body: request.body }
    case 'status': {
      const status = numberAtEnd(request.path, 599)
      return status < 200 ? { status: 400 } : { status }
    }
    case 'delay':
      return undefined
  }
}

function ownFailure(serving: Serving, route: RouteDocument, request: HttpRequest): Decided | undefined {
  const { clock, random, startedAt, metrics, reload, pushes } = serving
  if (route.metrics !== false)
    return { body: metrics(route.metrics === true ? undefined : route.metrics), type: 'text/plain; version=0.0.4; charset=utf-8' }
  if (route.reloads) reload()
  if (route.pushes) return push(pushes, { ...request, path: request.path.split('?')[0] ?? '' }, clock.now())
  if (route.flaps && ((clock.now() - startedAt) / 1000) % route.flaps.every >= route.flaps.every - route.flaps.lasts)
    return { status: route.flaps.status, body: 'not ready\n' }
  const turned = serving.turned.get(route.path)
  if (turned !== undefined) return { status: turned, body: '' }
  if (route.turns) {
    if (route.turns.status === 200) serving.turned.delete(route.turns.route)
    else serving.turned.set(route.turns.route, route.turns.status)
  }
  const { ends } = route
  if (ends !== undefined) clock.after(0, () => serving.end(ends))
  if (route.says !== undefined) {
    const told = tellsOf(route.says, serving, request)
    if (told) return told
  }
  const error = route.errors.find((each) => each.share > 0 && random() < each.share)
  return error && { status: error.status, body: error.body }
}

/** Where a proxy sends a path: a target with a path of its own replaces what the location matched. */
function passed(to: string, matched: string, path: string): string {
  const own = /^https?:\/\/[^/]+(\/.*)$/.exec(to)?.[1]
  return own === undefined ? to + path : to + path.slice(matched.length).replace(own.endsWith('/') ? /^\// : '', '')
}

/** Makes the route's calls, one after the other, until one fails that must not. */
async function upstream(serving: Serving, route: RouteDocument, request: HttpRequest): Promise<Decided> {
  const { random, clock, network, ledger, logs, program } = serving
  const traced = Object.entries(request.headers).filter(([name]) => /^(traceparent|b3|x-request-id)$/.test(name))
  const headers = { 'user-agent': 'Go-http-client/1.1', ...Object.fromEntries(traced) }
  for (const each of route.calls) {
    if (random() >= each.share) continue
    for (let time = 0; time < each.times; time++) {
      const path = route.proxy ? passed(each.to, route.path, request.path) : each.to
      const result = await call(network, clock, {
        url: path,
        method: route.proxy ? request.method : each.method,
        timeout: each.timeout,
        headers,
      })
      ledger.count({ what: 'called', method: each.method, route: each.to.split('?')[0] ?? '', status: result.status }, result.millis)
      if (route.proxy && result.reply) {
        const { status, body, headers: got } = result.reply
        return { status, body, type: got['Content-Type'] ?? 'application/octet-stream' }
      }
      if (!failed(result.status)) continue
      const error = reasonOf(each.to, each.method, result, each.timeout)
      if (program.logs.failure !== undefined)
        logs.say(program.logs.failure, { error, url: each.to, status: result.status, route: route.path, method: request.method })
      if (each.failure !== 'ignore') return { status: each.failure, type: 'text/plain; charset=utf-8', body: `${error}\n` }
    }
  }
  return {}
}

/** Seconds that a request may ask to wait. */
const longestDelay = 3600

function finish(
  serving: Serving,
  http: HttpDocument,
  request: HttpRequest,
  client: string,
  route: RouteDocument | undefined,
  decided: Decided,
  waited: number,
): Answered {
  const { files, clock, fields, seed, ledger, logs, program } = serving
  // Most are a little faster than the average and a few much slower.
  const asked = route?.says === 'delay' ? numberAtEnd(request.path, longestDelay) * 1000 : 0
  const own = asked + (route ? route.latency * (0.6 + 0.8 * serving.random() ** 2) : 1)
  const millis = own * (1 + 3 * ledger.current.throttled)
  const path = request.path.split('?')[0] ?? '/'
  const cpu = route?.cpu ?? program.usage.perRequest
  const reply = answer(http, request, { files, now: () => clock.now(), fields, seed }, decided)
  ledger.count(
    { what: 'served', method: request.method, route: route?.path ?? path, status: String(reply.status) },
    waited + millis,
    cpu,
    route?.leak,
  )
  const error = route?.errors.find((each) => each.status === decided.status && each.body === decided.body)
  const more = {
    client,
    method: request.method,
    path: request.path,
    route: route?.path ?? path,
    status: String(reply.status),
    size: String(reply.body.length),
    agent: request.headers['user-agent'] ?? '-',
    millis: (waited + millis).toFixed(1),
    seconds: ((waited + millis) / 1000).toFixed(4),
    level: levelOf(reply.status),
  }
  for (const line of [http.access, route?.log, error?.log]) if (line !== undefined) logs.say(line, more)
  return { reply, millis: route ? millis : waited + millis }
}

export const levelOf = (status: number): string => (status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info')

/** What a program nobody has described answers. */
const genericHttp: HttpDocument = {
  headers: {},
  routes: [
    {
      path: '/',
      methods: [],
      prefix: true,
      status: 200,
      type: 'text/plain; charset=utf-8',
      body: 'Hello from {pod}\n',
      headers: {},
      latency: 2,
      leak: 0,
      calls: [],
      errors: [],
      metrics: false,
      traces: false,
      reloads: false,
      pushes: false,
      proxy: false,
    },
  ],
  missing: '',
}
