/** A request as it was written on a connection. */
export interface ParsedRequest {
  readonly method: string
  /** With its query, as it was sent. */
  readonly path: string
  /** Names are lower-case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Whether the client wants to go on after the answer. */
  readonly keepAlive: boolean
}

/** `refused`: the status that says why; the connection cannot go on. */
type Next = ParsedRequest | { readonly refused: number } | 'continue' | undefined

/** As most servers: what comes before the body. */
const mostHead = 64 * 1024
/** Bodies are held in memory. */
const mostBody = 64 * 1024 * 1024

const decoder = new TextDecoder('latin1')

interface Head {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly keepAlive: boolean
  /** Undefined: chunked. */
  readonly length: number | undefined
}

/** Cuts a stream of bytes into requests. @see RFC 9112 */
export class RequestParser {
  #chunks: Uint8Array[] = []
  #size = 0
  #head: Head | undefined
  #body: Uint8Array[] = []
  #bodySize = 0
  /** Nothing more can be read before so much is there. */
  #wanted = 0
  #askedToContinue = false
  #broken: number | undefined

  push(chunk: Uint8Array): void {
    if (this.#broken !== undefined || chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > mostBody + mostHead) this.#broken = 413
  }

  /** Forgets what has arrived. */
  clear(): void {
    this.#chunks = []
    this.#body = []
    this.#size = 0
    this.#bodySize = 0
  }

  /** The next whole request, if it is there. `'continue'`: its client waits to hear that it may send the body. */
  next(): Next {
    if (this.#broken !== undefined) return { refused: this.#broken }
    if (!this.#head) {
      const head = this.#readHead()
      if (head === undefined) return undefined
      if (typeof head === 'number') return { refused: head }
      this.#head = head
      if (head.headers['expect']?.toLowerCase() === '100-continue' && !this.#askedToContinue && this.#size === 0) {
        this.#askedToContinue = true
        return 'continue'
      }
    }
    const done = this.#head.length === undefined ? this.#readChunked() : this.#readLength(this.#head.length)
    if (typeof done === 'number') return { refused: done }
    if (!done) return undefined
    const { method, path, headers, keepAlive } = this.#head
    const body = joined(this.#body)
    this.#head = undefined
    this.#body = []
    this.#bodySize = 0
    this.#askedToContinue = false
    return { method, path, headers, body, keepAlive }
  }

  #readHead(): Head | number | undefined {
    let bytes = this.#whole()
    // A client may send an empty line between requests (RFC 9112, 2.2).
    while (bytes[0] === 13 && bytes[1] === 10) bytes = this.#skip(2)
    // A person at `nc` ends lines with a bare line feed; servers take that for an end too (RFC 9112, 2.2).
    const [full, bare] = [indexOfText(bytes, '\r\n\r\n'), indexOfText(bytes, '\n\n')]
    const end = bare >= 0 && (full < 0 || bare < full) ? bare : full
    if (end < 0) return bytes.length > mostHead ? 431 : undefined
    if (end > mostHead) return 431
    const text = decoder.decode(bytes.subarray(0, end))
    this.#skip(end + (end === full ? 4 : 2))
    return parseHead(text)
  }

  #readLength(length: number): boolean | number {
    if (length > mostBody) return 413
    if (this.#size < length) return false
    const bytes = this.#whole()
    this.#body = [bytes.slice(0, length)]
    this.#skip(length)
    return true
  }

  #readChunked(): boolean | number {
    for (;;) {
      if (this.#size < this.#wanted) return false
      this.#wanted = 0
      const bytes = this.#whole()
      const line = indexOfText(bytes, '\r\n')
      if (line < 0) return bytes.length > 1024 ? 400 : false
      const size = /^([\da-f]{1,8})\s*(?:;.*)?$/i.exec(decoder.decode(bytes.subarray(0, line)))?.[1]
      if (size === undefined) return 400
      const length = Number.parseInt(size, 16)
      if (this.#bodySize + length > mostBody) return 413
      if (length === 0) {
        // Trailers end with an empty line, as a head does.
        const trailersEnd = indexOfText(bytes.subarray(line), '\r\n\r\n')
        if (trailersEnd < 0) return bytes.length > mostHead ? 431 : false
        this.#skip(line + trailersEnd + 4)
        return true
      }
      const from = line + 2
      if (bytes.length < from + length + 2) {
        this.#wanted = from + length + 2
        return false
      }
      this.#body.push(bytes.slice(from, from + length))
      this.#bodySize += length
      this.#skip(from + length + 2)
    }
  }

  /** All that has arrived, as one piece. */
  #whole(): Uint8Array {
    const whole = joined(this.#chunks)
    this.#chunks = whole.length > 0 ? [whole] : []
    return whole
  }

  #skip(count: number): Uint8Array {
    const rest = this.#whole().subarray(count)
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#size = rest.length
    return rest
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  if (chunks.length === 1 && only) return only
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function indexOfText(bytes: Uint8Array, text: string): number {
  const first = text.charCodeAt(0)
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1
    while (same < text.length && bytes[at + same] === text.charCodeAt(same)) same++
    if (same === text.length) return at
  }
  return -1
}

/** @returns the status that refuses it when it is not one */
function parseHead(text: string): Head | number {
  const [start = '', ...lines] = text.split(/\r?\n/)
  const [, method = '', target = '', version] = /^([!#$%&'*+.^_`|~\w-]+) (\S+) HTTP\/1\.([01])$/.exec(start) ?? []
  if (version === undefined) return 400
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    if (name === '') return 400
    const key = name.toLowerCase()
    // Two lengths, or two hosts, may mean different things to different readers.
    if (headers[key] !== undefined && (key === 'content-length' || key === 'host')) return 400
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  const coding = headers['transfer-encoding']
  const length = headers['content-length']
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || length !== undefined))
    return coding.toLowerCase() === 'chunked' ? 400 : 501
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return 400
  const connection = headers['connection']?.toLowerCase() ?? ''
  const keepAlive = version === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection)
  // A proxy's client may send the whole URL (RFC 9112, 3.2.2).
  const path = /^https?:\/\/[^/]*(\/.*)?$/i.exec(target)
  return {
    method,
    path: path ? (path[1] ?? '/') : target,
    headers,
    keepAlive,
    length: coding === undefined ? Number(length ?? 0) : undefined,
  }
}
