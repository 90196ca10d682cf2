import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { CheckBlock } from '../../server/protocol/blocks.ts'
import type { LiveState } from '../../server/protocol/live-block.ts'
import { Icon } from '../ui/icons.tsx'

interface Check {
  readonly block: CheckBlock
  /** Begins to look at how it stands; absent where nothing is live. */
  readonly watch: () => { readonly state: ReadonlySignal<LiveState | undefined>; readonly stop: () => void }
}

/** An exercise's goal: what has to be, which of it is, and for the rest what there is instead. */
export function CheckIsland({ block, watch }: Check) {
  const watched = useMemo(watch, [block.id])
  useEffect(() => watched.stop, [watched])
  const live = watched.state.value
  const state = live?.kind === 'check' ? live.check : undefined
  const met = state?.met === true
  return (
    <section class={`check ${met ? 'met' : ''}`} aria-live="polite">
      <h3 class="check-head">
        <span class="check-mark">
          {met ? <Icon name="done" /> : <span class={state ? 'check-open' : 'running-dot'} aria-hidden="true" />}
        </span>
        {block.title}
        <span class="check-word">{met ? 'Done' : state ? 'Not yet' : 'Looking …'}</span>
      </h3>
      {state && !met && (
        <ul class="check-conditions">
          {state.conditions.map(({ met: holds, say, found }, index) => (
            <li key={index} class={holds ? 'met' : ''}>
              {holds ? <Icon name="done" /> : <span class="check-open" aria-hidden="true" />}
              <span>
                {say} {!holds && found !== undefined && <small>{found}</small>}
                <span class="visually-hidden">{holds ? ' Done.' : ' Not yet.'}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
