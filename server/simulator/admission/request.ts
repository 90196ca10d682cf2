import type { User } from '../api/call.ts'
import type { Surroundings } from '../resources/behaviour.ts'
import type { Draft, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'

/** A write that policies judge. */
export interface PolicyRequest {
  readonly operation: 'create' | 'update' | 'delete'
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string
  /** Undefined when it is deleted. */
  readonly object?: StoredObject
  /** What it replaces or deletes. */
  readonly old?: StoredObject
  readonly around: Surroundings
  /** Objects of kinds without a type of their own, by their table. */
  readonly stored: (table: string) => readonly StoredObject[]
  /** Which resource a kind is stored as. */
  readonly kindOf: (apiVersion: string, kind: string) => Pick<Resource, 'table' | 'namespaced'> | undefined
  /** Who asks; undefined for what runs inside the cluster. */
  readonly user: User | undefined
  readonly dryRun: boolean
  readonly warn: (warning: string) => void
}

/** A write that asks to be admitted. */
export interface AdmissionRequest extends PolicyRequest {
  readonly operation: 'create' | 'update'
  readonly object: StoredObject
}

/** As `AdmissionRequest`, while the object may still be changed. */
export type MutationRequest = Pick<AdmissionRequest, 'resource' | 'namespace' | 'around'> & { readonly draft: Draft }
