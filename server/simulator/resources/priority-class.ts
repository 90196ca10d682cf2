import { setDefaults } from './draft.ts'
import { forbidden, unsupported } from './field-error.ts'
import { immutable } from './metadata.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { PriorityClass } from './kinds.ts'

const HIGHEST = 1_000_000_000
const POLICIES = ['PreemptLowerPriority', 'Never']
const SYSTEM: { readonly [name: string]: number } = { 'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000 }

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/scheduling/validation/validation.go */
export const priorityClass: KindBehaviour = {
  generation: true,
  defaults: (draft) => setDefaults(draft, { preemptionPolicy: 'PreemptLowerPriority' }),
  validate(object) {
    const found = object as unknown as PriorityClass
    const errors = found.metadata.name?.startsWith('system-') ? validateSystem(found) : []
    if (!found.metadata.name?.startsWith('system-') && (found.value ?? 0) > HIGHEST)
      errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST}`))
    if (!POLICIES.includes(found.preemptionPolicy ?? '')) errors.push(unsupported('preemptionPolicy', found.preemptionPolicy, POLICIES))
    return errors
  },
  validateUpdate: (object, old) => [
    ...(object['value'] === old['value'] ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', object['preemptionPolicy'], old['preemptionPolicy']),
  ],
}

function validateSystem({ metadata, value = 0, globalDefault = false }: PriorityClass): FieldError[] {
  const name = metadata.name ?? ''
  const known = SYSTEM[name]
  const wrong =
    known === undefined
      ? `${name} is not a known system priority class`
      : value !== known
        ? `value of ${name} PriorityClass must be ${known}`
        : globalDefault
          ? `globalDefault of ${name} PriorityClass must be false`
          : undefined
  return wrong === undefined
    ? []
    : [forbidden('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${wrong}`)]
}
