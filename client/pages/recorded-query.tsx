import type { QueryBlock } from '../../server/protocol/deck.ts'
import { StateWords } from '../ui/state-words.tsx'
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
          <StateWords
            state="empty"
            lead="This chart was live"
            say="A recording keeps slides and terminals; metrics stay with their cluster."
          />
        </figure>
      ))}
    </>
  )
}
