import { createHash } from 'node:crypto'
import { SlideId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { Deck, Slide, Step } from '../protocol/deck.ts'
import { backgroundValue, imageAddress, isRemote } from './addresses.ts'
import { BlockCollector } from './blocks.ts'
import { SLIDE_PROPERTIES, takeFrontMatter, type FrontMatter } from './front-matter.ts'
import { resolveInheritance, type Shown } from './inherit.ts'
import type { DeckProblem, Draft, Item } from './items.ts'
import { chooseLayout } from './layout.ts'
import { renderSlide, type RenderContext } from './render.ts'
import { slideId } from './slide-ids.ts'
import { splitSlides } from './slides.ts'
import { suggest } from './suggest.ts'
import { expandVariables } from './variables.ts'

export interface ParsedDeck {
  readonly deck: Deck
  /** The folder of manifests as front matter names it. */
  readonly lab: string | undefined
  readonly problems: readonly DeckProblem[]
}

/** More than any talk has; what is above it is a mistake or an attack. */
const MAX_SLIDES = 2000
const MAX_CHARACTERS = 2 * 1024 * 1024
/** A chain of steps shows its content again at every step: this bounds the product. */
const MAX_EXPANDED = 16 * 1024 * 1024

/** Deck source → Deck. @param file is named in problems and errors @throws UserError 'bad-deck' */
export function parseDeck(source: string, file = 'deck.md'): ParsedDeck {
  if (source.length > MAX_CHARACTERS)
    throw new UserError('bad-deck', `${file} is larger than 2 MB. Is it a deck? Images belong in files of their own beside it.`)
  const { frontMatter, body, bodyLine, problems: first } = takeFrontMatter(normalise(source), file)
  const problems: DeckProblem[] = [...first]
  const drafts = splitSlides(body, bodyLine)
  if (drafts.length > MAX_SLIDES)
    throw new UserError('bad-deck', `${file} has ${drafts.length} slides; at most ${MAX_SLIDES} are shown. Divide it into several decks.`)
  problems.push(...misspeltProperties(drafts))
  const shown = resolveInheritance(drafts, frontMatter)
  const expanded = shown.reduce((sum, slide) => sum + lengthOf(slide.items), 0)
  if (expanded > MAX_EXPANDED)
    throw new UserError(
      'bad-deck',
      `${file}: its steps and layouts repeat so much content that it grows too large to show. Divide the slides with the most steps.`,
    )
  const slides = buildSlides(shown, frontMatter, definitionsOf(drafts), (line, say) => problems.push({ line, say }))
  const title = frontMatter.title ?? slides.find((slide) => slide.title !== '')?.title ?? 'Untitled'
  const deck: Deck = {
    title,
    presenters: [...frontMatter.presenters],
    ...(frontMatter.date === undefined ? {} : { date: frontMatter.date }),
    version: createHash('sha256').update(source).digest('hex').slice(0, 16),
    slides,
  }
  return { deck, lab: frontMatter.lab, problems: problems.toSorted((a, b) => a.line - b.line) }
}

/** Line ends, BOM, common indentation, tabs and no-break spaces (dialect 1.1, 1.2, 12.1); our placeholders' characters go. */
export function normalise(source: string): string {
  const text = source
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/\u00A0/g, ' ')
    .replace(/[\uE000\uE001]/g, '\uFFFD')
  const lines = text.split('\n')
  let indent = Infinity
  for (const line of lines) if (line.trim() !== '') indent = Math.min(indent, line.length - line.replace(/^[ \t]+/, '').length)
  const dedented =
    indent > 0 && indent < Infinity ? lines.map((line) => line.slice(Math.min(indent, line.length - line.trimStart().length))) : lines
  return dedented.join('\n').replace(/\t/g, '    ')
}

function misspeltProperties(drafts: readonly Draft[]): DeckProblem[] {
  return drafts.flatMap(({ line, properties }) =>
    [...properties.keys()].flatMap((key) => {
      const meant = SLIDE_PROPERTIES.includes(key) ? undefined : suggest(key, SLIDE_PROPERTIES)
      return meant ? [{ line, say: `Unknown slide property "${key}". Did you mean "${meant}"?` }] : []
    }),
  )
}

function lengthOf(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + (item.kind === 'class' ? lengthOf(item.items) + 20 : item.text.length), 0)
}

/** Dialect 10.1: `[id]: url` lines serve the whole deck; the last one wins. */
function definitionsOf(drafts: readonly Draft[]): Map<string, string> {
  const definitions = new Map<string, string>()
  const collect = (items: readonly Item[]): void => {
    for (const item of items) {
      if (item.kind === 'class') collect(item.items)
      if (item.kind !== 'text' || !item.text.includes(']:')) continue
      for (const [line, id = ''] of item.text.matchAll(/^ {0,3}\[([^[\]\n]{1,200})\]:[ \t]*\S.*$/gm))
        definitions.set(id.toLowerCase(), line)
    }
  }
  for (const draft of drafts) {
    collect(draft.items)
    collect(draft.notes)
  }
  return definitions
}

type Report = (line: number, say: string) => void

/** Steps of one slide are one `Slide`; everything else about it is its last step's. */
function buildSlides(shown: readonly Shown[], frontMatter: FrontMatter, definitions: ReadonlyMap<string, string>, report: Report): Slide[] {
  const groups: Shown[][] = []
  for (const slide of shown) {
    if (slide.continues) groups.at(-1)?.push(slide)
    else groups.push([slide])
  }
  const ids = new Set<string>()
  const named = groups.map((group) => ({ group, id: slideId(group, ids) }))
  const positions = named.flatMap(({ group, id }) => group.map(() => id))
  let number = 0
  return named.map(({ group, id }) => {
    if (group[0]?.properties.get('count') !== 'false') number++
    return buildSlide(group, id, String(number), { frontMatter, definitions, positions, ids, report })
  })
}

interface DeckContext {
  readonly frontMatter: FrontMatter
  readonly definitions: ReadonlyMap<string, string>
  readonly positions: readonly string[]
  readonly ids: ReadonlySet<string>
  readonly report: Report
}

function buildSlide(group: readonly Shown[], id: string, number: string, deck: DeckContext): Slide {
  const last = group.at(-1)
  if (!last) throw new Error('A slide has at least one step.')
  const line = group[0]?.draft.line ?? 1
  const collector = new BlockCollector(id, (say, source) => deck.report(lineOf(group, source), say))
  const context = (live: boolean): RenderContext => ({
    definitions: deck.definitions,
    onCode: (info, source) => (live ? collector.add(info, source) : undefined),
    blockIds: () => (live ? collector.blocks.map((block) => block.id) : []),
    resolveImage: (src) => {
      if (isRemote(src) && live) deck.report(line, `The image ${src} is on another server and is not shown. Put it beside the deck.`)
      return imageAddress(src)
    },
    resolveLink: (href) => slideLink(href, deck),
  })
  const rendered = group.map((step) => {
    collector.beginStep()
    return renderSlide(expandVariables(step.items, lookUp(step, deck.frontMatter)), context(true))
  })
  const steps = group.map((step, index): Step => ({
    html: rendered[index]?.html ?? '',
    notes: step.notes.length === 0 ? '' : renderSlide(step.notes, context(false)).html,
  }))
  const final = rendered.at(-1)
  return {
    id: SlideId.parse(id),
    title: rendered.find((step) => step.title !== '')?.title ?? '',
    layout: chooseLayout(last.classes, final?.outline ?? []),
    classes: [...new Set(last.classes)],
    background: backgroundOf(last),
    number,
    steps,
    blocks: collector.blocks,
  }
}

function lineOf(group: readonly Shown[], source: string): number {
  for (const { draft } of group) {
    for (const item of draft.items) if (item.kind === 'code' && item.text.includes(source)) return item.line
  }
  return group[0]?.draft.line ?? 1
}

function lookUp(slide: Shown, frontMatter: FrontMatter): (key: string) => string | undefined {
  const ofDeck = new Map<string, string | undefined>([
    ['title', frontMatter.title],
    ['date', frontMatter.date],
    ['presenters', frontMatter.presenters.join(', ') || undefined],
  ])
  return (key) => slide.properties.get(key) ?? frontMatter.variables.get(key) ?? ofDeck.get(key)
}

function backgroundOf(slide: Shown): Record<string, string> {
  const found: Record<string, string> = {}
  for (const key of ['background-image', 'background-color', 'background-size', 'background-position']) {
    const value = backgroundValue(slide.properties.get(key) ?? '')
    if (value) found[key] = value
  }
  return found
}

/** Dialect 10.3: `#name`, `#12` and `#p12` lead to slides. */
function slideLink(href: string, { positions, ids }: DeckContext): string {
  if (!href.startsWith('#')) return href
  const target = decodeURIComponent(href.slice(1).replace(/%(?![\da-f]{2})/gi, '%25'))
  if (ids.has(target)) return href
  const [, digits] = /^p?(\d{1,6})$/.exec(target) ?? []
  const id = digits === undefined ? positions[0] : (positions[Number(digits) - 1] ?? positions[0])
  return `#${encodeURIComponent(id ?? '')}`
}
