import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { UserError } from '../kernel/user-error.ts'
import type { DeckProblem } from './items.ts'
import type { Macros } from './macros.ts'
import { readOptions, type DeckOptions } from './options.ts'
import { suggest } from './suggest.ts'
import { valueOf } from './yaml-block.ts'

/** What a deck says about itself in the block between `---` lines at its top. */
export interface FrontMatter {
  readonly title: string | undefined
  readonly presenters: readonly string[]
  readonly date: string | undefined
  /** Folder of manifests that every shell's home holds a copy of, as written. */
  readonly lab: string | undefined
  /** Folder of descriptions of container images for simulated clusters, as written. */
  readonly images: string | undefined
  readonly variables: ReadonlyMap<string, string>
  readonly macros: Macros
  readonly options: DeckOptions
}

export interface DeckText {
  readonly frontMatter: FrontMatter
  readonly body: string
  /** Line of the file on which the body begins, from 1. */
  readonly bodyLine: number
  readonly problems: readonly DeckProblem[]
}

const KNOWN = [
  'title',
  'presenters',
  'date',
  'lab',
  'images',
  'variables',
  'macros',
  'excludedClasses',
  'inheritPresenterNotes',
  'includePresenterNotes',
  'disableIncrementalSlides',
  'countIncrementalSlides',
  'slideNumberFormat',
  'highlightLanguage',
  'highlightLines',
  'highlightSpans',
]
/** Keys that decks have and that change nothing here: what a person who wrote one is told. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    ratio: 'slides are 16:9 and fit themselves to every screen',
    navigation: 'keys, clicks and touch are those of the pages',
    highlightStyle: 'code has the colours of the theme',
    highlightInlineCode: 'only blocks of code are coloured',
    timer: 'the console has a clock of its own',
    cluster: 'clusters are chosen when a workshop is started, with --clusters',
    checks: 'checks are written as blocks, on the slide of their exercise',
  }),
)
const TOLERATED = [...WITHOUT_EFFECT.keys()]
/** With these alone a block at the top is an ordinary first slide between two separators (3.4). */
export const SLIDE_PROPERTIES = [
  'name',
  'class',
  'layout',
  'template',
  'count',
  'exclude',
  'continued',
  'background-image',
  'background-color',
  'background-size',
  'background-position',
  'highlight-style',
]

/** Takes the front matter off a deck. `file` is named in what goes wrong. @throws UserError 'bad-deck' when it is not YAML */
export function takeFrontMatter(text: string, file: string): DeckText {
  const none = { frontMatter: read({}), body: text, bodyLine: 1, problems: [] }
  const yaml = between(text)
  if (yaml === undefined || !looksLikeMetadata(yaml)) return none
  const counter = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: counter, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const line = counter.linePos(error.pos[0]).line + 1
    throw new UserError(
      'bad-deck',
      `${file}:${line}: The deck's front matter is not valid YAML (${error.message}). Correct it, or remove the block.`,
      error,
    )
  }
  const problems: DeckProblem[] = []
  if (isMap(document.contents)) {
    for (const { key } of document.contents.items) {
      if (!isScalar(key) || typeof key.value !== 'string' || KNOWN.includes(key.value) || TOLERATED.includes(key.value)) continue
      const meant = suggest(key.value, [...KNOWN, ...TOLERATED])
      const { line, col: column } = counter.linePos(key.range?.[0] ?? 0)
      problems.push({
        line: line + 1,
        column,
        say: `Unknown front matter key "${key.value}".${meant ? ` Did you mean "${meant}"?` : ` Known are ${KNOWN.join(', ')}.`}`,
      })
    }
  }
  const held = valueOf(document)
  if (!held) throw new UserError('bad-deck', `${file}:2: The aliases in the deck's front matter repeat too much. Write them out.`)
  const frontMatter = read(held.value)
  problems.push(...withoutEffect(document, counter), ...wrongKinds(document, held.value, counter))
  const body = text.slice('---\n'.length + yaml.length + '---\n'.length)
  return { frontMatter, body, bodyLine: yaml.split('\n').length + 2, problems }
}

/** Says which keys do nothing, and why; what is meant as things are anyway is no matter. */
function withoutEffect(document: Document, counter: LineCounter): DeckProblem[] {
  if (!isMap(document.contents)) return []
  return document.contents.items.flatMap(({ key, value }): DeckProblem[] => {
    if (!isScalar(key) || typeof key.value !== 'string') return []
    const { line, col: column } = counter.linePos(key.range?.[0] ?? 0)
    const written = isScalar(value) ? value.value : undefined
    if (key.value === 'highlightSpans' && typeof written === 'string')
      return [{ line: line + 1, column, say: '"highlightSpans" takes no pattern here: what is between backticks stands out.' }]
    const why = WITHOUT_EFFECT.get(key.value)
    if (why === undefined || (key.value === 'ratio' && written === '16:9')) return []
    return [{ line: line + 1, column, say: `"${key.value}" has no effect here: ${why}.` }]
  })
}

/** What a key's value must be: how it is told, and whether it is so. */
const KINDS: ReadonlyMap<string, readonly [kind: string, is: (value: unknown) => boolean]> = new Map(
  Object.entries<readonly [string, (value: unknown) => boolean]>({
    title: ['a text', (value) => asText(value) !== undefined],
    presenters: ['a name, or a list of names', (value) => asText(value) !== undefined || Array.isArray(value)],
    date: ['a date', (value) => asText(value) !== undefined],
    lab: ['a folder', (value) => typeof value === 'string'],
    images: ['a folder', (value) => typeof value === 'string'],
    variables: ['a map of names to values, such as {place: Lisbon}', isRecord],
    macros: ['a map of names to templates', isRecord],
    excludedClasses: ['a class, or a list of classes', (value) => typeof value === 'string' || Array.isArray(value)],
    inheritPresenterNotes: ['true or false', isFlag],
    includePresenterNotes: ['true or false', isFlag],
    disableIncrementalSlides: ['true or false', isFlag],
    countIncrementalSlides: ['true or false', isFlag],
    highlightLines: ['true or false', isFlag],
    slideNumberFormat: ['a text, such as "%current% of %total%"', (value) => typeof value === 'string'],
    highlightLanguage: ['a language', (value) => typeof value === 'string'],
  }),
)

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}

/** Says which keys hold what they cannot; an empty one is as if it were not there. */
function wrongKinds(document: Document, values: unknown, counter: LineCounter): DeckProblem[] {
  if (!isMap(document.contents) || !isRecord(values)) return []
  const found = new Map(Object.entries(values))
  return document.contents.items.flatMap(({ key }): DeckProblem[] => {
    if (!isScalar(key) || typeof key.value !== 'string') return []
    const [kind, is] = KINDS.get(key.value) ?? []
    const value = found.get(key.value)
    if (!is || value === undefined || value === null || is(value)) return []
    const { line, col: column } = counter.linePos(key.range?.[0] ?? 0)
    return [{ line: line + 1, column, say: `"${key.value}" is not ${kind}.` }]
  })
}

/** The lines between a `---` that is the first line and the next one. */
function between(text: string): string | undefined {
  if (!text.startsWith('---\n')) return undefined
  const end = `${text}\n`.indexOf('\n---\n', 3)
  return end < 0 ? undefined : text.slice(4, end + 1)
}

/** A first slide between two separators can look like YAML: `class: center` and a `# Title`, which would be a comment. */
function looksLikeMetadata(yaml: string): boolean {
  const keys = [...yaml.matchAll(/^([A-Za-z][\w-]*):/gm)].map(([, key = '']) => key)
  if (keys.some((key) => KNOWN.includes(key) || TOLERATED.includes(key))) return true
  return (
    keys.length > 0 &&
    !keys.some((key) => SLIDE_PROPERTIES.includes(key)) &&
    yaml.split('\n').every((line) => /^(?:\s*$|[A-Za-z][\w-]*:|[ \t]+\S|- )/.test(line))
  )
}

function read(value: unknown): FrontMatter {
  const map = new Map<string, unknown>(isRecord(value) ? Object.entries(value) : [])
  return {
    title: asText(map.get('title')),
    presenters: asList(map.get('presenters')),
    date: asText(map.get('date')),
    lab: asText(map.get('lab')),
    images: asText(map.get('images')),
    variables: asTexts(map.get('variables')),
    macros: asTexts(map.get('macros')),
    options: readOptions(Object.fromEntries(map)),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asText(value: unknown): string | undefined {
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return undefined
}

function asTexts(value: unknown): Map<string, string> {
  return new Map(Object.entries(isRecord(value) ? value : {}).map(([key, one]) => [key, asText(one) ?? '']))
}

function asList(value: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.map((one) => asText(isRecord(one) ? one['name'] : one)).filter((one) => one !== undefined)
}
