import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeDeck, type DeckDescription } from './describe.ts'

type Described = DeckDescription['slides'][number]

/** Decks, and what the original makes of them: how strictly each is meant is its verdict. */
interface Case extends DeckDescription {
  readonly verdict: string
  readonly error: string | null
}

const folder = new URL('fixtures/', import.meta.url)
const cases = readdirSync(folder).filter((name) => name.endsWith('.md'))

/**
 * Where the original has a bug, or either way is right, and ours is the sane one: parts that differ.
 * All other cases are equal, whatever their verdict.
 */
const OURS: Readonly<Record<string, readonly string[]>> = {
  '029-separator-glued-to-inline-code': ['slides'],
  '047-property-value-with-dollar': ['0 name', '0 properties', '0 text'],
  '095-content-variable-in-code': ['0 text', '0 code', '0 inlineCode'],
  '111-class-bracket-in-fence': ['0 text', '0 contentClasses'],
  '147-macro-unknown': ['slides'],
  '201-code-info-two-words': ['0 code', '0 inlineCode', '0 text'],
}

describe('what the original makes of a deck', () => {
  it.each(cases.map((name) => name.replace(/\.md$/, '')))('is what we make of it: %s', (name) => {
    const expected = JSON.parse(read(`${name}.json`)) as Case
    const options = existsSync(new URL(`${name}.options.json`, folder)) ? (JSON.parse(read(`${name}.options.json`)) as object) : {}
    const found = describeDeck(read(`${name}.md`), { ...options })
    const wrong = differences(expected, found)
    expect(wrong.toSorted()).toEqual([...(OURS[name] ?? [])].toSorted())
    expect(wrong.length > 0 && expected.verdict === 'must').toBe(false)
  })

  it('is compared part by part: a difference is seen', () => {
    const one = describeDeck('# A\n\n- b')
    expect(differences(one, describeDeck('# A\n\n- c'))).toEqual(['0 text', '0 listItems'])
    expect(differences(one, describeDeck('name: n\n\n# A\n\n- b'))).toEqual(['0 name', '0 properties'])
    expect(differences(one, describeDeck('# A\n---\n- b'))).toContain('slides')
  })
})

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8')
}

/** What differs beyond the tolerances of the dialect ("Comparing"): white space, Markdown's punctuation, wrapping. */
function differences(expected: DeckDescription, found: DeckDescription): string[] {
  if (expected.slides.length !== found.slides.length) return ['slides']
  return expected.slides.flatMap((slide, index) => {
    const other = found.slides[index]
    if (!other) return []
    return Object.entries(PARTS).flatMap(([part, of]) =>
      JSON.stringify(of(slide)) === JSON.stringify(of(other)) ? [] : [`${index} ${part}`],
    )
  })
}

const PARTS: Readonly<Record<string, (slide: Described) => unknown>> = {
  number: (slide) => slide.number,
  label: (slide) => slide.numberLabel,
  name: (slide) => slide.name,
  classes: (slide) => slide.classes.toSorted(),
  properties: (slide) => slide.properties,
  incrementalOf: (slide) => [slide.incrementalOf, slide.incrementalRoot],
  background: (slide) => slide.background,
  text: (slide) => fold(slide.visibleText),
  notes: (slide) => fold(slide.notesText),
  headings: (slide) => slide.headings.map(({ level, text }) => [level, fold(text)]),
  images: (slide) => slide.images.map((image) => [image['src'], image['alt'], image['style'], image['title']]),
  media: (slide) => slide.media,
  links: (slide) => slide.links.map(({ href, text, target }) => [href, fold(text), target]),
  code: (slide) => slide.codeBlocks.map((block) => [block.lang, unindented(block.text), block.highlightedLines, block.highlightedSpans]),
  inlineCode: (slide) => slide.inlineCode.map(fold),
  contentClasses: (slide) => slide.contentClasses.map(({ classes, text }) => `${classes.join('.')} ${fold(text)}`).toSorted(),
  listItems: (slide) => slide.listItems.map(({ depth, ordered, text }) => [depth, ordered, fold(text)]),
  tables: (slide) => slide.tables.map((rows) => rows.map((row) => row.map(fold))),
}

function fold(text: string): string {
  return text
    .replace(/[\s*_~`\\|]+/g, '')
    .replace(/\[[ xX]?\]/g, '')
    .toLowerCase()
}

function unindented(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}
