import type { Clock } from '../../kernel/clock.ts'
import type { HttpReply, NetworkView } from '../network/view.ts'

/** Where a URL leads. */
export interface Target {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly path: string
}

/** Takes an `http://` or `https://` URL apart. */
export function targetOf(url: string): Target | undefined {
  const found = /^(https?):\/\/([^/:?#]+)(?::(\d+))?([^#]*)$/.exec(url)
  if (!found?.[2]) return undefined
  const secure = found[1] === 'https'
  const rest = found[4] ?? ''
  return { secure, host: found[2], port: Number(found[3] ?? (secure ? 443 : 80)), path: rest.startsWith('/') ? rest : `/${rest}` }
}

/** What a call came to: a status, or why there is none. */
export interface CallResult {
  /** `200`, `refused`, `timeout`, `no such host` … */
  readonly status: string
  readonly millis: number
  readonly reply?: HttpReply
  /** The address that the name stood for. */
  readonly ip?: string
}

export const failed = (status: string): boolean => !/^[1-4]\d\d$/.test(status)

/** In the words of Go's HTTP client. */
export function reasonOf(url: string, method: string, { status, ip }: Pick<CallResult, 'status' | 'ip'>, timeout: number): string {
  const target = targetOf(url)
  const verb = `${method.charAt(0)}${method.slice(1).toLowerCase()} "${url}": `
  const address = `${ip ?? target?.host}:${target?.port}`
  if (status === 'refused') return `${verb}dial tcp ${address}: connect: connection refused`
  if (status === 'unreachable') return `${verb}dial tcp ${address}: connect: no route to host`
  if (status === 'no such host') return `${verb}dial tcp: lookup ${target?.host}: no such host`
  if (status === 'timeout')
    return `${verb}context deadline exceeded (Client.Timeout exceeded while awaiting headers) after ${timeout / 1000}s`
  return `${url} answered ${status}`
}

/** Makes one call as a program does, through DNS, services and policies, and waits for what comes of it. */
export async function call(
  network: NetworkView,
  clock: Clock,
  request: { readonly url: string; readonly method: string; readonly timeout: number; readonly headers: Readonly<Record<string, string>> },
): Promise<CallResult> {
  const began = clock.now()
  const result = (status: string): CallResult => ({ status, millis: clock.now() - began })
  const target = targetOf(request.url)
  if (!target) return result('no such host')
  let cancel = () => {}
  const late = new Promise<CallResult>((resolve) => {
    cancel = clock.after(request.timeout, () => resolve(result('timeout')))
  })
  const made = async (): Promise<CallResult> => {
    const found = await network.lookup(target.host)
    if (!found.ok) return found.why === 'timeout' ? late : result('no such host')
    const { headers, method } = request
    const ip = found.addresses[0] ?? ''
    const sent = { secure: target.secure, method, host: target.host, path: target.path, headers, body: '' }
    const exchange = await network.request(ip, target.port, sent)
    if (exchange.result === 'answered') return { ...result(String(exchange.reply.status)), reply: exchange.reply }
    return exchange.result === 'timeout' ? late : { ...result(exchange.result), ip }
  }
  const first = await Promise.race([made(), late])
  cancel()
  return first
}
