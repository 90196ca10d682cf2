import type { Surroundings } from '../resources/behaviour.ts'
import type { Draft, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'

/** A write that asks to be admitted. */
export interface AdmissionRequest {
  readonly operation: 'create' | 'update'
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string
  readonly object: StoredObject
  /** What it replaces, on update. */
  readonly old?: StoredObject
  readonly around: Surroundings
  /** Objects of kinds without a type of their own, by their table. */
  readonly stored: (table: string) => readonly StoredObject[]
  readonly warn: (warning: string) => void
}

/** As `AdmissionRequest`, while the object may still be changed. */
export type MutationRequest = Pick<AdmissionRequest, 'resource' | 'namespace' | 'around'> & { readonly draft: Draft }
