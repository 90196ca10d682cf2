import { rfc3339 } from '../../kernel/clock.ts'
import { same } from '../resources/draft.ts'
import { makeKind, schemaOf } from './make-kind.ts'
import { namesOf } from './names.ts'
import { compareVersions } from './version-order.ts'
import { definitionName, ownershipSchema } from './published.ts'
import type { Operations } from '../api/operations.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionVersion } from '../resources/kinds.ts'
import type { JsonObject } from '../resources/object.ts'
import type { DiscoveredResource, Resource } from '../resources/registry.ts'
import type { CustomLife } from './custom-kind.ts'

export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io'

/**
 * Serves what CustomResourceDefinitions define, from when their names are accepted until they are gone, and deletes their
 * objects first. Ends with the store.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
export function serveCustomResources(operations: Operations): void {
  const server = new CustomServer(operations)
  const { store } = operations
  const definitions = operations.registry.find('apiextensions.k8s.io/v1', 'customresourcedefinitions')
  if (!definitions) return
  for (const definition of store.list(definitions.table)) server.serve(definition as unknown as CustomResourceDefinition)
  store.watch(undefined, [], ({ table, type, object }) => {
    if (table !== definitions.table) return server.changed(table, type)
    const definition = object as unknown as CustomResourceDefinition
    if (type === 'DELETED') server.forget(definition)
    else server.look(definition.metadata.name ?? '')
  })
}

class CustomServer {
  readonly #operations: Operations
  readonly #lives = new Map<string, CustomLife>()
  /** Tables of definitions that are being deleted, and whose they are. */
  readonly #emptying = new Map<string, string>()
  readonly #served = new Map<string, string>()

  constructor(operations: Operations) {
    this.#operations = operations
  }

  /** Brings a definition's status up to date, serves it, or carries its deletion on. */
  look(name: string): void {
    const definition = this.#operations.get('CustomResourceDefinition', undefined, name)
    if (!definition) return
    const updated = this.#accept(definition)
    this.serve(updated)
    if (updated.metadata.deletionTimestamp !== undefined) this.#empty(updated)
    // Names that this one has given up may now be another's.
    else if (!same(definition as unknown as JsonObject, updated as unknown as JsonObject)) this.#lookAtOthers(updated)
  }

  serve(definition: CustomResourceDefinition): void {
    const name = definition.metadata.name ?? ''
    if (!isTrue(definition, 'Established')) return
    const life = this.#lives.get(name) ?? { terminating: false, ends: new Set() }
    this.#lives.set(name, life)
    life.terminating = definition.metadata.deletionTimestamp !== undefined
    const state = `${definition.metadata.uid ?? ''} ${definition.metadata.generation ?? 0} ${JSON.stringify(definition.status?.acceptedNames)}`
    if (this.#served.get(name) === state) return
    this.#served.set(name, state)
    const { registry, schemas } = this.#operations
    const versions = definition.spec.versions.filter((version) => version.served).toSorted((a, b) => compareVersions(a.name, b.name))
    for (const version of definition.spec.versions) {
      const schemaName = definitionName(definition.spec.group, version.name, definition.spec.names.kind)
      schemas.define(
        `${definition.spec.group}/${version.name}/${definition.spec.names.kind}`,
        schemaName,
        ownershipSchema(schemaOf(version)),
      )
    }
    registry.serveCustom(
      name,
      versions.map((version) => resourceOf(definition, version, life, this.#operations)),
    )
  }

  forget(definition: CustomResourceDefinition): void {
    const name = definition.metadata.name ?? ''
    const { group, names, versions } = definition.spec
    for (const { name: version } of versions)
      this.#operations.schemas.undefine(`${group}/${version}/${names.kind}`, definitionName(group, version, names.kind))
    this.#operations.registry.serveCustom(name, [])
    this.#emptying.delete(tableOf(definition))
    this.#served.delete(name)
    const life = this.#lives.get(name)
    this.#lives.delete(name)
    for (const end of life?.ends ?? []) end()
    this.#lookAtOthers(definition)
  }

  /** An object that a definition's deletion waits for may be gone. */
  changed(table: string, type: string): void {
    const name = this.#emptying.get(table)
    if (name !== undefined && type === 'DELETED') this.look(name)
  }

  #lookAtOthers(definition: CustomResourceDefinition): void {
    for (const other of this.#operations.list('CustomResourceDefinition')) {
      if (other.spec.group === definition.spec.group && other.metadata.name !== definition.metadata.name && !isTrue(other, 'NamesAccepted'))
        this.look(other.metadata.name ?? '')
    }
  }

  #accept(definition: CustomResourceDefinition): CustomResourceDefinition {
    const others = this.#operations
      .list('CustomResourceDefinition')
      .filter((other) => other.spec.group === definition.spec.group && other.metadata.name !== definition.metadata.name)
    const { accepted, conflict } = namesOf(definition, others)
    const established = conflict
      ? isTrue(definition, 'Established')
        ? []
        : [this.#condition(definition, 'Established', 'False', 'NotAccepted', 'not all names are accepted')]
      : isTrue(definition, 'Established')
        ? []
        : [this.#condition(definition, 'Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted')]
    const named = conflict
      ? this.#condition(definition, 'NamesAccepted', 'False', conflict.reason, conflict.message)
      : this.#condition(definition, 'NamesAccepted', 'True', 'NoConflicts', 'no conflicts found')
    return this.#write(definition, [named, ...established], accepted)
  }

  #empty(definition: CustomResourceDefinition): void {
    if (!definition.metadata.finalizers?.includes(CLEANUP)) return
    const { registry, store } = this.#operations
    const table = tableOf(definition)
    const resource = registry.ofTable(table)
    if (resource) {
      this.#emptying.set(table, definition.metadata.name ?? '')
      const progress = this.#condition(
        definition,
        'Terminating',
        'True',
        'InstanceDeletionInProgress',
        'CustomResource deletion is in progress',
      )
      for (const object of store.list(table)) {
        if (object.metadata.deletionTimestamp === undefined)
          this.#operations.delete(resource, object.metadata.namespace, object.metadata.name ?? '')
      }
      if (store.list(table).length > 0) return void this.#write(definition, [progress])
    }
    const done = this.#write(definition, [
      this.#condition(definition, 'Terminating', 'False', 'InstanceDeletionCompleted', 'removed all instances'),
    ])
    const own = registry.ofKind('CustomResourceDefinition')
    const finalizers = (done.metadata.finalizers ?? []).filter((one) => one !== CLEANUP)
    this.#operations.update(own, undefined, done.metadata.name ?? '', {
      ...(done as unknown as JsonObject),
      metadata: { ...(done.metadata as unknown as JsonObject), finalizers },
    })
  }

  #condition(
    definition: CustomResourceDefinition,
    type: string,
    status: string,
    reason: string,
    message: string,
  ): CustomResourceDefinitionCondition {
    const old = definition.status?.conditions?.find((one) => one.type === type)
    const at = old?.status === status ? old.lastTransitionTime : rfc3339(this.#operations.platform.clock.now())
    return { ...(at !== undefined && { lastTransitionTime: at }), message, reason, status, type }
  }

  #write(
    definition: CustomResourceDefinition,
    conditions: readonly CustomResourceDefinitionCondition[],
    acceptedNames = definition.status?.acceptedNames,
  ): CustomResourceDefinition {
    const before = definition.status?.conditions ?? []
    const kept = before.map((one) => conditions.find((other) => other.type === one.type) ?? one)
    const added = conditions.filter((one) => !before.some((other) => other.type === one.type))
    const status = { ...definition.status, acceptedNames, conditions: [...kept, ...added] } as unknown as JsonObject
    if (same(status, definition.status as unknown as JsonObject)) return definition
    const own = this.#operations.registry.ofKind('CustomResourceDefinition')
    const sent = { ...(definition as unknown as JsonObject), status }
    return this.#operations.update(own, undefined, definition.metadata.name ?? '', sent, 'status') as unknown as CustomResourceDefinition
  }
}

export function isTrue(definition: CustomResourceDefinition, type: string): boolean {
  return definition.status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
}

/** All versions are stored in one place. */
function tableOf({ spec }: CustomResourceDefinition): string {
  return `${spec.group}/${spec.names.plural}`
}

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const PART_VERBS = ['get', 'patch', 'update']

function resourceOf(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  life: CustomLife,
  operations: Operations,
): Resource {
  const { group, names: asked, scope } = definition.spec
  const names = definition.status?.acceptedNames?.kind ? definition.status.acceptedNames : asked
  const namespaced = scope === 'Namespaced'
  const discovered: DiscoveredResource = {
    name: names.plural,
    singularName: names.singular ?? '',
    namespaced,
    kind: names.kind,
    verbs: VERBS,
    ...(names.shortNames?.length && { shortNames: names.shortNames }),
    ...(names.categories?.length && { categories: names.categories }),
  }
  const part = (name: string, more: Partial<DiscoveredResource> = {}): [string, DiscoveredResource] => [
    name,
    { name: `${names.plural}/${name}`, singularName: '', namespaced, kind: names.kind, verbs: PART_VERBS, ...more },
  ]
  return {
    group,
    version: version.name,
    groupVersion: `${group}/${version.name}`,
    resource: names.plural,
    kind: names.kind,
    namespaced,
    table: tableOf(definition),
    schema: definitionName(group, version.name, names.kind),
    discovered,
    subresources: new Map([
      ...(version.subresources?.status ? [part('status')] : []),
      ...(version.subresources?.scale ? [part('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' })] : []),
    ]),
    qualified: `${names.plural}.${group}`,
    custom: makeKind(definition, version, life, operations.schemas),
  }
}
