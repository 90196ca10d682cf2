import { invalid } from './field-error.ts'
import type { FieldError } from './field-error.ts'

/** A path that nowhere steps up. */
export function withoutBacksteps(path: string, field: string): FieldError[] {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []
}

/** A path that stays below where it begins. */
export function descendingPath(path: string, field: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []
  return [...errors, ...withoutBacksteps(path, field)]
}

/** A descending path whose first name does not begin with two dots: those are the kubelet's own. */
export function localPath(path: string, field: string): FieldError[] {
  const errors = descendingPath(path, field)
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalid(field, path, "must not start with '..'"))
  return errors
}
