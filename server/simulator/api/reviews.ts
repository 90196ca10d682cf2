import { readObject } from './body.ts'
import { answer } from './respond.ts'
import { isObject } from '../resources/draft.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Auth } from './auth.ts'
import type { Call, User } from './call.ts'
import type { ApiResponse } from './http.ts'

const VIRTUAL = ['selfsubjectaccessreviews', 'localsubjectaccessreviews', 'subjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews', 'tokenreviews']

export function isReview(resource: string): boolean {
  return VIRTUAL.includes(resource)
}

/** Answers the questions that are asked by creating an object: may I, who am I. */
export function review(call: Call, auth: Auth): ApiResponse {
  const { object } = readObject(call, call.resource.kind)
  const spec = isObject(object['spec']) ? object['spec'] : {}
  const shown = { kind: call.resource.kind, apiVersion: call.resource.groupVersion, metadata: { creationTimestamp: null } }
  const { name, groups, uid } = call.user
  const user: JsonObject = { username: name, groups, ...(uid !== undefined && { uid }) }
  if (call.resource.resource === 'selfsubjectreviews') return answer(201, { ...shown, status: { userInfo: user } })
  if (call.resource.resource === 'selfsubjectrulesreviews') {
    const all = auth.may(call.user, { verb: '*', group: '*', resource: '*', namespace: textIn(spec, 'namespace'), name: undefined })
    const everything = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
    return answer(201, { ...shown, spec: {}, status: { resourceRules: all ? everything : [], nonResourceRules: all ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [], incomplete: false } })
  }
  if (call.resource.resource === 'tokenreviews') return answer(201, { ...shown, spec, status: tokenStatus(auth, textIn(spec, 'token') ?? '') })
  const subject = call.resource.resource === 'selfsubjectaccessreviews' ? call.user : subjectOf(spec)
  const allowed = isAllowed(auth, subject, spec)
  return answer(201, { ...shown, spec, status: { allowed } })
}

function tokenStatus(auth: Auth, token: string): JsonObject {
  try {
    const { name, groups } = auth.authenticate({ method: 'GET', path: '/', query: new URLSearchParams(), headers: { authorization: `Bearer ${token}` } })
    return { authenticated: true, user: { username: name, groups } }
  } catch {
    return { user: {}, error: '[invalid bearer token]' }
  }
}

function isAllowed(auth: Auth, user: User, spec: JsonObject): boolean {
  const path = spec['nonResourceAttributes']
  if (isObject(path)) {
    try {
      auth.authorizePath(user, textIn(path, 'verb') ?? '', textIn(path, 'path') ?? '')
      return true
    } catch {
      return false
    }
  }
  const asked = isObject(spec['resourceAttributes']) ? spec['resourceAttributes'] : {}
  const subresource = textIn(asked, 'subresource')
  const resource = textIn(asked, 'resource') ?? ''
  return auth.may(user, {
    verb: textIn(asked, 'verb') ?? '',
    group: textIn(asked, 'group') ?? '',
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace: textIn(asked, 'namespace') || undefined,
    name: textIn(asked, 'name') || undefined,
  })
}

function subjectOf(spec: JsonObject): User {
  const groups: JsonValue | undefined = spec['groups']
  return { name: textIn(spec, 'user') ?? '', groups: Array.isArray(groups) ? groups.map(String) : [] }
}

function textIn(object: JsonObject, key: string): string | undefined {
  const value = object[key]
  return typeof value === 'string' ? value : undefined
}
