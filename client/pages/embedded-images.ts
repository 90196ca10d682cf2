import type { Deck } from '../../server/protocol/deck.ts'
import type { EmbeddedImage, ExportedDeck } from '../../server/protocol/exported-deck.ts'

/** Lets the deck's HTML show the images that came with it. Each is made once, however many slides and steps show it. */
export function withImages(exported: ExportedDeck): ExportedDeck {
  const made = new Map(Object.entries(exported.images).map(([address, image]) => [address, URL.createObjectURL(blobOf(image))]))
  const placed = (text: string): string =>
    // One that is not there shows its words, and is looked for nowhere.
    text.replace(/"(\/slides\/[^"]*)"/g, (_, address: string) => `"${made.get(address) ?? 'data:,'}"`)
  const slides = exported.deck.slides.map((slide): Deck['slides'][number] => ({
    ...slide,
    background: Object.fromEntries(Object.entries(slide.background).map(([property, value]) => [property, placed(value)])),
    steps: slide.steps.map((step) => ({ ...step, html: placed(step.html), notes: placed(step.notes) })),
  }))
  return { ...exported, deck: { ...exported.deck, slides }, images: {} }
}

function blobOf({ type, base64 }: EmbeddedImage): Blob {
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], { type })
}
