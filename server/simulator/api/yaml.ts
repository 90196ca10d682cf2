import { parse, stringify } from 'yaml'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Tags } from 'yaml'
import type { ApiError } from './door.ts'

/** Deeper, and the parser runs out of stack; nothing honest comes near. */
const deepest = 100

/** The one place that speaks YAML: request bodies and answers to those who ask for it. @throws what `refuse` makes of the mistake */
export function parseYaml(text: string, refuse: (why: string) => ApiError): JsonValue {
  if (flowDepth(text) > deepest) throw refuse('yaml: exceeded max depth')
  try {
    return parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value), { prettyErrors: false }) as JsonValue
  } catch (error) {
    throw refuse(`error converting YAML to JSON: yaml: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`)
  }
}

/** An upper bound on how deep brackets are nested: brackets within strings count too. */
function flowDepth(text: string): number {
  let depth = 0
  let most = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(depth - 1, 0)
    most = Math.max(most, depth)
  }
  return most
}

/** YAML 1.1's pattern takes a lone dot for a number, and would quote it; Go's YAML does not. */
function withoutLoneDots(tags: Tags): Tags {
  return tags.map((tag) =>
    typeof tag === 'object' && 'test' in tag && tag.tag.endsWith(':float') && tag.test?.test('.') ? { ...tag, test: NUMBER } : tag,
  )
}

const NUMBER = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/

export function toYaml(value: JsonObject): string {
  return stringify(value, {
    version: '1.1',
    customTags: withoutLoneDots,
    sortMapEntries: true,
    indentSeq: false,
    aliasDuplicateObjects: false,
    lineWidth: 0,
  })
}
