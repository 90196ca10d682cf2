import { bracketEnds, endOf, type BracketEnds } from './bracket-ends.ts'
import { readDefinition } from './definitions.ts'
import { FenceFinder, lineEnd } from './fence-finder.ts'
import type { Item } from './items.ts'

/** What the lexer makes of a deck: content, and the lines that divide it. */
export type Token = Item | Mark

export interface Mark {
  readonly kind: 'slide' | 'step' | 'notes'
  readonly text: string
  /** Line on which what follows the mark begins. */
  readonly line: number
}

/** Deeper nesting than any deck has is text: what reads the result may recurse. */
const MAX_DEPTH = 32
const MARKS: Readonly<Record<string, Mark['kind']>> = { '---': 'slide', '--': 'step', '???': 'notes' }
const BREAK = /^<!--[ \t]*break[ \t]*-->[ \t]*$/
const SPECIAL = /[\\`.]/g
const CLASSES = /(?:\.[A-Za-z_-][\w-]*)+/y

/**
 * Divides a deck's text into content and marks, so that its time grows with the length of the text and not faster,
 * whatever the text (dialect 2, 3, 9.1, 9.2).
 */
export function lex(text: string): Token[] {
  return new Lexer(text, bracketEnds(text), { from: 0, to: text.length, line: 1 }, 0).run()
}

/** What part of the text a lexer reads, and the line on which it begins. */
interface Range {
  readonly from: number
  readonly to: number
  readonly line: number
}

class Lexer {
  readonly #text: string
  readonly #ends: BracketEnds
  readonly #to: number
  /** How many content classes this is inside of: there, separators are text (3.6). */
  readonly #depth: number
  readonly #fences = new FenceFinder()
  readonly #tokens: Token[] = []
  #at: number
  /** Where what came last ends, with its line breaks: a fence, code, a mark, a definition. */
  #start: number
  #line: number
  #pending = ''

  constructor(text: string, ends: BracketEnds, { from, to, line }: Range, depth: number) {
    this.#text = text
    this.#ends = ends
    this.#at = from
    this.#start = from
    this.#to = to
    this.#line = line
    this.#depth = depth
  }

  run(): Token[] {
    while (this.#at < this.#to) {
      const end = lineEnd(this.#text, this.#at, this.#to)
      const line = this.#text.slice(this.#at, end)
      // Behind what ran over several lines, the rest of a line is no line of its own (2.6).
      if (!this.#isLineStart()) this.#inline(end)
      else if (this.#mark(line, end) || this.#definition(line)) this.#start = this.#at
      else if (this.#fence(line, end) || (this.#isAfterBlank() && this.#indented(line, end))) {
        while (this.#at < this.#to && this.#text.charAt(this.#at) === '\n') this.#newline()
        this.#start = this.#at
      } else this.#inline(end)
    }
    this.#flush()
    return this.#tokens
  }

  #isLineStart(): boolean {
    return this.#at === this.#start || this.#text.charAt(this.#at - 1) === '\n'
  }

  /** Whether indented code may begin here: at the start, or behind two line breaks since then. */
  #isAfterBlank(): boolean {
    return this.#at === this.#start || (this.#at - 2 >= this.#start && this.#text.startsWith('\n\n', this.#at - 2))
  }

  /** The line break before a line of its own belongs to it, unless it ends a block of code. */
  #lineBreak(): string {
    return this.#at > this.#start && this.#pending.endsWith('\n') ? '\n' : ''
  }

  #flush(): void {
    if (this.#pending !== '') this.#tokens.push({ kind: 'text', text: this.#pending })
    this.#pending = ''
  }

  /** Takes `text` as code and moves behind it. */
  #code(text: string): void {
    this.#flush()
    this.#tokens.push({ kind: 'code', text, line: this.#line })
    this.#advance(text)
  }

  #advance(text: string): void {
    this.#at += text.length
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++
  }

  /** Dialect 3.1–3.3 and 5.1: whole lines only. */
  #mark(line: string, end: number): boolean {
    const kind = this.#depth > 0 ? undefined : markOf(line)
    if (!kind) return false
    this.#pending = this.#pending.slice(0, this.#pending.length - this.#lineBreak().length)
    this.#flush()
    const keepBreak = kind === 'step'
    const text = this.#text.slice(this.#at, keepBreak ? end : end + 1)
    this.#advance(text)
    this.#tokens.push({ kind, text, line: this.#line })
    return true
  }

  /** Dialect 10.1: a line of its own, whatever stands in its brackets; the line breaks around it are its own. */
  #definition(line: string): boolean {
    const found = readDefinition(line)
    if (!found) return false
    const before = this.#lineBreak()
    this.#pending = this.#pending.slice(0, this.#pending.length - before.length)
    this.#flush()
    let end = this.#at + line.length
    while (end < this.#to && this.#text.charAt(end) === '\n') end++
    const after = '\n'.repeat(end - this.#at - line.length)
    this.#tokens.push({ kind: 'definition', text: before + line + after, breaks: before + after, ...found })
    this.#advance(line + after)
    return true
  }

  /** Dialect 2.4: a fence that is never closed protects nothing. */
  #fence(line: string, end: number): boolean {
    const to = this.#fences.end(this.#text, line, end, this.#to)
    if (to === undefined) return false
    this.#code(this.#text.slice(this.#at, to))
    return true
  }

  /** Dialect 2.2. */
  #indented(line: string, end: number): boolean {
    if (!/^ {4}\s*\S/.test(line)) return false
    let last = end
    for (let from = end + 1; from < this.#to;) {
      const to = lineEnd(this.#text, from, this.#to)
      if (!this.#text.startsWith('    ', from)) break
      last = to
      from = to + 1
    }
    this.#code(this.#text.slice(this.#at, last))
    return true
  }

  /** The rest of a line, and the newline behind it; a content class may take more than that. */
  #inline(end: number): void {
    while (this.#at < end) {
      const char = this.#text.charAt(this.#at)
      if (char === '\\') this.#escape(end)
      else if (char === '`') this.#inlineCode(end)
      else if (char === '.') this.#open('')
      else this.#plain(end)
    }
    if (this.#at === end && end < this.#to) this.#newline()
  }

  /** Everything up to the next character that may mean something. */
  #plain(end: number): void {
    SPECIAL.lastIndex = this.#at + 1
    const next = SPECIAL.exec(this.#text)?.index ?? end
    this.#take(Math.min(next, end) - this.#at)
  }

  #newline(): void {
    this.#pending += '\n'
    this.#at++
    this.#line++
  }

  #take(length: number): void {
    this.#pending += this.#text.slice(this.#at, this.#at + length)
    this.#at += length
  }

  #escape(end: number): void {
    if (this.#text.charAt(this.#at + 1) === '.') this.#open('\\')
    else this.#take(this.#at + 1 < end ? 2 : 1)
  }

  /**
   * Dialect 2.3: from a backtick that no other follows to the next one on the line. A backtick that ends its line looks for
   * it on the next: code that runs over two lines makes code of what is between pieces of code, as in the original.
   */
  #inlineCode(end: number): void {
    const from = this.#at + 2
    const to =
      from - 1 === end && !/^[ \t]*(?:```|~~~)/.test(this.#text.slice(from, from + 200)) ? lineEnd(this.#text, from, this.#to) : end
    const close = this.#text.charAt(this.#at + 1) === '`' ? -1 : this.#text.slice(from, to).indexOf('`')
    if (close < 0) this.#take(1)
    else this.#code(this.#text.slice(this.#at, from + close + 1))
  }

  /** Dialect 9.1: `.a.b[`; with a backslash before it, what it holds is only text. One without its end is text. */
  #open(escape: string): void {
    CLASSES.lastIndex = this.#at + escape.length
    const names = CLASSES.exec(this.#text)?.[0] ?? ''
    const inside = this.#at + escape.length + names.length + 1
    const close = names === '' ? undefined : endOf(this.#ends, inside - 1)
    if (close === undefined || close >= this.#to || this.#depth >= MAX_DEPTH) {
      this.#take(Math.max(inside - 1 - this.#at, 1))
      return
    }
    const raw = this.#text.slice(this.#at, close + 1)
    if (escape === '') {
      this.#flush()
      const range = { from: inside, to: close, line: this.#line }
      const items = new Lexer(this.#text, this.#ends, range, this.#depth + 1).run().map(asContent)
      const block = raw.includes('\n')
      this.#tokens.push({ kind: 'class', classes: names.slice(1).split('.'), block, items, raw })
    } else this.#pending += raw
    this.#advance(raw)
  }
}

function markOf(line: string): Mark['kind'] | undefined {
  if (line.length <= 3) return MARKS[line]
  return line.startsWith('<!--') && BREAK.test(line) ? 'slide' : undefined
}

/** Dialect 3.6: inside a content class separators are plain text. */
export function asContent(token: Token): Item {
  return isMark(token) ? { kind: 'text', text: token.text } : token
}

export function isMark(token: Token): token is Mark {
  return token.kind === 'slide' || token.kind === 'step' || token.kind === 'notes'
}
