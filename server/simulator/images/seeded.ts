/** A number in [0, 1) that depends on nothing but its arguments: the same container tells the same story again. */
export function noise(seed: string, index: number): number {
  let hash = 2_166_136_261 ^ Math.imul(index + 1, 2_654_435_761)
  for (let at = 0; at < seed.length; at++) hash = Math.imul(hash ^ seed.charCodeAt(at), 16_777_619)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 2_246_822_519)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 3_266_489_917)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}
