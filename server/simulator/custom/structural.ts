import type { JsonValue } from '../resources/object.ts'

/**
 * The schema of a custom kind, as its definition writes it.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface Structural {
  readonly type?: string
  readonly format?: string
  readonly title?: string
  readonly description?: string
  readonly default?: JsonValue
  readonly nullable?: boolean
  readonly enum?: readonly JsonValue[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: { readonly [name: string]: Structural }
  readonly additionalProperties?: Structural | boolean
  readonly items?: Structural
  readonly allOf?: readonly Structural[]
  readonly anyOf?: readonly Structural[]
  readonly oneOf?: readonly Structural[]
  readonly not?: Structural
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-validations'?: readonly Rule[]
}

/** One of `x-kubernetes-validations`. */
export interface Rule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/** What a map's values are of; undefined when they may be anything, or when it is no map. */
export function valuesOf(schema: Structural): Structural | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

/** The schema of the field under `key`, whether it is named or one of a map's. */
export function fieldOf(schema: Structural, key: string): Structural | undefined {
  const { properties } = schema
  return (properties && Object.hasOwn(properties, key) ? properties[key] : undefined) ?? valuesOf(schema)
}

export function joined(path: string, key: string): string {
  return path ? `${path}.${key}` : key
}

export type Level = 'root' | 'item' | 'field'

/** Every schema inside, under the name by which paths call it. */
export function inner(schema: Structural): (readonly [string, Structural, Level])[] {
  const values = valuesOf(schema)
  return [
    ...(schema.items ? [['items', schema.items, 'item'] as const] : []),
    ...Object.entries(schema.properties ?? {}).map(([key, property]) => [`properties[${key}]`, property, 'field'] as const),
    ...(values ? [['additionalProperties', values, 'field'] as const] : []),
  ]
}
