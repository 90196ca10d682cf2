import type { JsonValue } from './object.ts'

/** The API's structure as its OpenAPI document has it, without prose. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly default?: JsonValue
  readonly required?: readonly string[]
  readonly properties?: { readonly [name: string]: Schema }
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-patch-merge-key'?: string
  readonly 'x-kubernetes-patch-strategy'?: string
}

export interface SchemaData {
  /** `apps/v1/Deployment` → schema name. */
  readonly kinds: { readonly [kind: string]: string }
  readonly schemas: { readonly [name: string]: Schema }
}

/** Schemas by name, references followed. */
export class Schemas {
  readonly data: SchemaData
  readonly #kinds = new Map<string, string>()
  readonly #custom = new Map<string, Schema>()

  constructor(data: SchemaData) {
    this.data = data
  }

  /** @param groupVersion `v1`, `apps/v1` */
  nameOf(groupVersion: string, kind: string): string | undefined {
    return this.data.kinds[`${groupVersion}/${kind}`] ?? this.#kinds.get(`${groupVersion}/${kind}`)
  }

  get(name: string): Schema | undefined {
    return this.data.schemas[name] ?? this.#custom.get(name)
  }

  /** Takes in the schema of a kind that a CustomResourceDefinition defines. @param kind `stable.example.com/v1/CronTab` */
  define(kind: string, name: string, schema: Schema): void {
    this.#kinds.set(kind, name)
    this.#custom.set(name, schema)
  }

  undefine(kind: string, name: string): void {
    this.#kinds.delete(kind)
    this.#custom.delete(name)
  }

  /** What a schema says with its reference followed, and the name of what it refers to. */
  resolve(schema: Schema): { readonly schema: Schema; readonly name: string | undefined } {
    if (schema.$ref === undefined) return { schema, name: undefined }
    return { schema: this.get(schema.$ref) ?? {}, name: schema.$ref }
  }
}

/** `io.k8s.api.core.v1.PodSpec` → `PodSpec` */
export function goName(schemaName: string): string {
  return schemaName.slice(schemaName.lastIndexOf('.') + 1)
}
