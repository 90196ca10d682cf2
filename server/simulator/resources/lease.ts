import { atLeastZero, forbidden, invalid, unsupported } from './field-error.ts'
import { qualifiedName } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Lease } from './kinds.ts'

const STRATEGIES = ['OldestEmulationVersion']

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/coordination/validation/validation.go */
export const lease: KindBehaviour = {
  validate(object) {
    const { spec } = object as unknown as Lease
    const { leaseDurationSeconds: duration, strategy, preferredHolder } = spec ?? {}
    const errors: FieldError[] = []
    if (duration !== undefined && duration <= 0) errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'))
    errors.push(...atLeastZero('spec.leaseTransitions', spec?.leaseTransitions))
    // The field's name is there twice on a real server too.
    const field = 'spec.strategy.strategy'
    if (strategy?.includes('/')) errors.push(...qualifiedName(strategy).map((words) => invalid(field, strategy, words)))
    else if (strategy !== undefined && !STRATEGIES.includes(strategy)) errors.push(unsupported(field, strategy, STRATEGIES))
    if (preferredHolder && !strategy) errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'))
    return errors
  },
}
