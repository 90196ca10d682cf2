// The only door to fflate: gzip in pure JavaScript.
import { Gunzip, gzipSync } from 'fflate'

export class CompressionError extends Error {}

/** @param level 1 to 9 @param modified seconds since the epoch, for the header */
export function compressed(bytes: Uint8Array, level: number, modified: number): Uint8Array {
  const kept = ([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).find((each) => each === level) ?? 6
  return gzipSync(bytes, { level: kept, mtime: modified * 1000 })
}

export const isCompressed = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b

/**
 * @param most refuses more than this many bytes: a small file may hold an endless one
 * @throws CompressionError in gzip's words
 */
export function decompressed(bytes: Uint8Array, most: number): Uint8Array {
  if (!isCompressed(bytes)) throw new CompressionError('not in gzip format')
  const parts: Uint8Array[] = []
  let size = 0
  try {
    const stream = new Gunzip((chunk) => {
      size += chunk.length
      if (size > most) throw new CompressionError('No space left on device')
      parts.push(chunk)
    })
    // In pieces, so that too much is noticed before it is all there.
    for (let at = 0; at < bytes.length; at += 65_536) stream.push(bytes.subarray(at, at + 65_536), at + 65_536 >= bytes.length)
  } catch (error) {
    if (error instanceof CompressionError) throw error
    throw new CompressionError('invalid compressed data--format violated')
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
