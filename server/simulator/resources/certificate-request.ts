import { child, ensure, same } from './draft.ts'
import { invalid, required } from './field-error.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { JsonObject } from './object.ts'

const PEM = /^-----BEGIN CERTIFICATE REQUEST-----\n[\s\S]*-----END CERTIFICATE REQUEST-----\s*$/

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/certificates/validation/validation.go */
export const certificateRequest: KindBehaviour = {
  prepareCreate: (draft) => void (draft['status'] = {}),
  prepareUpdate(draft, old) {
    // Only the server says who asked.
    const before = (old['spec'] ?? {}) as JsonObject
    for (const field of ['username', 'uid', 'groups', 'extra']) {
      if (before[field] !== undefined && child(draft, 'spec')?.[field] === undefined)
        ensure(draft, 'spec')[field] = JSON.parse(JSON.stringify(before[field]))
    }
  },
  validate(object) {
    const spec = (object['spec'] ?? {}) as JsonObject
    const errors: FieldError[] = []
    if (!PEM.test(decoded(spec['request'])))
      errors.push(invalid('spec.request', spec['request'] ?? null, 'PEM block type must be CERTIFICATE REQUEST'))
    if (!Array.isArray(spec['usages']) || spec['usages'].length === 0) errors.push(required('spec.usages'))
    if (!spec['signerName']) errors.push(required('spec.signerName'))
    const seconds = spec['expirationSeconds']
    if (typeof seconds === 'number' && seconds < 600)
      errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'))
    return errors
  },
  validateUpdate: (object, old) =>
    same(object['spec'], old['spec']) ? [] : [invalid('spec', object['spec'] ?? null, 'field is immutable')],
  validateStatus(object) {
    const conditions = ((object['status'] as JsonObject | undefined)?.['conditions'] ?? []) as readonly JsonObject[]
    const types = conditions.map(({ type }) => type)
    return types.includes('Approved') && types.includes('Denied')
      ? [invalid('status.conditions', 'Denied', 'Approved and Denied conditions are mutually exclusive')]
      : []
  },
  fields: (object) => ({ 'spec.signerName': String((object['spec'] as JsonObject | undefined)?.['signerName'] ?? '') }),
}

function decoded(request: JsonObject[string]): string {
  try {
    return atob(String(request ?? ''))
  } catch {
    return ''
  }
}
