import { customRow } from '../custom/cells.ts'
import { ageOf } from './cells.ts'
import { ROWS } from './rows.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'

/** The columns of every kind's table, as the server defines them: by `groupVersion/resource`. */
export interface ColumnData {
  readonly [resource: string]: readonly Column[]
}

interface Column {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
}

export type Cell = string | number | boolean | null

const FALLBACK: readonly Column[] = [
  { name: 'Name', type: 'string', format: 'name' },
  { name: 'Age', type: 'date' },
]

/** Prints objects as the rows that `kubectl get` shows. */
export class TablePrinter {
  readonly #columns: ColumnData
  readonly #now: () => number

  constructor(columns: ColumnData, now: () => number) {
    this.#columns = columns
    this.#now = now
  }

  table(resource: Resource, objects: readonly StoredObject[], revision: string, include: 'None' | 'Metadata' | 'Object'): JsonObject {
    const key = `${resource.groupVersion}/${resource.resource}`
    const columns: readonly Column[] = resource.custom?.columns ?? this.#columns[key] ?? FALLBACK
    const row = ROWS[resource.table]
    const now = this.#now()
    const rows = objects.map((object) => {
      const cells: readonly JsonValue[] = resource.custom
        ? customRow(resource.custom.columns, object, now)
        : row
          ? row(object, now)
          : columns.map((column) => generic(column, object, now))
      const shown =
        include === 'Object' ? object : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
      return { cells, ...(include !== 'None' && { object: shown }) }
    })
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: revision },
      columnDefinitions: columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
      rows,
    }
  }
}

function generic(column: Column, object: StoredObject, now: number): Cell {
  if (column.name === 'Name') return object.metadata.name ?? ''
  if (column.name === 'Age') return ageOf(object.metadata.creationTimestamp, now)
  if (column.name === 'Created At' || column.type === 'date') return object.metadata.creationTimestamp ?? null
  return column.type === 'integer' ? 0 : column.type === 'boolean' ? false : '<none>'
}
