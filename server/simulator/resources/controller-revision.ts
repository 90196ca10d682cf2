import { atLeastZero, required } from './field-error.ts'
import { immutable } from './metadata.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { ControllerRevision } from './kinds.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go ValidateControllerRevision */
export const controllerRevision: KindBehaviour = {
  validate: (object) => [
    ...(object['data'] === undefined ? [required('data', 'data is mandatory')] : []),
    ...atLeastZero('revision', (object as unknown as ControllerRevision).revision),
  ],
  validateUpdate: (object, old) => immutable('data', object['data'], old['data']),
}
