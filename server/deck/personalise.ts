import type { Block, Deck, Slide } from '../protocol/deck.ts'

/** Who looks at a deck: what its variables are for them. */
export interface Viewer {
  /** Two digits at least; the presenter is 00. */
  readonly number: string
  readonly name?: string
}

/** The old habit `workshop-vm-XX-00`, with Latin letters or the Greek ones that look the same. */
const HABIT = /workshop-vm-(?:XX|ΧΧ)(?=-\d\d)/g
const VARIABLE = /\{\{\s*attendee\.(number|name)\s*\}\}/g

/** Whether a text differs from person to person. */
const differs = (text: string): boolean => text.search(VARIABLE) >= 0 || text.search(HABIT) >= 0

/**
 * The deck as one person sees it: `{{ attendee.number }}` and `workshop-vm-XX-00` with their own number, in text and in commands.
 * Slides that are the same for everybody are the deck's own, and so is a deck of such slides: a room shares them.
 */
export function personalise(deck: Deck, viewer: Viewer): Deck {
  const plain = (text: string): string => substitute(text, viewer, (value) => value)
  const html = (text: string): string => substitute(text, viewer, escapeHtml)
  const slides = deck.slides.map((slide) =>
    isPersonal(slide)
      ? {
          ...slide,
          title: plain(slide.title),
          steps: slide.steps.map((step) => ({ ...step, html: html(step.html), notes: html(step.notes) })),
          blocks: slide.blocks.map((block) => personaliseBlock(block, plain)),
        }
      : slide,
  )
  return slides.every((slide, index) => slide === deck.slides[index]) ? deck : { ...deck, slides }
}

const known = new WeakMap<Slide, boolean>()

function isPersonal(slide: Slide): boolean {
  const found =
    known.get(slide) ??
    (differs(slide.title) ||
      slide.steps.some(({ html, notes }) => differs(html) || differs(notes)) ||
      differs(JSON.stringify(slide.blocks)))
  known.set(slide, found)
  return found
}

/** Every text of a block, wherever it is in it, but what it is and which. */
function personaliseBlock(block: Block, plain: (text: string) => string): Block {
  const inside = (value: unknown): unknown => {
    if (typeof value === 'string') return plain(value)
    if (Array.isArray(value)) return value.map(inside)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)]))
  }
  const { id, kind, ...content } = block
  return { ...(inside(content) as object), id, kind } as Block
}

function substitute(text: string, viewer: Viewer, escape: (value: string) => string): string {
  return text
    .replace(HABIT, `workshop-vm-${viewer.number}`)
    .replace(VARIABLE, (whole: string, key: string) =>
      key === 'number' ? viewer.number : viewer.name === undefined ? whole : escape(viewer.name),
    )
}

function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
