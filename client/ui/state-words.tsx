import './state-words.css'

/** Why something live shows nothing: a shape, a word or two, and a sentence. */
export function StateWords({ state, lead, say }: { state: 'waiting' | 'empty' | 'failed'; lead: string; say: string }) {
  return (
    <div class={`state-words ${state}`} role={state === 'failed' ? 'alert' : 'status'}>
      <span class="state-shape" aria-hidden="true" />
      <div>
        <strong>{lead}</strong>
        <p>{say}</p>
      </div>
    </div>
  )
}
