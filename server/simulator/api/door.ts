import type { Kinds } from '../resources/kinds.ts'
import type { JsonObject } from '../resources/object.ts'

/**
 * The API's own door, as controllers, the scheduler, the kubelets and admission use it: the same
 * defaulting, validation, admission and revision rules as for people, without HTTP and JSON.
 * Everything is synchronous; watchers are told afterwards, in order, in a microtask.
 */
export interface Api {
  get<K extends keyof Kinds>(kind: K, namespace: string | undefined, name: string): Kinds[K] | undefined
  /** @param namespace all namespaces when undefined */
  list<K extends keyof Kinds>(kind: K, namespace?: string): readonly Kinds[K][]
  /** @throws ApiError AlreadyExists, Invalid, Forbidden (quota), NotFound (no namespace) */
  create<K extends keyof Kinds>(object: Kinds[K]): Kinds[K]
  /**
   * Replaces an object; with a stale `metadata.resourceVersion` it conflicts. Changing nothing keeps the revision.
   * @throws ApiError Conflict, NotFound, Invalid
   */
  update<K extends keyof Kinds>(object: Kinds[K]): Kinds[K]
  /** As `update`, for the status subresource. Only `status` is taken. */
  updateStatus<K extends keyof Kinds>(object: Kinds[K]): Kinds[K]
  /** Reads, changes and writes, again on conflict. `change` returns undefined to leave the object alone. No object: undefined. */
  modify<K extends keyof Kinds>(
    kind: K,
    namespace: string | undefined,
    name: string,
    change: (object: Kinds[K]) => Kinds[K] | undefined,
  ): Kinds[K] | undefined
  /** As `modify`, for the status subresource. */
  modifyStatus<K extends keyof Kinds>(
    kind: K,
    namespace: string | undefined,
    name: string,
    change: (object: Kinds[K]) => Kinds[K] | undefined,
  ): Kinds[K] | undefined
  /** Binds a pod to a node, as the scheduler does through `pods/binding`. */
  bind(namespace: string, pod: string, node: string): void
  /** Starts deleting. An object that is not there is fine. Grace period 0 removes a pod now. */
  delete<K extends keyof Kinds>(kind: K, namespace: string | undefined, name: string, options?: DeleteOptions): void
  /** Everything that happens to objects of a kind, beginning with `ADDED` for those that exist. @returns ends the watch */
  watch<K extends keyof Kinds>(kind: K, handler: (event: WatchEvent<Kinds[K]>) => void): () => void
  /** Objects of any kind, custom ones included, for garbage collection and namespace deletion. */
  readonly generic: GenericApi
}

/** Objects by their resource rather than by their type. */
export interface GenericApi {
  /** All resources that can be listed and deleted, e.g. `{group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment', namespaced: true}`. */
  resources(): readonly ResourceInfo[]
  list(resource: ResourceInfo, namespace?: string): readonly GenericObject[]
  delete(resource: ResourceInfo, namespace: string | undefined, name: string, options?: DeleteOptions): void
  modify(
    resource: ResourceInfo,
    namespace: string | undefined,
    name: string,
    change: (object: GenericObject) => GenericObject | undefined,
  ): void
  /** An object's scale, whatever its kind; or why there is none, as the API would say it. */
  scale(target: ScaleTarget): TargetScale | string
  /** Sets how many replicas are asked for, through the scale subresource. */
  rescale(target: ScaleTarget, replicas: number): void
  /** Every change to every object. */
  watch(handler: (resource: ResourceInfo, event: WatchEvent<GenericObject>) => void): () => void
}

export interface ResourceInfo {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly kind: string
  readonly namespaced: boolean
}

/** What is to be scaled. */
export interface ScaleTarget {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface TargetScale {
  readonly replicas: number
  /** As its status has it. */
  readonly present: number
  /** Which pods are its own, as a query writes it; empty when it does not say. */
  readonly selector: string
}

export interface GenericObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Kinds['Pod']['metadata']
  readonly [field: string]: unknown
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: T
  /** What it was before, for MODIFIED. */
  readonly old?: T
}

/** An expected refusal, as the `Status` object that clients get. */
export class ApiError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: JsonObject | undefined
  /** The Status' own metadata, e.g. how a list may go on. */
  readonly metadata: JsonObject

  /** @param code HTTP status @param reason e.g. `NotFound`, `Conflict`, `Invalid` @param message word for word as the real server's */
  constructor(code: number, reason: string, message: string, details?: JsonObject, metadata: JsonObject = {}) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.reason = reason
    this.details = details
    this.metadata = metadata
  }
}
