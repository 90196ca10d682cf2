import { bytesOfText, textOfBytes } from '../bytes.ts'
import { RequestParser } from './http-parser.ts'
import type { ParsedRequest } from './http-parser.ts'
import type { StreamPeer, StreamServer } from './stream.ts'
import type { HttpReply, HttpRequest } from './view.ts'

/** Answers one request; undefined when the connection breaks instead. */
type Answer = (request: HttpRequest) => Promise<HttpReply | undefined>

/** So much is written before it is asked whether the client keeps up. */
const pieceSize = 64 * 1024

const encoder = new TextEncoder()

const PHRASES: { readonly [status: number]: string } = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  418: "I'm a teapot",
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** A server of HTTP/1.1 on one connection: requests one after the other, pipelined or not. @see RFC 9112 */
export function httpServer(peer: StreamPeer, secure: boolean, answer: Answer): StreamServer {
  return new HttpConnection(peer, secure, answer)
}

class HttpConnection implements StreamServer {
  readonly #peer: StreamPeer
  readonly #secure: boolean
  readonly #answer: Answer
  readonly #parser = new RequestParser()
  #busy = false
  #over = false
  #clientDone = false

  constructor(peer: StreamPeer, secure: boolean, answer: Answer) {
    this.#peer = peer
    this.#secure = secure
    this.#answer = answer
  }

  data(chunk: Uint8Array): void {
    if (this.#over) return
    this.#parser.push(chunk)
    void this.#work()
  }

  end(): void {
    this.#clientDone = true
    void this.#work()
  }

  close(): void {
    this.#over = true
    this.#parser.clear()
  }

  /** Answers what has arrived, in order. */
  async #work(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      while (!this.#over) {
        const next = this.#parser.next()
        if (next === 'continue') void this.#peer.write(encoder.encode('HTTP/1.1 100 Continue\r\n\r\n'))
        else if (next === undefined) break
        else if ('refused' in next) await this.#refuse(next.refused)
        else await this.#respond(next)
      }
    } catch {
      this.#stop(() => this.#peer.reset())
    } finally {
      this.#busy = false
    }
    if (this.#clientDone && !this.#over) this.#stop(() => this.#peer.end())
  }

  #stop(last: () => void): void {
    if (this.#over) return
    this.close()
    last()
  }

  async #refuse(status: number): Promise<void> {
    const reply = { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `${status} ${PHRASES[status] ?? ''}` }
    await this.#write(reply, 'GET', false)
    this.#stop(() => this.#peer.end())
  }

  async #respond(request: ParsedRequest): Promise<void> {
    const { method, path, headers, keepAlive } = request
    const host = headers['host'] ?? ''
    const reply = await this.#answer({ secure: this.#secure, method, host, path, headers, body: textOfBytes(request.body) })
    if (this.#over) return
    if (!reply) return this.#stop(() => this.#peer.reset())
    await this.#write(reply, method, keepAlive)
    if (!keepAlive) this.#stop(() => this.#peer.end())
  }

  async #write(reply: HttpReply, method: string, keepAlive: boolean): Promise<void> {
    const body = bytesOfText(reply.body)
    await this.#peer.write(encoder.encode(headOf(reply, method, body.length, keepAlive)))
    if (method === 'HEAD' || bodiless(reply.status)) return
    for (let at = 0; at < body.length && !this.#over; at += pieceSize) await this.#peer.write(body.subarray(at, at + pieceSize))
  }
}

function bodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304
}

/** Headers that are about this one connection or about the body's length are made here. */
const OWN_HEADERS = ['connection', 'content-length', 'transfer-encoding', 'keep-alive']

function headOf(reply: HttpReply, method: string, length: number, keepAlive: boolean): string {
  const given = Object.entries(reply.headers)
  const told = given.find(([name]) => name.toLowerCase() === 'content-length')?.[1]
  const size = method === 'HEAD' ? (told ?? String(length)) : String(length)
  const lines = [
    `HTTP/1.1 ${reply.status} ${PHRASES[reply.status] ?? ''}`,
    ...given.filter(([name]) => !OWN_HEADERS.includes(name.toLowerCase())).map(([name, value]) => `${name}: ${oneLine(value)}`),
    ...(bodiless(reply.status) ? [] : [`Content-Length: ${size}`]),
    `Connection: ${keepAlive ? 'keep-alive' : 'close'}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** A value with a line break in it would begin another header. */
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n]+/g, ' ')
}
