import { ApiError } from '../api/door.ts'
import { badRequest, invalidObject } from '../api/errors.ts'
import { invalid } from '../resources/field-error.ts'
import type { Call } from '../api/call.ts'
import type { JsonObject } from '../resources/object.ts'

/** What requests for defined kinds are told that others are not. */

/** Kinds whose definition is going away are not made any more; versions that are going away say so. @throws ApiError */
export function greet({ resource, name, warnings }: Call, verb: string): void {
  const { custom } = resource
  if (!custom) return
  if (custom.warning !== undefined) warnings.push(custom.warning)
  if (verb === 'create' && name === undefined && custom.life.terminating) {
    throw new ApiError(405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating', {
      group: resource.group,
      kind: resource.resource,
    })
  }
}

/** That a body is of the kind and version that are asked for. @throws ApiError */
export function checkCustomKind(call: Call, body: JsonObject): void {
  const { kind, groupVersion, group } = call.resource
  const sentKind = typeof body['kind'] === 'string' ? body['kind'] : ''
  const sentVersion = typeof body['apiVersion'] === 'string' ? body['apiVersion'] : ''
  if (sentVersion !== '' && sentVersion !== groupVersion)
    throw badRequest(`the API version in the data (${sentVersion}) does not match the expected API version (${groupVersion})`)
  if (sentKind === '' || sentKind === kind) return
  const metadata = body['metadata'] as JsonObject | undefined
  throw invalidObject({ group, kind: sentKind }, typeof metadata?.['name'] === 'string' ? metadata['name'] : '', [
    invalid('kind', sentKind, `must be ${kind}`),
  ])
}

const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']

/** Strategic merge needs types that defined kinds have not got. @throws ApiError UnsupportedMediaType */
export function checkPatchType(type: string): void {
  if (!PATCHES.includes(type))
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${PATCHES.join(', ')}`,
      {},
    )
}
