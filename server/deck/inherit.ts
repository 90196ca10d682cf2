import { classNames, type Draft, type Item } from './items.ts'
import type { DeckOptions } from './options.ts'

/** A slide as it is shown: with what it has from the slide before it, its template or the layout (dialect 6, 7, 14). */
export interface Shown {
  readonly draft: Draft
  readonly properties: ReadonlyMap<string, string>
  readonly classes: readonly string[]
  readonly items: readonly Item[]
  readonly notes: readonly Item[]
  /** Whether it is one more step of the shown slide before it. */
  readonly continues: boolean
}

/** Never handed down (7.2); `continued` is every slide's own, and classes are joined. */
const OWN = new Set(['name', 'layout', 'count', 'continued', 'class'])
const CONTENT = /\{\{\s*content\s*\}\}/

/**
 * Resolves steps, templates and layouts, and leaves out what is not shown.
 * @param gluing whether what is joined stays as it is written, as in the original: a layout's last line runs on into a slide's first (7.5)
 */
export function resolveInheritance(drafts: readonly Draft[], options: DeckOptions, gluing = false): Shown[] {
  const shown: Shown[] = []
  const named = new Map<string, Shown>()
  let layout: Shown | undefined
  const kept = drafts.filter(({ properties }) => properties.get('exclude')?.toLowerCase() !== 'true')
  for (const [index, draft] of kept.entries()) {
    const previous = shown.at(-1)
    const continued = (draft.properties.get('continued') ?? String(draft.step)) === 'true' && index > 0
    const layoutProperty = draft.properties.get('layout')
    const template = named.get(draft.properties.get('template') ?? '')
    if (!continued && !template && layoutProperty === 'false') layout = undefined
    const parent = continued ? previous : (template ?? (layoutProperty === 'true' ? undefined : layout))
    const slide = inherit(draft, parent, continued && previous !== undefined, { ...options, gluing })
    const name = draft.properties.get('name')
    if (name) named.set(name, slide)
    if (layoutProperty === 'true') layout = slide
    else if (!classNames(draft.properties.get('class')).some((one) => options.excludedClasses.includes(one))) shown.push(slide)
  }
  return shown
}

function inherit(draft: Draft, parent: Shown | undefined, continues: boolean, options: DeckOptions & { gluing: boolean }): Shown {
  const properties = new Map([['continued', String(draft.step)], ...draft.properties])
  const own = classNames(draft.properties.get('class'))
  const kept = options.includePresenterNotes ? draft.notes : []
  if (!parent) return { draft, properties, classes: own, items: draft.items, notes: kept, continues }
  for (const [key, value] of parent.properties) if (!OWN.has(key) && !properties.has(key)) properties.set(key, value)
  const notes = options.inheritPresenterNotes && parent.notes.length > 0 ? [...parent.notes, text('\n\n'), ...kept] : kept
  const items = parent.items.some(hasContent)
    ? fill(parent.items, draft.items, options.gluing)
    : [...parent.items, ...(continues || options.gluing || !glued(parent.items, draft.items) ? [] : [text('\n')]), ...draft.items]
  const joined = [properties.get('class'), parent.properties.get('class')].filter((one) => one !== undefined)
  if (joined.length > 0) properties.set('class', joined.toReversed().join(', '))
  return { draft, properties, classes: [...parent.classes, ...own], items, notes, continues }
}

/** Whether a layout's last line would run into the slide's first (7.5). */
function glued(before: readonly Item[], after: readonly Item[]): boolean {
  const end = before.at(-1)
  const start = after[0]
  return end?.kind === 'text' && start !== undefined && !end.text.endsWith('\n') && !(start.kind === 'text' && start.text.startsWith('\n'))
}

function text(value: string): Item {
  return { kind: 'text', text: value }
}

function hasContent(item: Item): boolean {
  if (item.kind === 'text') return CONTENT.test(item.text)
  return item.kind === 'class' && item.items.some(hasContent)
}

/**
 * Replaces every `{{content}}` by `own`, inside content classes too (7.3).
 * @param asWritten whether a class on one line stays a span whatever comes into it, as in the original
 */
function fill(items: readonly Item[], own: readonly Item[], asWritten: boolean): Item[] {
  return items.flatMap((item): Item[] => {
    if (item.kind === 'class' && hasContent(item))
      return [{ ...item, block: item.block || (!asWritten && own.some(isLong)), items: fill(item.items, own, asWritten) }]
    if (item.kind !== 'text' || !hasContent(item)) return [item]
    return item.text.split(CONTENT).flatMap((part, index) => (index === 0 ? [text(part)] : [...own, text(part)]))
  })
}

function isLong(item: Item): boolean {
  return item.kind === 'class' ? item.block : item.text.includes('\n')
}
