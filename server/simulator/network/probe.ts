import type { Clock } from '../../kernel/clock.ts'
import type { ProbeRequest, ProbeResult } from '../kubelet/runtime.ts'
import type { ClusterNetwork } from './network.ts'

/** What the kubelet sends along, and what the probed server sees as its client. */
const kubeletAddress = '10.32.0.1'

/** One probe from the node, in the words of the kubelet's prober. */
export function probe(network: ClusterNetwork, ip: string, request: ProbeRequest, done: (result: ProbeResult) => void, clock: Clock): void {
  const host = request.kind === 'http' ? (request.headers['Host'] ?? ip) : ip
  const address = `${ip}:${request.port}`
  let finished = false
  const finish = (result: ProbeResult) => {
    if (finished) return
    finished = true
    cancel()
    done(result)
  }
  const url =
    request.kind === 'http' ? `${request.scheme.toLowerCase()}://${address}${request.path.startsWith('/') ? '' : '/'}${request.path}` : ''
  const late =
    request.kind === 'http'
      ? `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
      : request.kind === 'tcp'
        ? `dial tcp ${address}: i/o timeout`
        : `timeout: failed to connect service "${address}" within ${request.timeoutMillis / 1000}s: context deadline exceeded`
  const cancel = clock.after(request.timeoutMillis, () => finish({ ok: false, message: late }))
  const failed = (result: 'refused' | 'timeout' | 'unreachable'): void => {
    if (result === 'timeout') return
    const why = `dial tcp ${address}: connect: ${result === 'refused' ? 'connection refused' : 'no route to host'}`
    finish({ ok: false, message: request.kind === 'http' ? `Get "${url}": ${why}` : request.kind === 'grpc' ? late : why })
  }
  if (request.kind !== 'http') {
    void network
      .connect(kubeletAddress, ip, request.port)
      .then((connection) => (connection.result === 'open' ? finish({ ok: true }) : failed(connection.result)))
    return
  }
  const secure = request.scheme.toUpperCase() === 'HTTPS'
  const headers = {
    'user-agent': 'kube-probe/1.36',
    ...Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
  }
  void network
    .request(kubeletAddress, ip, request.port, {
      secure,
      method: 'GET',
      host,
      path: request.path.startsWith('/') ? request.path : `/${request.path}`,
      headers,
      body: '',
    })
    .then((exchange) => {
      if (exchange.result === 'answered') {
        const { status } = exchange.reply
        finish(status >= 200 && status < 400 ? { ok: true } : { ok: false, message: `HTTP probe failed with statuscode: ${status}` })
      } else if (exchange.result === 'wrong-protocol') {
        finish({
          ok: false,
          message: `Get "${url}": ${secure ? 'http: server gave HTTP response to HTTPS client' : `net/http: HTTP/1.x transport connection broken: malformed HTTP response`}`,
        })
      } else failed(exchange.result)
    })
}
