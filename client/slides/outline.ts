import type { Deck, Slide } from '../../server/protocol/deck.ts'

interface Place {
  readonly slide: Slide
  /** From 0, in the deck. */
  readonly index: number
}

/** A part of a deck: the slide that opens it, if there is one, and what follows it. */
export interface Part {
  readonly opening: Place | undefined
  readonly places: readonly Place[]
}

/**
 * The deck's table of contents. A title or section slide opens a part; in a part, a slide is listed when it has a heading
 * that is not the one before it: slides that continue another are found behind it.
 */
export function outlineOf(deck: Deck): readonly Part[] {
  const parts: { opening: Place | undefined; places: Place[] }[] = []
  let title = ''
  for (const [index, slide] of deck.slides.entries()) {
    const opens = slide.layout === 'section' || slide.layout === 'title'
    if (opens || parts.length === 0) parts.push({ opening: opens ? { slide, index } : undefined, places: [] })
    if (!opens && slide.title !== '' && slide.title !== title) parts.at(-1)?.places.push({ slide, index })
    title = slide.title
  }
  return parts
}

const MOST_WORDS = 60

/** What a slide is called in lists: its heading, or how it begins. */
export function nameOf(slide: Slide): string {
  if (slide.title !== '') return slide.title
  const [{ plain } = { plain: '' }] = textsOf(slide)
  if (plain === '') return 'Without words'
  return plain.length <= MOST_WORDS ? plain : `${plain.slice(0, MOST_WORDS).replace(/\s+\S*$/, '')} …`
}

export interface Found extends Place {
  /** The step that first says it, from 0. */
  readonly step: number
  /** What stands around the first word that was found; empty when it is in the title. */
  readonly before: string
  readonly match: string
  readonly after: string
}

/** More than these nobody reads; another word finds fewer. */
const MOST_FOUND = 100
const AROUND = 48

/** Slides that say every word of the query, wherever; those with all of them in their title come first. Accents and case do not matter. */
export function searchSlides(deck: Deck, query: string): readonly Found[] {
  const words = folded(query).split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const inTitle: Found[] = []
  const inText: Found[] = []
  for (const [index, slide] of deck.slides.entries()) {
    const title = folded(slide.title)
    if (words.every((word) => title.includes(word))) inTitle.push({ slide, index, step: 0, before: '', match: '', after: '' })
    else {
      const found = inSteps(slide, words)
      if (found) inText.push({ slide, index, ...found })
    }
    if (inTitle.length >= MOST_FOUND) break
  }
  return [...inTitle, ...inText].slice(0, MOST_FOUND)
}

function inSteps(slide: Slide, words: readonly string[]): Omit<Found, keyof Place> | undefined {
  const texts = textsOf(slide)
  const step = texts.findIndex(({ fold }) => words.every((word) => fold.includes(word)))
  const text = texts[step]
  if (!text) return undefined
  const first = words.toSorted((a, b) => text.fold.indexOf(a) - text.fold.indexOf(b))[0] ?? ''
  const at = text.fold.indexOf(first)
  const from = Math.max(0, at - AROUND)
  const to = at + first.length + AROUND
  return {
    step,
    before: (from > 0 ? '…' : '') + text.plain.slice(from, at),
    match: text.plain.slice(at, at + first.length),
    after: text.plain.slice(at + first.length, to) + (to < text.plain.length ? '…' : ''),
  }
}

interface Text {
  readonly plain: string
  readonly fold: string
}

/** Read once for each slide, when somebody searches. */
const read = new WeakMap<Slide, readonly Text[]>()

function textsOf(slide: Slide): readonly Text[] {
  const known = read.get(slide)
  if (known) return known
  const texts = slide.steps.map(({ html }) => {
    const plain = textOf(html).normalize('NFC')
    return { plain, fold: folded(plain) }
  })
  read.set(slide, texts)
  return texts
}

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }),
)

/** What sanitised HTML says, in one line. */
function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) =>
      name === undefined ? characterOf(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal)) : (ENTITIES.get(name) ?? whole),
    )
    .replace(/\s+/g, ' ')
    .trim()
}

const characterOf = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : ' ')

/** Every character for one other, so that places in the text stay what they were. */
const folded = (text: string): string => Array.from(text.normalize('NFC'), fold).join('')

function fold(character: string): string {
  const plain = character.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.length === character.length ? plain : character
}
