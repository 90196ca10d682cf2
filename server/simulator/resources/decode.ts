import { goName } from './schema.ts'
import { isObject } from './draft.ts'
import { canonicalQuantity, parseQuantity } from './quantity.ts'
import type { Draft, DraftValue, JsonValue } from './object.ts'
import type { Schema, Schemas } from './schema.ts'

/** What cannot be read at all; the message is Go's. */
export class DecodeError extends Error {}

export interface Decoded {
  readonly draft: Draft
  /** `unknown field "spec.replica"`, in the order in which they were met. */
  readonly complaints: readonly string[]
}

interface Place {
  /** The Go struct that the field is of, and the JSON path to it without indices: what Go's message names. */
  readonly struct: string
  readonly goPath: string
  /** With indices: what strict decoding names. */
  readonly path: string
}

/**
 * Reads a JSON value as the Go types behind `schemaName` would: refuses what has the wrong type, reports and drops
 * unknown fields, drops nulls and empty lists, writes quantities canonically, and fills the schema's own defaults
 * (which stand for Go's zero values where those are always written).
 * @throws DecodeError in Go's words
 */
export function decode(schemas: Schemas, schemaName: string, value: JsonValue): Decoded {
  const decoder = new Decoder(schemas)
  const draft = decoder.read({ $ref: schemaName }, value, { struct: goName(schemaName), goPath: '', path: '' })
  return { draft: isObject(draft) ? draft : {}, complaints: decoder.complaints }
}

const WELL_KNOWN = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  time: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  microTime: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
}

class Decoder {
  readonly complaints: string[] = []
  readonly #schemas: Schemas

  constructor(schemas: Schemas) {
    this.#schemas = schemas
  }

  read(reference: Schema, value: JsonValue, place: Place): DraftValue | undefined {
    if (value === null) return undefined
    const { schema, name } = this.#schemas.resolve(reference)
    if (name === WELL_KNOWN.quantity) return quantity(value)
    if (name === WELL_KNOWN.time || name === WELL_KNOWN.microTime) return time(value, name === WELL_KNOWN.microTime)
    if (schema.format === 'int-or-string') return this.#intOrString(value)
    if (schema.properties) return this.#struct(schema, name, value, place)
    if (schema.additionalProperties) return this.#map(schema.additionalProperties, value, place)
    if (schema.items) return this.#list(schema.items, value, place)
    if (schema.type === 'string') return typeof value === 'string' ? bytes(schema, value) : mismatch(value, place, 'string')
    if (schema.type === 'boolean') return typeof value === 'boolean' ? value : mismatch(value, place, 'bool')
    if (schema.type === 'integer') return integer(schema, value, place)
    if (schema.type === 'number') return typeof value === 'number' ? value : mismatch(value, place, 'float64')
    return structuredClone(value) as DraftValue
  }

  #struct(schema: Schema, name: string | undefined, value: JsonValue, place: Place): Draft {
    if (!isObject(value)) return mismatch(value, place, name ? `v1.${goName(name)}` : 'map[string]interface {}')
    const result: Draft = {}
    const struct = name ? goName(name) : place.struct
    for (const [key, field] of Object.entries(value)) {
      if (field === undefined) continue
      const property = schema.properties?.[key]
      if (!property) {
        this.complaints.push(`unknown field "${join(place.path, key)}"`)
        continue
      }
      const read = this.read(property, field, { struct, goPath: join(place.goPath, key), path: join(place.path, key) })
      if (read !== undefined && !(isEmpty(read, property, this.#schemas) && !schema.required?.includes(key))) result[key] = read
    }
    this.#fill(schema, result)
    return result
  }

  /** Go writes some zero values always: structs that are not pointers, and required scalars. */
  #fill(schema: Schema, result: Draft): void {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (property.default === undefined || result[key] !== undefined) continue
      if (isObject(property.default)) {
        const made: Draft = {}
        this.#fill(this.#schemas.resolve(property).schema, made)
        result[key] = made
      } else if (schema.required?.includes(key) || (property.default !== '' && property.default !== 0 && property.default !== false)) {
        result[key] = structuredClone(property.default) as DraftValue
      }
    }
  }

  #map(values: Schema, value: JsonValue, place: Place): Draft {
    if (!isObject(value)) return mismatch(value, place, goType({ type: 'object', additionalProperties: values }))
    const result: Draft = {}
    for (const [key, field] of Object.entries(value)) {
      if (field === undefined) continue
      const read = this.read(values, field, { ...place, path: join(place.path, key) })
      if (read !== undefined) result[key] = read
      else if (values.type === 'string') result[key] = ''
    }
    return result
  }

  #list(items: Schema, value: JsonValue, place: Place): DraftValue[] {
    if (!Array.isArray(value)) return mismatch(value, place, goType({ type: 'array', items }))
    const result: DraftValue[] = []
    value.forEach((item: JsonValue, index) => {
      const read = this.read(items, item, { ...place, path: `${place.path}[${index}]` })
      if (read !== undefined) result.push(read)
    })
    return result
  }

  #intOrString(value: JsonValue): DraftValue {
    if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return value
    throw new DecodeError(
      `json: cannot unmarshal ${jsonType(value)} into Go value of type ${typeof value === 'number' ? 'int32' : 'string'}`,
    )
  }
}

function isEmpty(value: DraftValue, property: Schema, schemas: Schemas): boolean {
  const { schema } = schemas.resolve(property)
  // What may be anything (a default, say) is kept as it is.
  if (Array.isArray(value)) return value.length === 0 && schema.type === 'array'
  if (schema.additionalProperties && isObject(value)) return Object.keys(value).length === 0
  return value === '' && schema.type === 'string' && property.enum !== undefined
}

function integer(schema: Schema, value: JsonValue, place: Place): number {
  const type = schema.format === 'int64' ? 'int64' : 'int32'
  if (typeof value !== 'number') return mismatch(value, place, type)
  const limit = type === 'int32' ? 2 ** 31 : 2 ** 63
  if (!Number.isInteger(value) || value >= limit || value < -limit) {
    throw new DecodeError(`json: cannot unmarshal number ${value} into Go struct field ${place.struct}.${place.goPath} of type ${type}`)
  }
  return value
}

function quantity(value: JsonValue): string {
  const written = typeof value === 'number' ? String(value) : value
  if (typeof written === 'string' && parseQuantity(written)) return canonicalQuantity(written)
  throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
}

function time(value: JsonValue, micro: boolean): string {
  if (typeof value !== 'string') throw new DecodeError(`json: cannot unmarshal ${jsonType(value)} into Go value of type string`)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) {
    const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00'
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(value)} as "2006"`,
    )
  }
  return micro ? value : value.replace(/\.\d+/, '')
}

function bytes(schema: Schema, value: string): string {
  if (schema.format !== 'byte') return value
  const clean = value.replaceAll(/[\r\n]/g, '')
  const wrong = /[^A-Za-z0-9+/=]/.exec(clean)
  if (wrong) throw new DecodeError(`illegal base64 data at input byte ${wrong.index}`)
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean))
    throw new DecodeError(`illegal base64 data at input byte ${clean.length - (clean.length % 4)}`)
  return clean
}

function mismatch(value: JsonValue, place: Place, type: string): never {
  const where = place.goPath ? `Go struct field ${place.struct}.${place.goPath}` : 'Go value'
  throw new DecodeError(`json: cannot unmarshal ${jsonType(value)} into ${where} of type ${type}`)
}

function goType(schema: Schema): string {
  if (schema.$ref !== undefined) return `v1.${goName(schema.$ref)}`
  if (schema.items) return `[]${goType(schema.items)}`
  if (schema.additionalProperties) return `map[string]${goType(schema.additionalProperties)}`
  if (schema.type === 'string') return schema.format === 'byte' ? '[]uint8' : 'string'
  if (schema.type === 'boolean') return 'bool'
  if (schema.type === 'integer') return schema.format ?? 'int64'
  return 'interface {}'
}

function jsonType(value: JsonValue): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key
}
