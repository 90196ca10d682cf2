import { render } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Deck } from '../../server/protocol/deck.ts'
import type { RenderIsland } from './islands.ts'
import { SlideSection } from './slide-section.tsx'
import './print-deck.css'

interface Printing {
  readonly deck: Deck
  readonly notes: boolean
  /** What stands in the blocks, where something can. */
  readonly renderIsland?: RenderIsland | undefined
}

/** While the page is printed, the whole deck is there: a slide a page, in full, with its notes below where they are wanted. */
export function usePrinting(deck: Deck, notes: boolean, renderIsland?: RenderIsland): void {
  // What is wanted at the moment of printing, which may be sooner than an effect.
  const wanted = useRef<Printing>({ deck, notes, renderIsland })
  wanted.current = { deck, notes, renderIsland }
  useEffect(() => {
    const host = document.createElement('div')
    host.className = 'print-deck'
    const clear = (): void => {
      render(null, host)
      host.remove()
    }
    const fill = (): void => {
      document.body.append(host)
      render(<PrintedDeck {...wanted.current} />, host)
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

export function PrintedDeck({ deck, notes, renderIsland }: Printing) {
  useLayoutEffect(() => {
    // reveal.js has a style sheet of its own for paper, which undoes the theme; by this class it knows to keep away.
    document.documentElement.classList.add('print-pdf')
    return () => document.documentElement.classList.remove('print-pdf')
  }, [])
  return (
    <>
      {deck.slides.map((slide) => (
        <div key={slide.id} class={`print-page ${notes ? 'with-notes' : ''}`}>
          <div class="slide-preview">
            <div class="reveal">
              <div class="slides">
                <SlideSection
                  deck={deck}
                  slide={slide}
                  step={slide.steps.length - 1}
                  live={renderIsland !== undefined}
                  renderIsland={renderIsland}
                />
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
