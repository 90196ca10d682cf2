import type { Deck } from '../protocol/deck.ts'
import { safeHtmlAgain } from './markdown.ts'

/** A deck that was read from a file anybody may have written: its HTML is held to the rules of decks again. */
export function sanitiseDeck(deck: Deck): Deck {
  const slides = deck.slides.map((slide) => {
    const ids = slide.blocks.map(({ id }) => id)
    const steps = slide.steps.map((step) => ({ ...step, html: safeHtmlAgain(step.html, ids), notes: safeHtmlAgain(step.notes, []) }))
    return { ...slide, steps }
  })
  return { ...deck, slides }
}
