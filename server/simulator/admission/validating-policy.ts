import { ApiError } from '../api/door.ts'
import { forbidden } from '../api/errors.ts'
import { evaluatePolicy } from '../custom/cel.ts'
import { selects } from '../resources/label-selector.ts'
import type { LabelSelector } from '../resources/kinds.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import { ParamError, paramsFor } from './policy-params.ts'
import type { ParamKind, ParamRef } from './policy-params.ts'
import type { PolicyRequest } from './request.ts'

/**
 * Policies that a cluster's owner writes in CEL. The authorizer is not there.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */

interface ResourceRule {
  readonly apiGroups?: readonly string[]
  readonly apiVersions?: readonly string[]
  readonly operations?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}
interface MatchResources {
  readonly resourceRules?: readonly ResourceRule[]
  readonly excludeResourceRules?: readonly ResourceRule[]
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
}
interface Named {
  readonly name: string
  readonly expression: string
}
interface Validation {
  readonly expression: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
}
interface Policy {
  readonly metadata: { readonly name?: string }
  readonly spec?: {
    readonly failurePolicy?: string
    readonly paramKind?: ParamKind
    readonly matchConstraints?: MatchResources
    readonly matchConditions?: readonly Named[]
    readonly variables?: readonly Named[]
    readonly validations?: readonly Validation[]
  }
}
interface Binding {
  readonly metadata: { readonly name?: string }
  readonly spec?: {
    readonly policyName?: string
    readonly matchResources?: MatchResources
    readonly paramRef?: ParamRef
    readonly validationActions?: readonly string[]
  }
}
type Variables = { [name: string]: JsonValue | undefined }

const GROUP = 'admissionregistration.k8s.io'
const CODES: { readonly [reason: string]: number } = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 }

/** @throws ApiError when a policy denies the request */
export function admitPolicies(request: PolicyRequest): void {
  // Nothing may lock the door that leads to its own key.
  if (request.resource.group === GROUP) return
  const bindings = request.stored(`${GROUP}/v1/validatingadmissionpolicybindings`) as unknown as readonly Binding[]
  if (bindings.length === 0) return
  const policies = request.stored(`${GROUP}/v1/validatingadmissionpolicies`) as unknown as readonly Policy[]
  for (const binding of bindings) {
    const policy = policies.find(({ metadata }) => metadata.name === binding.spec?.policyName)
    if (!policy?.spec || !matches(policy.spec.matchConstraints, request, false) || !matches(binding.spec?.matchResources, request, true))
      continue
    for (const params of usableParams(policy, binding, request)) judge(policy, binding, request, params)
  }
}

const whoOf = (policy: Policy, binding: Binding) =>
  `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`

function usableParams(policy: Policy, binding: Binding, request: PolicyRequest): ReturnType<typeof paramsFor> {
  try {
    return paramsFor(policy.spec?.paramKind, binding.spec?.paramRef, request)
  } catch (error) {
    if (!(error instanceof ParamError)) throw error
    if (policy.spec?.failurePolicy === 'Ignore') return []
    throw denial(request, `${whoOf(policy, binding)} denied request: failed to configure binding: ${error.message}`, 'Invalid')
  }
}

function judge(policy: Policy, binding: Binding, request: PolicyRequest, params: JsonObject | undefined): void {
  const variables = { ...variablesOf(request), params: params ?? null }
  const strict = policy.spec?.failurePolicy !== 'Ignore'
  for (const { expression } of policy.spec?.matchConditions ?? []) {
    const verdict = evaluate(expression, variables)
    if ('value' in verdict ? verdict.value !== true : !strict) return
  }
  const named: { [name: string]: JsonValue | undefined } = {}
  for (const { name, expression } of policy.spec?.variables ?? []) {
    const verdict = evaluate(expression, { ...variables, variables: named })
    if ('value' in verdict) named[name] = jsonOf(verdict.value)
  }
  const given = { ...variables, variables: named }
  const actions = binding.spec?.validationActions ?? ['Deny']
  for (const validation of policy.spec?.validations ?? []) {
    const words = failure(validation, given, strict)
    if (words === undefined) continue
    const who = whoOf(policy, binding)
    if (actions.includes('Warn')) request.warn(`Validation failed for ${who}: ${words}`)
    if (actions.includes('Deny')) throw denial(request, `${who} denied request: ${words}`, validation.reason ?? 'Invalid')
  }
}

/** About how many steps an expression may take: one person's policy must not stall what others ask of this process. */
const MOST_STEPS = 50_000_000
/** Variables may double what they are given; what an API request carries is smaller than this. */
const MOST_ELEMENTS = 1_600_000

function evaluate(expression: string, variables: Variables): ReturnType<typeof evaluatePolicy> {
  // No list has more elements than a quarter of the characters that it is written with, roughly.
  const elements = (JSON.stringify(variables).length + expression.length) / 4
  if (elements > MOST_ELEMENTS || elements ** nesting(expression) > MOST_STEPS)
    return { error: 'validation failed due to running out of cost budget, no further validation rules will be run' }
  return evaluatePolicy(expression, variables)
}

/** How deep loops over lists lie in each other; replacing multiplies as well. */
function nesting(expression: string): number {
  const bare = expression.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '')
  let deepest = 0
  const open: boolean[] = []
  for (const [found] of bare.matchAll(/\.(?:all|exists|exists_one|existsOne|filter|map|transformList|transformMap)\s*\(|\(|\)/g)) {
    if (found === ')') open.pop()
    else open.push(found !== '(')
    deepest = Math.max(deepest, open.filter(Boolean).length)
  }
  return deepest + [...bare.matchAll(/\.replace\s*\(/g)].length
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

function denial(request: PolicyRequest, words: string, reason: string): ApiError {
  const { message, details } = forbidden(request.resource, request.name, words, { causes: [{ message: words }] })
  return new ApiError(CODES[reason] ?? 422, reason, message, details)
}

function variablesOf({ operation, resource, namespace, name, object, old, around, user, dryRun }: PolicyRequest): Variables {
  const { group, version, kind } = resource
  const kinds = { kind: { group, version, kind }, resource: { group, version, resource: resource.resource } }
  return {
    object: object ?? null,
    oldObject: old ?? null,
    namespaceObject:
      namespace === undefined ? null : ((around.get('Namespace', undefined, namespace) ?? null) as unknown as JsonObject | null),
    request: {
      ...kinds,
      requestKind: kinds.kind,
      requestResource: kinds.resource,
      subResource: '',
      requestSubResource: '',
      name,
      namespace: namespace ?? '',
      operation: operation.toUpperCase(),
      userInfo: {
        username: user?.name ?? 'system:kube-controller-manager',
        uid: user?.uid ?? '',
        groups: [...(user?.groups ?? ['system:authenticated'])],
        extra: { ...user?.extra },
      },
      dryRun,
    },
    variables: {},
  }
}

/** @param empty whether no rules at all mean everything */
function matches(match: MatchResources | undefined, request: PolicyRequest, empty: boolean): boolean {
  const { namespace, around } = request
  // What is deleted is matched as it was.
  const metadata = (request.object ?? request.old)?.metadata
  const rules = match?.resourceRules ?? []
  if (rules.length === 0 ? !empty : !rules.some((rule) => covers(rule, request))) return false
  if (match?.excludeResourceRules?.some((rule) => covers(rule, request))) return false
  if (match?.objectSelector && !selects(match.objectSelector, metadata?.labels)) return false
  const space =
    request.resource.table === 'v1/namespaces'
      ? metadata?.labels
      : namespace === undefined
        ? undefined
        : around.get('Namespace', undefined, namespace)?.metadata.labels
  return (
    !match?.namespaceSelector ||
    (namespace === undefined && request.resource.table !== 'v1/namespaces') ||
    selects(match.namespaceSelector, space)
  )
}

function covers(
  { apiGroups, apiVersions, operations, resources, resourceNames }: ResourceRule,
  { operation, resource, name }: PolicyRequest,
): boolean {
  const has = (list: readonly string[] | undefined, value: string) => list?.includes('*') === true || list?.includes(value) === true
  const named = has(resources, resource.resource) || resources?.includes('*/*') === true
  return (
    has(apiGroups, resource.group) &&
    has(apiVersions, resource.version) &&
    has(operations, operation.toUpperCase()) &&
    named &&
    (!resourceNames?.length || resourceNames.includes(name))
  )
}

/** CEL's whole numbers are big ones. */
function jsonOf(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null, (_key, part: unknown) => (typeof part === 'bigint' ? Number(part) : part))) as JsonValue
}
