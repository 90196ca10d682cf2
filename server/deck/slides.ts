import type { ClassItem, Draft, Item } from './items.ts'
import { isMark, lex, type Mark } from './lexer.ts'

/** Dialect 4.1: `key:value` alone on a line. `word://` is text (4.5). */
const PROPERTY = /^([-A-Za-z0-9_]+):(?!\/\/)(.*)$/
/** What a comment must hold to be one (dialect 4.2). */
const COMMENT = /^[ \t]*([-A-Za-z0-9_]+):(?!\/\/)([^\n]*)$/

/**
 * Divides a deck's text into slides and steps with their properties and notes (dialect 3–5).
 * @param firstLine of `text` in its file
 * @param disableSteps whether `--` is only dropped (6.4)
 */
export function splitSlides(text: string, firstLine = 1, disableSteps = false): Draft[] {
  const drafts: Draft[] = []
  let mark: Pick<Mark, 'kind' | 'line'> = { kind: 'slide', line: 1 }
  let items: Item[] = []
  let notes: Item[] | undefined
  const end = (): void => {
    const line = mark.line + firstLine - 1
    const placed = (all: readonly Item[]): Item[] => all.map((item) => shifted(item, firstLine - 1))
    drafts.push({ line, step: mark.kind === 'step', ...takeProperties(placed(items), line), notes: placed(notes ?? []) })
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

function takeProperties(items: readonly Item[], line: number): Pick<Draft, 'properties' | 'propertyLines' | 'items'> {
  const properties = new Map<string, string>()
  const propertyLines = new Map<string, number>()
  const rest = [...items]
  const first = rest[0]
  if (first?.kind === 'text')
    rest[0] = {
      kind: 'text',
      text: leadingProperties(first.text, properties, rest.length === 1, (key, index) => propertyLines.set(key, line + index)),
    }
  for (const [index, item] of rest.entries()) {
    if (item.kind === 'class') break
    if (item.kind === 'text') rest[index] = { kind: 'text', text: commentProperties(item.text, properties) }
  }
  return { properties, propertyLines, items: rest.filter((item) => item.kind !== 'text' || item.text !== '') }
}

/** A last line that runs on into code or a class is not a property: its value would be cut in two. A line of blanks is text (4.1). */
function leadingProperties(
  text: string,
  properties: Map<string, string>,
  whole: boolean,
  onLine: (key: string, index: number) => void,
): string {
  const lines = text.split('\n')
  let taken = 0
  for (const [index, line] of lines.entries()) {
    const found = PROPERTY.exec(line)
    if (found && (whole || index < lines.length - 1)) {
      properties.set(found[1] ?? '', (found[2] ?? '').trim())
      onLine(found[1] ?? '', index)
      taken = index + 1
    } else if (line !== '') break
  }
  if (taken === 0) return text
  return `\n${lines.slice(taken).join('\n')}`
}

function commentProperties(text: string, properties: Map<string, string>): string {
  const kept: string[] = []
  let from = 0
  for (let start = text.indexOf('<!--'); start >= 0; start = text.indexOf('<!--', start + 4)) {
    const end = text.indexOf('-->', start)
    if (end < 0) break
    if (start < from) continue
    const [, key, value = ''] = COMMENT.exec(text.slice(start + 4, end)) ?? []
    if (key === undefined) continue
    properties.set(key, value.trim())
    kept.push(text.slice(from, start).replace(/\n+$/, ''))
    from = end + 3
  }
  return from === 0 ? text : kept.join('') + text.slice(from)
}
