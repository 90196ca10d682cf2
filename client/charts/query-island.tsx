import type { ReadonlySignal } from '@preact/signals'
import type { QueryBlock } from '../../server/protocol/deck.ts'
import type { ChartState } from '../../server/protocol/server-message.ts'
import { Chart } from './chart.tsx'
import './charts.css'

export interface ChartRequest {
  readonly query: string
  readonly rangeSeconds: number
  readonly stepSeconds: number
}

/** Begins to look at a query; undefined where nothing live can be looked at. */
export type Watch = (request: ChartRequest) => { readonly state: ReadonlySignal<ChartState | undefined>; readonly stop: () => void }

interface Queries {
  readonly block: QueryBlock
  readonly watch: Watch
  readonly editable: boolean
}

/** A query block: one chart a query. */
export function QueryIsland({ block, watch, editable }: Queries) {
  return (
    <>
      {block.queries.map((query) => (
        <Chart
          key={query}
          title={block.title}
          kind={block.chart ?? 'line'}
          query={query}
          rangeSeconds={block.rangeSeconds}
          stepSeconds={block.stepSeconds}
          watch={watch}
          editable={editable}
        />
      ))}
    </>
  )
}
