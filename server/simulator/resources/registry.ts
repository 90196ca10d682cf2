import { compareVersions } from '../custom/version-order.ts'
import type { ResourceInfo } from '../api/door.ts'
import type { CustomKind } from '../custom/custom-kind.ts'
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
  /** What a CustomResourceDefinition has made it of. */
  readonly custom?: CustomKind
}

/** Resources served in more than one version, and in which they are stored. */
const STORED_AS: { readonly [groupVersionResource: string]: string } = {
  'events.k8s.io/v1/events': 'v1/events',
  'autoscaling/v1/horizontalpodautoscalers': 'autoscaling/v2/horizontalpodautoscalers',
}

/** The one table of kinds. */
export class Registry {
  #discovery: DiscoveryData
  readonly #builtIn: BuiltIn
  /** By the name of their definition: each version, in the order in which discovery tells them. */
  readonly #custom = new Map<string, readonly Resource[]>()
  readonly #customByPath = new Map<string, Resource>()

  constructor(discovery: DiscoveryData, schemas: Schemas) {
    this.#discovery = discovery
    this.#builtIn = builtInOf(discovery, schemas)
  }

  /** What is served now, custom kinds included. */
  get discovery(): DiscoveryData {
    return this.#discovery
  }

  /** Serves what a definition defines in place of what it defined before; no versions end it. */
  serveCustom(definition: string, versions: readonly Resource[]): void {
    for (const { groupVersion, resource } of this.#custom.get(definition) ?? []) this.#customByPath.delete(`${groupVersion}/${resource}`)
    if (versions.length > 0) this.#custom.set(definition, versions)
    else this.#custom.delete(definition)
    for (const resource of versions) this.#customByPath.set(`${resource.groupVersion}/${resource.resource}`, resource)
    const { discovery } = this.#builtIn
    this.#discovery = { ...discovery, groups: [...discovery.groups, ...customGroups([...this.#custom.values()].flat())] }
  }

  /** The resource whose objects are in `table`; the one in their storage version if that is served. */
  ofTable(table: string): Resource | undefined {
    const builtIn = this.#at(table)
    if (builtIn) return builtIn
    const [first] = [...this.#custom.values()].find((versions) => versions[0]?.table === table) ?? []
    return first && this.storageOf(first)
  }

  /** @param groupVersion `v1`, `apps/v1` */
  find(groupVersion: string, resource: string): Resource | undefined {
    return this.#at(`${groupVersion}/${resource}`)
  }

  /** The resource that a kind's objects are stored as. */
  ofKind(kind: string): Resource {
    const resource = this.#builtIn.byKind.get(kind)
    if (!resource) throw new Error(`no resource for kind ${kind}`)
    return resource
  }

  /** The resource that stores what `resource` shows. */
  storageOf(resource: Resource): Resource {
    if (resource.custom) return this.#at(`${resource.custom.storedAs}/${resource.resource}`) ?? resource
    const stored = STORED_AS[`${resource.groupVersion}/${resource.resource}`]
    return (stored === undefined ? undefined : this.#at(stored)) ?? resource
  }

  all(): readonly Resource[] {
    return [...this.#builtIn.byPath.values(), ...this.#customByPath.values()]
  }

  /** Whether any resource is of this group and version. */
  hasGroupVersion(groupVersion: string): boolean {
    return this.discovery.groups.some((group) => group.groupVersion === groupVersion)
  }

  /** Whether the server itself knows a group, so that its router answers for all below it. */
  routes(group: string): boolean {
    return this.#builtIn.discovery.groups.some(({ groupVersion }) => groupVersion.startsWith(`${group}/`))
  }

  #at(path: string): Resource | undefined {
    return this.#customByPath.get(path) ?? this.#builtIn.byPath.get(path)
  }
}

/** The kinds that every cluster has. */
interface BuiltIn {
  readonly discovery: DiscoveryData
  readonly byPath: ReadonlyMap<string, Resource>
  readonly byKind: ReadonlyMap<string, Resource>
}

/** Made once for all clusters that are made of the same data. */
const builtIns = new WeakMap<DiscoveryData, BuiltIn>()

function builtInOf(discovery: DiscoveryData, schemas: Schemas): BuiltIn {
  const known = builtIns.get(discovery)
  if (known) return known
  const byPath = new Map<string, Resource>()
  const byKind = new Map<string, Resource>()
  for (const { groupVersion, resources } of discovery.groups) {
    for (const discovered of resources) {
      if (discovered.name.includes('/')) continue
      const resource = resourceOf(groupVersion, discovered, resources, schemas)
      const path = `${groupVersion}/${discovered.name}`
      byPath.set(path, resource)
      if (resource.table === path) byKind.set(discovered.kind, resource)
    }
  }
  const made = { discovery, byPath, byKind }
  builtIns.set(discovery, made)
  return made
}

function resourceOf(
  groupVersion: string,
  discovered: DiscoveredResource,
  siblings: readonly DiscoveredResource[],
  schemas: Schemas,
): Resource {
  const slash = groupVersion.indexOf('/')
  const group = slash < 0 ? '' : groupVersion.slice(0, slash)
  const prefix = `${discovered.name}/`
  return {
    group,
    version: groupVersion.slice(slash + 1),
    groupVersion,
    resource: discovered.name,
    kind: discovered.kind,
    namespaced: discovered.namespaced,
    table: STORED_AS[`${groupVersion}/${discovered.name}`] ?? `${groupVersion}/${discovered.name}`,
    schema: schemas.nameOf(groupVersion, discovered.kind),
    discovered,
    subresources: new Map(siblings.filter(({ name }) => name.startsWith(prefix)).map((sub) => [sub.name.slice(prefix.length), sub])),
    qualified: group ? `${discovered.name}.${group}` : discovered.name,
  }
}

/** Groups by name, each with its versions in the order that clients prefer. */
function customGroups(resources: readonly Resource[]): DiscoveryData['groups'] {
  const groupVersions = [...new Set(resources.map(({ groupVersion }) => groupVersion))]
  const ordered = groupVersions.toSorted((a, b) => {
    const [left = '', leftVersion = ''] = a.split('/')
    const [right = '', rightVersion = ''] = b.split('/')
    return left === right ? compareVersions(leftVersion, rightVersion) : left < right ? -1 : 1
  })
  return ordered.map((groupVersion) => ({
    groupVersion,
    resources: resources
      .filter((resource) => resource.groupVersion === groupVersion)
      .flatMap(({ discovered, subresources }) => [discovered, ...subresources.values()]),
  }))
}
