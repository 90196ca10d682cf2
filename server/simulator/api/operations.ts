import { rfc3339 } from '../../kernel/clock.ts'
import { admit, mutate } from '../admission/admission.ts'
import { mutatedByPolicies } from '../admission/mutating-policy.ts'
import { admitPolicies } from '../admission/validating-policy.ts'
import { behaviourOf } from '../resources/behaviours.ts'
import { DecodeError, decode } from '../resources/decode.ts'
import { draftOf, ensure, finished, same, text } from '../resources/draft.ts'
import { validateMetadata, validateMetadataUpdate } from '../resources/metadata.ts'
import { subdomain } from '../resources/names.ts'
import { alreadyExists, badRequest, conflict, forbidden, invalidObject, MODIFIED, notFound } from './errors.ts'
import type { PolicyRequest } from '../admission/request.ts'
import type { User } from './call.ts'
import type { Platform } from '../platform.ts'
import { mergePodPart, validatePodPart } from '../resources/pod-parts.ts'
import type { Part, Surroundings } from '../resources/behaviour.ts'
import type { Kinds, ResourceQuota } from '../resources/kinds.ts'
import type { Draft, JsonObject, StoredObject } from '../resources/object.ts'
import type { Registry, Resource } from '../resources/registry.ts'
import type { Schemas } from '../resources/schema.ts'
import type { Store } from '../store/store.ts'
import { ApiError } from './door.ts'
import type { DeleteOptions } from './door.ts'

/** Of one kind. A workshop's cluster has some hundred objects; a slip of a digit must not fill the machine's memory. */
const mostObjects = 3000
const mostEvents = 20_000

export interface WriteOptions {
  readonly dryRun?: boolean
  /** Strict: unknown fields refuse; Warn: they are given to `warn`; Ignore: nothing. */
  readonly validation?: 'Strict' | 'Warn' | 'Ignore'
  readonly warn?: (warning: string) => void
  /** Who writes; undefined for what runs inside the cluster. */
  readonly user?: User
  /** What an object that cannot be decoded is refused with, other than by its kind; `why` is in Go's words. */
  readonly undecodable?: (why: string) => ApiError
  /** Refuses what the writer may not write, before anything is validated. @throws ApiError */
  readonly guard?: (object: StoredObject, old: StoredObject | undefined) => void
  /** Called with the object just before it is stored, to keep `managedFields`. */
  readonly manage?: (object: StoredObject, old: StoredObject | undefined) => StoredObject
}

/** What deleting did. */
export interface Deleted {
  readonly object: StoredObject
  /** Gone, rather than marked. */
  readonly gone: boolean
}

/**
 * Everything that writes: decoding, defaulting, admission, preparation, validation, revisions. People (through HTTP)
 * and controllers (through the door) pass here alike. Objects are of a resource's storage version.
 */
export class Operations implements Surroundings {
  readonly platform: Platform
  readonly store: Store
  readonly registry: Registry
  readonly schemas: Schemas

  constructor(platform: Platform, store: Store, registry: Registry, schemas: Schemas) {
    this.platform = platform
    this.store = store
    this.registry = registry
    this.schemas = schemas
  }

  get<K extends keyof Kinds>(kind: K, namespace: string | undefined, name: string): Kinds[K] | undefined {
    return this.store.get(this.registry.ofKind(kind).table, namespace, name) as unknown as Kinds[K] | undefined
  }

  list<K extends keyof Kinds>(kind: K, namespace?: string): readonly Kinds[K][] {
    return this.store.list(this.registry.ofKind(kind).table, namespace) as unknown as readonly Kinds[K][]
  }

  /** @throws ApiError */
  create(resource: Resource, namespace: string | undefined, body: JsonObject, options: WriteOptions = {}): StoredObject {
    const behaviour = behaviourOf(resource)
    let draft = this.#decode(resource, body, options)
    const meta = ensure(draft, 'metadata')
    if (resource.namespaced) meta['namespace'] = namespace
    else delete meta['namespace']
    this.#nameDraft(meta)
    for (const field of ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink']) delete meta[field]
    meta['uid'] = this.#uid()
    meta['creationTimestamp'] = rfc3339(this.platform.clock.now())
    if (behaviour.generation) meta['generation'] = 1
    else delete meta['generation']
    this.#checkNamespace(resource, namespace, text(meta, 'name') ?? '')
    behaviour.defaults?.(draft)
    // What admission and the server add from here on is nobody's.
    if (options.manage) setManagers(meta, options.manage(finished(draft), undefined))
    mutate({ resource, namespace, draft, around: this })
    draft = this.#mutated('create', resource, draft, undefined, options)
    behaviour.prepareCreate?.(draft, this)
    const object = finished(draft)
    options.guard?.(object, undefined)
    const errors = [
      ...validateMetadata(object.metadata, behaviour.validateName ?? subdomain),
      ...(behaviour.validate?.(object, this) ?? []),
    ]
    const name = object.metadata.name ?? ''
    if (errors.length > 0) throw invalidObject(resource, name, errors)
    for (const warning of behaviour.warnings?.(object) ?? []) options.warn?.(warning)
    const counted = this.#admit('create', resource, object, undefined, options)
    if (this.store.get(resource.table, object.metadata.namespace, name)) throw alreadyExists(resource, name)
    if (this.store.size(resource.table) >= (resource.kind === 'Event' ? mostEvents : mostObjects))
      throw new ApiError(500, 'InternalError', 'etcdserver: mvcc: database space exceeded', {})
    if (options.dryRun) return object
    this.#count(counted)
    return this.store.put(resource.table, object)
  }

  /** @param part what of the object is written; the rest is kept. @throws ApiError */
  update(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    body: JsonObject,
    part: Part = 'main',
    options: WriteOptions = {},
  ): StoredObject {
    const behaviour = behaviourOf(resource)
    const old = this.store.get(resource.table, namespace, name)
    if (!old) throw notFound(resource, name)
    const sent = this.#decode(resource, body, options)
    const sentMeta = ensure(sent, 'metadata')
    const version = text(sentMeta, 'resourceVersion')
    if (version && !/^\d+$/.test(version))
      throw new ApiError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
    if (version && version !== '0' && version !== old.metadata.resourceVersion) throw conflict(resource, name, MODIFIED)
    const uid = text(sentMeta, 'uid')
    if (uid && uid !== old.metadata.uid) {
      throw conflict(resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`)
    }
    let draft = this.#merge(resource, sent, old, part)
    if (part === 'resize' || part === 'ephemeralcontainers') behaviour.defaults?.(draft)
    if (part === 'main') {
      behaviour.defaults?.(draft)
      draft = this.#mutated('update', resource, draft, old, options)
      behaviour.prepareUpdate?.(draft, old, this)
    }
    const meta = ensure(draft, 'metadata')
    if (behaviour.generation && part !== 'status' && !same(withoutMeta(draft), withoutMeta(old)))
      meta['generation'] = (old.metadata.generation ?? 0) + 1
    const object = finished(draft)
    options.guard?.(object, old)
    const errors = validateMetadataUpdate(object.metadata, old.metadata)
    if (part === 'main') {
      errors.push(
        ...validateMetadata(object.metadata, behaviour.validateName ?? subdomain),
        ...(behaviour.validate?.(object, this, old) ?? []),
        ...(behaviour.validateUpdate?.(object, old) ?? []),
      )
    } else if (part === 'finalize') errors.push(...(behaviour.validateFinalize?.(object) ?? []))
    else if (part === 'status') errors.push(...(behaviour.validateStatus?.(object, old) ?? []))
    else if (part === 'resize' || part === 'ephemeralcontainers')
      errors.push(...(behaviour.validate?.(object, this, old) ?? []), ...validatePodPart(part, object, old))
    if (errors.length > 0) throw invalidObject(resource, name, errors)
    if (part === 'main') for (const warning of behaviour.warnings?.(object, old) ?? []) options.warn?.(warning)
    const counted = part === 'status' || part === 'finalize' ? [] : this.#admit('update', resource, object, old, options)
    const managed = options.manage?.(object, old) ?? object
    if (same(managed, old)) return old
    if (options.dryRun) return managed
    this.#count(counted)
    return isFinished(managed) ? this.store.remove(resource.table, managed) : this.store.put(resource.table, managed)
  }

  /** The draft as the owner's own policies make it. */
  #mutated(operation: 'create' | 'update', resource: Resource, draft: Draft, old: StoredObject | undefined, options: WriteOptions): Draft {
    if (this.store.size('admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings') === 0) return draft
    const object = finished(draftOf(draft))
    const { namespace, name = '' } = object.metadata
    const request = { operation, resource, namespace, name, object, ...(old && { old }), ...this.#judged(options) }
    const made = mutatedByPolicies(request, this.schemas, (changed) => {
      const decoded = this.#decode(resource, changed, options)
      behaviourOf(resource).defaults?.(decoded)
      return finished(decoded)
    })
    return made === object ? draft : draftOf(made)
  }

  #admit(
    operation: 'create' | 'update',
    resource: Resource,
    object: StoredObject,
    old: StoredObject | undefined,
    options: WriteOptions,
  ): readonly ResourceQuota[] {
    const { namespace, name = '' } = object.metadata
    return admit({ operation, resource, namespace, name, object, ...(old && { old }), ...this.#judged(options) })
  }

  /** What policies may look at, besides the object. */
  #judged(options: WriteOptions): Pick<PolicyRequest, 'around' | 'stored' | 'kindOf' | 'user' | 'dryRun' | 'warn'> {
    return {
      around: this,
      stored: (table) => this.store.list(table),
      kindOf: (apiVersion, kind) => {
        const found = this.registry.all().find((resource) => resource.groupVersion === apiVersion && resource.kind === kind)
        return found && this.registry.storageOf(found)
      },
      user: options.user,
      dryRun: options.dryRun === true,
      warn: (warning) => options.warn?.(warning),
    }
  }

  /** Notes what the object that is about to be stored uses of its namespace's quotas. */
  #count(quotas: readonly ResourceQuota[]): void {
    for (const quota of quotas) this.store.put('v1/resourcequotas', quota as unknown as StoredObject)
  }

  /** Starts deleting, or carries a deletion out. @throws ApiError NotFound, Conflict */
  delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions & Pick<WriteOptions, 'dryRun' | 'user' | 'warn'> = {},
  ): Deleted {
    const old = this.store.get(resource.table, namespace, name)
    if (!old) throw notFound(resource, name)
    this.checkPreconditions(resource, old, options)
    if (resource.table === 'v1/namespaces' && ['default', 'kube-system', 'kube-public'].includes(name)) {
      throw forbidden(resource, name, 'this namespace may not be deleted')
    }
    if (options.user) admitPolicies({ operation: 'delete', resource, namespace, name, old, ...this.#judged(options) })
    const grace = behaviourOf(resource).grace?.(old, options.gracePeriodSeconds) ?? 0
    const finalizers = [
      ...new Set([
        ...finalizersFor(old, options),
        ...(old.metadata.deletionTimestamp === undefined ? (behaviourOf(resource).finalizers ?? []) : []),
      ]),
    ]
    const waits = finalizers.length > 0 || grace > 0 || (resource.table === 'v1/namespaces' && namespaceHasFinalizers(old))
    if (!waits) return { object: options.dryRun ? old : this.store.remove(resource.table, old), gone: true }
    const marked = this.#mark(resource, old, grace, finalizers)
    if (options.dryRun || same(marked, old)) return { object: marked, gone: false }
    return { object: this.store.put(resource.table, marked), gone: false }
  }

  #mark(resource: Resource, old: StoredObject, grace: number, finalizers: readonly string[]): StoredObject {
    const behaviour = behaviourOf(resource)
    const meta = draftOf(old.metadata)
    const current = old.metadata.deletionGracePeriodSeconds
    if (old.metadata.deletionTimestamp === undefined || (behaviour.grace && grace < (current ?? 0))) {
      meta['deletionTimestamp'] = rfc3339(this.platform.clock.now() + grace * 1000)
      // A namespace knows of no grace.
      if (resource.table !== 'v1/namespaces') meta['deletionGracePeriodSeconds'] = grace
      if (behaviour.generation && old.metadata.deletionTimestamp === undefined) meta['generation'] = (old.metadata.generation ?? 0) + 1
    }
    if (finalizers.length > 0) meta['finalizers'] = [...finalizers]
    const marked: StoredObject = { ...old, metadata: meta }
    return resource.table === 'v1/namespaces'
      ? { ...marked, status: { ...(old['status'] as JsonObject | undefined), phase: 'Terminating' } }
      : marked
  }

  /** Decodes leniently or strictly against the resource's schema. */
  #decode(resource: Resource, body: JsonObject, options: WriteOptions): Draft {
    if (resource.schema === undefined) return draftOf(body)
    try {
      const { draft, complaints } = resource.custom?.decode(body) ?? decode(this.schemas, resource.schema, body)
      if (complaints.length > 0 && options.validation === 'Strict') {
        throw new DecodeError(`strict decoding error: ${complaints.join(', ')}`)
      }
      if (options.validation === 'Warn') for (const complaint of complaints) options.warn?.(complaint)
      draft['apiVersion'] = resource.custom?.storedAs ?? resource.groupVersion
      draft['kind'] = resource.kind
      return draft
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      if (options.undecodable) throw options.undecodable(error.message)
      throw badRequest(
        `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: ${error.message}`,
      )
    }
  }

  /** What a request may write, over what it may not. */
  #merge(resource: Resource, sent: Draft, old: StoredObject, part: Part): Draft {
    if (part === 'status') {
      const draft = draftOf(old)
      if (sent['status'] === undefined) delete draft['status']
      else draft['status'] = sent['status']
      return draft
    }
    if (part === 'resize' || part === 'ephemeralcontainers') return mergePodPart(part, sent, old)
    const meta = ensure(sent, 'metadata')
    for (const field of [
      'uid',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'generation',
      'resourceVersion',
      'namespace',
      'generateName',
      'selfLink',
    ] as const) {
      const kept = old.metadata[field]
      if (kept === undefined) delete meta[field]
      else meta[field] = kept as string
    }
    if (meta['name'] === undefined) meta['name'] = old.metadata.name
    if (meta['managedFields'] === undefined && old.metadata['managedFields'] !== undefined)
      meta['managedFields'] = draftOf(old.metadata)['managedFields']
    if (resource.subresources.has('status')) {
      if (old['status'] === undefined) delete sent['status']
      else sent['status'] = draftOf(old)['status']
    }
    return sent
  }

  #nameDraft(meta: Draft): void {
    const prefix = text(meta, 'generateName')
    if (text(meta, 'name') || !prefix) return
    meta['name'] = prefix.slice(0, 58) + randomSuffix(this.platform.random)
  }

  #checkNamespace(resource: Resource, namespace: string | undefined, name: string): void {
    if (!resource.namespaced || namespace === undefined) return
    const found = this.store.get('v1/namespaces', undefined, namespace)
    if (!found) throw notFound({ group: '', resource: 'namespaces', kind: 'Namespace' }, namespace)
    if (found.metadata.deletionTimestamp === undefined) return
    throw forbidden(resource, name, `unable to create new content in namespace ${namespace} because it is being terminated`, {
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }],
    })
  }

  /** That an object is the one that is meant. @throws ApiError Conflict */
  checkPreconditions(resource: Resource, old: StoredObject, options: DeleteOptions): void {
    const { uid, resourceVersion } = options.preconditions ?? {}
    const of = { ...resource, group: '', resource: resource.kind }
    const name = old.metadata.name ?? ''
    if (uid !== undefined && uid !== old.metadata.uid) {
      throw conflict(
        of,
        name,
        `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`,
      )
    }
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      throw conflict(
        of,
        name,
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`,
      )
    }
  }

  #uid(): string {
    const hex = Array.from({ length: 32 }, () => Math.floor(this.platform.random() * 16).toString(16))
    hex[12] = '4'
    hex[16] = '89ab'[Math.floor(this.platform.random() * 4)] ?? '8'
    const all = hex.join('')
    return [all.slice(0, 8), all.slice(8, 12), all.slice(12, 16), all.slice(16, 20), all.slice(20)].join('-')
  }
}

/** Kubernetes' alphabet for random names: without vowels and look-alikes. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

export function randomSuffix(random: () => number): string {
  return Array.from({ length: 5 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)] ?? 'b').join('')
}

function setManagers(meta: Draft, { metadata }: StoredObject): void {
  const managers = metadata['managedFields']
  if (managers === undefined) delete meta['managedFields']
  else meta['managedFields'] = managers as unknown as Draft[]
}

function withoutMeta(object: Draft | StoredObject): JsonObject {
  const { metadata: _metadata, status: _status, ...rest } = object as JsonObject
  return rest
}

function namespaceHasFinalizers(namespace: StoredObject): boolean {
  const finalizers = (namespace['spec'] as JsonObject | undefined)?.['finalizers']
  return Array.isArray(finalizers) && finalizers.length > 0
}

/** A deletion that nothing holds up any more. */
function isFinished(object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false
  if (object.kind === 'Namespace') return !namespaceHasFinalizers(object)
  return (deletionGracePeriodSeconds ?? 0) === 0
}

function finalizersFor(object: StoredObject, options: DeleteOptions): readonly string[] {
  const kept = (object.metadata.finalizers ?? []).filter(
    (name) => options.propagationPolicy === undefined || (name !== 'orphan' && name !== 'foregroundDeletion'),
  )
  if (options.propagationPolicy === 'Foreground') return [...kept, 'foregroundDeletion']
  if (options.propagationPolicy === 'Orphan') return [...kept, 'orphan']
  return kept
}
