import { SlideId } from '../../server/kernel/ids.ts'
import type { Deck, Slide } from '../../server/protocol/deck.ts'

/** A deck as the server sends it, of slides that say what matters in a test. */
export function deckWith(slides: readonly { id: string; title: string; layout?: Slide['layout']; html?: readonly string[] }[]): Deck {
  return {
    title: 'Deck',
    presenters: [],
    version: '1',
    slides: slides.map(({ id, title, layout = 'content', html = [''] }) => ({
      id: SlideId.parse(id),
      title,
      layout,
      classes: [],
      background: {},
      number: '1',
      steps: html.map((one) => ({ html: one, notes: '' })),
      blocks: [],
    })),
  }
}
