import { parseAddress, parseNetwork, validateNetwork } from './addresses.ts'
import { invalid, required } from './field-error.ts'
import { immutable } from './metadata.ts'
import { pathSegment, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { JsonObject, StoredObject } from './object.ts'

/** Networks that services' addresses are of, and the addresses themselves. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go */

const cidrsOf = (object: StoredObject) => (object['spec'] as { readonly cidrs?: readonly string[] } | undefined)?.cidrs ?? []

export const serviceCidr: KindBehaviour = {
  prepareCreate: (draft) => void (draft['status'] = {}),
  validate: (object, _around, old) => (old ? [] : validateCidrs(cidrsOf(object))),
  validateUpdate(object, old) {
    const [now, before] = [cidrsOf(object), cidrsOf(old)]
    const kept = before.flatMap((cidr, index) => immutable(`spec.cidrs[${index}]`, now[index], cidr))
    if (now.length === before.length) return kept
    return before.length === 1 && now.length === 2 ? [...kept, ...validateCidrs(now)] : immutable('spec.cidrs', now, before)
  },
}

function validateCidrs(cidrs: readonly string[]): FieldError[] {
  const field = 'spec.cidrs'
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalid(field, { CIDRs: cidrs }, 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, index) => validateNetwork(`${field}[${index}]`, cidr))
  const [first, second] = cidrs.map((cidr) => parseNetwork(cidr)?.family)
  if (cidrs.length === 2 && first !== undefined && first === second)
    errors.push(invalid(field, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'))
  return errors
}

const parentOf = (object: StoredObject) => (object['spec'] as JsonObject | undefined)?.['parentRef'] as JsonObject | undefined

export const ipAddress: KindBehaviour = {
  validateName: (name) => (parseAddress(name) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']),
  validate(object) {
    const parent = parentOf(object)
    if (!parent) return [required('spec.parentRef')]
    return (['group', 'resource', 'name', 'namespace'] as const).flatMap((key) => {
      const field = `spec.parentRef.${key}`
      const value = String(parent[key] ?? '')
      if (!value) return key === 'resource' || key === 'name' ? [required(field)] : []
      return (key === 'group' ? subdomain : pathSegment)(value).map((words) => invalid(field, value, words))
    })
  },
  validateUpdate: (object, old) => immutable('spec.parentRef', parentOf(object), parentOf(old)),
}
