const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** How many bytes the UTF-8 character at `at` has; 0 when there is none (RFC 3629, 4). */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  const second = bytes[at + 1] ?? 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let next = at + 2; next < at + length; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

/** TextDecoder takes a byte order mark away; a file keeps it. */
function decoded(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return marked ? `\ufeff${decoder.decode(bytes.subarray(3))}` : decoder.decode(bytes)
}

/** Bytes as text, without loss: a byte that is no UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF. */
export function textOfBytes(bytes: Uint8Array): string {
  const parts: string[] = []
  let from = 0
  let at = 0
  while (at < bytes.length) {
    const length = characterLength(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    if (at > from) parts.push(decoded(bytes.subarray(from, at)))
    parts.push(String.fromCharCode(0xdc00 + (bytes[at] ?? 0)))
    from = ++at
  }
  if (at > from) parts.push(decoded(bytes.subarray(from, at)))
  return parts.join('')
}

/** The bytes that `textOfBytes` made this text of. */
export function bytesOfText(text: string): Uint8Array {
  const whole = encoder.encode(text)
  // With the u flag only surrogates without a partner match.
  if (!/[\udc80-\udcff]/u.test(text)) return whole
  // The encoder wrote three bytes (U+FFFD) for each of them: the result is shorter.
  const bytes = new Uint8Array(whole.length)
  let size = 0
  for (const part of text.split(/([\udc80-\udcff]+)/u)) {
    if (/^[\udc80-\udcff]/u.test(part)) {
      for (let at = 0; at < part.length; at++) bytes[size++] = part.charCodeAt(at) - 0xdc00
      continue
    }
    const encoded = encoder.encode(part)
    bytes.set(encoded, size)
    size += encoded.length
  }
  return bytes.subarray(0, size)
}

/** Decodes a stream of chunks, whose borders may fall within a character. */
export class ByteDecoder {
  #rest = new Uint8Array()

  decode(chunk: Uint8Array): string {
    const bytes = new Uint8Array(this.#rest.length + chunk.length)
    bytes.set(this.#rest)
    bytes.set(chunk, this.#rest.length)
    const end = bytes.length - unfinished(bytes)
    this.#rest = bytes.slice(end)
    return textOfBytes(bytes.subarray(0, end))
  }

  /** What is left when nothing more comes. */
  end(): string {
    const text = textOfBytes(this.#rest)
    this.#rest = new Uint8Array()
    return text
  }
}

/** How many bytes at the end may be the beginning of a character. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc2) return (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0) > back ? back : 0
  }
  return 0
}
