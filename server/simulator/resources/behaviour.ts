import type { Platform } from '../platform.ts'
import type { FieldError } from './field-error.ts'
import type { Kinds } from './kinds.ts'
import type { Draft, StoredObject } from './object.ts'

/** What a kind may look at while it fills or checks an object. */
export interface Surroundings {
  readonly platform: Platform
  get<K extends keyof Kinds>(kind: K, namespace: string | undefined, name: string): Kinds[K] | undefined
  list<K extends keyof Kinds>(kind: K, namespace?: string): readonly Kinds[K][]
}

/** Which parts of an object a request writes. */
export type Part = 'main' | 'status' | 'binding' | 'resize' | 'ephemeralcontainers' | 'finalize'

/** What a kind does beyond being stored. Everything is optional. */
export interface KindBehaviour {
  /** Fills what the request left out. Runs on create and update. */
  readonly defaults?: (draft: Draft) => void
  /** Mutating admission and the registry's preparation, on create. @throws ApiError when admission refuses */
  readonly prepareCreate?: (draft: Draft, around: Surroundings) => void
  /** The registry's preparation, on update of the main resource. */
  readonly prepareUpdate?: (draft: Draft, old: StoredObject, around: Surroundings) => void
  /** On create and update. */
  readonly validate?: (object: StoredObject, around: Surroundings, old?: StoredObject) => readonly FieldError[]
  /** On update only: what may not change. */
  readonly validateUpdate?: (object: StoredObject, old: StoredObject) => readonly FieldError[]
  readonly validateStatus?: (object: StoredObject, old: StoredObject) => readonly FieldError[]
  readonly validateFinalize?: (object: StoredObject) => readonly FieldError[]
  /** What the registry says to whoever writes the main resource, once nothing is wrong: `Warning` headers. */
  readonly warnings?: (object: StoredObject, old?: StoredObject) => readonly string[]
  /** Says what is wrong with a name. DNS subdomains when absent. */
  readonly validateName?: (name: string) => readonly string[]
  /** Has `metadata.generation`. */
  readonly generation?: boolean
  /** `DELETE` answers with the object rather than with a Status. */
  readonly returnsDeleted?: boolean
  /** Field selectors beyond `metadata.name` and `metadata.namespace`. */
  readonly fields?: (object: StoredObject) => { readonly [field: string]: string }
  /** Finalizers that deleting it adds. */
  readonly finalizers?: readonly string[]
  /** Seconds until a deletion is carried out; undefined removes at once. */
  readonly grace?: (object: StoredObject, asked: number | undefined) => number | undefined
}
