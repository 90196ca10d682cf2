import { invalid } from './field-error.ts'
import type { FieldError } from './field-error.ts'

/** A path that stays below where it begins. */
export function descendingPath(path: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (path.startsWith('/')) errors.push(invalid(field, path, 'must be a relative path'))
  if (path.split('/').includes('..')) errors.push(invalid(field, path, "must not contain '..'"))
  return errors
}
