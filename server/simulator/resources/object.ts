export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/** Metadata as stored: `ObjectMeta` that is known to be plain JSON. */
export interface Meta extends JsonObject {
  readonly annotations?: { readonly [key: string]: string }
  readonly creationTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly generateName?: string
  readonly generation?: number
  readonly labels?: { readonly [key: string]: string }
  readonly name?: string
  readonly namespace?: string
  readonly resourceVersion?: string
  readonly uid?: string
}

/** An object as the store keeps it, whatever its kind. */
export interface StoredObject extends JsonObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Meta
}

/** An object being made: nobody else holds it yet, so it may change. */
export interface Draft {
  [key: string]: DraftValue | undefined
}
export type DraftValue = string | number | boolean | null | DraftValue[] | Draft
