import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ApiResponse, UpgradeAnswer } from '../simulator/api/http.ts'
import { execProtocols, runExec } from './kube-exec.ts'
import { execSpdyProtocol, runExecOverSpdy } from './kube-exec-spdy.ts'
import {
  forwardChannelProtocols,
  forwardOverChannels,
  forwardOverSpdy,
  forwardProtocol,
  portsAsked,
  tunnelProtocol,
} from './kube-forward.ts'
import { statusResponse } from './kube-status.ts'
import { createUpgrader, streamOf } from './web-socket.ts'

export interface KubeUpgradesOptions {
  /** PEM, for servers inside the cluster that speak TLS. */
  readonly key: string
  readonly certificate: string
  /** The most bytes of one WebSocket message. */
  readonly maxPayload: number
  readonly report: (error: unknown) => void
}

type Accepted = Extract<UpgradeAnswer, { accepted: true }>

/** Upgraded connections of one listener: exec, attach and portforward, over WebSocket or SPDY/3.1. */
export interface KubeUpgrades {
  /** Carries out what the API has accepted. @returns why it cannot be, when the client speaks nothing that is understood here */
  accept(request: IncomingMessage, query: URLSearchParams, socket: Duplex, head: Buffer, accepted: Accepted): ApiResponse | undefined
  close(): void
}

export function createKubeUpgrades({ key, certificate, maxPayload, report }: KubeUpgradesOptions): KubeUpgrades {
  const shells = createUpgrader({ maxPayload, protocols: execProtocols })
  const tunnels = createUpgrader({ maxPayload, protocols: [tunnelProtocol, ...forwardChannelProtocols] })
  return {
    accept(request, query, socket, head, accepted) {
      const over = transportOf(request)
      if (over === undefined) return refusal('unable to upgrade: neither WebSocket nor SPDY/3.1 was asked for')
      const offered = offers(request, over)
      if ('start' in accepted) {
        const spoken = over === 'spdy' ? [execSpdyProtocol] : execProtocols
        const refused = unspoken(offered, spoken)
        if (refused) return refused
        if (over === 'spdy') runExecOverSpdy(switched(socket, head, execSpdyProtocol), query, accepted.start, report)
        else shells.accept(request, socket, head, (webSocket) => runExec(webSocket, accepted.start, report))
        return undefined
      }
      const options = { forward: accepted.forward, key, certificate, report }
      if (over === 'spdy') {
        const refused = unspoken(offered, [forwardProtocol])
        if (refused) return refused
        forwardOverSpdy(switched(socket, head, forwardProtocol), options)
      } else if (offered.includes(tunnelProtocol)) {
        tunnels.accept(request, socket, head, (webSocket) => forwardOverSpdy(streamOf(webSocket), options))
      } else {
        const refused = unspoken(offered, [tunnelProtocol, ...forwardChannelProtocols])
        if (refused) return refused
        const ports = portsAsked(query)
        if (!ports) return refusal('query parameter "ports" is required: numbers from 1 to 65535')
        tunnels.accept(request, socket, head, (webSocket) => forwardOverChannels(webSocket, ports, options))
      }
      return undefined
    },
    close() {
      shells.close()
      tunnels.close()
    },
  }
}

function transportOf(request: IncomingMessage): 'websocket' | 'spdy' | undefined {
  const upgrade = request.headers.upgrade?.toLowerCase()
  return upgrade === 'websocket' ? 'websocket' : upgrade === 'spdy/3.1' ? 'spdy' : undefined
}

/** Protocols that the client would speak. */
function offers(request: IncomingMessage, over: 'websocket' | 'spdy'): readonly string[] {
  const header = request.headers[over === 'spdy' ? 'x-stream-protocol-version' : 'sec-websocket-protocol']
  return [header ?? []].flat().flatMap((each) => each.split(',').map((name) => name.trim()))
}

function unspoken(offered: readonly string[], spoken: readonly string[]): ApiResponse | undefined {
  if (spoken.some((protocol) => offered.includes(protocol))) return undefined
  return refusal(`unable to upgrade: none of the offered protocols is one of ${spoken.join(', ')}`)
}

function refusal(message: string): ApiResponse {
  return statusResponse(400, 'BadRequest', message)
}

/** The connection after the answer that turns it into SPDY. */
function switched(socket: Duplex, head: Buffer, protocol: string): Duplex {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  )
  if (head.length > 0) socket.unshift(head)
  return socket
}
