import { answer } from './respond.ts'
import type { Schema, Schemas } from '../resources/schema.ts'
import type { Registry, Resource } from '../resources/registry.ts'
import type { JsonObject } from '../resources/object.ts'
import type { ApiRequest, ApiResponse } from './http.ts'

/** The OpenAPI v3 documents, one a group version: structure for `kubectl apply`, `create`, `diff` and `explain`. */
export class OpenApi {
  readonly #registry: Registry
  readonly #schemas: Schemas
  readonly #hash: (text: string) => string

  constructor(registry: Registry, schemas: Schemas, hash: (text: string) => string) {
    this.#registry = registry
    this.#schemas = schemas
    this.#hash = hash
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

  /** Version 2 lists nothing: kubectl asks for it only about kinds that version 3 has not got, and then wants to hear just that. */
  #second(request: ApiRequest): ApiResponse {
    const version = this.#registry.discovery.version['gitVersion'] ?? ''
    if (!request.headers['accept']?.includes('com.github.proto-openapi.spec.v2')) {
      return answer(200, { swagger: '2.0', info: { title: 'Kubernetes', version }, paths: {}, definitions: {} })
    }
    const info = [...field(1, bytesOf('Kubernetes')), ...field(2, bytesOf(version))]
    // Document: 1 swagger, 2 info, 8 paths, 9 definitions.
    const body = Uint8Array.from([...field(1, bytesOf('2.0')), ...field(2, info), ...field(8, []), ...field(9, [])])
    return { status: 200, headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-cache, private' }, body }
  }

  #index(): JsonObject {
    const entries = this.#registry.discovery.groups.map(({ groupVersion }) => {
      const path = groupVersion === 'v1' ? 'api/v1' : `apis/${groupVersion}`
      const hash = this.#hash(`${groupVersion} ${this.#registry.discovery.version['gitVersion'] ?? ''}`).toUpperCase()
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const
    })
    return Object.fromEntries(entries)
  }

  #document(groupVersion: string): JsonObject {
    const resources = this.#registry.all().filter((resource) => resource.groupVersion === groupVersion)
    const wanted = new Set<string>()
    const kinds = new Map<string, string>()
    for (const [kind, schema] of Object.entries(this.#schemas.data.kinds)) {
      if (kind.slice(0, kind.lastIndexOf('/')) !== groupVersion) continue
      kinds.set(schema, kind.slice(kind.lastIndexOf('/') + 1))
      this.#collect(schema, wanted)
    }
    const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion]
    const schemas = [...wanted].map((name) => {
      const kind = kinds.get(name)
      const extension = kind === undefined ? {} : { 'x-kubernetes-group-version-kind': [{ group: group ?? '', version: version ?? '', kind }] }
      return [name, { ...published(this.#schemas.get(name) ?? {}), ...extension }] as const
    })
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: this.#registry.discovery.version['gitVersion'] ?? '' },
      paths: Object.fromEntries(resources.flatMap(pathsOf)),
      components: { schemas: Object.fromEntries(schemas) as unknown as JsonObject },
    }
  }

  #collect(name: string, into: Set<string>): void {
    if (into.has(name)) return
    into.add(name)
    const visit = (schema: Schema | undefined): void => {
      if (!schema) return
      if (schema.$ref !== undefined) this.#collect(schema.$ref, into)
      for (const property of Object.values(schema.properties ?? {})) visit(property)
      visit(schema.items)
      visit(schema.additionalProperties)
    }
    visit(this.#schemas.get(name))
  }
}

/** One length-delimited protobuf field of fewer than 128 bytes. */
function field(number: number, bytes: readonly number[]): readonly number[] {
  return [(number << 3) | 2, bytes.length, ...bytes]
}

function bytesOf(text: string): readonly number[] {
  return [...new TextEncoder().encode(text)]
}

/** In the form of the document: references are pointers, and stand alone or in `allOf`. */
function published(schema: Schema): JsonObject {
  const { $ref, properties, items, additionalProperties, ...rest } = schema
  const result: { [key: string]: unknown } = { ...rest }
  if (properties) result['properties'] = Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, published(property)]))
  if (items) result['items'] = published(items)
  if (additionalProperties) result['additionalProperties'] = published(additionalProperties)
  if ($ref !== undefined) {
    const reference = { $ref: `#/components/schemas/${$ref}` }
    if (Object.keys(rest).length === 0) return reference
    result['allOf'] = [reference]
  }
  return result as JsonObject
}

const FIELD_VALIDATION = { name: 'fieldValidation', in: 'query', schema: { type: 'string', uniqueItems: true } }

function pathsOf(resource: Resource): (readonly [string, JsonObject])[] {
  const root = resource.group ? `/apis/${resource.groupVersion}` : `/api/${resource.version}`
  const base = resource.namespaced ? `${root}/namespaces/{namespace}/${resource.resource}` : `${root}/${resource.resource}`
  const kind = { 'x-kubernetes-group-version-kind': { group: resource.group, version: resource.version, kind: resource.kind } }
  const operation = (action: string): JsonObject => ({ 'x-kubernetes-action': action, ...kind, parameters: [FIELD_VALIDATION], responses: { '200': { description: 'OK' } } })
  const verbs = resource.discovered.verbs
  const collection = { ...(verbs.includes('list') && { get: operation('list') }), ...(verbs.includes('create') && { post: operation('post') }) }
  const item = { ...(verbs.includes('get') && { get: operation('get') }), ...(verbs.includes('update') && { put: operation('put') }), ...(verbs.includes('patch') && { patch: operation('patch') }) }
  return [
    [base, collection],
    ...(Object.keys(item).length > 0 ? [[`${base}/{name}`, item] as const] : []),
  ]
}
