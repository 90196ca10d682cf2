import { child, setDefaults } from './draft.ts'
import { forbidden, invalid, required, tooLong, unsupported } from './field-error.ts'
import { validateReference } from './ingress.ts'
import { immutable } from './metadata.ts'
import { domainPrefixedPath, label } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { StoredObject } from './object.ts'

interface IngressClassSpec {
  readonly controller?: string
  readonly parameters?: {
    readonly apiGroup?: string
    readonly kind?: string
    readonly name?: string
    readonly namespace?: string
    readonly scope?: string
  }
}

const CONTROLLER_LENGTH = 250

const specOf = (object: StoredObject) => (object['spec'] ?? {}) as IngressClassSpec

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go validateIngressClassSpec */
export const ingressClass: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const parameters = child(child(draft, 'spec'), 'parameters')
    if (parameters) setDefaults(parameters, { scope: 'Cluster' })
  },
  validate(object) {
    const { controller, parameters } = specOf(object)
    if (!controller) return [required('spec.controller'), ...validateParameters(parameters)]
    return [
      ...(controller.length > CONTROLLER_LENGTH ? [tooLong('spec.controller', CONTROLLER_LENGTH)] : []),
      ...domainPrefixedPath(controller).map((words) => invalid('spec.controller', controller, words)),
      ...validateParameters(parameters),
    ]
  },
  validateUpdate: (object, old) => immutable('spec.controller', specOf(object).controller, specOf(old).controller),
}

function validateParameters(parameters: IngressClassSpec['parameters']): FieldError[] {
  if (!parameters) return []
  const field = 'spec.parameters'
  const { scope, namespace, kind = '', name = '', apiGroup } = parameters
  const errors = validateReference({ kind, name, ...(apiGroup !== undefined && { apiGroup }) }, field)
  const scopes = ['Cluster', 'Namespace']
  if (scope === undefined) return [...errors, required(`${field}.scope`)]
  if (!scopes.includes(scope)) errors.push(unsupported(`${field}.scope`, scope, scopes))
  if (scope === 'Namespace')
    errors.push(
      ...(namespace === undefined
        ? [required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'")]
        : label(namespace).map((words) => invalid(`${field}.namespace`, namespace, words))),
    )
  if (scope === 'Cluster' && namespace !== undefined) errors.push(forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  return errors
}
