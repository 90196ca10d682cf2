import type { Block, Deck } from '../protocol/deck.ts'

/** Who looks at a deck: what its variables are for them. */
export interface Viewer {
  /** Two digits at least; the presenter is 00. */
  readonly number: string
  readonly name?: string
}

/** The old habit `workshop-vm-XX-00`, with Latin letters or the Greek ones that look the same. */
const HABIT = /workshop-vm-(?:XX|ΧΧ)(?=-\d\d)/g
const VARIABLE = /\{\{\s*attendee\.(number|name)\s*\}\}/g

/** The deck as one person sees it: `{{ attendee.number }}` and `workshop-vm-XX-00` with their own number, in text and in commands. */
export function personalise(deck: Deck, viewer: Viewer): Deck {
  const plain = (text: string): string => substitute(text, viewer, (value) => value)
  const html = (text: string): string => substitute(text, viewer, escapeHtml)
  return {
    ...deck,
    slides: deck.slides.map((slide) => ({
      ...slide,
      title: plain(slide.title),
      steps: slide.steps.map((step) => ({ html: html(step.html), notes: html(step.notes) })),
      blocks: slide.blocks.map((block) => personaliseBlock(block, plain)),
    })),
  }
}

function personaliseBlock(block: Block, plain: (text: string) => string): Block {
  if (block.kind === 'query') return { ...block, queries: block.queries.map(plain) }
  return { ...block, source: plain(block.source), commands: block.commands.map((command) => ({ ...command, text: plain(command.text) })) }
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
