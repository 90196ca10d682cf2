/** One value of ASN.1's distinguished encoding. */
export interface Der {
  /** The identifier octet: 0x30 is a sequence, 0xa0 to 0xaf are told apart by their context. */
  readonly tag: number
  readonly bytes: Uint8Array
  /** The value with its header, as a fingerprint covers it. */
  readonly whole: Uint8Array
}

/** What is not such an encoding. */
export class DerError extends Error {}

/** Reads the value that begins at `at`. @throws DerError (X.690) */
export function readDer(bytes: Uint8Array, at = 0): Der {
  const tag = bytes[at]
  let length = bytes[at + 1]
  if (tag === undefined || length === undefined) throw new DerError('too short')
  let start = at + 2
  if (length >= 0x80) {
    const octets = length - 0x80
    if (octets === 0 || octets > 4) throw new DerError('bad length')
    length = bytes.subarray(start, start + octets).reduce((sum, byte) => sum * 256 + byte, 0)
    start += octets
  }
  if (start + length > bytes.length) throw new DerError('too short')
  return { tag, bytes: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) }
}

/** The values that one is made of. @throws DerError */
export function partsOf(value: Der): readonly Der[] {
  const parts: Der[] = []
  for (let at = 0; at < value.bytes.length;) {
    const part = readDer(value.bytes, at)
    parts.push(part)
    at += part.whole.length
  }
  return parts
}

/** An object identifier in dots. */
export function oidOf({ bytes }: Der): string {
  const numbers: number[] = []
  let number = 0
  for (const byte of bytes) {
    number = number * 128 + (byte & 127)
    if (byte >= 128) continue
    numbers.push(number)
    number = 0
  }
  const [first = 0, ...rest] = numbers
  const root = Math.min(Math.floor(first / 40), 2)
  return [root, first - root * 40, ...rest].join('.')
}

/** UTCTime or GeneralizedTime, in milliseconds since the epoch. */
export function timeOf({ tag, bytes }: Der): number {
  const text = String.fromCharCode(...bytes)
  const full = tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  return Date.parse(full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}
