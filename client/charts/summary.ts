import type { QueryBlock } from '../../server/protocol/deck.ts'
import type { ChartState } from '../../server/protocol/server-message.ts'
import { namesOf } from './labels.ts'
import { boundsOf, lastOf } from './series-table.ts'
import { scaleFor, unitOf, written } from './units.ts'

/** More than this many series are counted, not read out. */
const READ_OUT = 6

/** How a query's series are drawn. */
export type ChartKind = NonNullable<QueryBlock['chart']>

const NAMES: Readonly<Record<ChartKind, string>> = {
  line: 'Line chart',
  area: 'Area chart',
  bars: 'Bar chart',
  number: 'Latest numbers',
  table: 'Table',
}

/** A chart in words, for those who do not see it. */
export function summaryOf(query: string, state: ChartState | undefined, kind: ChartKind = 'line'): string {
  if (!state) return 'The chart is being asked for.'
  if (state.state !== 'data') return state.why
  const { series } = state
  const scale = scaleFor(unitOf(query), boundsOf(series).largest)
  const names = namesOf(
    series.map(({ labels }) => labels),
    query,
  )
  const minutes = Math.round((state.to - state.from) / 60)
  const lines = series.slice(0, READ_OUT).map((one, index) => {
    const values = one.values.filter((value) => value !== null)
    const last = lastOf(one)
    if (last === undefined) return `${names[index]}: no values.`
    return `${names[index]}: now ${written(last, scale)}, between ${written(Math.min(...values), scale)} and ${written(Math.max(...values), scale)}.`
  })
  const more = series.length > READ_OUT ? ` And ${series.length - READ_OUT} more.` : ''
  return `${NAMES[kind]} of ${query}, ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, ${series.length} series. ${lines.join(' ')}${more}`
}
