import type { KindBehaviour } from '../resources/behaviour.ts'
import type { Decoded } from '../resources/decode.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { JsonPath } from './json-path.ts'

/** What a resource is made of whose kind a CustomResourceDefinition has defined: one version of it. */
export interface CustomKind {
  /** In which version objects are stored, whichever they are written in. */
  readonly storedAs: string
  readonly behaviour: KindBehaviour
  readonly columns: readonly CustomColumn[]
  readonly scale: ScalePaths | undefined
  /** Sent along with every answer. */
  readonly warning: string | undefined
  /** The kind's schema as the OpenAPI document has it. */
  readonly published: JsonObject
  readonly life: CustomLife
  /** Reads what a client sent: metadata as everywhere, the rest pruned and defaulted. @throws DecodeError */
  readonly decode: (body: JsonObject) => Decoded
  /** A stored object as this version shows it. */
  readonly shown: (object: StoredObject) => StoredObject
}

export interface CustomColumn {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  /** Undefined for the object's name. */
  readonly path: JsonPath | undefined
}

export interface ScalePaths {
  readonly spec: readonly string[]
  readonly status: readonly string[]
  readonly selector: readonly string[] | undefined
  readonly specWritten: string
}

/** One kind's being served: shared by its versions. */
export interface CustomLife {
  /** Its definition is being deleted: nothing new may be made. */
  terminating: boolean
  /** What to do when it is no longer served. */
  readonly ends: Set<() => void>
}

/** The value at a path of plain fields. */
export function valueAt(object: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[key] : undefined),
    object,
  )
}
