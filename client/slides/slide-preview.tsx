import { useEffect, useRef, useState } from 'preact/hooks'
import type { Deck } from '../../server/protocol/deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import { CANVAS } from './canvas.ts'
import { SlideSection } from './slide-section.tsx'
import { placeOf } from './walk.ts'

/** A slide as a picture of itself: nothing in it is live. */
export function SlidePreview({ deck, position }: { deck: Deck; position: Position }) {
  const frame = useRef<HTMLDivElement>(null)
  const [scale, setScale] = useState(0.2)
  useEffect(() => {
    if (!frame.current) return
    const observer = new ResizeObserver(([entry]) => entry && setScale(entry.contentRect.width / CANVAS.width))
    observer.observe(frame.current)
    return () => observer.disconnect()
  }, [])
  const { slide, step } = placeOf(deck, position)
  return (
    <div class="slide-preview" ref={frame} inert aria-hidden="true">
      <div class="reveal" style={{ transform: `scale(${scale})` }}>
        <div class="slides">
          <SlideSection key={slide.id} deck={deck} slide={slide} step={step} live={false} />
        </div>
      </div>
    </div>
  )
}
