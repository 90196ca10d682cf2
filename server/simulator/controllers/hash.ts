// No vowels and no digits that look like letters, so that no name becomes a word.
const safe = 'bcdfghjklmnpqrstvwxz2456789'

/** FNV-1a, 32 bits. http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

/** JSON whose keys are sorted, so that equal content gives equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** What `pod-template-hash` and `controller-revision-hash` look like: up to ten characters of the safe alphabet. */
export function templateHash(template: unknown, collisions = 0): string {
  const digits = String(fnv1a(canonicalJson(template) + (collisions > 0 ? `#${collisions}` : '')))
  return [...digits].map((digit) => safe[digit.charCodeAt(0) % safe.length]).join('')
}
