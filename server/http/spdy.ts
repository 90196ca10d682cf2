import { Duplex } from 'node:stream'
import { constants, inflateRawSync } from 'node:zlib'
import { spdyDictionary } from './spdy-dictionary.ts'

/**
 * The part of SPDY/3.1 that Kubernetes' clients speak on an upgraded connection, seen from the server: they open streams,
 * both sides write and half-close. They ignore flow control (github.com/moby/spdystream has none), so TCP's is all there is.
 * @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
export interface SpdyHandlers {
  /** A client has opened a stream. Header names are lower-case. */
  opened(stream: Duplex, headers: Readonly<Record<string, string>>): void
  /** The connection is over. */
  closed(): void
}

const FRAME = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const
const FIN = 1
const PROTOCOL_ERROR = 1
const REFUSED_STREAM = 3
const INTERNAL_ERROR = 6

/** Two for each forwarded connection. */
const mostStreams = 2000
/** Headers of a stream are a handful of words. */
const mostHeaders = 16 * 1024
const mostFrame = 16 * 1024 * 1024

/** Speaks SPDY on `connection` until it ends. Whatever is no SPDY ends it. */
export function serveSpdy(connection: Duplex, handlers: SpdyHandlers): void {
  const session = new SpdySession(connection, handlers)
  connection.on('error', () => connection.destroy())
  // Two listeners would be a stream's own for each of them.
  connection.setMaxListeners(0)
  void session.read().finally(() => {
    connection.destroy()
    session.end()
  })
}

class SpdySession {
  readonly #connection: Duplex
  readonly #handlers: SpdyHandlers
  readonly #streams = new Map<number, SpdyStream>()
  readonly #inflate = new HeaderInflater()
  #replied = false
  #waiting: (() => void)[] = []

  constructor(connection: Duplex, handlers: SpdyHandlers) {
    this.#connection = connection
    this.#handlers = handlers
    connection.on('drain', () => this.#drained())
  }

  /** Reads frames until there are none. */
  async read(): Promise<void> {
    let rest: Buffer = Buffer.alloc(0)
    let wanted = 8
    let chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of this.#connection as AsyncIterable<Buffer>) {
        chunks.push(chunk)
        size += chunk.length
        if (size < wanted) continue
        rest = Buffer.concat(chunks)
        while (rest.length >= 8) {
          const length = rest.readUIntBE(5, 3)
          if (length > mostFrame) return
          wanted = 8 + length
          if (rest.length < wanted) break
          this.#frame(rest.subarray(0, wanted))
          rest = rest.subarray(wanted)
          wanted = 8
        }
        chunks = [rest]
        size = rest.length
      }
    } catch {
      // The client is gone, or what it wrote is no SPDY: the connection ends either way.
    }
  }

  end(): void {
    for (const stream of this.#streams.values()) stream.lost()
    this.#streams.clear()
    this.#drained()
    this.#handlers.closed()
  }

  #drained(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  #frame(frame: Buffer): void {
    const first = frame.readUInt32BE(0)
    const flags = frame.readUInt8(4)
    const body = frame.subarray(8)
    if (first < 0x80000000) return this.#data(first, flags, body)
    const type = first & 0xffff
    if (type === FRAME.synStream) this.#open(body, flags)
    else if (type === FRAME.rstStream) this.#reset(body.readUInt32BE(0))
    else if (type === FRAME.ping) void this.#write(controlFrame(FRAME.ping, 0, body.subarray(0, 4)))
    // GOAWAY: the streams that are open go on. SETTINGS, WINDOW_UPDATE and others change nothing here.
  }

  #open(body: Buffer, flags: number): void {
    const id = body.readUInt32BE(0) & 0x7fffffff
    // Read in any case: the compression goes on over all headers.
    const headers = this.#inflate.read(body.subarray(10))
    const taken = this.#streams.has(id)
    if (taken || id % 2 === 0 || this.#streams.size >= mostStreams) {
      this.sendReset(id, taken || id % 2 === 0 ? PROTOCOL_ERROR : REFUSED_STREAM)
      return
    }
    const stream = new SpdyStream(id, this)
    this.#streams.set(id, stream)
    void this.#write(controlFrame(FRAME.synReply, 0, Buffer.concat([idOf(id), this.#noHeaders()])))
    this.#handlers.opened(stream, headers)
    if (flags & FIN) stream.finished()
  }

  #data(id: number, flags: number, chunk: Buffer): void {
    const stream = this.#streams.get(id)
    if (!stream) return
    if (chunk.length > 0) stream.received(Buffer.from(chunk))
    if (flags & FIN) stream.finished()
  }

  #reset(id: number): void {
    const stream = this.#streams.get(id & 0x7fffffff)
    this.#streams.delete(id & 0x7fffffff)
    stream?.lost()
  }

  /**
   * An empty header block: a stored block, which needs no compressor; the first one after zlib's own header, which names the
   * dictionary (RFC 1950, 2.2; RFC 1951, 3.2.4).
   */
  #noHeaders(): Buffer {
    // The empty block behind it makes the reader look at what came before, as after Z_SYNC_FLUSH.
    const stored = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
    if (this.#replied) return stored
    this.#replied = true
    return Buffer.concat([Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]), stored])
  }

  sendData(id: number, chunk: Buffer): Promise<void> | undefined {
    return this.#write(dataFrame(id, 0, chunk))
  }

  sendFin(id: number): void {
    void this.#write(dataFrame(id, FIN, Buffer.alloc(0)))
  }

  sendReset(id: number, code = INTERNAL_ERROR): void {
    const status = Buffer.alloc(4)
    status.writeUInt32BE(code)
    void this.#write(controlFrame(FRAME.rstStream, 0, Buffer.concat([idOf(id), status])))
  }

  forget(id: number): void {
    this.#streams.delete(id)
  }

  #write(frame: Buffer): Promise<void> | undefined {
    const connection = this.#connection
    if (!connection.writable || connection.write(frame)) return undefined
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** One stream: what the client writes is read from it, and the other way round. */
class SpdyStream extends Duplex {
  readonly #id: number
  readonly #session: SpdySession
  #heardAll = false
  #saidAll = false

  constructor(id: number, session: SpdySession) {
    super({ allowHalfOpen: true, emitClose: true })
    this.#id = id
    this.#session = session
    this.on('error', () => undefined)
  }

  received(chunk: Buffer): void {
    if (!this.#heardAll && !this.destroyed) this.push(chunk)
  }

  finished(): void {
    if (this.#heardAll) return
    this.#heardAll = true
    if (!this.destroyed) this.push(null)
    this.#forgetWhenDone()
  }

  /** Its other end is gone. */
  lost(): void {
    this.#heardAll = true
    this.#saidAll = true
    this.destroy()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const wait = this.#session.sendData(this.#id, chunk)
    if (wait) void wait.then(() => done())
    else done()
  }

  override _final(done: () => void): void {
    this.#saidAll = true
    this.#session.sendFin(this.#id)
    this.#forgetWhenDone()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#saidAll || !this.#heardAll) this.#session.sendReset(this.#id)
    this.#session.forget(this.#id)
    done(error)
  }

  #forgetWhenDone(): void {
    if (this.#heardAll && this.#saidAll) this.#session.forget(this.#id)
  }
}

/** Headers are compressed with one context for the whole connection: what came before is the next block's dictionary. */
class HeaderInflater {
  #window: Buffer = spdyDictionary
  #begun = false

  /** @throws when it is no header block */
  read(block: Buffer): Record<string, string> {
    // zlib's header and the dictionary's checksum come first.
    const deflated = this.#begun ? block : block.subarray(6)
    this.#begun = true
    const bytes = inflateRawSync(deflated, {
      dictionary: this.#window,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: mostHeaders,
    })
    this.#window = Buffer.concat([this.#window, bytes]).subarray(-32_768)
    return parseHeaders(bytes)
  }
}

function parseHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  let at = 4
  const text = (): string => {
    const length = bytes.readUInt32BE(at)
    if (at + 4 + length > bytes.length) throw new Error('a header is longer than its block')
    at += 4 + length
    return bytes.toString('latin1', at - length, at)
  }
  for (let left = bytes.readUInt32BE(0); left > 0; left--) {
    const name = text().toLowerCase()
    headers[name] = text()
  }
  return headers
}

function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(0x8003, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt32BE(((flags << 24) | body.length) >>> 0, 4)
  return Buffer.concat([head, body])
}

function dataFrame(id: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(id, 0)
  head.writeUInt32BE(((flags << 24) | body.length) >>> 0, 4)
  return Buffer.concat([head, body])
}

function idOf(id: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(id)
  return bytes
}
