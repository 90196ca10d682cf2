import { ApiError } from './door.ts'
import { badRequest } from './errors.ts'
import { findDuplicates } from './json-duplicates.ts'
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
  if (type === 'application/yaml')
    return {
      object: objectIn(
        parseYaml(text, (why) =>
          badRequest(`the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`),
        ),
        kind,
      ),
      duplicates: [],
    }
  if (type !== 'application/json') {
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
  }
  const parsed = parseJson(text, (why) =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${text || '<empty>'})`,
    ),
  )
  return { object: objectIn(parsed, kind), duplicates: findDuplicates(text) }
}

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
    throw refuse(goSyntaxError(text))
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

/** Go's decoder and ours agree on where JSON breaks, not on the words. */
function goSyntaxError(text: string): string {
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length)
    const character = text[position]
    if (character === undefined || message.includes('end of JSON')) return 'unexpected end of JSON input'
    return position === 0
      ? `invalid character '${character}' looking for beginning of value`
      : `invalid character '${character}' in the middle of a value`
  }
}

function objectIn(value: JsonValue, kind: string): JsonObject {
  if (!isObject(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${JSON.stringify(value)})`,
    )
  }
  return value
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
