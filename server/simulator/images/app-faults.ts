import type { Pod } from '../resources/kinds.ts'
import { aside } from './conditions.ts'
import type { HttpDocument, ProgramDocument } from './schema.ts'

/** On a pod: what is wrong with its programs on purpose. Documented in `manifests/simulator/README.md`. */
const annotation = 'simulator.deckhand.dev/app'

/** What is wrong with a program. */
export interface AppFaults {
  /** Milliseconds that every request takes longer; probes and metrics are spared. */
  readonly latency: number
  /** The share of requests that fail, 0 to 1. */
  readonly errors: number
  /** The status of those. */
  readonly status: number
  /** Health checks, or only those of readiness, fail. */
  readonly checks: 'unhealthy' | 'unready' | undefined
  /** Milliseconds after which it ends. */
  readonly crash: number | undefined
}

const sound: AppFaults = { latency: 0, errors: 0, status: 500, checks: undefined, crash: undefined }
/** As long as anyone waits. */
const hangs = 3_600_000

const millisOf = (text: string): number | undefined => {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? []
  return amount === undefined ? undefined : Math.min(Number(amount) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm'], hangs)
}

/** What a pod's annotation says: `latency=500ms,errors=20%,status=503,unready,unhealthy,hang,crash=30s`. Words that are no fault do nothing. */
export function appFaultsOf(pod: Pod | undefined): AppFaults {
  const words = (pod?.metadata.annotations?.[annotation] ?? '').split(',').map((word) => word.trim().split(/=(.*)/s, 2))
  return words.reduce<AppFaults>((faults, [name, value = '']) => {
    switch (name) {
      case 'latency':
        return { ...faults, latency: millisOf(value) ?? 0 }
      case 'hang':
        return { ...faults, latency: hangs }
      case 'errors':
        return { ...faults, errors: /^\d+(\.\d+)?%$/.test(value) ? Math.min(Number.parseFloat(value) / 100, 1) : 0 }
      case 'status':
        return /^[45]\d\d$/.test(value) ? { ...faults, status: Number(value) } : faults
      case 'unready':
      case 'unhealthy':
        return { ...faults, checks: name }
      case 'crash':
        return { ...faults, crash: value === '' ? 1000 : millisOf(value) }
      default:
        return faults
    }
  }, sound)
}

/** A program with what is wrong with it. */
export function faulted(program: ProgramDocument, faults: AppFaults): ProgramDocument {
  const { latency, errors, checks } = faults
  if (latency === 0 && errors === 0 && checks === undefined) return program
  return {
    ...program,
    listens: program.listens.map((listener) => ({ ...listener, ...(listener.http && { http: httpOf(listener.http, faults) }) })),
  }
}

function httpOf(http: HttpDocument, { latency, errors, status, checks }: AppFaults): HttpDocument {
  return {
    ...http,
    routes: http.routes.map((route) => {
      if (aside(route)) {
        const ill = route.metrics === false && (checks === 'unhealthy' || (checks === 'unready' && /ready/.test(route.path)))
        return ill ? { ...route, errors: [{ share: 1, status: 503, body: `${checks} on purpose\n` }, ...route.errors] } : route
      }
      const failing = errors > 0 ? [{ share: errors, status, body: 'failed on purpose\n' }] : []
      return { ...route, latency: route.latency + latency, errors: [...failing, ...route.errors] }
    }),
  }
}
