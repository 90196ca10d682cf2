import { ApiError } from './door.ts'
import { methodNotAllowed } from './errors.ts'
import type { Call } from './call.ts'

/**
 * What the API server's router refuses before any handler looks at a request: methods that a path has not, media
 * types that it neither takes nor gives. Defined kinds have no routes: their handler looks for itself.
 * Source: github.com/emicklei/go-restful/v3, jsr311.go detectRoute; k8s.io/apiserver, endpoints/installer.go
 * @throws ApiError MethodNotAllowed, UnsupportedMediaType, NotAcceptable
 */
export function checkRoute(call: Call): void {
  if (call.resource.custom) return
  const { method, headers, body } = call.request
  if (!methodsOf(call).includes(method)) throw methodNotAllowed()
  const type = headers['content-type']?.split(';')[0]?.trim() || 'application/octet-stream'
  if (method === 'PATCH' && !PATCHES.includes(type)) throw unsupported('415: Unsupported Media Type')
  const offered = offeredBy(call)
  if (offered === undefined || (headers['accept'] ?? '*/*').split(',').some((part) => takes(part, offered))) return
  const available = `Available representations: ${offered.join(', ')}`
  const writes = method === 'POST' || method === 'PUT' || method === 'PATCH'
  if (writes && !body?.length) throw unsupported(`415: Unsupported Media Type\n\n${available}`)
  throw new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\n${available}`, {})
}

const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const OBJECTS = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
/** What answers in a form of its own. */
const CONNECTED = ['exec', 'attach', 'portforward', 'proxy']

const METHODS: { readonly [verb: string]: string } = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}
const OF_ONE = ['get', 'update', 'patch', 'delete']
const OF_ALL = ['list', 'create', 'deletecollection']

function methodsOf({ resource, namespace, name, subresource }: Call): readonly string[] {
  const verbs = (subresource === undefined ? resource.discovered : resource.subresources.get(subresource))?.verbs ?? []
  const here =
    subresource !== undefined ? verbs : name !== undefined ? OF_ONE : resource.namespaced && namespace === undefined ? ['list'] : OF_ALL
  return verbs.filter((verb) => here.includes(verb)).map((verb) => METHODS[verb] ?? '')
}

function offeredBy({ request, name, subresource }: Call): readonly string[] | undefined {
  if (subresource !== undefined && CONNECTED.includes(subresource)) return undefined
  if (subresource === 'log') return ['text/plain', ...OBJECTS]
  return request.method === 'GET' && name === undefined ? [...OBJECTS, ...STREAMS] : OBJECTS
}

/** The router looks at types alone, whatever their parameters. */
function takes(part: string, offered: readonly string[]): boolean {
  const type = part.split(';')[0]?.trim() ?? ''
  return type === '*/*' || type === '' || offered.includes(type)
}

function unsupported(message: string): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', message, {})
}
