import { expandArgument } from './environment.ts'
import type { HttpDocument, ProgramDocument, RouteDocument } from './schema.ts'

type Env = Readonly<Record<string, string>>
type Condition = ProgramDocument['when'][number]

/** A program as its container's environment makes it. */
export interface Settings {
  readonly program: ProgramDocument
  /** Lines that conditions write at the start. */
  readonly says: readonly string[]
}

/** `$(NAME)` as a number; shares may be written `20%`. */
function numberFrom(given: number | string | undefined, env: Env): number {
  if (typeof given === 'number') return given
  const text = given === undefined ? '' : (env[given.slice(2, -1)] ?? '')
  const value = Number.parseFloat(text)
  return Number.isFinite(value) && value > 0 ? value / (text.trim().endsWith('%') ? 100 : 1) : 0
}

function holds(condition: Condition, env: Env): boolean {
  const value = env[condition.env] ?? ''
  return condition.is === undefined ? !['', '0', 'false', 'off', 'no'].includes(value.toLowerCase()) : value === condition.is
}

/** Settles everything of a program that depends on environment variables: rates, addresses, and what `when` says. */
export function settingsOf(program: ProgramDocument, env: Env): Settings {
  const conditions = program.when.filter((condition) => holds(condition, env))
  const sum = (pick: (condition: Condition) => number) => conditions.reduce((total, each) => total + pick(each), 0)
  const ends = conditions.find((condition) => condition.ends)?.ends ?? program.ends
  const settled: ProgramDocument = {
    ...program,
    starts: program.starts + sum((each) => numberFrom(each.starts, env)),
    usage: { ...program.usage, growth: program.usage.growth + sum((each) => each.growth) },
    load: program.load.map((each) => ({ ...each, to: expandArgument(each.to, env), rate: numberFrom(each.rate, env) })),
    listens: program.listens.map((listener) => {
      const moved = Number(listener.env === undefined ? undefined : env[listener.env])
      const port = moved >= 1 && moved <= 65_535 ? moved : listener.port
      return { ...listener, port, ...(listener.http && { http: httpOf(listener.http, conditions, program, env) }) }
    }),
    ...(ends && { ends }),
  }
  return { program: settled, says: conditions.flatMap(({ says }) => (says === undefined ? [] : [expandArgument(says, env)])) }
}

function httpOf(http: HttpDocument, conditions: readonly Condition[], program: ProgramDocument, env: Env): HttpDocument {
  return { ...http, routes: http.routes.map((route) => routeOf(route, conditions, program, env)) }
}

/** Probes and metrics are spared unless a condition names them. */
export const aside = (route: RouteDocument): boolean => route.metrics !== false || /^\/(-\/)?(health|ready|live|metrics)/.test(route.path)

function routeOf(route: RouteDocument, conditions: readonly Condition[], program: ProgramDocument, env: Env): RouteDocument {
  const calls = route.calls.map((call) => ({ ...call, to: expandArgument(call.to, env) }))
  const meant = conditions.filter((condition) => (condition.route === undefined ? !aside(route) : condition.route === route.path))
  if (meant.length === 0) return { ...route, calls }
  const failing = meant.flatMap(({ errors, status, body, log }) =>
    errors === undefined ? [] : [{ share: Math.min(numberFrom(errors, env), 1), status, body, ...(log !== undefined && { log }) }],
  )
  return {
    ...route,
    calls,
    latency: route.latency + meant.reduce((sum, each) => sum + numberFrom(each.latency, env), 0),
    cpu: (route.cpu ?? program.usage.perRequest) + meant.reduce((sum, each) => sum + numberFrom(each.cpu, env), 0),
    errors: [...failing, ...route.errors],
  }
}
