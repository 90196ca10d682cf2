import { invalid } from './field-error.ts'
import type { FieldError } from './field-error.ts'

/** Parts of the replicas that a status counts cannot be more than all of them. */
export function notMoreThanReplicas<K extends string>(
  status: { readonly [key in K | 'replicas']?: number } | undefined,
  parts: readonly K[],
): FieldError[] {
  return parts.flatMap((part) => {
    const count = status?.[part] ?? 0
    return count > (status?.replicas ?? 0) ? [invalid(`status.${part}`, count, 'cannot be greater than status.replicas')] : []
  })
}
