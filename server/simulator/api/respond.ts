import { ApiError } from './door.ts'
import { statusOf } from './errors.ts'
import { toYaml } from './yaml.ts'
import type { JsonObject } from '../resources/object.ts'
import type { ApiRequest, ApiResponse } from './http.ts'

/** How the client wants its answer. */
export interface Accepted {
  readonly format: 'json' | 'yaml'
  /** Undefined for the object itself. */
  readonly as: { readonly kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'; readonly apiVersion: string } | undefined
}

const AS = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] as const

/** The first acceptable of the client's media types, the dearest first. @throws ApiError NotAcceptable */
export function negotiate(request: ApiRequest): Accepted {
  for (const { type, named } of clausesOf(request.headers['accept'] || 'application/json')) {
    const kind = AS.find((each) => each === named['as'])
    if (named['as'] !== undefined && (!kind || named['g'] !== 'meta.k8s.io' || !/^v1(beta1)?$/.test(named['v'] ?? ''))) continue
    const as = kind && { kind, apiVersion: `meta.k8s.io/${named['v'] ?? ''}` }
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return { format: 'json', as }
    if (type === 'application/yaml') return { format: 'yaml', as }
  }
  throw notAcceptable(
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
}

export function notAcceptable(message: string): ApiError {
  return new ApiError(406, 'NotAcceptable', message)
}

function clausesOf(accept: string): readonly { readonly type: string; readonly named: { readonly [name: string]: string | undefined } }[] {
  const clauses = accept.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    return { type, named: Object.fromEntries(parameters.map((parameter) => parameter.split('=', 2))) as { [name: string]: string } }
  })
  const worth = (named: { readonly [name: string]: string | undefined }) => Number(named['q'] ?? 1) || 0
  return clauses.toSorted((a, b) => worth(b.named) - worth(a.named))
}

export function answer(
  status: number,
  body: JsonObject,
  warnings: readonly string[] = [],
  format: Accepted['format'] = 'json',
): ApiResponse {
  return answerText(status, format === 'yaml' ? toYaml(body) : `${JSON.stringify(body)}\n`, warnings, format)
}

/** An answer that is written already. */
export function answerText(
  status: number,
  body: string,
  warnings: readonly string[] = [],
  format: Accepted['format'] = 'json',
): ApiResponse {
  const headers = { 'content-type': format === 'yaml' ? 'application/yaml' : 'application/json', 'cache-control': 'no-cache, private' }
  return {
    status,
    headers: warnings.length > 0 ? { ...headers, warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`) } : headers,
    body,
  }
}

export function plain(status: number, text: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private' }, body: text }
}

export function refusal(error: ApiError, warnings: readonly string[] = []): ApiResponse {
  return answer(error.code, statusOf(error), warnings)
}

/**
 * Indents JSON for people who look at the API with their own eyes: `?pretty=true`, or without it a browser, curl or wget.
 * As `isPrettyPrint` of k8s.io/apiserver's content negotiation decides.
 */
export function prettyFor(request: ApiRequest, response: ApiResponse): ApiResponse {
  const asked = request.query.get('pretty')
  const wanted = asked ? /^(1|t|true)$/i.test(asked) : /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '')
  if (!wanted || typeof response.body !== 'string' || response.headers['content-type'] !== 'application/json') return response
  return { ...response, body: JSON.stringify(JSON.parse(response.body), undefined, 2) }
}
