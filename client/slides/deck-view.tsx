import type { HTMLAttributes, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Deck } from '../../server/protocol/deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import type { CanvasKind } from './canvas.ts'
import type { RenderIsland } from './islands.ts'
import { mountReveal, type Mounted } from './reveal.ts'
import { SlideSection } from './slide-section.tsx'
import type { Walk } from './walk.ts'
import { neighbours, placeOf } from './walk.ts'
import './theme.css'
import './live-blocks.css'

interface Showing {
  readonly deck: Deck
  readonly position: Position | undefined
  readonly renderIsland: RenderIsland
  readonly joinCard?: JSX.Element | undefined
  /** Whether the slides share the stage with a terminal, or are in an attendee's pane. */
  readonly canvas?: CanvasKind
  /** A swipe over the slide. */
  readonly onWalk?: (walk: Walk) => void
  /** A link to another slide of the deck. Without it, such links do nothing: the presenter steers. */
  readonly onGo?: (to: Position) => void
}

/** A deck on the screen, at a position: this slide and its neighbours, however many there are. A deck that changes does so in place: slides that stay as they are keep what is live in them. */
export function DeckView({ deck, position, renderIsland, joinCard, canvas = 'whole', onWalk, onGo }: Showing) {
  const viewport = useRef<HTMLDivElement>(null)
  const element = useRef<HTMLDivElement>(null)
  const [mounted, setMounted] = useState<Mounted>()
  const { index, step } = placeOf(deck, position)
  const kind = useRef(canvas)
  kind.current = canvas

  useEffect(() => {
    if (!element.current || !viewport.current) return
    let live: Mounted | undefined
    let gone = false
    const observer = new ResizeObserver(() => live?.layout())
    observer.observe(viewport.current)
    void mountReveal(element.current, viewport.current, () => kind.current).then((ready) => {
      if (gone) return ready.unmount()
      live = ready
      setMounted(ready)
    })
    return () => {
      gone = true
      observer.disconnect()
      live?.unmount()
    }
  }, [])

  const { from, slides } = neighbours(deck, index)
  // Before the browser paints: the slide that was shown is another one's neighbour now.
  useLayoutEffect(() => {
    mounted?.sync()
    mounted?.show(index - from)
  }, [mounted, index, from, deck])
  useEffect(() => mounted?.layout(), [mounted, canvas])

  return (
    <div class="deck-viewport" ref={viewport} {...swipes(onWalk)} onClick={(event) => followLink(event, deck, onGo)}>
      <div class="reveal" ref={element} data-ready={mounted ? '' : undefined}>
        <div class="slides">
          {slides.map((slide, at) => (
            <SlideSection
              key={slide.id}
              deck={deck}
              slide={slide}
              step={from + at === index ? step : from + at < index ? slide.steps.length - 1 : 0}
              live={mounted !== undefined && from + at === index}
              renderIsland={renderIsland}
              joinCard={joinCard}
            />
          ))}
        </div>
      </div>
      <p class="unseen" aria-live="polite">
        {deck.slides[index]?.title}
      </p>
    </div>
  )
}

function followLink(event: MouseEvent, deck: Deck, onGo: ((to: Position) => void) | undefined): void {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null
  if (!link) return
  event.preventDefault()
  const name = decodeURIComponent(link.getAttribute('href')?.slice(1) ?? '')
  const slide = deck.slides.find(({ id }) => id === name)
  if (slide) onGo?.({ slide: slide.id, step: 0 })
}

const SWIPE_PIXELS = 60

/** A finger that moves sideways, more than it moves up or down. */
function swipes(onWalk: ((walk: Walk) => void) | undefined): Pick<HTMLAttributes<HTMLDivElement>, 'onTouchStart' | 'onTouchEnd'> {
  if (!onWalk) return {}
  let from: { x: number; y: number } | undefined
  return {
    onTouchStart: (event: TouchEvent) => {
      const touch = event.touches[0]
      const scrolls = event.target instanceof Element && event.target.closest('pre, textarea, .chart')
      from = touch && event.touches.length === 1 && !scrolls ? { x: touch.clientX, y: touch.clientY } : undefined
    },
    onTouchEnd: (event: TouchEvent) => {
      const touch = event.changedTouches[0]
      if (!from || !touch) return
      const across = touch.clientX - from.x
      if (Math.abs(across) > SWIPE_PIXELS && Math.abs(across) > 2 * Math.abs(touch.clientY - from.y))
        onWalk(across < 0 ? 'next' : 'previous')
      from = undefined
    },
  }
}
