import { selects } from '../resources/label-selector.ts'
import type { LabelSelector } from '../resources/kinds.ts'
import type { StoredObject } from '../resources/object.ts'
import type { PolicyRequest } from './request.ts'

/** Objects that a policy's bindings hand to it. */
export interface ParamKind {
  readonly apiVersion?: string
  readonly kind?: string
}
export interface ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelector
  readonly parameterNotFoundAction?: string
}

/** A binding that cannot be used as it is. */
export class ParamError extends Error {}

/**
 * The parameters to judge a request with, one after another; undefined stands for a judgement without any.
 * Source: k8s.io/apiserver, admission/plugin/policy/generic/policy_dispatcher.go, CollectParams
 * @throws ParamError
 */
export function paramsFor(
  kind: ParamKind | undefined,
  reference: ParamRef | undefined,
  request: PolicyRequest,
): readonly (StoredObject | undefined)[] {
  if (!kind || !reference) return [undefined]
  const { apiVersion = '', kind: name = '' } = kind
  const resource = request.kindOf(apiVersion, name)
  if (!resource) throw new ParamError(`paramKind kind \`${apiVersion}, Kind=${name}\` not known`)
  if (!resource.namespaced && reference.namespace)
    throw new ParamError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  const namespace = resource.namespaced ? reference.namespace || request.namespace : undefined
  if (resource.namespaced && !namespace)
    throw new ParamError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  const found = request.stored(resource.table).filter((object) => object.metadata.namespace === namespace && chosen(object, reference))
  if (found.length === 0 && reference.parameterNotFoundAction === 'Deny')
    throw new ParamError('no params found for policy binding with `Deny` parameterNotFoundAction')
  return found
}

function chosen({ metadata }: StoredObject, { name, selector }: ParamRef): boolean {
  return name ? metadata.name === name : selector !== undefined && selects(selector, metadata.labels)
}
