import { child, children, text } from './draft.ts'
import { duplicate, invalid, required } from './field-error.ts'
import { immutable } from './metadata.ts'
import { label, labelValue, qualifiedName } from './names.ts'
import { nanoOf } from './quantity.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Draft } from './object.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/node/validation/validation.go */
export const runtimeClass: KindBehaviour = {
  validate(object) {
    const draft = object as Draft
    const handler = text(draft, 'handler') ?? ''
    const fixed = child(child(draft, 'overhead'), 'podFixed')
    return [
      ...(handler === '' ? [required('handler')] : label(handler).map((words) => invalid('handler', handler, words))),
      ...Object.entries(fixed ?? {}).flatMap(([name, value]) =>
        nanoOf(String(value)) < 0n ? [invalid(`overhead.podFixed[${name}]`, String(value), 'must be greater than or equal to 0')] : [],
      ),
      ...validateScheduling(child(draft, 'scheduling')),
    ]
  },
  validateUpdate: (object, old) => immutable('handler', object['handler'], old['handler']),
}

function validateScheduling(scheduling: Draft | undefined): FieldError[] {
  const field = 'scheduling.nodeSelector'
  const tolerations = children(scheduling, 'tolerations')
  return [
    ...Object.entries(child(scheduling, 'nodeSelector') ?? {}).flatMap(([key, value]) => [
      ...qualifiedName(key).map((words) => invalid(field, key, words)),
      ...labelValue(String(value)).map((words) => invalid(field, String(value), words)),
    ]),
    ...tolerations.flatMap((toleration, index) => {
      const same = (other: Draft) => ['key', 'operator', 'value', 'effect'].every((key) => other[key] === toleration[key])
      return tolerations.findIndex(same) < index ? [duplicate(`scheduling.tolerations[${index}]`, toleration)] : []
    }),
  ]
}
