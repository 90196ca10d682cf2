import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Deck } from '../../server/protocol/deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import { nameOf } from './outline.ts'
import { Sheet } from './sheet.tsx'
import { SlidePreview } from './slide-preview.tsx'
import { placeOf } from './walk.ts'

const TILE = 260
const GAP = 20
const TITLE = 34

interface Overseeing {
  readonly deck: Deck
  readonly position: Position
  readonly onGo: (to: Position) => void
  readonly onClose: () => void
}

/** All slides as pictures of themselves. Only those in view are there, however many the deck has. */
export function Overview({ deck, position, onGo, onClose }: Overseeing) {
  const frame = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ width: 0, height: 0, top: 0 })
  const [selected, setSelected] = useState(() => placeOf(deck, position).index)
  const columns = Math.max(1, Math.floor((view.width + GAP) / (TILE + GAP)))
  const tile = (view.width - (columns - 1) * GAP) / columns
  const row = (tile * 9) / 16 + TITLE + GAP
  const rows = Math.ceil(deck.slides.length / columns)
  const first = Math.max(0, Math.floor(view.top / row) - 1) * columns
  const end = (Math.ceil((view.top + view.height) / row) + 1) * columns

  useEffect(() => {
    const place = frame.current
    if (!place) return
    const measure = (): void => setView({ width: place.clientWidth - 2 * GAP, height: place.clientHeight, top: place.scrollTop })
    const observer = new ResizeObserver(measure)
    observer.observe(place)
    place.addEventListener('scroll', measure, { passive: true })
    place.focus({ preventScroll: true })
    return () => {
      observer.disconnect()
      place.removeEventListener('scroll', measure)
    }
  }, [])
  useLayoutEffect(() => {
    const place = frame.current
    if (!place || view.width <= 0) return
    const top = Math.floor(selected / columns) * row
    if (top < place.scrollTop) place.scrollTop = top
    else if (top + row > place.scrollTop + place.clientHeight - GAP) place.scrollTop = top + row - place.clientHeight + 2 * GAP
  }, [selected, columns, row, view.width > 0])

  const go = (index: number): void => {
    const slide = deck.slides[index]
    if (slide) onGo({ slide: slide.id, step: 0 })
  }
  const keys = (event: KeyboardEvent): void => {
    const to = steps(event.key, selected, columns, deck.slides.length)
    if (to !== undefined) setSelected(Math.min(Math.max(to, 0), deck.slides.length - 1))
    else if (event.key === 'Enter' || event.key === ' ') go(selected)
    else if (event.key === 'o') onClose()
    else return
    event.preventDefault()
  }
  return (
    <Sheet label="All slides" class="overview" onClose={onClose}>
      <div
        class="overview-frame"
        ref={frame}
        tabIndex={0}
        role="listbox"
        aria-label="All slides"
        aria-activedescendant={`tile-${selected}`}
        onKeyDown={keys}
      >
        {view.width > 0 && (
          <div class="overview-all" style={{ height: `${rows * row}px` }}>
            {deck.slides.slice(first, end).map((slide, offset) => {
              const index = first + offset
              return (
                <div
                  key={slide.id}
                  id={`tile-${index}`}
                  class="overview-tile"
                  role="option"
                  aria-selected={index === selected}
                  style={{
                    width: `${tile}px`,
                    transform: `translate(${(index % columns) * (tile + GAP)}px, ${Math.floor(index / columns) * row}px)`,
                  }}
                  onClick={() => go(index)}
                >
                  <SlidePreview deck={deck} position={{ slide: slide.id, step: slide.steps.length - 1 }} />
                  <p>
                    <span class="finder-number">{index + 1}</span> {nameOf(slide)}
                  </p>
                </div>
              )
            })}
          </div>
        )}
      </div>
    </Sheet>
  )
}

function steps(key: string, at: number, columns: number, count: number): number | undefined {
  const by: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: 3 * columns,
    PageUp: -3 * columns,
    Home: -count,
    End: count,
  }
  const step = by[key]
  return step === undefined ? undefined : at + step
}
