import type { ClassItem, Draft, Item } from './items.ts'
import { isMark, lex, type Mark } from './lexer.ts'

/** Dialect 4.1: `key:value` alone on a line. `word://` is text (4.5). */
const PROPERTY = /^([-A-Za-z0-9_]+):(?!\/\/)(.*)$/
/** What a comment must hold to be one (dialect 4.2). */
const COMMENT = /^([-A-Za-z0-9_]+):(?!\/\/)(.*)$/

/** How a deck's text is divided. */
interface Division {
  /** Of the text, in its file. */
  readonly firstLine?: number
  /** Whether `--` is only dropped (6.4). */
  readonly disableSteps?: boolean
  /** Whether a line that runs on into a class is a property all the same, as in the original. */
  readonly original?: boolean
}

/** Divides a deck's text into slides and steps with their properties and notes (dialect 3–5). */
export function splitSlides(text: string, { firstLine = 1, disableSteps = false, original = false }: Division = {}): Draft[] {
  const drafts: Draft[] = []
  let mark: Pick<Mark, 'kind' | 'line'> = { kind: 'slide', line: 1 }
  let items: Item[] = []
  let notes: Item[] | undefined
  const end = (): void => {
    const line = mark.line + firstLine - 1
    const placed = (all: readonly Item[]): Item[] => all.map((item) => shifted(item, firstLine - 1))
    drafts.push({ line, step: mark.kind === 'step', ...takeProperties(placed(items), line, original), notes: placed(notes ?? []) })
  }
  for (const token of lex(text)) {
    if (!isMark(token)) (notes ?? items).push(token)
    else if (token.kind === 'notes') {
      // A second mark drops the notes before it (5.1).
      notes = []
    } else if (disableSteps && token.kind === 'step') {
      // The notes before it go with it (6.4).
      notes = undefined
    } else {
      end()
      mark = token
      items = []
      notes = undefined
    }
  }
  end()
  return drafts
}

function shifted(item: Item, lines: number): Item {
  if (item.kind === 'code') return { ...item, line: item.line + lines }
  if (item.kind === 'class') return { ...item, items: item.items.map((child) => shifted(child, lines)) } satisfies ClassItem
  return item
}

type Taken = Pick<Draft, 'properties' | 'propertyLines' | 'items'>

function takeProperties(items: readonly Item[], line: number, original: boolean): Taken {
  const taken = { properties: new Map<string, string>(), propertyLines: new Map<string, number>() }
  const firstClass = items.findIndex((item) => item.kind === 'class')
  const lead = firstClass < 0 ? items : items.slice(0, firstClass)
  const text = lead.map((item) => (item.kind === 'text' || item.kind === 'code' ? item.text : '')).join('')
  const length = leadingProperties(text, taken, line, firstClass < 0 || original)
  const rest = [...without(lead, length), ...items.slice(lead.length)]
  for (const [index, item] of rest.entries()) {
    if (item.kind === 'class') break
    if (item.kind === 'text') rest[index] = { kind: 'text', text: commentProperties(item.text, taken.properties) }
  }
  return { ...taken, items: rest.filter((item) => item.kind !== 'text' || item.text !== '') }
}

/** The items without the first `length` characters of what they show. */
function without(items: readonly Item[], length: number): Item[] {
  let left = length
  return items.flatMap((item): Item[] => {
    if (item.kind === 'class' || item.kind === 'definition' || left === 0) return [item]
    const text = item.text.slice(left)
    left -= Math.min(left, item.text.length)
    return text === '' ? [] : [{ ...item, text }]
  })
}

/**
 * Reads the properties that a slide's text begins with, those in comments too, and says how much of it they are.
 * A last line that runs on into a class is not one: its value would be cut in two. A line of blanks is text (4.1).
 * @param whole whether the text's last line ends with it
 */
function leadingProperties(
  text: string,
  { properties, propertyLines }: { properties: Map<string, string>; propertyLines: Map<string, number> },
  line: number,
  whole: boolean,
): number {
  let lines = 0
  for (let taken = 0; ;) {
    let at = taken
    while (text.charAt(at) === '\n') at++
    lines += at - taken
    const end = text.indexOf('\n', at)
    const comment = commentAt(text, at)
    const [, key, value = ''] = comment ?? (end < 0 && !whole ? [] : (PROPERTY.exec(text.slice(at, end < 0 ? undefined : end)) ?? []))
    if (key === undefined) return taken
    properties.set(key, value.trim())
    if (!comment) propertyLines.set(key, line + lines)
    taken = comment ? comment.end : end < 0 ? text.length : end
    lines += text.slice(at, taken).split('\n').length - 1
  }
}

/** `<!-- key: value -->` that begins here (4.2). */
function commentAt(text: string, start: number): (readonly string[] & { readonly end: number }) | undefined {
  if (!text.startsWith('<!--', start)) return undefined
  const end = text.indexOf('-->', start)
  const found = end < 0 ? null : COMMENT.exec(text.slice(start + 4, end).trim())
  return found ? Object.assign([...found], { end: end + 3 }) : undefined
}

function commentProperties(text: string, properties: Map<string, string>): string {
  const kept: string[] = []
  let from = 0
  for (let start = text.indexOf('<!--'); start >= 0; start = text.indexOf('<!--', Math.max(start + 4, from))) {
    if (text.indexOf('-->', start) < 0) break
    const found = commentAt(text, start)
    if (!found) continue
    properties.set(found[1] ?? '', (found[2] ?? '').trim())
    kept.push(text.slice(from, start).replace(/\n+$/, ''))
    from = found.end
  }
  return from === 0 ? text : kept.join('') + text.slice(from)
}
