import { readDefinition } from './definitions.ts'
import { HtmlBlocks } from './html-blocks.ts'
import { inlineHtml, type InlineContext } from './markdown-inline.ts'

/** What block Markdown needs of the slide it stands in. */
export interface BlockContext extends InlineContext {
  /** A block of code as HTML. @param info what stands behind the fence; undefined for indented code */
  readonly code: (info: string | undefined, source: string) => string
}

const BULLET = /^( *)([*+-]|\d+\.) /
const FENCE = /^ *(`{3,}|~{3,})([^\n]*)$/
const HEADING = /^ *(#{1,6}) +(?=[^ ])/
const RULE = /^(?: *[-*_]){3,} *$/
const QUOTE = /^ *>./
const TABLE_RULE = /^ *\|? *[-:]+[-| :]*$/
const MAX_DEPTH = 40
/** A line longer than this is a paragraph, whatever it looks like. */
const MAX_LINE = 20_000

/**
 * Markdown → HTML as remark's decks are written for it (dialect 12, 13): GFM's blocks with old Markdown's lists,
 * line by line. Tabs and no-break spaces are gone before.
 */
export function markdownHtml(text: string, context: BlockContext): string {
  return new Blocks(context).html(text, true, 0)
}

class Blocks {
  readonly #context: BlockContext

  constructor(context: BlockContext) {
    this.#context = context
  }

  /** @param top whether tables and paragraphs are possible: in a tight list item, lines are only text */
  html(text: string, top: boolean, depth: number): string {
    return this.#pieces(text, top, depth)
      .map((piece) => (typeof piece === 'string' ? piece : `<p>${inlineHtml(piece.text, this.#context)}</p>\n`))
      .join('')
  }

  /** HTML, and the runs of text in between that are a paragraph where the list is loose. */
  #pieces(source: string, top: boolean, depth: number): Piece[] {
    const lines = source.replace(/^ +$/gm, '').split('\n')
    const reader: Reader = { lines, at: 0, top, depth, html: new HtmlBlocks(lines), unclosed: new Set() }
    const out: Piece[] = []
    let blanks = 0
    while (reader.at < lines.length) {
      const line = lines[reader.at] ?? ''
      if (line === '') {
        blanks++
        reader.at++
        continue
      }
      const before = out.at(-1)
      const block = depth > MAX_DEPTH ? undefined : this.#block(reader, line)
      if (block !== undefined) out.push(block)
      else if (top) out.push(`<p>${inlineHtml(this.#paragraph(reader), this.#context)}</p>\n`)
      else {
        reader.at++
        if (before !== undefined && typeof before !== 'string' && blanks === 0) before.text += `\n${line}`
        else out.push({ text: line })
      }
      blanks = 0
    }
    return out
  }

  #block(reader: Reader, line: string): string | undefined {
    if (line.length > MAX_LINE) return undefined
    return (
      this.#indented(reader, line) ??
      this.#fence(reader, line) ??
      this.#heading(reader, line) ??
      (reader.top ? this.#table(reader, false) : undefined) ??
      this.#underlined(reader, line) ??
      this.#rule(reader, line) ??
      this.#quote(reader, line) ??
      this.#list(reader, line) ??
      reader.html.take(reader) ??
      this.#definition(reader, line) ??
      (reader.top ? this.#table(reader, true) : undefined)
    )
  }

  #indented(reader: Reader, line: string): string | undefined {
    if (!line.startsWith('    ')) return undefined
    const code: string[] = []
    for (; reader.at < reader.lines.length; reader.at++) {
      const next = reader.lines[reader.at] ?? ''
      if (next !== '' && !next.startsWith('    ')) break
      code.push(next.slice(4))
    }
    return this.#context.code(undefined, this.#context.unplaced(code.join('\n').replace(/\n+$/, '')))
  }

  #fence(reader: Reader, line: string): string | undefined {
    const found = fenceAt(reader, line)
    if (!found) return undefined
    const { run, info, end } = found
    const last = (reader.lines[end] ?? '').trimEnd().slice(0, -run.length)
    const code = [...reader.lines.slice(reader.at + 1, end), last]
    reader.at = end + 1
    const { unplaced } = this.#context
    return this.#context.code(unplaced(info.trim()), unplaced(code.join('\n').trimEnd()))
  }

  #heading(reader: Reader, line: string): string | undefined {
    const [opening, marks = ''] = HEADING.exec(line) ?? []
    if (opening === undefined) return undefined
    reader.at++
    const text = line.slice(opening.length).trimEnd()
    return this.#headed(text.replace(/(?<=.)#{1,200}$/, '').trimEnd(), marks.length)
  }

  #headed(text: string, level: number): string {
    const id = this.#context
      .unplaced(text)
      .toLowerCase()
      .replace(/[^\w]+/g, '-')
    return `<h${level} id="${id}">${inlineHtml(text, this.#context)}</h${level}>\n`
  }

  #underlined(reader: Reader, line: string): string | undefined {
    const mark = underline(reader.lines[reader.at + 1])
    if (mark === undefined) return undefined
    reader.at += 2
    return this.#headed(line, mark === '=' ? 1 : 2)
  }

  /** What looks like a definition once tabs are blanks is none, and is not shown either. */
  #definition(reader: Reader, line: string): string | undefined {
    if (!reader.top || !readDefinition(line)) return undefined
    reader.at++
    return ''
  }

  #rule(reader: Reader, line: string): string | undefined {
    if (!RULE.test(line)) return undefined
    reader.at++
    return '<hr>\n'
  }

  #quote(reader: Reader, line: string): string | undefined {
    if (!QUOTE.test(line)) return undefined
    const { lines } = reader
    const quoted: string[] = []
    // A quote's lines run on without a mark until a blank line; behind that, only a mark goes on.
    while (reader.at < lines.length && QUOTE.test(lines[reader.at] ?? '')) {
      for (; reader.at < lines.length && lines[reader.at] !== ''; reader.at++) quoted.push((lines[reader.at] ?? '').replace(/^ *> ?/, ''))
      for (; reader.at < lines.length && lines[reader.at] === ''; reader.at++) quoted.push('')
    }
    return `<blockquote>\n${this.html(quoted.join('\n'), reader.top, reader.depth + 1)}</blockquote>\n`
  }

  #list(reader: Reader, line: string): string | undefined {
    const [, indent = '', bullet = ''] = BULLET.exec(line) ?? []
    if (bullet === '' || (line.trimEnd() === indent + bullet && reader.at === reader.lines.length - 1)) return undefined
    const ordered = bullet.length > 1
    const end = listEnd(reader, indent, bullet)
    const items = itemsOf(reader.lines.slice(reader.at, end), indent)
    reader.at = end
    const tag = ordered ? 'ol' : 'ul'
    return `<${tag}>\n${this.#items(items, reader.depth).join('')}</${tag}>\n`
  }

  /** An item with a blank line in it, or behind it when another item follows, is loose, and so is the one after that. */
  #items(items: readonly string[], depth: number): string[] {
    let next = false
    return items.map((item, index) => {
      const content = outdent(item)
      let loose = next || /\n\n(?!\s*$)/.test(content)
      if (index < items.length - 1) {
        next = content.endsWith('\n')
        loose ||= next
      }
      const pieces = this.#pieces(content, false, depth + 1)
      const html = pieces.map((piece) => {
        if (typeof piece === 'string') return piece
        const inside = inlineHtml(piece.text, this.#context)
        return loose ? `<p>${inside}</p>\n` : inside
      })
      return `<li>${html.join('')}</li>\n`
    })
  }

  /** GFM tables; without outer pipes, the rule below the header must hold one (12.2). */
  #table(reader: Reader, outer: boolean): string | undefined {
    const { lines, at } = reader
    const header = lines[at] ?? ''
    const rule = lines[at + 1] ?? ''
    if (!header.includes('|') || !TABLE_RULE.test(rule) || lines[at + 2] === undefined) return undefined
    if (outer ? !/^ *\|./.test(header) || !/^ *\|/.test(rule) : !/^ *[^ ].*\|/.test(header) || !/^ *[-:]+ *\|/.test(rule)) return undefined
    let end = at + 2
    while (end < lines.length && (outer ? /^ *\|/.test(lines[end] ?? '') : (lines[end] ?? '').includes('|'))) end++
    reader.at = end
    const aligns = splitCells(rule.replace(/^ *\|? *| *\|? *$/g, '')).map(alignment)
    const row = (cells: readonly string[], tag: string): string =>
      `<tr>\n${cells.map((cell, index) => `<${tag}${aligns[index] ?? ''}>${inlineHtml(cell, this.#context)}</${tag}>\n`).join('')}</tr>\n`
    const head = splitCells(header.replace(outer ? /^ *\| *| *\| *$/g : /^ *| *\| *$/g, ''))
    const body = tableBody(lines.slice(at + 2, end), outer, end < lines.length)
    return `<table>\n<thead>\n${row(head, 'th')}</thead>\n<tbody>\n${body.map((cells) => row(cells, 'td')).join('')}</tbody>\n</table>\n`
  }

  /** Lines until a blank one, or until one that begins something else. */
  #paragraph(reader: Reader): string {
    const { lines } = reader
    const from = reader.at++
    while (reader.at < lines.length && lines[reader.at] !== '' && !interrupts(reader)) reader.at++
    return lines.slice(from, reader.at).join('\n')
  }
}

/** Text that may become a paragraph, or HTML. */
type Piece = string | { text: string }

interface Reader {
  readonly lines: readonly string[]
  at: number
  readonly top: boolean
  readonly depth: number
  readonly html: HtmlBlocks
  /** Runs that no later line ends with: they are looked for once. */
  readonly unclosed: Set<string>
}

function interrupts(reader: Reader): boolean {
  const { lines, at, html } = reader
  const line = lines[at] ?? ''
  if (line.length > MAX_LINE) return false
  if (/^ *#{1,6} *[^\n]/.test(line) || RULE.test(line) || QUOTE.test(line) || html.opens(line)) return true
  if (BULLET.test(line) || readDefinition(line) || underline(lines[at + 1]) !== undefined) return true
  return fenceAt(reader, line) !== undefined
}

/** A fence that begins on the reader's line and is closed. One that nothing closes may be so as a shorter one. */
function fenceAt(reader: Reader, line: string): { readonly run: string; readonly info: string; readonly end: number } | undefined {
  const [, whole = '', info = ''] = FENCE.exec(line) ?? []
  if (whole === '' || info.includes(whole.charAt(0))) return undefined
  for (let length = whole.length; length >= 3; length--) {
    const run = whole.slice(0, length)
    const end = closingFence(reader, run)
    if (end !== undefined) return { run, info: whole.slice(length) + info, end }
  }
  return undefined
}

function underline(line: string | undefined): string | undefined {
  return line !== undefined && line.length < MAX_LINE && /^ *[-=]{2,} *$/.test(line) ? line.trimEnd().at(-1) : undefined
}

/** The line that ends a fence: blank but for the run, or with the run at its end (2.4). */
function closingFence({ lines, at, unclosed }: Reader, run: string): number | undefined {
  if (unclosed.has(run)) return undefined
  for (let end = at + 1; end < lines.length; end++) if ((lines[end] ?? '').trimEnd().endsWith(run)) return end
  unclosed.add(run)
  return undefined
}

/**
 * Where a list ends: at a rule, two blank lines, a blank line that neither indented text nor another item follows, or at
 * another kind of bullet, which begins another list.
 */
function listEnd({ lines, at }: Reader, indent: string, bullet: string): number {
  for (let end = at + 1; end < lines.length; end++) {
    const line = lines[end] ?? ''
    if (line !== '') {
      if (isRuleAt(line, indent) || isOtherItem(line, indent, bullet) || readDefinition(line)) return end
      continue
    }
    const next = lines[end + 1]
    if (next === undefined || next === '') return end
    if (!next.startsWith(' ') && !isItem(next, indent)) return end
  }
  return lines.length
}

function isRuleAt(line: string, indent: string): boolean {
  const inside = line.startsWith(indent) ? line.slice(indent.length) : line
  return /^(?:[-*_] *){3,}$/.test(inside)
}

function isItem(line: string, indent: string): boolean {
  const found = BULLET.exec(line)
  return found !== null && found[1] === indent
}

function isOtherItem(line: string, indent: string, bullet: string): boolean {
  const found = BULLET.exec(line)
  return found?.[1] === indent && found[2] !== bullet && !(bullet.length > 1 && (found[2] ?? '').length > 1)
}

function itemsOf(lines: readonly string[], indent: string): string[] {
  const items: string[][] = []
  for (const line of lines) {
    if (isItem(line, indent)) items.push([line])
    else items.at(-1)?.push(line)
  }
  return items.map((own) => own.join('\n'))
}

/** An item's text without its bullet, and up to four blanks less before its other lines (12.3, 13.1). */
function outdent(item: string): string {
  const text = item.replace(/^ *([*+-]|\d+\.) +/, '')
  return text.includes('\n ') ? text.replace(/^ {1,4}/gm, '') : text
}

/** A table with nothing below its rule has one empty row; the last row's bar is taken off twice when a line follows it. */
function tableBody(lines: readonly string[], outer: boolean, followed: boolean): string[][] {
  const rows = lines.length > 0 ? lines : ['']
  if (!outer) return rows.map(splitCells)
  return rows.map((line, index) => {
    const last = followed && index === rows.length - 1
    return splitCells((last ? line.replace(/ *\| *$/, '') : line).replace(/^ *\| *| *\| *$/g, ''))
  })
}

function splitCells(line: string): string[] {
  return line.split(/ *\| */)
}

function alignment(cell: string): string {
  const left = cell.trim().startsWith(':')
  const right = cell.trim().endsWith(':')
  if (!left && !right) return ''
  return ` style="text-align:${left && right ? 'center' : right ? 'right' : 'left'}"`
}
