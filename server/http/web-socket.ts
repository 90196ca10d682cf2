import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws'
import type { RawData } from 'ws'

/** The one door to `ws`: both the people's sockets and `kubectl exec` come through here. */
export { WebSocket }
export type { RawData }

export interface UpgraderOptions {
  /** The most bytes that one message may hold; a longer one closes its socket (code 1009). */
  readonly maxPayload: number
  /** Subprotocols we speak, the best first. A client that offers none of them gets a socket without one. */
  readonly protocols?: readonly string[]
}

export interface Upgrader {
  /**
   * Answers a request to upgrade. A handshake that is not one (RFC 6455, 4.2.1) is refused with 400 and `opened` is not called.
   * A socket that fails later closes; it never raises an unhandled error.
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, opened: (webSocket: WebSocket) => void): void
  /** Ends every socket that was accepted, at once. */
  close(): void
}

/** Turns HTTP upgrades into WebSockets. */
export function createUpgrader({ maxPayload, protocols = [] }: UpgraderOptions): Upgrader {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  })
  return {
    accept(request, socket, head, opened) {
      socket.on('error', () => socket.destroy())
      server.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', () => webSocket.terminate())
        opened(webSocket)
      })
    },
    close() {
      for (const webSocket of server.clients) webSocket.terminate()
      server.close()
    },
  }
}

/** A message's bytes, however `ws` holds them. */
export function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}

/** A WebSocket's binary messages as one stream of bytes, which waits for a reader that lags behind. */
export function streamOf(webSocket: WebSocket): Duplex {
  return createWebSocketStream(webSocket)
}
