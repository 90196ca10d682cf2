import { answer } from './respond.ts'
import type { DiscoveredResource, Registry } from '../resources/registry.ts'
import type { Platform } from '../platform.ts'
import type { JsonObject } from '../resources/object.ts'
import type { AggregatedApi } from './aggregated.ts'
import type { ApiRequest, ApiResponse } from './http.ts'

interface Group {
  readonly name: string
  readonly versions: readonly {
    readonly version: string
    readonly groupVersion: string
    readonly resources: readonly DiscoveredResource[]
  }[]
}

/** What the server can do, in both forms that clients ask for. */
export class Discovery {
  readonly #registry: Registry
  readonly #sha256: Platform['sha256']
  readonly #aggregated: () => readonly AggregatedApi[]

  /** @param aggregated the aggregated APIs that are available now */
  constructor(registry: Registry, sha256: Platform['sha256'], aggregated: () => readonly AggregatedApi[]) {
    this.#registry = registry
    this.#sha256 = sha256
    this.#aggregated = aggregated
  }

  /** Answers a discovery path, or leaves it alone. */
  answer(request: ApiRequest): ApiResponse | undefined {
    const path = request.path.replace(/\/$/, '')
    const aggregatedAs = ['v2', 'v2beta1'].find((version) =>
      request.headers['accept']?.includes(`g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`),
    )
    if ((path === '/api' || path === '/apis') && aggregatedAs !== undefined) return this.#whole(path, aggregatedAs)
    if (path === '/api')
      return answer(200, {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '10.0.0.10:6443' }],
      })
    if (path === '/apis')
      return answer(200, {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: this.#groups()
          .filter(({ name }) => name !== '')
          .map(describe),
      })
    const group = /^\/apis\/([^/]+)$/.exec(path)?.[1]
    if (group !== undefined) {
      const found = this.#groups().find(({ name }) => name === group)
      return found && answer(200, { kind: 'APIGroup', apiVersion: 'v1', ...describe(found) })
    }
    const groupVersion = /^\/api\/([^/]+)$/.exec(path)?.[1] ?? /^\/apis\/([^/]+\/[^/]+)$/.exec(path)?.[1]
    const version = this.#groups()
      .flatMap(({ versions }) => versions)
      .find((candidate) => candidate.groupVersion === groupVersion)
    if (!version) return undefined
    const resources = version.resources.map((resource) => ({
      ...resource,
      ...this.#storageVersion(version.groupVersion, resource),
    })) as unknown as JsonObject[]
    // The core group's list is older than `apiVersion` in it.
    return answer(200, {
      kind: 'APIResourceList',
      ...(version.groupVersion !== 'v1' && { apiVersion: 'v1' }),
      groupVersion: version.groupVersion,
      resources,
    })
  }

  /** In what objects are stored, for whoever migrates them. Source: k8s.io/apiserver, endpoints/discovery/storageversionhash.go */
  #storageVersion(groupVersion: string, { name, verbs }: DiscoveredResource): { readonly storageVersionHash?: string } {
    const resource = this.#registry.find(groupVersion, name)
    if (!resource || !verbs.includes('create') || !verbs.includes('list')) return {}
    const { group, version, kind } = this.#registry.storageOf(resource)
    const bytes = this.#sha256(`${group}/${version}/${kind}`).slice(0, 16).match(/../g) ?? []
    return { storageVersionHash: btoa(bytes.map((byte) => String.fromCharCode(parseInt(byte, 16))).join('')) }
  }

  #groups(): readonly Group[] {
    const groups = new Map<
      string,
      { readonly version: string; readonly groupVersion: string; readonly resources: readonly DiscoveredResource[] }[]
    >()
    const add = (groupVersion: string, resources: readonly DiscoveredResource[]) => {
      const slash = groupVersion.indexOf('/')
      const name = slash < 0 ? '' : groupVersion.slice(0, slash)
      groups.set(name, [...(groups.get(name) ?? []), { version: groupVersion.slice(slash + 1), groupVersion, resources }])
    }
    for (const { groupVersion, resources } of this.#registry.discovery.groups) add(groupVersion, resources)
    for (const api of this.#aggregated()) add(`${api.group}/${api.version}`, api.resources)
    return [...groups].map(([name, versions]) => ({ name, versions }))
  }

  #whole(path: string, version: string): ApiResponse {
    const items = this.#groups()
      .filter(({ name }) => (name === '') === (path === '/api'))
      .map(({ name, versions }) => ({
        metadata: { ...(name && { name }), creationTimestamp: null },
        versions: versions.map((served) => ({
          version: served.version,
          resources: aggregate(served.resources, name, served.version),
          freshness: 'Current',
        })),
      }))
    const body = {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items,
    } as unknown as JsonObject
    const response = answer(200, body)
    return {
      ...response,
      headers: { ...response.headers, 'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` },
    }
  }
}

function describe({ name, versions }: Group): JsonObject {
  const listed = versions.map(({ groupVersion, version }) => ({ groupVersion, version }))
  return { name, versions: listed, preferredVersion: listed[0] ?? {} }
}

function aggregate(resources: readonly DiscoveredResource[], group: string, version: string): JsonObject[] {
  const kindOf = (resource: DiscoveredResource) => ({
    group: resource.group ?? group,
    version: resource.version ?? version,
    kind: resource.kind,
  })
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((resource) => {
      const subresources = resources
        .filter(({ name }) => name.startsWith(`${resource.name}/`))
        .map((sub) => ({ subresource: sub.name.slice(resource.name.length + 1), responseKind: kindOf(sub), verbs: sub.verbs }))
      return {
        resource: resource.name,
        responseKind: kindOf(resource),
        scope: resource.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: resource.singularName,
        verbs: resource.verbs,
        ...(resource.shortNames && { shortNames: resource.shortNames }),
        ...(resource.categories && { categories: resource.categories }),
        ...(subresources.length > 0 && { subresources }),
      }
    })
}
