import { parse, stringify } from 'yaml'
import type { JsonObject, JsonValue } from '../resources/object.ts'

/** The one place that speaks YAML: request bodies and answers to those who ask for it. */
export function parseYaml(text: string): JsonValue {
  return parse(text) as JsonValue
}

export function toYaml(value: JsonObject): string {
  return stringify(value, { version: '1.1', sortMapEntries: true, indentSeq: false, aliasDuplicateObjects: false, lineWidth: 0 })
}
