import type { JsonObject } from '../resources/object.ts'
import type { Schema, Schemas } from '../resources/schema.ts'

/** What types and fields mean, as data: a schema's fields, by the index of their text; the type itself under the empty name. */
export interface DescriptionData {
  readonly texts: readonly string[]
  readonly schemas: { readonly [name: string]: { readonly [field: string]: number } }
}

/** How a version of OpenAPI writes schemas. */
export interface Dialect {
  readonly pointer: '#/components/schemas/' | '#/definitions/'
  /** Version 3 cannot say anything beside a reference but in `allOf`; version 2 just does. */
  readonly wraps: boolean
}

export const VERSION_3: Dialect = { pointer: '#/components/schemas/', wraps: true }
export const VERSION_2: Dialect = { pointer: '#/definitions/', wraps: false }

/** Writes schemas in the form of a document, with their descriptions. */
export class SchemaWriter {
  readonly #schemas: Schemas
  readonly #descriptions: DescriptionData | undefined
  readonly #dialect: Dialect

  constructor(schemas: Schemas, descriptions: DescriptionData | undefined, dialect: Dialect) {
    this.#schemas = schemas
    this.#descriptions = descriptions
    this.#dialect = dialect
  }

  write(name: string): JsonObject {
    const schema = this.#schemas.get(name) ?? {}
    const about = this.#about(name, '')
    const written = this.#schema(schema, about, (field) => this.#about(name, field))
    const kinds = this.#kindsOf(name)
    return kinds.length > 0 ? { ...written, 'x-kubernetes-group-version-kind': kinds } : written
  }

  #about(name: string, field: string): string | undefined {
    const index = this.#descriptions?.schemas[name]?.[field]
    return index === undefined ? undefined : this.#descriptions?.texts[index]
  }

  #kindsOf(name: string): readonly JsonObject[] {
    return Object.entries(this.#schemas.data.kinds).flatMap(([key, schema]) => {
      if (schema !== name) return []
      const [kind = '', version = '', group = ''] = key.split('/').toReversed()
      return [{ group, version, kind }]
    })
  }

  #schema(schema: Schema, description?: string, aboutField?: (field: string) => string | undefined): JsonObject {
    const { $ref, properties, items, additionalProperties, oneOf, ...rest } = schema
    const result: { [key: string]: unknown } = { ...(description !== undefined && { description }), ...rest }
    if (oneOf && this.#dialect.wraps) result['oneOf'] = oneOf
    if (!this.#dialect.wraps && schema.format === 'int-or-string') result['type'] = 'string'
    if (properties) {
      result['properties'] = Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, this.#schema(property, aboutField?.(name))]),
      )
    }
    if (items) result['items'] = this.#schema(items)
    if (additionalProperties) result['additionalProperties'] = this.#schema(additionalProperties)
    if ($ref === undefined) return result as JsonObject
    const reference = { $ref: `${this.#dialect.pointer}${$ref}` }
    if (!this.#dialect.wraps) return { ...(result as JsonObject), ...reference }
    if (Object.keys(result).length === 0) return reference
    return { ...(result as JsonObject), allOf: [reference] }
  }
}

/** Every schema that these refer to, themselves included. */
export function withReferences(schemas: Schemas, names: readonly string[]): readonly string[] {
  const found = new Set<string>()
  const visit = (schema: Schema | undefined): void => {
    if (!schema) return
    if (schema.$ref !== undefined) collect(schema.$ref)
    for (const property of Object.values(schema.properties ?? {})) visit(property)
    visit(schema.items)
    visit(schema.additionalProperties)
  }
  const collect = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    visit(schemas.get(name))
  }
  for (const name of names) collect(name)
  return [...found].toSorted()
}
