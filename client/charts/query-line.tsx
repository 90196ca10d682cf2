import { useState } from 'preact/hooks'
import { Icon } from '../ui/icons.tsx'

interface Asking {
  readonly slideQuery: string
  readonly query: string
  readonly editable: boolean
  readonly onRun: (query: string) => void
}

/** The query as text; pressed, a field. Enter asks, Shift-Enter is a new line, Escape leaves it as it was. */
export function QueryLine({ slideQuery, query, editable, onRun }: Asking) {
  const [draft, setDraft] = useState<string>()
  if (!editable || draft === undefined) {
    return (
      <div class="query-line">
        <code>{query}</code>
        {editable && (
          <button type="button" class="slide-button" onClick={() => setDraft(query)}>
            <Icon name="edit" /> Edit
          </button>
        )}
        {editable && query !== slideQuery && (
          <button type="button" class="slide-button" onClick={() => onRun(slideQuery)}>
            <Icon name="undo" /> The slide’s query
          </button>
        )}
      </div>
    )
  }
  const run = (): void => {
    if (draft.trim() !== '') onRun(draft.trim())
    setDraft(undefined)
  }
  return (
    <form
      class="query-line"
      onSubmit={(event) => {
        event.preventDefault()
        run()
      }}
    >
      <textarea
        aria-label="PromQL query"
        rows={Math.min(5, Math.max(1, Math.ceil(draft.length / 76), draft.split('\n').length))}
        spellcheck={false}
        value={draft}
        ref={(field) => field?.focus()}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Escape') setDraft(undefined)
          if (event.key !== 'Enter' || event.shiftKey) return
          event.preventDefault()
          run()
        }}
      />
      <button type="submit" class="slide-button run">
        <Icon name="run" /> Run
      </button>
      <button type="button" class="slide-button" onClick={() => setDraft(undefined)}>
        Cancel
      </button>
    </form>
  )
}
