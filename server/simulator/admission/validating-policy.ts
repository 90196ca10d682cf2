import { POLICY_GROUP, denial, evaluate, invocations, variablesFor } from './policy.ts'
import type { JsonObject } from '../resources/object.ts'
import type { Binding, Policy, Variables } from './policy.ts'
import type { PolicyRequest } from './request.ts'

/**
 * Policies that a cluster's owner writes in CEL. The authorizer is not there.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */

interface Validation {
  readonly expression: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
}
interface ValidatingPolicy extends Policy {
  readonly spec?: Policy['spec'] & { readonly validations?: readonly Validation[] }
}
interface ValidatingBinding extends Binding {
  readonly spec?: Binding['spec'] & { readonly validationActions?: readonly string[] }
}

/** @throws ApiError when a policy denies the request */
export function admitPolicies(request: PolicyRequest): void {
  // Nothing may lock the door that leads to its own key.
  if (request.resource.group === POLICY_GROUP) return
  for (const { policy, binding, params } of invocations<ValidatingPolicy, ValidatingBinding>('Validating', request))
    judge(policy, binding, request, params)
}

function judge(policy: ValidatingPolicy, binding: ValidatingBinding, request: PolicyRequest, params: JsonObject | undefined): void {
  const given = variablesFor(policy, request, params)
  if (!given) return
  const strict = policy.spec?.failurePolicy !== 'Ignore'
  const actions = binding.spec?.validationActions ?? ['Deny']
  for (const validation of policy.spec?.validations ?? []) {
    const words = failure(validation, given, strict)
    if (words === undefined) continue
    const who = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
    if (actions.includes('Warn')) request.warn(`Validation failed for ${who}: ${words}`)
    if (actions.includes('Deny')) throw denial(request, `${who} denied request: ${words}`, validation.reason ?? 'Invalid')
  }
}

/** What a validation has against the request; undefined when nothing. */
function failure({ expression, message, messageExpression }: Validation, variables: Variables, strict: boolean): string | undefined {
  const verdict = evaluate(expression, variables)
  if ('error' in verdict) return strict ? `expression '${expression}' resulted in error: ${verdict.error}` : undefined
  if (verdict.value === true) return undefined
  const said = messageExpression === undefined ? undefined : evaluate(messageExpression, variables)
  if (said && 'value' in said && typeof said.value === 'string' && said.value.trim() !== '') return said.value.trim()
  return message?.trim() || `failed expression: ${expression.trim()}`
}
