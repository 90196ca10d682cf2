import { networkInterfaces } from 'node:os'
import type { MiddlewareHandler } from 'hono'
import { problem } from './problem.ts'
import { SERVED } from './served-pages.ts'

/** What this server is called: any web page can make a browser send requests to loopback, under a name of its choice. */
export interface HostRules {
  /** Unknown until the server listens; the app is made before. */
  port(): number
  /** Whether the room may come in: then this machine's own addresses are names of ours as well. */
  readonly shared: boolean
  /** An address that was asked for with `--host`. */
  readonly host: string | undefined
}

/** Why a request is refused; undefined when it may pass. @param host the Host header @param origin the Origin header */
export function refusal(rules: HostRules, host: string | undefined, origin: string | undefined): string | undefined {
  if (host === undefined || !isOurs(rules, host.toLowerCase())) {
    return 'This address is not one of this workshop’s. Open the address that it printed when it started.'
  }
  // Browsers send Origin with every upgrade and every POST; programs that are no browser may leave it out.
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return 'Another web page tried to reach this workshop, which is not allowed.'
  }
  return undefined
}

function isOurs(rules: HostRules, given: string): boolean {
  const { shared, host } = rules
  const suffix = rules.port() === 80 ? '' : `:${rules.port()}`
  const names = ['127.0.0.1', 'localhost', '[::1]', ...(host === undefined ? [] : [bracketed(host.toLowerCase())])]
  if (names.some((name) => given === name + suffix)) return true
  return shared && ownAddresses().some((address) => given === bracketed(address) + suffix)
}

/** This machine's addresses now: a laptop changes its network without restarting the workshop. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address.toLowerCase()))
}

function bracketed(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}

/** Refuses requests from elsewhere (DNS rebinding, other pages). */
export function guard(rules: HostRules): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header('origin')
    // Pages from inside a cluster have no origin; what they may reach is below an address that only they know.
    const own = origin === 'null' && context.req.path.startsWith(SERVED)
    const why = refusal(rules, context.req.header('host'), own ? undefined : origin)
    if (why !== undefined) return problem(403, 'forbidden', why)
    await next()
    return undefined
  }
}
