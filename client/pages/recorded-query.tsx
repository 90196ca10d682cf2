import type { QueryBlock } from '../../server/protocol/deck.ts'
import '../charts/charts.css'

/** A query as a recording has it: its metrics were the cluster's, and went with it. */
export function RecordedQuery({ block }: { block: QueryBlock }) {
  return (
    <>
      {block.queries.map((query) => (
        <figure class="chart" key={query}>
          {block.title !== undefined && <figcaption>{block.title}</figcaption>}
          <div class="query-line">
            <code>{query}</code>
          </div>
          <div class="chart-words empty">
            <span class="chart-shape" aria-hidden="true" />
            <div>
              <strong>This chart was live</strong>
              <p>A recording keeps slides and terminals; metrics stay with their cluster.</p>
            </div>
          </div>
        </figure>
      ))}
    </>
  )
}
