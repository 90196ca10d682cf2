import { useState } from 'preact/hooks'
import type { QuizBlock } from '../../server/protocol/blocks.ts'
import { Icon } from '../ui/icons.tsx'

/** A question. An answer that is chosen says whether it is right, and why; others can be tried after it. */
export function QuizIsland({ block, acts }: { block: QuizBlock; acts: boolean }) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  return (
    <fieldset class="quiz">
      <legend>{block.question}</legend>
      {block.answers.map(({ text, right, why }, index) => {
        const shown = chosen.has(index)
        const mark = shown ? (right ? 'right' : 'wrong') : ''
        return (
          <div key={text} class={`quiz-answer ${mark}`}>
            <button type="button" disabled={!acts} aria-pressed={shown} onClick={() => setChosen(new Set(chosen).add(index))}>
              <span class="quiz-mark">
                {shown ? <Icon name={right ? 'done' : 'failed'} /> : <span class="check-open" aria-hidden="true" />}
              </span>
              {text}
            </button>
            <p aria-live="polite">{shown && (why ?? (right ? 'Right.' : 'Not this one.'))}</p>
          </div>
        )
      })}
    </fieldset>
  )
}
