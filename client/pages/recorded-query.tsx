import type { QueryBlock } from '../../server/protocol/deck.ts'
import { StateWords } from '../ui/state-words.tsx'
import '../charts/charts.css'

interface Recorded {
  readonly block: QueryBlock
  /** Why there is nothing to draw. */
  readonly why: string
}

/** A query whose metrics were the cluster's, and went with it. */
export function RecordedQuery({ block, why }: Recorded) {
  return (
    <>
      {block.queries.map((query) => (
        <figure class="chart" key={query}>
          {block.title !== undefined && <figcaption>{block.title}</figcaption>}
          <div class="query-line">
            <code>{query}</code>
          </div>
          <StateWords state="empty" lead="This chart was live" say={why} />
        </figure>
      ))}
    </>
  )
}
