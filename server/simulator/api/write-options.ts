import { badRequest, invalidObject } from './errors.ts'
import { checkDataType, parseJson, textOf } from './body.ts'
import { isTrue } from './call.ts'
import { integerParameter } from './list-options.ts'
import { decode, DecodeError } from '../resources/decode.ts'
import { isObject } from '../resources/draft.ts'
import { invalid, unsupported } from '../resources/field-error.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Schemas } from '../resources/schema.ts'
import type { Call } from './call.ts'
import type { ApiError, DeleteOptions } from './door.ts'

/** What the parameters of writes may be. */

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'

/**
 * What a request to delete asks for: in its body, or without one in its query.
 * Source: k8s.io/apiserver, endpoints/handlers/delete.go
 * @throws ApiError
 */
export function readDeleteOptions(call: Call, schemas: Schemas): DeleteOptions & { readonly dryRun: boolean } {
  const sent = textOf(call) === '' ? optionsIn(call.request.query) : bodyOf(call, schemas)
  const { gracePeriodSeconds: grace, propagationPolicy: policy } = sent
  checkPropagation(policy, sent['orphanDependents'])
  const preconditions = isObject(sent['preconditions']) ? sent['preconditions'] : {}
  const orphans = { true: 'Orphan', false: 'Background' } as const
  const orphaned = typeof sent['orphanDependents'] === 'boolean' ? orphans[`${sent['orphanDependents']}`] : undefined
  return {
    ...(typeof grace === 'number' && { gracePeriodSeconds: grace }),
    ...(policy === 'Foreground' || policy === 'Background' || policy === 'Orphan'
      ? { propagationPolicy: policy }
      : orphaned && { propagationPolicy: orphaned }),
    preconditions: { ...textField(preconditions, 'uid'), ...textField(preconditions, 'resourceVersion') },
    dryRun: checkDryRun(Array.isArray(sent['dryRun']) ? sent['dryRun'].map(String) : [], 'DeleteOptions'),
  }
}

function optionsIn(query: URLSearchParams): JsonObject {
  return {
    ...(query.has('gracePeriodSeconds') && { gracePeriodSeconds: integerParameter(query.get('gracePeriodSeconds')) }),
    ...(query.get('propagationPolicy') && { propagationPolicy: query.get('propagationPolicy') ?? '' }),
    ...(query.has('orphanDependents') && { orphanDependents: isTrue(query.get('orphanDependents')) }),
    dryRun: query.getAll('dryRun'),
  }
}

function bodyOf(call: Call, schemas: Schemas): JsonObject {
  checkDataType(call)
  const refuse = badRequest
  const sent = parseJson(textOf(call), (why) => refuse(`couldn't get version/kind; json parse error: ${why}`))
  const body = isObject(sent) ? sent : {}
  const { kind = 'DeleteOptions', apiVersion = 'v1' } = body
  if (kind !== 'DeleteOptions')
    throw refuse(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:28"`,
    )
  try {
    return decode(schemas, DELETE_OPTIONS, body).draft
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message)
    throw error
  }
}

function textField(object: JsonObject, key: string): JsonObject {
  return typeof object[key] === 'string' ? { [key]: object[key] } : {}
}

/** @see https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/validation/validation.go ValidateDeleteOptions */
function checkPropagation(policy: JsonValue | undefined, orphan: JsonValue | undefined): void {
  if (policy === undefined || policy === null) return
  const errors =
    orphan === undefined || orphan === null
      ? []
      : [invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set')]
  if (policy !== 'Foreground' && policy !== 'Background' && policy !== 'Orphan')
    errors.push(unsupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']))
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
}

/** Whether nothing is to be stored. @throws ApiError Invalid */
export function checkDryRun(values: readonly string[], kind: string): boolean {
  const wrong = values.filter((value) => value !== 'All' && value !== '')
  if (wrong.length > 0) throw invalidOptions(kind, unsupported('dryRun', [...values] as JsonValue, ['All']))
  return values.includes('All')
}

export function invalidOptions(kind: string, error: Parameters<typeof invalidObject>[2][number]): ApiError {
  return invalidObject({ group: 'meta.k8s.io', kind }, '', [error])
}
