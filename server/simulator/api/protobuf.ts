import { rfc3339 } from '../../kernel/clock.ts'
import { FIELD_NUMBERS, KEPT_ZEROS } from './protobuf-fields.ts'
import type { Draft, DraftValue, JsonObject } from '../resources/object.ts'
import type { Schema, Schemas } from '../resources/schema.ts'

/** A body that is not Kubernetes protobuf, or a message that we have no numbers for. */
export class ProtobufError extends Error {}

/** `k8s\0`: what every Kubernetes protobuf body begins with. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00]

type Field = { readonly number: number; readonly bytes: Uint8Array } | { readonly number: number; readonly value: bigint }

/**
 * Reads a Kubernetes protobuf body as JSON.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 * @throws ProtobufError
 */
export function fromProtobuf(schemas: Schemas, body: Uint8Array): JsonObject {
  if (MAGIC.some((byte, index) => body[index] !== byte)) throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  const unknown = [...fieldsOf(body.subarray(MAGIC.length))]
  const type = [...fieldsOf(bytesOf(unknown, 1))]
  const apiVersion = textOf(bytesOf(type, 1))
  const kind = textOf(bytesOf(type, 2))
  const schema = schemas.nameOf(apiVersion, kind) ?? (kind === 'Eviction' ? 'io.k8s.api.policy.v1.Eviction' : undefined)
  if (schema === undefined) throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`)
  return { ...new MessageReader(schemas).message(schema, bytesOf(unknown, 2)), apiVersion, kind } as JsonObject
}

class MessageReader {
  readonly #schemas: Schemas

  constructor(schemas: Schemas) {
    this.#schemas = schemas
  }

  message(schemaName: string, bytes: Uint8Array): Draft {
    // A message without numbers here is one that only servers fill: nothing of it is read.
    const names = FIELD_NUMBERS[schemaName]?.split(',')
    const schema = this.#schemas.get(schemaName)
    const result: Draft = {}
    for (const field of fieldsOf(bytes)) {
      const name = names?.[field.number]
      if (name?.startsWith('+') && 'bytes' in field) {
        const inner = name.slice(1)
        for (const embedded of fieldsOf(field.bytes)) this.#add(result, inner, schema?.properties?.[inner], embedded)
      } else if (name) this.#add(result, name, schema?.properties?.[name], field)
      else if (names && ('bytes' in field ? field.bytes.length > 0 : field.value !== 0n)) throw new ProtobufError(`field ${field.number} of ${schemaName} is not known here`)
    }
    return result
  }

  #add(into: Draft, name: string, property: Schema | undefined, field: Field): void {
    if (!property) return
    const { schema } = this.#schemas.resolve(property)
    const existing = into[name]
    if (schema.items) {
      const item = this.#value(schema.items, field)
      if (item !== undefined) into[name] = [...(Array.isArray(existing) ? existing : []), item]
    } else if (schema.additionalProperties && 'bytes' in field) {
      const entry = [...fieldsOf(field.bytes)]
      const value = this.#value(schema.additionalProperties, entry.find(({ number }) => number === 2) ?? { number: 2, bytes: new Uint8Array() })
      if (value !== undefined) into[name] = { ...(existing as Draft | undefined), [textOf(bytesOf(entry, 1))]: value }
    } else {
      const value = this.#value(property, field)
      const isZero = value === '' || value === false || (value === 0 && !KEPT_ZEROS.includes(name))
      if (value !== undefined && !isZero) into[name] = value
    }
  }

  #value(reference: Schema, field: Field): DraftValue | undefined {
    const { schema, name } = this.#schemas.resolve(reference)
    if ('value' in field) return schema.type === 'boolean' ? field.value !== 0n : Number(BigInt.asIntN(64, field.value))
    if (schema.format === 'date-time') return time(field.bytes)
    if (schema.format === 'int-or-string') return intOrString(field.bytes)
    if (name?.endsWith('.Quantity')) return textOf(bytesOf([...fieldsOf(field.bytes)], 1))
    if (schema.format === 'byte') return btoa(String.fromCharCode(...field.bytes))
    if (schema.type === 'string') return textOf(field.bytes)
    return name === undefined ? undefined : this.message(name, field.bytes)
  }
}

function time(bytes: Uint8Array): string | undefined {
  const seconds = [...fieldsOf(bytes)].find(({ number }) => number === 1)
  return seconds && 'value' in seconds ? rfc3339(Number(BigInt.asIntN(64, seconds.value)) * 1000) : undefined
}

function intOrString(bytes: Uint8Array): number | string {
  const fields = [...fieldsOf(bytes)]
  const number = (wanted: number): number => {
    const field = fields.find((candidate) => candidate.number === wanted)
    return field && 'value' in field ? Number(BigInt.asIntN(64, field.value)) : 0
  }
  return number(1) === 1 ? textOf(bytesOf(fields, 3)) : number(2)
}

function bytesOf(fields: readonly Field[], number: number): Uint8Array {
  const field = fields.find((candidate) => candidate.number === number)
  return field && 'bytes' in field ? field.bytes : new Uint8Array()
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** The wire format. @see https://protobuf.dev/programming-guides/encoding/ */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new ProtobufError('unexpected EOF')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new ProtobufError('proto: integer overflow')
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const number = key >>> 3
    if ((key & 7) === 0) yield { number, value: varint() }
    else if ((key & 7) === 2) {
      const length = Number(varint())
      if (at + length > bytes.length) throw new ProtobufError('unexpected EOF')
      yield { number, bytes: bytes.subarray(at, at + length) }
      at += length
    } else if ((key & 7) === 1) at += 8
    else if ((key & 7) === 5) at += 4
    else throw new ProtobufError(`proto: illegal wireType ${key & 7}`)
  }
}
