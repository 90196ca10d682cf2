import { ApiError } from './door.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { JsonObject } from '../resources/object.ts'

/** The API server's refusals, word for word. @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go */

export interface Named {
  readonly group: string
  readonly resource: string
  readonly kind: string
}

const qualified = (group: string, name: string) => (group ? `${name}.${group}` : name)

function details(of: Named, name: string, more: JsonObject = {}): JsonObject {
  return { ...(name && { name }), ...(of.group && { group: of.group }), kind: of.resource, ...more }
}

export function notFound(of: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(of.group, of.resource)} ${JSON.stringify(name)} not found`, details(of, name))
}
export function alreadyExists(of: Named, name: string): ApiError {
  return new ApiError(409, 'AlreadyExists', `${qualified(of.group, of.resource)} ${JSON.stringify(name)} already exists`, details(of, name))
}
export function conflict(of: Named, name: string, why: string): ApiError {
  return new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(of.group, of.resource)} ${JSON.stringify(name)}: ${why}`,
    details(of, name),
  )
}
export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

export function forbidden(of: Named, name: string, why: string, more: JsonObject = {}): ApiError {
  const what = name ? `${qualified(of.group, of.resource)} ${JSON.stringify(name)}` : qualified(of.group, of.resource)
  return new ApiError(403, 'Forbidden', `${what} is forbidden: ${why}`, details(of, name, more))
}
export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message)
}
export function invalidObject(
  of: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): ApiError {
  // The sentence says everything once; the causes are all there.
  const said = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const list = said.length === 1 ? said[0] : `[${said.join(', ')}]`
  const causes = errors.map((error) => ({ reason: error.reason, message: error.message, field: error.field }))
  const more = { ...(name && { name }), ...(of.group && { group: of.group }), ...(of.kind && { kind: of.kind }), causes }
  return new ApiError(422, 'Invalid', `${qualified(of.group, of.kind)} ${JSON.stringify(name)} is invalid: ${list}`, more)
}
export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}
export function noSuchResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {})
}

/** The `Status` object that says it. */
export function statusOf(error: ApiError): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: error.metadata,
    status: 'Failure',
    message: error.message,
    ...(error.reason && { reason: error.reason }),
    ...(error.details && { details: error.details }),
    code: error.code,
  }
}
