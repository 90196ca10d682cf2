/** Fails on what is no UTF-8, and keeps a byte order mark, which a file's content is. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
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

/** Characters are put together in runs of this many: what one call may take as arguments. */
const run = 8192

/** Bytes as text, without loss: a byte that is no UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return lossless(bytes)
  }
}

function lossless(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length)
  let size = 0
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at)
    const first = bytes[at] ?? 0
    if (length <= 1) {
      units[size++] = length === 1 ? first : 0xdc00 + first
      at++
      continue
    }
    let code = first & (0x7f >> length)
    for (let next = at + 1; next < at + length; next++) code = (code << 6) | ((bytes[next] ?? 0) & 0x3f)
    if (code >= 0x10000) {
      units[size++] = 0xd800 + ((code - 0x10000) >> 10)
      units[size++] = 0xdc00 + ((code - 0x10000) & 0x3ff)
    } else units[size++] = code
    at += length
  }
  const parts: string[] = []
  for (let at = 0; at < size; at += run) parts.push(String.fromCharCode(...units.subarray(at, Math.min(at + run, size))))
  return parts.join('')
}

/** The bytes that `textOfBytes` made this text of. */
export function bytesOfText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text)
  const bytes = new Uint8Array(text.length * 3)
  let size = 0
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at)
    const low = text.charCodeAt(at + 1)
    if (code >= 0xd800 && code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      at++
    } else if (code >= 0xdc80 && code <= 0xdcff) {
      bytes[size++] = code - 0xdc00
      continue
    } else if (code >= 0xd800 && code < 0xe000) code = 0xfffd
    if (code < 0x80) bytes[size++] = code
    else if (code < 0x800) {
      bytes[size++] = 0xc0 | (code >> 6)
      bytes[size++] = 0x80 | (code & 0x3f)
    } else {
      if (code < 0x10000) bytes[size++] = 0xe0 | (code >> 12)
      else {
        bytes[size++] = 0xf0 | (code >> 18)
        bytes[size++] = 0x80 | ((code >> 12) & 0x3f)
      }
      bytes[size++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[size++] = 0x80 | (code & 0x3f)
    }
  }
  return bytes.slice(0, size)
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
