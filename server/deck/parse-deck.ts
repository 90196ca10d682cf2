import { createHash } from 'node:crypto'
import { SlideId } from '../kernel/ids.ts'
import type { Deck, Slide, Step } from '../protocol/deck.ts'
import { backgroundValue, imageAddress, isRemote } from './addresses.ts'
import { BlockCollector } from './blocks.ts'
import { SLIDE_PROPERTIES, takeFrontMatter, type FrontMatter } from './front-matter.ts'
import { definitionsOf } from './definitions.ts'
import { resolveInheritance, type Shown } from './inherit.ts'
import type { CodeItem, DeckProblem, Draft, Item } from './items.ts'
import { chooseLayout } from './layout.ts'
import { checkCount, checkGrowth, checkLength } from './limits.ts'
import { expandMacros } from './macros.ts'
import type { LinkDefinition } from './markdown-inline.ts'
import { normalise } from './normalise.ts'
import { numberLabel, numbersOf } from './numbers.ts'
import { renderSlide, type RenderContext } from './render.ts'
import { slideId } from './slide-ids.ts'
import { splitSlides } from './slides.ts'
import { suggest } from './suggest.ts'
import { expandVariables } from './variables.ts'

export interface ParsedDeck {
  readonly deck: Deck
  /** The folder of manifests as front matter names it. */
  readonly lab: string | undefined
  /** The folder of image descriptions as front matter names it. */
  readonly images: string | undefined
  readonly problems: readonly DeckProblem[]
}

/**
 * Deck source → Deck.
 * @param file is named in problems and errors @param revision of the deck's images: their addresses differ by it
 * @throws UserError 'bad-deck'
 */
export function parseDeck(source: string, file = 'deck.md', revision = 0): ParsedDeck {
  checkLength(source, file)
  const { frontMatter, body, bodyLine, problems: first } = takeFrontMatter(normalise(source), file)
  const problems: DeckProblem[] = [...first]
  const { options } = frontMatter
  const drafts = splitSlides(body, { firstLine: bodyLine, disableSteps: options.disableIncrementalSlides })
  checkCount(drafts.length, file)
  problems.push(...unknownProperties(drafts, body))
  const played = drafts.map((draft) => {
    const play = (items: readonly Item[]): Item[] =>
      expandMacros(items, frontMatter.macros, (say) => problems.push({ line: draft.line, say }))
    return { ...draft, items: play(draft.items), notes: play(draft.notes) }
  })
  const shown = resolveInheritance(played, options)
  checkGrowth(shown, file)
  const slides = buildSlides(
    shown,
    frontMatter,
    definitionsOf(played),
    (line, say, column, block) => problems.push({ line, ...(column === undefined ? {} : { column }), say, ...(block && { block }) }),
    revision,
  )
  const title = frontMatter.title ?? slides.find((slide) => slide.title !== '')?.title ?? 'Untitled'
  const deck: Deck = {
    title,
    presenters: [...frontMatter.presenters],
    ...(frontMatter.date === undefined ? {} : { date: frontMatter.date }),
    version: createHash('sha256').update(`${revision}\n${source}`).digest('hex').slice(0, 16),
    slides,
  }
  return { deck, lab: frontMatter.lab, images: frontMatter.images, problems: problems.toSorted((a, b) => a.line - b.line) }
}

/** Properties that are probably meant to be others, or text: nothing shows them, and nothing uses them as a variable. */
function unknownProperties(drafts: readonly Draft[], text: string): DeckProblem[] {
  const used = new Set([...text.matchAll(/\{\{[ \t]*([-\w]{1,100})[ \t]*\}\}/g)].map(([, key]) => key))
  return drafts.flatMap(({ line, properties, propertyLines }) =>
    [...properties].flatMap(([key, value]): DeckProblem[] => {
      if (SLIDE_PROPERTIES.includes(key) || used.has(key)) return []
      const meant = suggest(key, SLIDE_PROPERTIES)
      const written = propertyLines.get(key)
      if (meant) return [{ line: written ?? line, column: 1, say: `Unknown slide property "${key}". Did you mean "${meant}"?` }]
      // A comment that begins like a property is most often only a comment.
      if (written === undefined) return []
      const start = `${key}: ${value}`.slice(0, 40)
      return [
        {
          line: written,
          column: 1,
          say: `"${start}" is taken for a property, which nothing uses as {{ ${key} }}, and is not shown. If it is text, put a blank before it.`,
        },
      ]
    }),
  )
}

type Report = (line: number, say: string, column?: number, block?: true) => void

/** Steps of one slide are one `Slide`; everything else about it is its last step's. */
function buildSlides(
  shown: readonly Shown[],
  frontMatter: FrontMatter,
  definitions: ReadonlyMap<string, LinkDefinition>,
  report: Report,
  revision: number,
): Slide[] {
  const groups: Shown[][] = []
  for (const slide of shown) {
    if (slide.continues) groups.at(-1)?.push(slide)
    else groups.push([slide])
  }
  const ids = new Set<string>()
  const named = groups.map((group) => ({ group, id: slideId(group, ids) }))
  const positions = named.flatMap(({ group, id }) => group.map(() => id))
  const { countIncrementalSlides, slideNumberFormat } = frontMatter.options
  const counted = numbersOf(shown, countIncrementalSlides)
  const total = counted.at(-1) ?? 0
  const labels = counted.map((number) => numberLabel(slideNumberFormat ?? '%current%', number, total))
  let first = 0
  return named.map(({ group, id }) => {
    const own = labels.slice(first, first + group.length)
    first += group.length
    return buildSlide(group, id, own, { frontMatter, definitions, positions, ids, report, revision })
  })
}

interface DeckContext {
  readonly frontMatter: FrontMatter
  readonly definitions: ReadonlyMap<string, LinkDefinition>
  readonly positions: readonly string[]
  readonly ids: ReadonlySet<string>
  readonly report: Report
  readonly revision: number
}

/** @param numbers what the footer shows at each step */
function buildSlide(group: readonly Shown[], id: string, numbers: readonly string[], deck: DeckContext): Slide {
  const last = group.at(-1)
  if (!last) throw new Error('A slide has at least one step.')
  const line = group[0]?.draft.line ?? 1
  const collector = new BlockCollector(id, (say, source, place) => {
    const { line: at, column } = placeOf(group, source, place)
    deck.report(at, say, column, true)
  })
  const context = (live: boolean): RenderContext => ({
    definitions: deck.definitions,
    marks: deck.frontMatter.options,
    onCode: (info, source, fold) => (live ? collector.add(info, source, fold) : undefined),
    blockIds: () => (live ? collector.blocks.map((block) => block.id) : []),
    resolveImage: (src) => {
      if (isRemote(src) && live)
        deck.report(line, `The image ${src} is on another server: only a link to it is shown. Put it beside the deck.`)
      return imageAddress(src, deck.revision)
    },
    resolveLink: (href) => slideLink(href, deck),
  })
  const rendered = group.map((step) => {
    collector.beginStep()
    return renderSlide(expandVariables(step.items, lookUp(step, deck.frontMatter)), context(true))
  })
  const steps = group.map((step, index): Step => {
    const number = numbers[index] ?? ''
    return {
      html: rendered[index]?.html ?? '',
      notes: step.notes.length === 0 ? '' : renderSlide(step.notes, context(false)).html,
      ...(number === numbers[0] ? {} : { number }),
    }
  })
  const final = rendered.at(-1)
  return {
    id: SlideId.parse(id),
    title: rendered.find((step) => step.title !== '')?.title ?? '',
    layout: chooseLayout(last.classes, final?.outline ?? []),
    classes: [...new Set(last.classes)],
    background: backgroundOf(last, deck),
    number: numbers[0] ?? '',
    steps,
    blocks: collector.blocks,
  }
}

/** Where in the deck something in a block is written. */
function placeOf(
  group: readonly Shown[],
  source: string,
  place: { readonly line: number; readonly column: number } | { readonly option: string },
): { line: number; column?: number } {
  for (const item of group.flatMap(({ draft }) => draft.items.flatMap(codeIn))) {
    const at = item.text.indexOf(source.split('\n')[0] ?? '', item.text.indexOf('\n') + 1)
    if (!item.text.includes(source) || at < 0) continue
    const before = item.text.slice(0, at).split('\n')
    const fence = item.line + before.length - 2
    if ('line' in place) return { line: fence + place.line, column: place.column }
    return { line: fence, column: Math.max(1, (before.at(-2) ?? '').indexOf(place.option) + 1) }
  }
  return { line: group[0]?.draft.line ?? 1 }
}

function codeIn(item: Item): CodeItem[] {
  if (item.kind === 'class') return item.items.flatMap(codeIn)
  return item.kind === 'code' ? [item] : []
}

function lookUp(slide: Shown, frontMatter: FrontMatter): (key: string) => string | undefined {
  const ofDeck = new Map<string, string | undefined>([
    ['title', frontMatter.title],
    ['date', frontMatter.date],
    ['presenters', frontMatter.presenters.join(', ') || undefined],
  ])
  return (key) => slide.properties.get(key) ?? frontMatter.variables.get(key) ?? ofDeck.get(key)
}

function backgroundOf({ properties, draft }: Shown, { revision, report }: DeckContext): Record<string, string> {
  const found: Record<string, string> = {}
  for (const key of ['background-image', 'background-color', 'background-size', 'background-position']) {
    const written = properties.get(key)
    if (!written) continue
    const value = backgroundValue(written, revision)
    if (value !== undefined) found[key] = value
    else
      report(
        draft.propertyLines.get(key) ?? draft.line,
        `"${key}: ${written.slice(0, 100)}" is not shown: backgrounds are colours, gradients and files beside the deck.`,
      )
  }
  return found
}

/** Dialect 10.3: `#name`, `#12` and `#p12` lead to slides. */
function slideLink(href: string, { positions, ids }: DeckContext): string {
  if (!href.startsWith('#')) return href
  const target = decodedHash(href.slice(1))
  if (ids.has(target)) return href
  const [, digits] = /^p?(\d{1,6})$/.exec(target) ?? []
  const id = digits === undefined ? positions[0] : (positions[Number(digits) - 1] ?? positions[0])
  return `#${encodeURIComponent(id ?? '')}`
}

/** A name in an address; as it is written when it is not well encoded. */
function decodedHash(hash: string): string {
  try {
    return decodeURIComponent(hash)
  } catch {
    return hash
  }
}
