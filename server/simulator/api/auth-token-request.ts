import { rfc3339 } from '../../kernel/clock.ts'
import { API_AUDIENCE } from './auth-tokens.ts'
import { readObject } from './body.ts'
import { badRequest, conflict, invalidObject, notFound } from './errors.ts'
import { answer } from './respond.ts'
import { isObject } from '../resources/draft.ts'
import { invalid } from '../resources/field-error.ts'
import type { Surroundings } from '../resources/behaviour.ts'
import type { JsonObject } from '../resources/object.ts'
import type { Auth } from './auth.ts'
import type { TokenOptions } from './auth-tokens.ts'
import type { Call } from './call.ts'
import type { ApiResponse } from './http.ts'

const OF_REQUEST = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
/** 2^32: what fits the field. */
const LONGEST = 4_294_967_296

/** Answers `serviceaccounts/token`. @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export function issueToken(call: Call, around: Surroundings, auth: Auth): ApiResponse {
  const { namespace = '', name = '' } = call
  const account = around.get('ServiceAccount', namespace, name)
  if (!account) throw notFound(call.resource, name)
  const { object } = readObject(call, 'TokenRequest')
  const spec = isObject(object['spec']) ? object['spec'] : {}
  const seconds = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : 3600
  if (seconds < 600)
    throw invalidObject(OF_REQUEST, '', [invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')])
  if (seconds > LONGEST)
    throw invalidObject(OF_REQUEST, '', [invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')])
  const asked = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : []
  const audiences = asked.length > 0 ? asked : [API_AUDIENCE]
  const reference = isObject(spec['boundObjectRef']) ? spec['boundObjectRef'] : undefined
  const options: TokenOptions = { audiences, ...(reference && boundTo(around, namespace, name, reference)) }
  const now = around.platform.clock.now()
  return answer(
    201,
    {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: rfc3339(now) },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: reference ?? null },
      status: {
        token: auth.issue(namespace, name, account.metadata.uid ?? '', seconds, options),
        expirationTimestamp: rfc3339(now + seconds * 1000),
      },
    },
    call.warnings,
  )
}

/** @throws ApiError NotFound, Conflict, BadRequest */
function boundTo(around: Surroundings, namespace: string, account: string, reference: JsonObject): TokenOptions {
  const [kind, name, uid] = [String(reference['kind'] ?? ''), String(reference['name'] ?? ''), reference['uid']]
  if (kind !== 'Pod' && kind !== 'Secret' && kind !== 'Node')
    throw badRequest(`cannot bind token to object of type ${goKind(String(reference['apiVersion'] ?? ''), kind)}`)
  const found = around.get(kind, kind === 'Node' ? undefined : namespace, name)
  if (!found) throw notFound({ group: '', resource: `${kind.toLowerCase()}s`, kind }, name)
  const pod = kind === 'Pod' ? around.get('Pod', namespace, name) : undefined
  if (pod && pod.spec?.serviceAccountName !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with serviceaccount ${JSON.stringify(pod.spec?.serviceAccountName ?? '')}`,
    )
  }
  const own = found.metadata.uid ?? ''
  if (typeof uid === 'string' && uid !== '' && uid !== own) {
    throw conflict(
      { group: '', resource: kind, kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  const node = pod?.spec?.nodeName ? around.get('Node', undefined, pod.spec.nodeName) : undefined
  return { bound: { kind, name, uid: own }, node: node && { name: node.metadata.name ?? '', uid: node.metadata.uid ?? '' } }
}

/** As Go writes a GroupVersionKind. */
function goKind(apiVersion: string, kind: string): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion]
  return `${group}/${version}, Kind=${kind}`
}
