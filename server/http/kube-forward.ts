import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { ForwardedPort, UpgradeAnswer } from '../simulator/api/http.ts'
import type { StreamPeer, StreamServer } from '../simulator/network/stream.ts'
import { serveSpdy } from './spdy.ts'
import { bytesOf } from './web-socket.ts'
import type { WebSocket } from './web-socket.ts'

/** Connects to a port of a pod. */
type Forward = Extract<UpgradeAnswer, { forward: unknown }>['forward']

export interface ForwardOptions {
  readonly forward: Forward
  /** What a server that speaks TLS shows: PEM. */
  readonly key: string
  readonly certificate: string
  readonly report: (error: unknown) => void
}

/** Over SPDY, and over SPDY that is carried in a WebSocket (KEP-4006). Source: k8s.io/apimachinery/pkg/util/portforward/constants.go */
export const forwardProtocol = 'portforward.k8s.io'
export const tunnelProtocol = `SPDY/3.1+${forwardProtocol}`
/** A WebSocket with two channels for each port, as browsers and other languages' clients use it. */
export const forwardChannelProtocols = ['v4.channel.k8s.io'] as const

/** Forwards ports over SPDY: two streams for each connection, which name its port and share a request id. */
export function forwardOverSpdy(connection: Duplex, options: ForwardOptions): void {
  const half = new Map<string, { data?: Duplex; error?: Duplex }>()
  serveSpdy(connection, {
    opened(stream, headers) {
      const port = portOf(headers['port'])
      const kind = headers['streamtype']
      if (port === undefined || (kind !== 'data' && kind !== 'error')) {
        stream.destroy()
        return
      }
      // Clients without request ids open both streams of one port before those of the next.
      const key = `${headers['requestid'] ?? ''}/${port}`
      const pair = { ...half.get(key), [kind]: stream }
      half.set(key, pair)
      stream.on('close', () => half.delete(key))
      if (!pair.data || !pair.error) return
      half.delete(key)
      connect(pair.data, pair.error, port, options)
    },
    closed: () => half.clear(),
  })
}

function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

/** Ports that `ports=80&ports=8080` or `ports=80,8080` asks for; undefined when one of them is none. */
export function portsAsked(query: URLSearchParams): readonly number[] | undefined {
  const ports = [...query.getAll('ports'), ...query.getAll('port')].flatMap((each) => each.split(',')).map(portOf)
  return ports.length > 0 && ports.length <= 100 && ports.every((port) => port !== undefined) ? ports : undefined
}

/** Forwards ports over a WebSocket: channel 2n is the data of the nth port and 2n+1 its errors; each begins with the port, little-endian. */
export function forwardOverChannels(webSocket: WebSocket, ports: readonly number[], options: ForwardOptions): void {
  const channels = ports.flatMap((port, index) => [new Channel(webSocket, 2 * index, port), new Channel(webSocket, 2 * index + 1, port)])
  let open = ports.length
  webSocket.on('message', (data) => {
    const message = bytesOf(data)
    channels[message[0] ?? channels.length]?.received(message.subarray(1))
  })
  webSocket.on('close', () => {
    for (const channel of channels) channel.destroy()
  })
  ports.forEach((port, index) => {
    const [data, error] = [channels[2 * index], channels[2 * index + 1]]
    if (!data || !error) return
    data.on('close', () => void (--open === 0 && webSocket.close(1000)))
    connect(data, error, port, options)
  })
}

/** One direction's worth of buffering before a writer waits. */
const mostUnsent = 1024 * 1024

/** One numbered channel of a WebSocket as a stream. */
class Channel extends Duplex {
  readonly #webSocket: WebSocket
  readonly #number: number

  constructor(webSocket: WebSocket, number: number, port: number) {
    super({ allowHalfOpen: true })
    this.#webSocket = webSocket
    this.#number = number
    this.on('error', () => undefined)
    webSocket.send(Buffer.from([number, port & 0xff, port >> 8]), { binary: true })
  }

  received(chunk: Buffer): void {
    if (!this.destroyed && chunk.length > 0) this.push(chunk)
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const message = Buffer.concat([Buffer.of(this.#number), chunk])
    // With a callback it waits for the socket; only a client that lags behind is worth that.
    if (this.#webSocket.bufferedAmount < mostUnsent) {
      this.#webSocket.send(message, { binary: true })
      done()
    } else this.#webSocket.send(message, { binary: true }, () => done())
  }

  override _final(done: () => void): void {
    done()
    this.destroy()
  }
}

/** Joins a client's two streams to what listens in the pod. */
function connect(data: Duplex, error: Duplex, port: number, options: ForwardOptions): void {
  // Nothing is ever read from it, but its end has to be noticed.
  error.resume()
  const fail = (message: string) => {
    error.end(message)
    data.end()
    data.resume()
  }
  options.forward(port).then(
    (forwarded: ForwardedPort) => {
      if (data.destroyed) return
      if (!forwarded.ok) return fail(forwarded.message)
      for (const over of ['finish', 'close']) data.on(over, () => error.end())
      serve(forwarded.tls ? secured(data, options) : data, forwarded.accept)
    },
    (problem: unknown) => {
      options.report(problem)
      fail(`error forwarding port ${port}: ${problem instanceof Error ? problem.message : String(problem)}`)
    },
  )
}

/** The server's side of TLS on a client's stream. */
function secured(data: Duplex, { key, certificate }: ForwardOptions): Duplex {
  const secure = new TLSSocket(data, { isServer: true, key, cert: certificate, ALPNProtocols: ['http/1.1'] })
  secure.on('error', () => data.destroy())
  secure.on('close', () => data.destroy())
  return secure
}

function serve(stream: Duplex, accept: (peer: StreamPeer) => StreamServer): void {
  const server = accept({
    write(chunk) {
      if (stream.destroyed || !stream.writable || stream.write(chunk)) return undefined
      return new Promise((resolve) => {
        const resume = () => {
          stream.off('drain', resume)
          stream.off('close', resume)
          resolve()
        }
        stream.on('drain', resume)
        stream.on('close', resume)
      })
    },
    end: () => void stream.end(),
    reset: () => void stream.destroy(),
  })
  stream.on('data', (chunk: Buffer) => server.data(chunk))
  stream.on('end', () => server.end())
  stream.on('close', () => server.close())
}
