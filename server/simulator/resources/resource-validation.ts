import { invalid, required } from './field-error.ts'
import { qualifiedName } from './names.ts'
import { formatQuantity, parseQuantity } from './quantity.ts'
import type { FieldError } from './field-error.ts'
import type { ResourceRequirements } from './kinds.ts'

const STANDARD = ['cpu', 'memory', 'ephemeral-storage']

/** Requests and limits of a container. */
export function validateContainerResources(resources: ResourceRequirements | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  const limits = resources?.limits ?? {}
  const requests = resources?.requests ?? {}
  for (const [name, value] of Object.entries(limits)) errors.push(...validateQuantity(name, value, `${field}.limits[${name}]`))
  for (const [name, value] of Object.entries(requests)) {
    const path = `${field}.requests[${name}]`
    errors.push(...validateQuantity(name, value, path))
    const request = parseQuantity(String(value))
    const limit = limits[name] === undefined ? undefined : parseQuantity(String(limits[name]))
    if (!request || !limit) continue
    if (!isOvercommittable(name) && request.nano !== limit.nano) {
      errors.push(invalid(`${field}.requests`, value, `must be equal to ${name} limit of ${formatQuantity(limit)}`))
    } else if (request.nano > limit.nano) {
      errors.push(invalid(`${field}.requests`, value, `must be less than or equal to ${name} limit of ${formatQuantity(limit)}`))
    }
  }
  for (const name of Object.keys(requests)) {
    if (!isOvercommittable(name) && limits[name] === undefined)
      errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'))
  }
  return errors
}

function isOvercommittable(name: string): boolean {
  return STANDARD.includes(name) || (name.includes('kubernetes.io/') && !name.startsWith('hugepages-'))
}

function validateQuantity(name: string, value: string | number, field: string): FieldError[] {
  const errors = qualifiedName(name).map((words) => invalid(field, name, words))
  if (errors.length === 0 && !name.includes('/') && !STANDARD.includes(name) && !name.startsWith('hugepages-')) {
    errors.push(
      invalid(field, name, 'must be a standard resource type or fully qualified'),
      invalid(field, name, 'must be a standard resource for containers'),
    )
  }
  const quantity = parseQuantity(String(value))
  if (quantity && quantity.nano < 0n) errors.push(invalid(field, value, 'must be greater than or equal to 0'))
  if (quantity && name.includes('/') && quantity.nano % 1_000_000_000n !== 0n) errors.push(invalid(field, value, 'must be an integer'))
  return errors
}
