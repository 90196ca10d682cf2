import { badRequest, invalidObject } from './errors.ts'
import { checkKind, readObject } from './body.ts'
import { answer } from './respond.ts'
import { isObject } from '../resources/draft.ts'
import { decode, DecodeError } from '../resources/decode.ts'
import { invalid } from '../resources/field-error.ts'
import { API_AUDIENCE } from './auth-tokens.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Schemas } from '../resources/schema.ts'
import type { Auth } from './auth.ts'
import type { PathAsk, PolicyRule, ResourceAsk } from './auth-rbac.ts'
import type { Call, User } from './call.ts'
import type { ApiResponse } from './http.ts'

const VIRTUAL = [
  'selfsubjectaccessreviews',
  'localsubjectaccessreviews',
  'subjectaccessreviews',
  'selfsubjectrulesreviews',
  'selfsubjectreviews',
  'tokenreviews',
]

export function isReview(resource: string): boolean {
  return VIRTUAL.includes(resource)
}

/** Answers the questions that are asked by creating an object: may I, who am I. @throws ApiError Invalid */
export function review(call: Call, auth: Auth, schemas: Schemas): ApiResponse {
  const object = decoded(call, schemas)
  const spec = isObject(object['spec']) ? object['spec'] : {}
  const shown = { kind: call.resource.kind, apiVersion: call.resource.groupVersion, metadata: {} }
  switch (call.resource.resource) {
    case 'selfsubjectreviews':
      return answer(201, { ...shown, status: { userInfo: shownUser(call.user) } }, call.warnings)
    case 'selfsubjectrulesreviews':
      return answer(201, { ...shown, spec: {}, status: rules(call, auth, spec) }, call.warnings)
    case 'tokenreviews':
      return answer(201, { ...shown, spec, status: tokenStatus(auth, spec) }, call.warnings)
    default:
      return answer(
        201,
        {
          ...shown,
          ...(call.namespace !== undefined && { metadata: { namespace: call.namespace } }),
          spec,
          status: access(call, auth, spec, isObject(object['metadata']) ? object['metadata'] : {}),
        },
        call.warnings,
      )
  }
}

/** What is asked, without what nobody knows. @throws ApiError BadRequest */
function decoded(call: Call, schemas: Schemas): JsonObject {
  const { object, duplicates } = readObject(call, call.resource.kind)
  const { kind, version, schema = '' } = call.resource
  const refuse = (why: string) => badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`)
  checkKind(call, object, (groupVersion, named) => schemas.nameOf(groupVersion, named) !== undefined)
  const validation = call.request.query.get('fieldValidation') || 'Warn'
  try {
    const { draft, complaints } = decode(schemas, schema, object)
    const all = [...duplicates, ...complaints]
    if (validation === 'Strict' && all.length > 0) throw refuse(`strict decoding error: ${all.join(', ')}`)
    if (validation === 'Warn') call.warnings.push(...all)
    return draft
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message)
    throw error
  }
}

function shownUser({ name, groups, uid, extra }: User): JsonObject {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) }
}

function rules(call: Call, auth: Auth, spec: JsonObject): JsonObject {
  const namespace = textIn(spec, 'namespace')
  if (!namespace) throw badRequest('no namespace on request')
  const all = auth.rulesOf(call.user, namespace)
  const parts = (rule: PolicyRule, names: readonly (keyof PolicyRule)[]): JsonObject =>
    Object.fromEntries(names.flatMap((name) => (rule[name] === undefined ? [] : [[name, rule[name]]])))
  return {
    resourceRules: all
      .filter((rule) => rule.resources?.length)
      .map((rule) => parts(rule, ['verbs', 'apiGroups', 'resources', 'resourceNames'])),
    nonResourceRules: all.filter((rule) => rule.nonResourceURLs?.length).map((rule) => parts(rule, ['verbs', 'nonResourceURLs'])),
    incomplete: false,
  }
}

function tokenStatus(auth: Auth, spec: JsonObject): JsonObject {
  const token = textIn(spec, 'token')
  if (!token) throw badRequest(`token is required for TokenReview in authentication`)
  const asked = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : []
  const found = auth.bearer(token, asked.length > 0 ? asked : [API_AUDIENCE])
  if ('refused' in found) return { user: {}, error: found.refused }
  return { authenticated: true, user: shownUser(found.user), audiences: found.audiences }
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/authorization/validation/validation.go */
function access(call: Call, auth: Auth, spec: JsonObject, metadata: JsonObject): JsonObject {
  const self = call.resource.resource === 'selfsubjectaccessreviews'
  const local = call.resource.resource === 'localsubjectaccessreviews'
  const [resource, path] = [spec['resourceAttributes'], spec['nonResourceAttributes']]
  const errors: FieldError[] = []
  if (isObject(resource) && isObject(path))
    errors.push(invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes'))
  if (!isObject(resource) && !isObject(path))
    errors.push(invalid('spec.resourceAttributes', 'null', 'exactly one of nonResourceAttributes or resourceAttributes must be specified'))
  const subject = self ? call.user : subjectOf(spec)
  if (!self && subject.name === '' && subject.groups.length === 0)
    errors.push(invalid('spec.user', '', 'at least one of user or group must be specified'))
  const { namespace, ...named } = metadata
  if (Object.keys(local ? named : metadata).length > 0)
    errors.push(invalid('metadata', metadata, local ? 'must be empty except for namespace' : 'must be empty'))
  if (local && isObject(resource) && textIn(resource, 'namespace') !== call.namespace)
    errors.push(invalid('spec.resourceAttributes.namespace', textIn(resource, 'namespace') ?? '', 'must match metadata.namespace'))
  if (local && isObject(path)) errors.push(invalid('spec.nonResourceAttributes', path, 'disallowed on this kind of request'))
  if (errors.length > 0) throw invalidObject(call.resource, '', errors)
  if (local && namespace !== undefined && namespace !== call.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  const { allowed, reason } = auth.decide(
    subject,
    isObject(path)
      ? ({ verb: textIn(path, 'verb') ?? '', path: textIn(path, 'path') ?? '' } satisfies PathAsk)
      : askOf(isObject(resource) ? resource : {}),
  )
  return { allowed, ...(reason && { reason }) }
}

function askOf(asked: JsonObject): ResourceAsk {
  const subresource = textIn(asked, 'subresource')
  const resource = textIn(asked, 'resource') ?? ''
  return {
    verb: textIn(asked, 'verb') ?? '',
    group: textIn(asked, 'group') ?? '',
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace: textIn(asked, 'namespace') || undefined,
    name: textIn(asked, 'name') || undefined,
  }
}

function subjectOf(spec: JsonObject): User {
  const groups: JsonValue | undefined = spec['groups']
  return { name: textIn(spec, 'user') ?? '', groups: Array.isArray(groups) ? groups.map(String) : [] }
}

function textIn(object: JsonObject, key: string): string | undefined {
  const value = object[key]
  return typeof value === 'string' ? value : undefined
}
