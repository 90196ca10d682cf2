import type { Draft, DraftValue, JsonObject, JsonValue, StoredObject } from './object.ts'

/** Reading and filling drafts: what is not of the expected shape reads as absent, since decoding has already refused it. */

export function isObject(value: JsonValue | DraftValue | undefined): value is JsonObject & Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function child(parent: Draft | undefined, key: string): Draft | undefined {
  const value = parent?.[key]
  return isObject(value) ? value : undefined
}

/** The object under `key`, made if absent. */
export function ensure(parent: Draft, key: string): Draft {
  const existing = child(parent, key)
  if (existing) return existing
  const made: Draft = {}
  parent[key] = made
  return made
}

export function children(parent: Draft | undefined, key: string): Draft[] {
  const value = parent?.[key]
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function text(parent: Draft | undefined, key: string): string | undefined {
  const value = parent?.[key]
  return typeof value === 'string' ? value : undefined
}

export function integer(parent: Draft | undefined, key: string): number | undefined {
  const value = parent?.[key]
  return typeof value === 'number' ? value : undefined
}

/** Sets what is absent (or, as Go's zero values, empty). */
export function setDefaults(target: Draft, defaults: Draft): void {
  for (const [key, value] of Object.entries(defaults)) {
    if (target[key] === undefined || target[key] === '') target[key] = value
  }
}

/** A copy that may be changed. Absent and undefined fields are the same. */
export function draftOf(value: JsonObject): Draft {
  const copy: Draft = {}
  for (const [key, field] of Object.entries(value)) if (field !== undefined) copy[key] = copyOf(field)
  return copy
}

function copyOf(value: JsonValue): DraftValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => copyOf(item))
  return isObject(value) ? draftOf(value) : (value as DraftValue)
}

/** Declares a draft finished. Nobody may change it from here on. */
export function finished(draft: Draft): StoredObject {
  return draft as unknown as StoredObject
}

/** Whether two values say the same; an undefined field is as good as none. */
export function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item: JsonValue, index) => same(item, b[index] as JsonValue))
    )
  }
  const left = a as JsonObject
  const right = b as JsonObject
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  for (const key of keys) if (!same(left[key], right[key])) return false
  return true
}
