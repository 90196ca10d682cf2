import { answer } from './respond.ts'
import { customSchemas, OBJECT_META } from '../custom/published.ts'
import { protobufDocument } from './openapi-protobuf.ts'
import { inVersion2, pathsOf } from './openapi-paths.ts'
import { SchemaWriter, VERSION_2, VERSION_3, withReferences } from './openapi-schemas.ts'
import type { DescriptionData } from './openapi-schemas.ts'
import type { Schemas } from '../resources/schema.ts'
import type { Registry, Resource } from '../resources/registry.ts'
import type { JsonObject } from '../resources/object.ts'
import type { ApiRequest, ApiResponse } from './http.ts'

/**
 * What the server can do and what its types mean, as OpenAPI documents: version 3, one a group version, for
 * `kubectl apply`, `create`, `diff` and `explain` and for client generators; version 2, all in one, for older clients.
 */
export class OpenApi {
  readonly #registry: Registry
  readonly #schemas: Schemas
  readonly #hash: (text: string) => string
  readonly #descriptions: () => DescriptionData | undefined

  /** @param descriptions read when a document is asked for, so that clusters nobody asks carry none */
  constructor(registry: Registry, schemas: Schemas, hash: (text: string) => string, descriptions: () => DescriptionData | undefined) {
    this.#registry = registry
    this.#schemas = schemas
    this.#hash = hash
    this.#descriptions = descriptions
  }

  answer(request: ApiRequest): ApiResponse | undefined {
    if (request.path === '/openapi/v3') return answer(200, { paths: this.#index() })
    if (request.path === '/openapi/v2') return this.#second(request)
    const path = /^\/openapi\/v3\/(api\/v1|apis\/[^/]+\/[^/]+)$/.exec(request.path)?.[1]
    if (path === undefined) return undefined
    const groupVersion = path === 'api/v1' ? 'v1' : path.slice('apis/'.length)
    if (!this.#registry.hasGroupVersion(groupVersion)) return undefined
    const response = answer(200, this.#document(groupVersion))
    return { ...response, headers: { ...response.headers, 'cache-control': 'public, immutable', vary: 'Accept-Encoding' } }
  }

  #version(): string {
    return this.#registry.discovery.version['gitVersion'] ?? ''
  }

  #second(request: ApiRequest): ApiResponse {
    const writer = new SchemaWriter(this.#schemas, this.#descriptions(), VERSION_2)
    const names = withReferences(this.#schemas, [...Object.values(this.#schemas.data.kinds), ...SHARED])
    const definitions = Object.fromEntries(names.map((name) => [name, writer.write(name)] as const))
    if (request.headers['accept']?.includes('com.github.proto-openapi.spec.v2')) {
      const body = protobufDocument('Kubernetes', this.#version(), definitions)
      return { status: 200, headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-cache, private' }, body }
    }
    const paths = this.#registry.all().flatMap((resource) => pathsOf(resource, this.#schemas))
    return answer(200, {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: this.#version() },
      paths: Object.fromEntries(paths.map(([path, operations]) => [path, inVersion2(operations)])),
      definitions: { ...definitions, ...definedIn2(this.#registry.all()) },
      securityDefinitions: { BearerToken: BEARER },
      security: [{ BearerToken: [] }],
    })
  }

  #index(): JsonObject {
    const entries = this.#registry.discovery.groups.map(({ groupVersion }) => {
      const path = groupVersion === 'v1' ? 'api/v1' : `apis/${groupVersion}`
      const hash = this.#hash(`${groupVersion} ${this.#version()} ${DOCUMENT_FORM}${this.#custom(groupVersion)}`).toUpperCase()
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const
    })
    return Object.fromEntries(entries)
  }

  #document(groupVersion: string): JsonObject {
    const resources = this.#registry.all().filter((resource) => resource.groupVersion === groupVersion)
    const own = Object.entries(this.#schemas.data.kinds).filter(([kind]) => kind.slice(0, kind.lastIndexOf('/')) === groupVersion)
    const writer = new SchemaWriter(this.#schemas, this.#descriptions(), VERSION_3)
    const names = withReferences(this.#schemas, [
      ...own.map(([, schema]) => schema),
      ...SHARED,
      ...(resources.some(({ custom }) => custom) ? [OBJECT_META, LIST_META] : []),
      ...resources.flatMap((resource) => this.#ofSubresources(resource.subresources.values())),
    ])
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: this.#version() },
      paths: Object.fromEntries(resources.flatMap((resource) => pathsOf(resource, this.#schemas))),
      components: {
        schemas: { ...Object.fromEntries(names.map((name) => [name, writer.write(name)])), ...customSchemas(resources) },
        securitySchemes: { BearerToken: BEARER },
      },
    }
  }

  /** What tells one state of a group's custom kinds from another. */
  #custom(groupVersion: string): string {
    const custom = this.#registry.all().filter((resource) => resource.custom && resource.groupVersion === groupVersion)
    return custom.length > 0 ? JSON.stringify(customSchemas(custom)) : ''
  }

  /** Scales, evictions and tokens are of other groups than what they are of. */
  #ofSubresources(subresources: Iterable<{ readonly group?: string; readonly version?: string; readonly kind: string }>): string[] {
    return [...subresources].flatMap(({ group, version, kind }) => {
      const name = version === undefined ? undefined : this.#schemas.nameOf(group ? `${group}/${version}` : version, kind)
      return name === undefined ? [] : [name]
    })
  }
}

/** Defined kinds as version 2 refers to them. */
function definedIn2(resources: readonly Resource[]): JsonObject {
  const written = JSON.stringify(customSchemas(resources.filter(({ custom }) => custom)))
  return JSON.parse(written.replaceAll(VERSION_3.pointer, VERSION_2.pointer)) as JsonObject
}

/** Clients keep documents for ever by their hash: this changes with how we write them. */
const DOCUMENT_FORM = 'described'
const BEARER = { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' }
const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
const SHARED = ['Status', 'DeleteOptions', 'Patch'].map((kind) => `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`)
