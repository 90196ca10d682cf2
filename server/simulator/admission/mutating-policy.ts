import { evaluateMutation } from '../custom/cel.ts'
import { jsonPatch, JsonPatchError } from '../patch/json-patch.ts'
import { typedOf } from '../patch/managed-fields.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { merged } from '../patch/typed.ts'
import { isObject, same } from '../resources/draft.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { Schemas } from '../resources/schema.ts'
import { denial, evaluate, invocations, POLICY_GROUP, variablesFor } from './policy.ts'
import type { Binding, Policy } from './policy.ts'
import type { AdmissionRequest } from './request.ts'

/**
 * Policies that change what is written, in CEL.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */

interface MutatingPolicy extends Policy {
  readonly spec?: Policy['spec'] & {
    readonly reinvocationPolicy?: string
    readonly mutations?: readonly {
      readonly patchType: string
      readonly applyConfiguration?: { readonly expression: string }
      readonly jsonPatch?: { readonly expression: string }
    }[]
  }
}

/** A mutation that cannot be carried out, and why. */
class MutationError extends Error {}

/**
 * The object as the policies make it.
 * @param defaulted completes it after each change
 * @throws ApiError when a policy fails
 */
export function mutatedByPolicies(
  request: AdmissionRequest,
  schemas: Schemas,
  defaulted: (object: JsonObject) => StoredObject,
): StoredObject {
  if (request.resource.group === POLICY_GROUP) return request.object
  const all = invocations<MutatingPolicy, Binding>('Mutating', request)
  let { object } = request
  const run = (turns: typeof all) => {
    for (const { policy, binding, params } of turns) object = applied(policy, binding, { ...request, object }, params, defaulted, schemas)
  }
  run(all)
  // Those before a change may have more to say of it.
  const again = all.filter(({ policy }) => policy.spec?.reinvocationPolicy === 'IfNeeded')
  if (again.length > 0 && !same(object, request.object)) run(again)
  return object
}

function applied(
  policy: MutatingPolicy,
  binding: Binding,
  request: AdmissionRequest,
  params: JsonObject | undefined,
  defaulted: (object: JsonObject) => StoredObject,
  schemas: Schemas,
): StoredObject {
  const given = variablesFor(policy, request, params)
  if (!given) return request.object
  let { object } = request
  for (const { applyConfiguration, jsonPatch: patch } of policy.spec?.mutations ?? []) {
    const expression = applyConfiguration?.expression ?? patch?.expression ?? ''
    try {
      const made = valueOf(expression, { ...given, object })
      object = defaulted(applyConfiguration ? configured(made, object, request, schemas) : patched(made, object))
    } catch (error) {
      if (!(error instanceof MutationError) && !(error instanceof JsonPatchError)) throw error
      if (policy.spec?.failurePolicy === 'Ignore') continue
      const who = `policy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
      throw denial(request, `${who} denied request: ${error.message}`, 'Invalid')
    }
  }
  return object
}

function valueOf(expression: string, variables: Parameters<typeof evaluateMutation>[1]): JsonValue {
  const verdict = evaluate(expression, variables, evaluateMutation)
  if ('error' in verdict) throw new MutationError(`expression '${expression}' resulted in error: ${verdict.error}`)
  return verdict.value as JsonValue
}

/** Merged in as server-side apply would, by everybody's leave. Source: k8s.io/apiserver, admission/plugin/policy/mutating/patch/smd.go */
function configured(made: JsonValue, object: StoredObject, { resource }: AdmissionRequest, schemas: Schemas): JsonObject {
  if (!isObject(made)) throw new MutationError('unexpected apply configuration: it is not an object')
  const meta = made['metadata']
  const wrong = ['apiVersion', 'kind'].find((field) => made[field] !== undefined && made[field] !== object[field])
  if (wrong) throw new MutationError(`invalid ApplyConfiguration: may not mutate ${wrong}`)
  if (isObject(meta) && ['name', 'namespace', 'uid', 'generateName'].some((field) => meta[field] !== undefined))
    throw new MutationError('error applying patch: invalid ApplyConfiguration: may not mutate metadata that names the object')
  if (resource.schema === undefined) return asObject(mergePatch(object, made))
  return merged(typedOf(schemas, resource.schema), object, made)
}

function asObject(value: JsonValue): JsonObject {
  return isObject(value) ? value : {}
}

function patched(made: JsonValue, object: StoredObject): JsonObject {
  if (!Array.isArray(made)) throw new MutationError('unexpected JSON patch: it is not a list')
  return jsonPatch(object, made as readonly JsonValue[])
}
