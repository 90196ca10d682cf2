import { isObject } from '../resources/draft.ts'
import type { JsonObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { Schema } from '../resources/schema.ts'
import type { Structural } from './structural.ts'
import { valuesOf } from './structural.ts'

/** A defined kind's schema for others to read: the OpenAPI document's form, and the one by which fields are owned. */

const KIND =
  'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds'
const API_VERSION =
  'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources'
const METADATA =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
const LIST_METADATA =
  'Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds'

export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** `com.example.stable.v1.CronTab` */
export function definitionName(group: string, version: string, kind: string): string {
  return [...group.split('.').toReversed(), version, kind].join('.')
}

export function publishedSchema(group: string, version: string, kind: string, schema: Structural): JsonObject {
  const whole = withoutNulls(schema as unknown as JsonObject)
  const properties = isObject(whole['properties']) ? whole['properties'] : {}
  return {
    ...whole,
    properties: {
      ...properties,
      apiVersion: { description: API_VERSION, type: 'string' },
      kind: { description: KIND, type: 'string' },
      metadata: { allOf: [{ $ref: `#/components/schemas/${OBJECT_META}` }], default: {}, description: METADATA },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  }
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null))
}

/** The schemas of all custom kinds among these, and of their lists, by name. */
export function customSchemas(resources: readonly Resource[]): JsonObject {
  return Object.fromEntries(
    resources.flatMap(({ custom, group, version, kind }) => {
      if (!custom) return []
      const name = definitionName(group, version, kind)
      return [[name, custom.published] as const, [`${name}List`, listOf(group, version, kind)] as const]
    }),
  )
}

function listOf(group: string, version: string, kind: string): JsonObject {
  const reference = `#/components/schemas/${definitionName(group, version, kind)}`
  return {
    description: `${kind}List is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { description: API_VERSION, type: 'string' },
      items: {
        description: `List of ${kind.toLowerCase()}s. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: { $ref: reference },
      },
      kind: { description: KIND, type: 'string' },
      metadata: {
        allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta' }],
        default: {},
        description: LIST_METADATA,
      },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }],
  }
}

/** By which fields of such objects are merged and owned. */
export function ownershipSchema(schema: Structural): Schema {
  return {
    ...owned(schema),
    properties: { ...owned(schema).properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { $ref: OBJECT_META } },
  }
}

function owned(schema: Structural): Schema {
  const properties =
    schema.properties && Object.fromEntries(Object.entries(schema.properties).map(([key, property]) => [key, owned(property)]))
  const extensions = {
    ...(schema['x-kubernetes-list-type'] && { 'x-kubernetes-list-type': schema['x-kubernetes-list-type'] }),
    ...(schema['x-kubernetes-list-map-keys'] && { 'x-kubernetes-list-map-keys': schema['x-kubernetes-list-map-keys'] }),
    ...(schema['x-kubernetes-map-type'] && { 'x-kubernetes-map-type': schema['x-kubernetes-map-type'] }),
    ...(schema.default !== undefined && { default: schema.default }),
  }
  const values = valuesOf(schema)
  const anything = schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-embedded-resource'] === true
  const isMap = schema.type === 'object' || properties !== undefined
  return {
    ...(schema.type !== undefined && { type: schema.type }),
    ...(properties && { properties }),
    ...(isMap && (values || anything) && { additionalProperties: values ? owned(values) : {} }),
    ...(schema.items && { items: owned(schema.items) }),
    ...extensions,
  }
}
