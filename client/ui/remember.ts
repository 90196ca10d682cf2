import type { z } from 'zod'

/** What this browser chose before, if it is still of the right shape. Private windows may refuse storage: then the fallback. */
export function recall<T>(key: string, schema: z.ZodType<T>, fallback: T): T {
  try {
    const stored = localStorage.getItem(`deckhand.${key}`)
    const parsed = stored === null ? undefined : schema.safeParse(JSON.parse(stored))
    return parsed?.success ? parsed.data : fallback
  } catch {
    return fallback
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`deckhand.${key}`, JSON.stringify(value))
  } catch {
    // Nothing is lost but the choice itself.
  }
}
