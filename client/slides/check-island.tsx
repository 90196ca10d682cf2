import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { CheckBlock } from '../../server/protocol/blocks.ts'
import type { CheckState, LiveState } from '../../server/protocol/live-block.ts'
import { Icon } from '../ui/icons.tsx'

interface Check {
  readonly block: CheckBlock
  /** Whether it was met once; read inside rendering. */
  readonly passed: () => boolean
  /** Begins to look at how it stands. */
  readonly watch: () => { readonly state: ReadonlySignal<LiveState | undefined>; readonly stop: () => void }
}

/**
 * An exercise's goal: what has to be, which of it is, and for the rest what there is instead.
 * No `section`: reveal.js takes a slide with one in it for a stack of slides, which cannot be clicked.
 */
export function CheckIsland({ block, passed, watch }: Check) {
  const watched = useMemo(watch, [block.id])
  useEffect(() => watched.stop, [watched])
  const live = watched.state.value
  const state = live?.kind === 'check' ? live.check : undefined
  const met = state?.met === true
  const once = passed()
  const word = met ? 'Done' : state ? (once ? 'Was done, is not now' : 'Not yet') : once ? 'Done before' : 'Looking …'
  return (
    <div role="group" class={`check ${met ? 'met' : ''}`} aria-label={`Exercise: ${block.title}`}>
      <Head title={block.title} word={word} mark={met ? 'done' : state ? 'open' : 'looking'} />
      {state && !met && <Conditions conditions={state.conditions} />}
    </div>
  )
}

/** A check as it was at a moment of a recording, of which only is known whether it had been met. */
export function PassedCheck({ block, passed }: Pick<Check, 'block' | 'passed'>) {
  const met = passed()
  return (
    <div role="group" class={`check ${met ? 'met' : ''}`} aria-label={`Exercise: ${block.title}`}>
      <Head title={block.title} word={met ? 'Done' : 'Not yet'} mark={met ? 'done' : 'open'} />
    </div>
  )
}

/** A check where there is no cluster: what an exercise asks for. @param state as it was before anybody had solved it */
export function TaskCheck({ block, state }: Pick<Check, 'block'> & { state: CheckState | undefined }) {
  const unsaid = block.conditions.flatMap(({ say }) => (say === undefined ? [] : [{ met: false, say }]))
  const conditions = state?.conditions ?? unsaid
  return (
    <div role="group" class="check" aria-label={`Exercise: ${block.title}`}>
      <Head title={block.title} word="To do" mark="open" />
      {conditions.length > 0 && <Conditions conditions={conditions} />}
    </div>
  )
}

function Head({ title, word, mark }: { title: string; word: string; mark: 'done' | 'open' | 'looking' }) {
  return (
    <h3 class="check-head">
      <span class="check-mark">
        {mark === 'done' ? <Icon name="done" /> : <span class={mark === 'open' ? 'check-open' : 'running-dot'} aria-hidden="true" />}
      </span>
      <span class="check-name">{title}</span>
      {/* Only this is spoken when it changes: the whole list at every pod that starts would drown it. */}
      <span class="check-word" role="status">
        {word}
      </span>
    </h3>
  )
}

function Conditions({ conditions }: Pick<CheckState, 'conditions'>) {
  return (
    <ul class="check-conditions">
      {conditions.map(({ met: holds, say, found }, index) => (
        <li key={index} class={holds ? 'met' : ''}>
          {holds ? <Icon name="done" /> : <span class="check-open" aria-hidden="true" />}
          <span>
            {say} {!holds && found !== undefined && <small>{found}</small>}
            <span class="visually-hidden">{holds ? ' Done.' : ' Not yet.'}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}
