import type { JsonObject } from '../resources/object.ts'
import type { DiscoveredResource, Resource } from '../resources/registry.ts'
import type { Schemas } from '../resources/schema.ts'

/** The operations of a document: what client generators make functions of, and where kubectl looks for `fieldValidation`. */

const MEDIA = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

const query = (name: string, type: 'string' | 'boolean' | 'integer', description: string): JsonObject => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
})
const inPath = (name: string, description: string): JsonObject => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', uniqueItems: true },
})

const PRETTY = query(
  'pretty',
  'string',
  "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent indicates a browser or command-line HTTP tool (curl and wget).",
)
const DRY_RUN = query(
  'dryRun',
  'string',
  'When present, indicates that modifications should not be persisted. An invalid or unrecognized dryRun directive will result in an error response and no further processing of the request. Valid values are: - All: all dry run stages will be processed',
)
const MANAGER = query('fieldManager', 'string', 'fieldManager is a name associated with the actor or entity that is making these changes.')
const VALIDATION = query(
  'fieldValidation',
  'string',
  'fieldValidation instructs the server on how to handle objects in the request containing unknown or duplicate fields. Valid values are: Ignore, Warn, Strict.',
)
const FORCE = query(
  'force',
  'boolean',
  'Force is going to "force" Apply requests. It means user will re-acquire conflicting fields owned by other people. Force flag must be unset for non-apply patch requests.',
)
const LISTING: readonly JsonObject[] = [
  query('allowWatchBookmarks', 'boolean', 'allowWatchBookmarks requests watch events with type "BOOKMARK".'),
  query('continue', 'string', 'The continue option should be set when retrieving more results from the server.'),
  query('fieldSelector', 'string', 'A selector to restrict the list of returned objects by their fields. Defaults to everything.'),
  query('labelSelector', 'string', 'A selector to restrict the list of returned objects by their labels. Defaults to everything.'),
  query('limit', 'integer', 'limit is a maximum number of responses to return for a list call.'),
  query('resourceVersion', 'string', 'resourceVersion sets a constraint on what resource versions a request may be served from.'),
  query('resourceVersionMatch', 'string', 'resourceVersionMatch determines how resourceVersion is applied to list calls.'),
  query('sendInitialEvents', 'boolean', '`sendInitialEvents=true` may be set together with `watch=true`.'),
  query('timeoutSeconds', 'integer', 'Timeout for the list/watch call.'),
  query(
    'watch',
    'boolean',
    'Watch for changes to the described resources and return them as a stream of add, update, and remove notifications.',
  ),
]
const DELETING: readonly JsonObject[] = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'The duration in seconds before the object should be deleted.'),
  query('orphanDependents', 'boolean', 'Deprecated: please use the PropagationPolicy, this field will be deprecated in 1.7.'),
  query('propagationPolicy', 'string', 'Whether and how garbage collection will be performed.'),
]

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const content = (types: readonly string[], schema: string): JsonObject =>
  Object.fromEntries(types.map((type) => [type, { schema: { $ref: `#/components/schemas/${schema}` } }]))

interface Operation {
  readonly verb: string
  readonly action: string
  readonly answers: string
  readonly takes?: string
  readonly types?: readonly string[]
  readonly parameters: readonly JsonObject[]
  readonly codes?: readonly string[]
}

/** `apps/v1` → `AppsV1`, `rbac.authorization.k8s.io/v1` → `RbacAuthorizationV1`, as operation ids have it. */
function groupName(resource: Resource): string {
  const group = resource.group === '' ? 'core' : resource.group.replace(/\.k8s\.io$/, '')
  return group.split('.').map(capitalised).join('') + capitalised(resource.version)
}

/** Every path of a resource and its subresources, in version 3's form. */
export function pathsOf(resource: Resource, schemas: Schemas): (readonly [string, JsonObject])[] {
  if (resource.schema === undefined) return []
  const root = resource.group ? `/apis/${resource.groupVersion}` : `/api/${resource.version}`
  const base = resource.namespaced ? `${root}/namespaces/{namespace}/${resource.resource}` : `${root}/${resource.resource}`
  const shared = [
    ...(resource.namespaced ? [inPath('namespace', 'object name and auth scope, such as for teams and projects')] : []),
    PRETTY,
  ]
  const named = [inPath('name', `name of the ${resource.kind}`), ...shared]
  const list = schemas.nameOf(resource.groupVersion, `${resource.kind}List`) ?? resource.schema
  const paths: (readonly [string, JsonObject])[] = []
  const collection = onCollection(resource, list)
  if (Object.keys(collection).length > 0) paths.push([base, { ...collection, parameters: shared }])
  if (resource.namespaced && resource.discovered.verbs.includes('list')) {
    const everywhere = operation(resource, { verb: 'list', action: 'list', answers: list, parameters: [] }, 'ForAllNamespaces', false)
    paths.push([`${root}/${resource.resource}`, { get: everywhere, parameters: [...LISTING, PRETTY] }])
  }
  const item = onItem(resource, resource.schema, resource.discovered, '')
  if (Object.keys(item).length > 0) paths.push([`${base}/{name}`, { ...item, parameters: named }])
  for (const [name, discovered] of resource.subresources) {
    const schema = schemas.nameOf(subGroupVersion(resource, discovered), discovered.kind)
    const operations = schema === undefined ? {} : onItem(resource, schema, discovered, capitalised(name))
    if (Object.keys(operations).length > 0) paths.push([`${base}/{name}/${name}`, { ...operations, parameters: named }])
  }
  return paths
}

function subGroupVersion(resource: Resource, { group, version }: DiscoveredResource): string {
  if (group === undefined || version === undefined) return resource.groupVersion
  return group === '' ? version : `${group}/${version}`
}

function onCollection(resource: Resource, list: string): JsonObject {
  const { verbs } = resource.discovered
  const schema = resource.schema ?? ''
  const wanted: Record<string, Operation | false> = {
    get: verbs.includes('list') && { verb: 'list', action: 'list', answers: list, parameters: LISTING },
    post: verbs.includes('create') && {
      verb: 'create',
      action: 'post',
      answers: schema,
      takes: schema,
      parameters: [DRY_RUN, MANAGER, VALIDATION],
      codes: ['200', '201', '202'],
    },
    delete: verbs.includes('deletecollection') && {
      verb: 'deleteCollection',
      action: 'deletecollection',
      answers: `${META}Status`,
      takes: `${META}DeleteOptions`,
      parameters: [...LISTING.filter(({ name }) => name !== 'watch' && name !== 'allowWatchBookmarks'), ...DELETING],
    },
  }
  return written(resource, wanted, verbs.includes('deletecollection') ? '' : '')
}

function onItem(resource: Resource, schema: string, { verbs }: DiscoveredResource, suffix: string): JsonObject {
  const changing = [DRY_RUN, MANAGER, VALIDATION]
  const wanted: Record<string, Operation | false> = {
    get: verbs.includes('get') && { verb: 'read', action: 'get', answers: schema, parameters: [] },
    post: suffix !== '' &&
      verbs.includes('create') && {
        verb: 'create',
        action: 'post',
        answers: schema,
        takes: schema,
        parameters: changing,
        codes: ['200', '201', '202'],
      },
    put: verbs.includes('update') && {
      verb: 'replace',
      action: 'put',
      answers: schema,
      takes: schema,
      parameters: changing,
      codes: ['200', '201'],
    },
    patch: verbs.includes('patch') && {
      verb: 'patch',
      action: 'patch',
      answers: schema,
      takes: `${META}Patch`,
      types: resource.custom ? PATCHES.filter((type) => !type.includes('strategic')) : PATCHES,
      parameters: [...changing, FORCE],
      codes: ['200', '201'],
    },
    delete: verbs.includes('delete') && {
      verb: 'delete',
      action: 'delete',
      answers: `${META}Status`,
      takes: `${META}DeleteOptions`,
      parameters: DELETING,
      codes: ['200', '202'],
    },
  }
  return written(resource, wanted, suffix)
}

function written(resource: Resource, wanted: Record<string, Operation | false>, suffix: string): JsonObject {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([method, wants]) => (wants ? [[method, operation(resource, wants, suffix)]] : [])),
  )
}

function operation(resource: Resource, wants: Operation, suffix: string, scoped = resource.namespaced): JsonObject {
  const group = groupName(resource)
  const collection = wants.verb === 'deleteCollection'
  const id = `${wants.verb}${group}${collection ? 'Collection' : ''}${scoped ? 'Namespaced' : ''}${resource.kind}${suffix}`.replace(
    'deleteCollection',
    'delete',
  )
  const codes = wants.codes ?? ['200']
  const of = `${wants.verb} ${suffix ? `${suffix.toLowerCase()} of ` : ''}the specified ${resource.kind}`
  return {
    tags: [group.replace(/^[A-Z]/, (letter) => letter.toLowerCase()).replace(/V(\d\w*)$/, '_v$1')],
    description:
      wants.action === 'list'
        ? `list or watch objects of kind ${resource.kind}`
        : wants.action === 'post' && suffix === ''
          ? `create a ${resource.kind}`
          : of,
    operationId: id,
    ...(wants.parameters.length > 0 && { parameters: wants.parameters }),
    ...(wants.takes !== undefined && {
      requestBody: {
        content: content(wants.types ?? MEDIA, wants.takes),
        ...(wants.takes !== `${META}DeleteOptions` && { required: true }),
      },
    }),
    responses: {
      ...Object.fromEntries(
        codes.map((code) => [
          code,
          { description: { '200': 'OK', '201': 'Created', '202': 'Accepted' }[code] ?? '', content: content(MEDIA, wants.answers) },
        ]),
      ),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': wants.action,
    'x-kubernetes-group-version-kind': { group: resource.group, version: resource.version, kind: resource.kind },
  }
}

/** The same paths as version 2 writes them. */
export function inVersion2(path: JsonObject): JsonObject {
  const converted = (operations: JsonObject): JsonObject => {
    const { requestBody, responses, parameters, ...rest } = operations as { readonly [key: string]: JsonObject }
    const body = firstSchema(requestBody)
    const all = [
      ...((parameters as unknown as readonly JsonObject[] | undefined) ?? []).map(flat),
      ...(body ? [{ name: 'body', in: 'body', required: requestBody?.['required'] === true, schema: body }] : []),
    ]
    const answers = Object.entries(responses ?? {}).map(([code, response]) => {
      const schema = firstSchema(response as JsonObject)
      return [code, { description: (response as JsonObject)['description'] ?? '', ...(schema && { schema }) }] as const
    })
    return { ...rest, consumes: ['*/*'], produces: MEDIA, schemes: ['https'], parameters: all, responses: Object.fromEntries(answers) }
  }
  const { parameters, ...operations } = path as { readonly [key: string]: JsonObject }
  const shared = (parameters as unknown as readonly JsonObject[] | undefined)?.map(flat) ?? []
  return { ...Object.fromEntries(Object.entries(operations).map(([method, value]) => [method, converted(value)])), parameters: shared }
}

function flat(parameter: JsonObject): JsonObject {
  const { schema, ...rest } = parameter
  return { ...rest, ...(schema as JsonObject) }
}

function firstSchema(holder: JsonObject | undefined): JsonObject | undefined {
  const types = holder?.['content'] as JsonObject | undefined
  const first = types && (Object.values(types)[0] as JsonObject)
  const reference = (first?.['schema'] as JsonObject | undefined)?.['$ref']
  return typeof reference === 'string' ? { $ref: reference.replace('#/components/schemas/', '#/definitions/') } : undefined
}
