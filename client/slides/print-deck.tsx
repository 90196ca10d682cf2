import { render } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Deck } from '../../server/protocol/deck.ts'
import { SlideSection } from './slide-section.tsx'
import './print-deck.css'

/** While the page is printed, the whole deck is there: a slide a page, in full, with its notes below where they are wanted. */
export function usePrinting(deck: Deck, notes: boolean): void {
  // What is wanted at the moment of printing, which may be sooner than an effect.
  const wanted = useRef({ deck, notes })
  wanted.current = { deck, notes }
  useEffect(() => {
    const host = document.createElement('div')
    host.className = 'print-deck'
    const clear = (): void => {
      render(null, host)
      host.remove()
    }
    const fill = (): void => {
      document.body.append(host)
      render(<Printed {...wanted.current} />, host)
    }
    addEventListener('beforeprint', fill)
    addEventListener('afterprint', clear)
    return () => {
      removeEventListener('beforeprint', fill)
      removeEventListener('afterprint', clear)
      clear()
    }
  }, [])
}

function Printed({ deck, notes }: { deck: Deck; notes: boolean }) {
  return (
    <>
      {deck.slides.map((slide) => (
        <div key={slide.id} class={`print-page ${notes ? 'with-notes' : ''}`}>
          <div class="slide-preview">
            <div class="reveal">
              <div class="slides">
                <SlideSection deck={deck} slide={slide} step={slide.steps.length - 1} live={false} />
              </div>
            </div>
          </div>
          {/* Notes come from the deck, sanitised by the server like its slides. */}
          {notes && <div class="print-notes" dangerouslySetInnerHTML={{ __html: slide.steps.map((step) => step.notes).join('') }} />}
        </div>
      ))}
    </>
  )
}
