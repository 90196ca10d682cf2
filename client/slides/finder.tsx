import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Deck } from '../../server/protocol/deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import { nameOf, outlineOf, searchSlides, type Found } from './outline.ts'
import { Sheet } from './sheet.tsx'

interface Finding {
  readonly deck: Deck
  readonly position: Position
  readonly onGo: (to: Position) => void
  readonly onClose: () => void
}

/** Finds slides: by the table of contents, or by what they say. */
export function Finder({ deck, position, onGo, onClose }: Finding) {
  const query = useSignal('')
  const chosen = useSignal(0)
  const list = useRef<HTMLDivElement>(null)
  const found = useMemo(() => searchSlides(deck, query.value), [deck, query.value])
  const searches = query.value.trim() !== ''
  useEffect(() => list.current?.querySelector('[aria-current], [data-chosen]')?.scrollIntoView({ block: 'nearest' }))
  const keys = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const target = found[chosen.value]
    if (by !== 0 && found.length > 0) chosen.value = (chosen.value + by + found.length) % found.length
    else if (event.key === 'Enter' && target) onGo({ slide: target.slide.id, step: target.step })
    // A search field would only empty itself.
    else if (event.key === 'Escape') onClose()
    else return
    event.preventDefault()
  }
  return (
    <Sheet label="Find a slide" class="finder" onClose={onClose}>
      <input
        type="search"
        aria-label="Search the slides"
        placeholder="Search the slides"
        autocomplete="off"
        spellcheck={false}
        autofocus
        onInput={(event) => {
          query.value = event.currentTarget.value
          chosen.value = 0
        }}
        onKeyDown={keys}
      />
      <p class="unseen" role="status">
        {searches && `${found.length === 1 ? 'One slide' : `${found.length} slides`} found`}
      </p>
      <div class="finder-list" ref={list}>
        {!searches && <Contents deck={deck} position={position} onGo={onGo} />}
        {searches && found.length === 0 && (
          <p class="finder-none">No slide says “{query.value.trim()}”. Fewer or shorter words find more.</p>
        )}
        {searches &&
          found.map((one, at) => (
            <Result
              key={one.slide.id}
              found={one}
              chosen={at === chosen.value}
              onGo={() => onGo({ slide: one.slide.id, step: one.step })}
            />
          ))}
      </div>
    </Sheet>
  )
}

function Result({ found, chosen, onGo }: { found: Found; chosen: boolean; onGo: () => void }) {
  const { slide, index, before, match, after } = found
  return (
    <button type="button" class="finder-item" data-chosen={chosen ? '' : undefined} onClick={onGo}>
      <span class="finder-number">{index + 1}</span>
      <span>
        {nameOf(slide)}
        {match !== '' && (
          <small>
            {before}
            <mark>{match}</mark>
            {after}
          </small>
        )}
      </span>
    </button>
  )
}

function Contents({ deck, position, onGo }: Omit<Finding, 'onClose'>) {
  const parts = useMemo(() => outlineOf(deck), [deck])
  const here = deck.slides.findIndex(({ id }) => id === position.slide)
  const listed = parts.flatMap(({ opening, places }) => [...(opening ? [opening] : []), ...places])
  const current = listed.findLast(({ index }) => index <= here)?.index
  const item = ({ slide, index }: (typeof listed)[number], opens: boolean) => (
    <button
      key={slide.id}
      type="button"
      class={`finder-item ${opens ? 'opens' : ''}`}
      aria-current={index === current ? 'location' : undefined}
      onClick={() => onGo({ slide: slide.id, step: 0 })}
    >
      <span class="finder-number">{index + 1}</span>
      <span>{nameOf(slide)}</span>
    </button>
  )
  return (
    <nav aria-label="Contents">
      {parts.map(({ opening, places }) => [...(opening ? [item(opening, true)] : []), ...places.map((place) => item(place, false))])}
    </nav>
  )
}
