import { isTrue } from './call.ts'
import { ApiError } from './door.ts'
import { badRequest, invalidObject } from './errors.ts'
import { forbidden, unsupported } from '../resources/field-error.ts'
import type { FieldError } from '../resources/field-error.ts'

/**
 * What a list or a watch may ask for together.
 * Source: k8s.io/apimachinery, apis/meta/internalversion/validation/validation.go
 * @throws ApiError Invalid
 */
export function checkListOptions(query: URLSearchParams): void {
  for (const name of ['limit', 'timeoutSeconds']) integerParameter(query.get(name))
  const errors = isTrue(query.get('watch')) ? watchErrors(query) : listErrors(query)
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
}

const CONTINUED = 'resourceVersionMatch is forbidden when continue is provided'

function listErrors(query: URLSearchParams): readonly FieldError[] {
  const match = query.get('resourceVersionMatch') ?? ''
  const version = query.get('resourceVersion') ?? ''
  const errors: FieldError[] = []
  if (match !== '') {
    if (version === '')
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (query.get('continue')) errors.push(forbidden('resourceVersionMatch', CONTINUED))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(unsupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && version === '0')
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (query.has('sendInitialEvents')) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return errors
}

function watchErrors(query: URLSearchParams): readonly FieldError[] {
  const match = query.get('resourceVersionMatch') ?? ''
  const sends = query.has('sendInitialEvents')
  const errors: FieldError[] = []
  if (sends && match !== 'NotOlderThan')
    errors.push(forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (match === '') return errors
  if (!sends)
    errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
  if (match !== 'NotOlderThan') errors.push(unsupported('resourceVersionMatch', match, ['NotOlderThan']))
  if (query.get('continue')) errors.push(forbidden('resourceVersionMatch', CONTINUED))
  return errors
}

export interface ListRequest {
  /** The revision that the list shows; undefined for the latest. */
  readonly revision: number | undefined
  /** Where it goes on. */
  readonly start: string | undefined
  /** 0 for all. */
  readonly limit: number
}

/** Which list is asked for. @param current the latest revision @throws ApiError */
export function listRequest(query: URLSearchParams, current: number): ListRequest {
  const version = query.get('resourceVersion') ?? ''
  const limit = integerParameter(query.get('limit'))
  const token = query.get('continue') ?? ''
  const asked = revisionOf(version)
  if (token !== '') {
    if (asked > 0) throw badRequest('specifying resource version is not allowed when using continue')
    const { revision, start } = readToken(token)
    return { revision: revision < 0 ? undefined : revision, start, limit }
  }
  if (asked > current) throw tooLarge(version, current)
  const match = query.get('resourceVersionMatch') ?? ''
  // A page of a list at a revision is of that very one, so that the pages after it can be.
  const exact = match === 'Exact' || (match === '' && limit > 0 && asked > 0)
  return { revision: exact ? asked : undefined, start: undefined, limit: version === '0' ? 0 : limit }
}

function revisionOf(version: string): number {
  if (/^\d*$/.test(version)) return Number(version)
  throw badRequest(`invalid resource version: ${invalidVersion(version)}`)
}

export function invalidVersion(version: string): string {
  const quoted = JSON.stringify(version)
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`
}

export function tooLarge(asked: string, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

/** That one object can be read as it is at a revision or later. @throws ApiError */
export function checkRevision(version: string, current: number): void {
  if (!/^\d*$/.test(version)) throw new ApiError(500, '', invalidVersion(version))
  if (Number(version) > current) throw tooLarge(version, current)
}

/** @throws ApiError BadRequest, in the words of Go's `strconv` */
export function integerParameter(value: string | null): number {
  if (value === null || value === '') return 0
  const because = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`)
  if (!/^[-+]?\d+$/.test(value)) throw because('invalid syntax')
  if (Math.abs(Number(value)) >= 2 ** 63) throw because('value out of range')
  return Number(value)
}

/** @param revision -1: whatever is the latest @param start the first key that has not been shown */
export function writeToken(revision: number, start: string): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start }))
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Source: k8s.io/apiserver, storage/continue.go */
function readToken(token: string): { readonly revision: number; readonly start: string } {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid${why}`)
  const wrong = /[^A-Za-z0-9_-]/.exec(token)
  if (wrong) throw refuse(`: illegal base64 data at input byte ${wrong.index}`)
  if (token.length % 4 === 1) throw refuse(`: illegal base64 data at input byte ${token.length - 1}`)
  const text = atob(token.replaceAll('-', '+').replaceAll('_', '/'))
  let value: { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown }
  try {
    value = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)))) as typeof value
  } catch {
    throw refuse(`: invalid character '${printed(text[0] ?? ' ')}' looking for beginning of value`)
  }
  const { v, rv, start } = value
  if (v !== 'meta.k8s.io/v1') throw refuse(`: server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`)
  if (typeof rv !== 'number' || rv === 0) throw refuse(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '') throw refuse(': encoded start key empty (version meta.k8s.io/v1)')
  return { revision: rv, start }
}

function printed(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x20 || code > 0x7e ? `\\x${code.toString(16).padStart(2, '0')}` : character
}

const EXPIRED = 'The resourceVersion for the provided list is too old.'
const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

/** What nobody remembers any more; with a way to go on, where a list was under way. Source: k8s.io/apiserver, storage/etcd3/errors.go */
export function expiredList(start: string | undefined): ApiError {
  if (start === undefined) return new ApiError(410, 'Expired', EXPIRED)
  return new ApiError(410, 'Expired', CONTINUE_EXPIRED, undefined, { continue: writeToken(-1, start) })
}
