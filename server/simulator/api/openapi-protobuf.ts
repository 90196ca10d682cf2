import { isObject } from '../resources/draft.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'

/**
 * Version 2's definitions as protobuf, the only form in which kubectl reads them.
 * @see https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
export function protobufDocument(title: string, version: string, definitions: { readonly [name: string]: JsonObject }): Uint8Array {
  const info = [text(1, title), text(2, version)]
  const named = Object.entries(definitions).map(([name, schema]) => message(1, [text(1, name), message(2, schemaFields(schema))]))
  return joined([text(1, '2.0'), message(2, info), message(8, []), message(9, named)])
}

const encoder = new TextEncoder()

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

/** A length-delimited field. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return joined([Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes])
}

const text = (number: number, value: string): Uint8Array => field(number, encoder.encode(value))
const message = (number: number, fields: readonly Uint8Array[]): Uint8Array => field(number, joined(fields))
/** An `Any` that holds YAML; JSON is YAML. */
const any = (number: number, value: JsonValue): Uint8Array => message(number, [text(2, `${JSON.stringify(value)}\n`)])

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The fields of a `Schema`, in the order of their numbers. */
function schemaFields(schema: JsonObject): readonly Uint8Array[] {
  const fields: Uint8Array[] = []
  const { $ref, format, description, type, items, properties, additionalProperties, required } = schema
  if (typeof $ref === 'string') fields.push(text(1, $ref))
  if (typeof format === 'string') fields.push(text(2, format))
  if (typeof description === 'string') fields.push(text(4, description))
  if (schema['default'] !== undefined) fields.push(any(5, schema['default']))
  if (Array.isArray(required)) for (const name of required) fields.push(text(19, String(name)))
  const values = schema['enum']
  if (Array.isArray(values)) for (const value of values as readonly JsonValue[]) fields.push(any(20, value))
  if (isObject(additionalProperties)) fields.push(message(21, [message(1, schemaFields(additionalProperties))]))
  if (typeof type === 'string') fields.push(message(22, [text(1, type)]))
  if (isObject(items)) fields.push(message(23, [message(1, schemaFields(items))]))
  if (isObject(properties)) {
    const named = Object.entries(properties).map(([name, property]) =>
      message(1, [text(1, name), message(2, isObject(property) ? schemaFields(property) : [])]),
    )
    fields.push(message(25, named))
  }
  for (const [name, value] of Object.entries(schema)) {
    if (name.startsWith('x-') && value !== undefined) fields.push(message(31, [text(1, name), any(2, value)]))
  }
  return fields
}
