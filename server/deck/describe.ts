import { describeContent, plain, type ContentDescription } from './describe-content.ts'
import { definitionsOf } from './definitions.ts'
import { resolveInheritance, type Shown } from './inherit.ts'
import { checkCount, checkGrowth, checkLength } from './limits.ts'
import { expandMacros } from './macros.ts'
import { readOptions } from './options.ts'
import { normalise } from './normalise.ts'
import { numberLabel, numbersOf } from './numbers.ts'
import { renderOriginal } from './content-html.ts'
import { splitSlides } from './slides.ts'
import { expandVariables } from './variables.ts'

/** A deck as the original shows it, described for comparing (dialect.md, "Comparing"). */
export interface DeckDescription {
  readonly total: number
  readonly slideCount: number
  readonly slides: readonly SlideDescription[]
}

interface SlideDescription extends ContentDescription {
  readonly index: number
  readonly number: number
  readonly numberLabel: string
  readonly name: string | null
  readonly classes: readonly string[]
  readonly properties: Readonly<Record<string, string>>
  readonly incrementalOf: number | null
  readonly incrementalRoot: number
  readonly visibleText: string
  readonly notesText: string
  readonly background: Readonly<Record<string, string>>
  readonly notes: Pick<ContentDescription, 'links' | 'images' | 'codeBlocks' | 'listItems'>
}

const BACKGROUND = ['background-image', 'background-color', 'background-size', 'background-position']

/**
 * Describes what the original makes of a deck: before cleaning, and with front matter as the two blank slides that it is there.
 * @param written the original's options @param file as errors name it
 * @throws UserError 'bad-deck' when it is too large
 */
export function describeDeck(source: string, written: Readonly<Record<string, unknown>> = {}, file = 'deck.md'): DeckDescription {
  checkLength(source, file)
  const options = readOptions(written)
  const drafts = splitSlides(normalise(source), { disableSteps: options.disableIncrementalSlides, original: true })
  checkCount(drafts.length, file)
  const macros = new Map<string, string>()
  const played = drafts.map((draft) => ({
    ...draft,
    items: expandMacros(draft.items, macros, () => undefined),
    notes: expandMacros(draft.notes, macros, () => undefined),
  }))
  const shown = resolveInheritance(played, options, true)
  checkGrowth(shown, file)
  // What stands in a layout or an excluded slide is lost there (10.1).
  const context = { definitions: definitionsOf(shown.map(({ draft }) => draft)), marks: options }
  const numbers = numbersOf(shown, options.countIncrementalSlides)
  const total = numbers.at(-1) ?? 0
  const names = namesOf(shown)
  const roots: number[] = []
  const slides = shown.map((slide, index): SlideDescription => {
    roots.push(slide.continues ? (roots.at(-1) ?? index) : index)
    const lookUp = (key: string): string | undefined => slide.properties.get(key)
    const tree = renderOriginal(expandVariables(slide.items, lookUp), context)
    const notes = renderOriginal(slide.notes, context)
    const inNotes = describeContent(notes, names, shown.length)
    return {
      index,
      number: numbers[index] ?? 0,
      numberLabel: numberLabel(options.slideNumberFormat, numbers[index] ?? 0, total),
      name: slide.draft.properties.get('name') ?? null,
      classes: [...new Set(slide.classes)],
      properties: Object.fromEntries([...slide.properties].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      incrementalOf: slide.continues ? index - 1 : null,
      incrementalRoot: roots[index] ?? index,
      visibleText: plain(tree),
      notesText: plain(notes),
      background: Object.fromEntries(
        BACKGROUND.flatMap((key) => (slide.properties.get(key) ? [[key, slide.properties.get(key) ?? '']] : [])),
      ),
      ...describeContent(tree, names, shown.length),
      notes: { links: inNotes.links, images: inNotes.images, codeBlocks: inNotes.codeBlocks, listItems: inNotes.listItems },
    }
  })
  return { total, slideCount: slides.length, slides }
}

function namesOf(shown: readonly Shown[]): Map<string, number> {
  const names = new Map<string, number>()
  for (const [index, { draft }] of shown.entries()) {
    const name = draft.properties.get('name')
    if (name) names.set(name, index)
  }
  return names
}
