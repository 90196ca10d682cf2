import { ApiError } from './door.ts'
import { badRequest } from './errors.ts'
import { findDuplicates } from './json-duplicates.ts'
import { jsonMistake } from './json-syntax.ts'
import { parseYaml } from './yaml.ts'
import { checkCustomKind } from '../custom/request.ts'
import { isObject } from '../resources/draft.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Call } from './call.ts'

/** Reads request bodies: what they say, or why they cannot be read. */

export interface Body {
  readonly object: JsonObject
  /** `duplicate field "data.a"`, as strict decoding reports them. */
  readonly duplicates: readonly string[]
}

export function mediaType(call: Call): string {
  return (call.request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? ''
}

export function textOf(call: Call): string {
  return call.request.body ? new TextDecoder().decode(call.request.body) : ''
}

/** The body of a create or update. @throws ApiError */
export function readObject(call: Call, kind: string): Body {
  const type = mediaType(call)
  const text = textOf(call)
  const refuse = (why: string) => badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summarized(text)})`)
  if (type === 'application/yaml') {
    const { value, duplicates } = parseYaml(text, refuse)
    return { object: objectIn(value, refuse), duplicates }
  }
  checkDataType(call)
  const parsed = parseJson(text, (why) => refuse(`couldn't get version/kind; json parse error: ${why}`))
  return { object: objectIn(parsed, refuse), duplicates: findDuplicates(text) }
}

/** That a body is in a form that is understood. @throws ApiError UnsupportedMediaType */
export function checkDataType(call: Call): void {
  if (['application/json', 'application/yaml'].includes(mediaType(call))) return
  throw new ApiError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
}

/** The beginning of a body that cannot be read. Source: k8s.io/apiserver, endpoints/handlers/rest.go summarizeData */
function summarized(text: string): string {
  if (text === '') return '<empty>'
  const bytes = new TextEncoder().encode(text)
  const shown = bytes.slice(0, mostSummarized)
  const more = bytes.length > mostSummarized ? ' ...' : ''
  if (text.startsWith('{')) return `${new TextDecoder().decode(shown)}${more}`
  return `${Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join('')}${more}`
}

const mostSummarized = 30

/** @throws what `refuse` makes of Go's words for the mistake */
export function parseJson(text: string, refuse: (why: string) => ApiError): JsonValue {
  if (isTooDeep(text)) throw refuse('exceeded max depth')
  try {
    // A key that JavaScript treats as more than a key is left out: nothing in Kubernetes is called that.
    const parsed: unknown = text.includes('__proto__')
      ? JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value))
      : JSON.parse(text)
    return parsed as JsonValue
  } catch {
    throw refuse(jsonMistake(text) ?? 'unexpected end of JSON input')
  }
}

/** No object of Kubernetes' is nested as deep; what walks it calls itself. */
const deepest = 1000

function isTooDeep(text: string): boolean {
  if (text.length <= deepest) return false
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (quoted && code === backslash) at++
    else if (code === quote) quoted = !quoted
    else if (quoted) continue
    else if (code === openBrace || code === openBracket) {
      if (++depth > deepest) return true
    } else if (code === openBrace + 2 || code === openBracket + 2) depth--
  }
  return false
}

const [quote, backslash, openBracket, openBrace] = [0x22, 0x5c, 0x5b, 0x7b]

/** @see https://github.com/kubernetes/apimachinery/blob/master/pkg/runtime/serializer/json/meta.go SimpleMetaFactory.Interpret */
function objectIn(value: JsonValue, refuse: (why: string) => ApiError): JsonObject {
  const because = (why: string) => refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${why}`)
  if (value === null) return {}
  if (!isObject(value)) {
    throw because(
      `${goType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    )
  }
  for (const field of ['apiVersion', 'kind']) {
    const sent = value[field]
    if (sent !== undefined && sent !== null && typeof sent !== 'string')
      throw because(`${goType(sent)} into Go struct field .${field} of type string`)
  }
  return value
}

function goType(value: JsonValue): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
}

/** That a body is of the kind that is asked for. @throws ApiError BadRequest */
export function checkKind(
  call: Call,
  body: JsonObject,
  knows: (groupVersion: string, kind: string) => boolean,
  expected = call.resource,
): void {
  if (expected.custom) return checkCustomKind(call, body)
  const kind = typeof body['kind'] === 'string' && body['kind'] ? body['kind'] : expected.kind
  const groupVersion = typeof body['apiVersion'] === 'string' && body['apiVersion'] ? body['apiVersion'] : expected.groupVersion
  if (kind === expected.kind && groupVersion === expected.groupVersion) return
  const version = groupVersion.slice(groupVersion.indexOf('/') + 1)
  const group = expected.group === '' ? 'core' : (expected.group.split('.')[0] ?? '')
  const why = knows(groupVersion, kind)
    ? `converting (${version}.${kind}) to (${group}.${expected.kind}): unknown conversion`
    : `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(groupVersion)} in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`
  throw badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${why}`)
}
