import type { SessionStore } from '../classroom/session-store.ts'

/** At the edge of the presenter's pages: why an edit of the deck is not shown. */
export function DeckProblem({ store }: { store: SessionStore }) {
  const say = store.deckProblem.value
  return (
    <div class="deck-problem" role="status" hidden={say === undefined}>
      {say !== undefined && (
        <p>
          <b>The deck’s last edit is not shown.</b> {say}
        </p>
      )}
    </div>
  )
}
