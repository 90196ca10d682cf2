import { ApiError } from '../api/door.ts'
import { forbidden } from '../api/errors.ts'
import { evaluatePolicy } from '../custom/cel.ts'
import { selects } from '../resources/label-selector.ts'
import type { LabelSelector } from '../resources/kinds.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import { ParamError, paramsFor } from './policy-params.ts'
import type { ParamKind, ParamRef } from './policy-params.ts'
import type { PolicyRequest } from './request.ts'

/** What policies that validate and policies that mutate have in common: which requests they are about, and what they look at. */

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
export interface Named {
  readonly name: string
  readonly expression: string
}
export interface Policy {
  readonly metadata: { readonly name?: string }
  readonly spec?: {
    readonly failurePolicy?: string
    readonly paramKind?: ParamKind
    readonly matchConstraints?: MatchResources
    readonly matchConditions?: readonly Named[]
    readonly variables?: readonly Named[]
  }
}
export interface Binding {
  readonly metadata: { readonly name?: string }
  readonly spec?: {
    readonly policyName?: string
    readonly matchResources?: MatchResources
    readonly paramRef?: ParamRef
  }
}
export type Variables = { [name: string]: JsonValue | undefined }

export const POLICY_GROUP = 'admissionregistration.k8s.io'
const CODES: { readonly [reason: string]: number } = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 }

type Plugin = 'Validating' | 'Mutating'

/** One policy's turn with a request. */
export interface Invocation<P, B> {
  readonly policy: P
  readonly binding: B
  readonly params: JsonObject | undefined
}

/** The policies that are about the request, each with a binding and its parameters. @throws ApiError when a binding cannot be used */
export function invocations<P extends Policy, B extends Binding>(plugin: Plugin, request: PolicyRequest): readonly Invocation<P, B>[] {
  const table = `${POLICY_GROUP}/v1/${plugin.toLowerCase()}admissionpolic`
  const bindings = request.stored(`${table}ybindings`) as unknown as readonly B[]
  if (bindings.length === 0) return []
  const policies = request.stored(`${table}ies`) as unknown as readonly P[]
  return bindings.flatMap((binding) => {
    const policy = policies.find(({ metadata }) => metadata.name === binding.spec?.policyName)
    if (!policy?.spec || !matches(policy.spec.matchConstraints, request, false) || !matches(binding.spec?.matchResources, request, true))
      return []
    return usableParams(plugin, policy, binding, request).map((params) => ({ policy, binding, params }))
  })
}

function usableParams(plugin: Plugin, policy: Policy, binding: Binding, request: PolicyRequest): ReturnType<typeof paramsFor> {
  try {
    return paramsFor(policy.spec?.paramKind, binding.spec?.paramRef, request)
  } catch (error) {
    if (!(error instanceof ParamError)) throw error
    if (policy.spec?.failurePolicy === 'Ignore') return []
    throw denial(
      request,
      `${plugin}AdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: failed to configure binding: ${error.message}`,
      'Invalid',
    )
  }
}

/** What the policy's expressions may name; undefined when its conditions are against its being asked. */
export function variablesFor(policy: Policy, request: PolicyRequest, params: JsonObject | undefined): Variables | undefined {
  const variables = { ...variablesOf(request), params: params ?? null }
  const strict = policy.spec?.failurePolicy !== 'Ignore'
  for (const { expression } of policy.spec?.matchConditions ?? []) {
    const verdict = evaluate(expression, variables)
    if ('value' in verdict ? verdict.value !== true : !strict) return undefined
  }
  const named: { [name: string]: JsonValue | undefined } = {}
  for (const { name, expression } of policy.spec?.variables ?? []) {
    const verdict = evaluate(expression, { ...variables, variables: named })
    if ('value' in verdict) named[name] = jsonOf(verdict.value)
  }
  return { ...variables, variables: named }
}

/** About how many steps an expression may take: one person's policy must not stall what others ask of this process. */
const MOST_STEPS = 50_000_000
/** Variables may double what they are given; what an API request carries is smaller than this. */
const MOST_ELEMENTS = 1_600_000

/** What CEL makes of it, or why it cannot. @param how `evaluatePolicy`, or another way with the same words */
export function evaluate(expression: string, variables: Variables, how = evaluatePolicy): ReturnType<typeof evaluatePolicy> {
  // No list has more elements than a quarter of the characters that it is written with, roughly.
  const elements = (JSON.stringify(variables).length + expression.length) / 4
  if (elements > MOST_ELEMENTS || elements ** nesting(expression) > MOST_STEPS)
    return { error: 'validation failed due to running out of cost budget, no further validation rules will be run' }
  return how(expression, variables)
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

/** The refusal of a request, in the words of a policy. */
export function denial(request: PolicyRequest, words: string, reason: string): ApiError {
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
export function jsonOf(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null, (_key, part: unknown) => (typeof part === 'bigint' ? Number(part) : part))) as JsonValue
}
