import { humanDuration } from '../tables/cells.ts'
import type { JsonValue, StoredObject } from '../resources/object.ts'
import type { CustomColumn } from './custom-kind.ts'

/** One row of a defined kind's table. @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#additional-printer-columns */
export function customRow(columns: readonly CustomColumn[], object: StoredObject, now: number): readonly JsonValue[] {
  return columns.map((column) => (column.path ? cell(column.type, column.path(object)[0], now) : (object.metadata.name ?? '')))
}

function cell(type: string, value: JsonValue | undefined, now: number): JsonValue {
  if (value === undefined) return null
  if (type === 'string') return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null
  if (type === 'number') return typeof value === 'number' ? value : null
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  if (type !== 'date' || typeof value !== 'string') return null
  const time = Date.parse(value)
  return Number.isNaN(time) ? '<invalid>' : humanDuration(now - time)
}
