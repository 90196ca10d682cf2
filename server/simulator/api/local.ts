import { ApiError } from './door.ts'
import { notFound } from './errors.ts'
import { boundPod } from '../resources/binding.ts'
import type { Kinds } from '../resources/kinds.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { Part } from '../resources/behaviour.ts'
import type { StoreEvent } from '../store/store.ts'
import { scaleOf, targetScale, withScale } from './scale.ts'
import type { Api, DeleteOptions, GenericApi, GenericObject, ResourceInfo, ScaleTarget, TargetScale, WatchEvent } from './door.ts'
import type { Operations } from './operations.ts'

/** How often a read-change-write is tried; synchronous code conflicts only when `change` itself writes the object. */
const ATTEMPTS = 5

/** The door for what runs inside the cluster. */
export function localDoor(operations: Operations): Api {
  return new LocalDoor(operations)
}

class LocalDoor implements Api {
  readonly generic: GenericApi
  readonly #operations: Operations

  constructor(operations: Operations) {
    this.#operations = operations
    this.generic = new LocalGeneric(operations)
  }

  get<K extends keyof Kinds>(kind: K, namespace: string | undefined, name: string): Kinds[K] | undefined {
    return this.#operations.get(kind, namespace, name)
  }

  list<K extends keyof Kinds>(kind: K, namespace?: string): readonly Kinds[K][] {
    return this.#operations.list(kind, namespace)
  }

  create<K extends keyof Kinds>(object: Kinds[K]): Kinds[K] {
    const made = this.#operations.create(this.#resource(object.kind), object.metadata.namespace, json(object))
    return made as unknown as Kinds[K]
  }

  update<K extends keyof Kinds>(object: Kinds[K]): Kinds[K] {
    return this.#write(object, 'main')
  }

  updateStatus<K extends keyof Kinds>(object: Kinds[K]): Kinds[K] {
    return this.#write(object, 'status')
  }

  modify<K extends keyof Kinds>(
    kind: K,
    namespace: string | undefined,
    name: string,
    change: (object: Kinds[K]) => Kinds[K] | undefined,
  ): Kinds[K] | undefined {
    return retry(
      () => this.get(kind, namespace, name),
      change,
      (changed) => this.update<K>(changed),
    )
  }

  modifyStatus<K extends keyof Kinds>(
    kind: K,
    namespace: string | undefined,
    name: string,
    change: (object: Kinds[K]) => Kinds[K] | undefined,
  ): Kinds[K] | undefined {
    return retry(
      () => this.get(kind, namespace, name),
      change,
      (changed) => this.updateStatus<K>(changed),
    )
  }

  bind(namespace: string, pod: string, node: string): void {
    bindPod(this.#operations, namespace, pod, node)
  }

  delete<K extends keyof Kinds>(kind: K, namespace: string | undefined, name: string, options: DeleteOptions = {}): void {
    removeQuietly(this.#operations, this.#resource(kind), namespace, name, options)
  }

  watch<K extends keyof Kinds>(kind: K, handler: (event: WatchEvent<Kinds[K]>) => void): () => void {
    const { store, registry } = this.#operations
    const { table } = registry.ofKind(kind)
    const tell = (event: StoreEvent) => handler(event as unknown as WatchEvent<Kinds[K]>)
    return store.watch(table, initialEvents(store.list(table), table), tell, { acts: true })
  }

  #write<K extends keyof Kinds>(object: Kinds[K], part: Part): Kinds[K] {
    const { namespace, name = '' } = object.metadata
    return this.#operations.update(this.#resource(object.kind), namespace, name, json(object), part) as unknown as Kinds[K]
  }

  #resource(kind: string): Resource {
    return this.#operations.registry.ofKind(kind)
  }
}

class LocalGeneric implements GenericApi {
  readonly #operations: Operations

  constructor(operations: Operations) {
    this.#operations = operations
  }

  resources(): readonly ResourceInfo[] {
    const { registry } = this.#operations
    return registry
      .all()
      .filter(
        (resource) =>
          registry.storageOf(resource) === resource && ['list', 'delete'].every((verb) => resource.discovered.verbs.includes(verb)),
      )
  }

  list(resource: ResourceInfo, namespace?: string): readonly GenericObject[] {
    return this.#operations.store.list(this.#own(resource).table, namespace)
  }

  delete(resource: ResourceInfo, namespace: string | undefined, name: string, options: DeleteOptions = {}): void {
    removeQuietly(this.#operations, this.#own(resource), namespace, name, options)
  }

  modify(
    resource: ResourceInfo,
    namespace: string | undefined,
    name: string,
    change: (object: GenericObject) => GenericObject | undefined,
  ): void {
    const own = this.#own(resource)
    const read = () => this.#operations.store.get(own.table, namespace, name) as unknown as GenericObject | undefined
    retry(read, change, (changed) => this.#operations.update(own, namespace, name, json(changed)) as unknown as GenericObject)
  }

  watch(handler: (resource: ResourceInfo, event: WatchEvent<GenericObject>) => void): () => void {
    const { store, registry } = this.#operations
    const tables = new Set(registry.all().map(({ table }) => table))
    const initial = [...tables].flatMap((table) => initialEvents(store.list(table), table))
    const tell = (event: StoreEvent) => {
      const resource = registry.ofTable(event.table)
      if (resource) handler(resource, event)
    }
    return store.watch(undefined, initial, tell, { acts: true })
  }

  scale(target: ScaleTarget): TargetScale | string {
    const own = this.#scalable(target)
    if (!own) return `no matches for kind ${JSON.stringify(target.kind)} in group ${JSON.stringify(target.group)}`
    if (!own.subresources.has('scale')) return 'the server could not find the requested resource'
    const object = this.#operations.store.get(own.table, target.namespace, target.name)
    if (!object) return notFound(own, target.name).message
    try {
      return targetScale(scaleOf(own, object))
    } catch (error) {
      if (error instanceof ApiError) return error.message
      throw error
    }
  }

  rescale(target: ScaleTarget, replicas: number): void {
    const own = this.#scalable(target)
    const object = own && this.#operations.store.get(own.table, target.namespace, target.name)
    if (object) this.#operations.update(own, target.namespace, target.name, withScale(own, object, replicas))
  }

  #scalable({ group, kind }: ScaleTarget): Resource | undefined {
    const { registry } = this.#operations
    const found = registry.all().find((one) => one.kind === kind && one.group === group)
    return found && registry.storageOf(found)
  }

  #own(resource: ResourceInfo): Resource {
    const groupVersion = resource.group ? `${resource.group}/${resource.version}` : resource.version
    const own = this.#operations.registry.find(groupVersion, resource.resource)
    if (!own) throw new Error(`no resource ${groupVersion}/${resource.resource}`)
    return this.#operations.registry.storageOf(own)
  }
}

/** Gives a pod its node, as `pods/binding` does. @throws ApiError NotFound, Conflict */
export function bindPod(operations: Operations, namespace: string, name: string, node: string): void {
  const resource = operations.registry.ofKind('Pod')
  const pod = operations.store.get(resource.table, namespace, name)
  if (!pod) throw notFound(resource, name)
  operations.store.put(resource.table, boundPod(pod, node, operations.platform.clock.now()))
}

export function initialEvents(objects: readonly StoredObject[], table: string): StoreEvent[] {
  return objects.map((object) => ({ type: 'ADDED', object, table, revision: Number(object.metadata.resourceVersion ?? 0) }))
}

function removeQuietly(
  operations: Operations,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions,
): void {
  try {
    operations.delete(resource, namespace, name, options)
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
  }
}

function retry<T>(read: () => T | undefined, change: (object: T) => T | undefined, write: (object: T) => T): T | undefined {
  for (let attempt = 1; ; attempt++) {
    const object = read()
    if (object === undefined) return undefined
    const changed = change(object)
    if (changed === undefined || changed === object) return object
    try {
      return write(changed)
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'Conflict') || attempt >= ATTEMPTS) throw error
    }
  }
}

function json(object: object): JsonObject {
  return object as JsonObject
}
