import { isObject } from '../resources/draft.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'

/** JSON merge patch. @see https://www.rfc-editor.org/rfc/rfc7396 */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch
  const result: { [key: string]: JsonValue | undefined } = isObject(target) ? { ...(target as JsonObject) } : {}
  for (const [key, value] of Object.entries(patch as JsonObject)) {
    if (value === null) delete result[key]
    else if (value !== undefined) result[key] = mergePatch(result[key], value)
  }
  return result
}
