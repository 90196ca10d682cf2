import { podRow } from './pods.ts'
import type { Kinds } from '../resources/kinds.ts'
import type { StoredObject } from '../resources/object.ts'
import type { Cell } from './table.ts'

type Row = (object: StoredObject, now: number) => readonly Cell[]

/** A stored object of a table is of its kind: decoding has seen to that. */
function rowOf<K extends keyof Kinds>(_kind: K, row: (object: Kinds[K], now: number) => readonly Cell[]): Row {
  return (object, now) => row(object as unknown as Kinds[K], now)
}

/** How each kind's row is printed, by the table that stores it. */
export const ROWS: { readonly [table: string]: Row } = {
  'v1/pods': rowOf('Pod', podRow),
}
