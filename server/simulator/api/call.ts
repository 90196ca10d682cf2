import { noSuchResource } from './errors.ts'
import type { Registry, Resource } from '../resources/registry.ts'
import type { ApiRequest } from './http.ts'

/** Who asks. */
export interface User {
  readonly name: string
  readonly groups: readonly string[]
  readonly uid?: string
  readonly extra?: { readonly [key: string]: readonly string[] }
}

/** A request for a resource, understood. */
export interface Call {
  readonly request: ApiRequest
  readonly user: User
  /** As asked for; what stores it is `registry.storageOf(resource)`. */
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** Sent along as `Warning` headers. */
  readonly warnings: string[]
}

export type Target = Pick<Call, 'resource' | 'namespace' | 'name' | 'subresource'>

/** Below which path groups' versions live. */
export function groupVersionOf(path: string): { readonly groupVersion: string; readonly rest: readonly string[] } | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts[0] === 'api' && parts[1] !== undefined) return { groupVersion: parts[1], rest: parts.slice(2) }
  if (parts[0] === 'apis' && parts[1] !== undefined && parts[2] !== undefined)
    return { groupVersion: `${parts[1]}/${parts[2]}`, rest: parts.slice(3) }
  return undefined
}

/** What a path is about. @throws ApiError NotFound */
export function targetOf(registry: Registry, groupVersion: string, rest: readonly string[]): Target {
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !isNamespaceSubresource(rest)
  const [kind, name, ...sub] = inNamespace ? rest.slice(2) : rest
  const resource = kind === undefined ? undefined : registry.find(groupVersion, kind)
  if (!resource || (inNamespace && !resource.namespaced)) throw noSuchResource()
  const namespace = inNamespace ? rest[1] : undefined
  if (resource.namespaced && namespace === undefined && name !== undefined) throw noSuchResource()
  const subresource = sub[0]
  if (subresource !== undefined && !resource.subresources.has(subresource)) throw noSuchResource()
  return { resource, namespace, name, subresource }
}

function isNamespaceSubresource(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize')
}

/** `list`, `watch`, `create` …: what authorisation is asked about. */
export function verbOf({ method, query }: ApiRequest, name: string | undefined): string {
  if (method === 'GET' || method === 'HEAD') {
    if (name !== undefined) return 'get'
    return isTrue(query.get('watch')) ? 'watch' : 'list'
  }
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete'
  return method.toLowerCase()
}

/** Whether a parameter says yes: all that is there does, but for a no. Source: k8s.io/apimachinery, runtime/conversion.go */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0'
}
