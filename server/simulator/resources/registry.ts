import type { ResourceInfo } from '../api/door.ts'
import type { Schemas } from './schema.ts'

/** The server's discovery document, as data. */
export interface DiscoveryData {
  readonly version: { readonly [field: string]: string }
  readonly groups: readonly { readonly groupVersion: string; readonly resources: readonly DiscoveredResource[] }[]
}

export interface DiscoveredResource {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly kind: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly group?: string
  readonly version?: string
}

/** One row of the table of kinds. */
export interface Resource extends ResourceInfo {
  readonly groupVersion: string
  /** Where its objects are stored: resources that are two views of one thing share it. */
  readonly table: string
  readonly schema: string | undefined
  readonly discovered: DiscoveredResource
  readonly subresources: ReadonlyMap<string, DiscoveredResource>
  /** `deployments.apps`, as messages name it. */
  readonly qualified: string
}

/** Resources served in more than one version, and in which they are stored. */
const STORED_AS: { readonly [groupVersionResource: string]: string } = {
  'events.k8s.io/v1/events': 'v1/events',
  'autoscaling/v1/horizontalpodautoscalers': 'autoscaling/v2/horizontalpodautoscalers',
}

/** The one table of kinds. */
export class Registry {
  readonly discovery: DiscoveryData
  readonly #byPath = new Map<string, Resource>()
  readonly #byKind = new Map<string, Resource>()

  constructor(discovery: DiscoveryData, schemas: Schemas) {
    this.discovery = discovery
    for (const { groupVersion, resources } of discovery.groups) {
      for (const discovered of resources) if (!discovered.name.includes('/')) this.#add(groupVersion, discovered, resources, schemas)
    }
  }

  /** @param groupVersion `v1`, `apps/v1` */
  find(groupVersion: string, resource: string): Resource | undefined {
    return this.#byPath.get(`${groupVersion}/${resource}`)
  }

  /** The resource that a kind's objects are stored as. */
  ofKind(kind: string): Resource {
    const resource = this.#byKind.get(kind)
    if (!resource) throw new Error(`no resource for kind ${kind}`)
    return resource
  }

  /** The resource that stores what `resource` shows. */
  storageOf(resource: Resource): Resource {
    const stored = STORED_AS[`${resource.groupVersion}/${resource.resource}`]
    return (stored === undefined ? undefined : this.#byPath.get(stored)) ?? resource
  }

  all(): readonly Resource[] {
    return [...this.#byPath.values()]
  }

  /** Whether any resource is of this group and version. */
  hasGroupVersion(groupVersion: string): boolean {
    return this.discovery.groups.some((group) => group.groupVersion === groupVersion)
  }

  #add(groupVersion: string, discovered: DiscoveredResource, siblings: readonly DiscoveredResource[], schemas: Schemas): void {
    const slash = groupVersion.indexOf('/')
    const group = slash < 0 ? '' : groupVersion.slice(0, slash)
    const stored = STORED_AS[`${groupVersion}/${discovered.name}`] ?? `${groupVersion}/${discovered.name}`
    const prefix = `${discovered.name}/`
    const resource: Resource = {
      group,
      version: groupVersion.slice(slash + 1),
      groupVersion,
      resource: discovered.name,
      kind: discovered.kind,
      namespaced: discovered.namespaced,
      table: stored,
      schema: schemas.nameOf(groupVersion, discovered.kind),
      discovered,
      subresources: new Map(siblings.filter(({ name }) => name.startsWith(prefix)).map((sub) => [sub.name.slice(prefix.length), sub])),
      qualified: group ? `${discovered.name}.${group}` : discovered.name,
    }
    this.#byPath.set(`${groupVersion}/${discovered.name}`, resource)
    if (stored === `${groupVersion}/${discovered.name}`) this.#byKind.set(discovered.kind, resource)
  }
}
