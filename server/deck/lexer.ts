import type { Item } from './items.ts'

/** What the lexer makes of a deck: content, and the lines that divide it. */
export type Token = Item | Mark

export interface Mark {
  readonly kind: 'slide' | 'step' | 'notes'
  readonly text: string
  /** Line on which what follows the mark begins. */
  readonly line: number
}

interface Frame {
  /** `escaped` is a `\.name[`, whose content is only text. */
  readonly type: 'root' | 'class' | 'escaped'
  readonly classes: readonly string[]
  readonly opening: string
  readonly start: number
  tokens: Token[]
  /** How many plain `[` inside it still wait for their `]`. */
  brackets: number
}

/** Deeper nesting than any deck has is text: what reads the result may recurse. */
const MAX_DEPTH = 32
const MARKS: Readonly<Record<string, Mark['kind']>> = { '---': 'slide', '--': 'step', '???': 'notes' }
const BREAK = /^<!--[ \t]*break[ \t]*-->[ \t]*$/
const FENCE = /^[ \t]*(`{3,}|~{3,})([^`\n]*)$/
const SPECIAL = /[\\`.[\]\n]/g
const CLASSES = /(?:\.[A-Za-z_-][\w-]*)+/y

/**
 * Divides a deck's text into content and marks in one pass, so that its time grows with the length of the text
 * and not faster, whatever the text (dialect 2, 3, 9.1, 9.2).
 */
export function lex(text: string): Token[] {
  return new Lexer(text).run()
}

class Lexer {
  readonly #text: string
  readonly #frames: Frame[] = [{ type: 'root', classes: [], opening: '', start: 0, tokens: [], brackets: 0 }]
  /** For each fence character, the shortest run known to have no closing line any more. */
  readonly #unclosed: Record<string, number> = { '`': Infinity, '~': Infinity }
  #at = 0
  #line = 1
  #pending = ''

  constructor(text: string) {
    this.#text = text
  }

  run(): Token[] {
    let afterBlank = true
    while (this.#at < this.#text.length) {
      const end = this.#lineEnd(this.#at)
      const line = this.#text.slice(this.#at, end)
      if (this.#mark(line, end)) afterBlank = true
      else if (this.#fence(line, end) || (afterBlank && this.#indented(line, end))) {
        // The line break behind a block is content, but it is no blank line.
        if (this.#at < this.#text.length) this.#newline()
        afterBlank = false
      } else {
        this.#inline(end)
        afterBlank = line.trim() === ''
      }
    }
    while (this.#frames.length > 1) this.#flatten()
    this.#flush()
    return this.#top.tokens
  }

  get #top(): Frame {
    const frame = this.#frames.at(-1)
    if (!frame) throw new Error('The lexer lost its root.')
    return frame
  }

  #lineEnd(from: number): number {
    const end = this.#text.indexOf('\n', from)
    return end < 0 ? this.#text.length : end
  }

  #flush(): void {
    if (this.#pending !== '') this.#top.tokens.push({ kind: 'text', text: this.#pending })
    this.#pending = ''
  }

  /** Takes `text` as code and moves behind it. */
  #code(text: string): void {
    this.#flush()
    this.#top.tokens.push({ kind: 'code', text, line: this.#line })
    this.#advance(text)
  }

  #advance(text: string): void {
    this.#at += text.length
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++
  }

  /** Dialect 3.1–3.3 and 5.1: whole lines only. */
  #mark(line: string, end: number): boolean {
    const kind = MARKS[line] ?? (BREAK.test(line) ? 'slide' : undefined)
    if (!kind) return false
    // The line break before a slide's end belongs to the separator.
    if (this.#frames.length === 1) this.#pending = this.#pending.replace(/\n$/, '')
    this.#flush()
    const keepBreak = kind === 'step'
    const text = this.#text.slice(this.#at, keepBreak ? end : end + 1)
    this.#advance(text)
    this.#top.tokens.push({ kind, text, line: this.#line })
    return true
  }

  /** Dialect 2.4: a fence that is never closed protects nothing. */
  #fence(line: string, end: number): boolean {
    const [, run = '', info = ''] = FENCE.exec(line) ?? []
    const mark = run.charAt(0)
    if (mark === '' || run.length >= (this.#unclosed[mark] ?? Infinity) || (mark === '~' && info.includes('~'))) return false
    for (let from = end + 1; from < this.#text.length;) {
      const to = this.#lineEnd(from)
      const closing = this.#text.slice(from, to).trim()
      if (closing.length >= run.length && closing === mark.repeat(closing.length)) {
        this.#code(this.#text.slice(this.#at, to))
        return true
      }
      from = to + 1
    }
    this.#unclosed[mark] = run.length
    return false
  }

  /** Dialect 2.2. */
  #indented(line: string, end: number): boolean {
    if (!/^(?: {4}|\t)[ \t]*\S/.test(line)) return false
    let last = end
    for (let from = end + 1; from < this.#text.length;) {
      const to = this.#lineEnd(from)
      if (!/^(?: {4}|\t)/.test(this.#text.slice(from, to))) break
      last = to
      from = to + 1
    }
    this.#code(this.#text.slice(this.#at, last))
    return true
  }

  /** The rest of a line, and the newline behind it. */
  #inline(end: number): void {
    while (this.#at < end) {
      const char = this.#text.charAt(this.#at)
      if (char === '\\') this.#escape(end)
      else if (char === '`') this.#inlineCode(end)
      else if (char === '.') this.#open('class', '')
      else if (char === '[') this.#bracket()
      else if (char === ']' && this.#frames.length > 1) this.#close()
      else this.#plain(end)
    }
    if (this.#at < this.#text.length) this.#newline()
  }

  /** Everything up to the next character that may mean something. */
  #plain(end: number): void {
    SPECIAL.lastIndex = this.#at + 1
    const next = SPECIAL.exec(this.#text)?.index ?? end
    this.#take(Math.min(next, end) - this.#at)
  }

  #bracket(): void {
    this.#top.brackets++
    this.#take(1)
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
    if (this.#text.charAt(this.#at + 1) === '.') {
      this.#open('escaped', '\\')
      return
    }
    this.#take(this.#at + 1 < end ? 2 : 1)
  }

  /** Dialect 2.3: from a backtick that no other follows to the next one on the line. */
  #inlineCode(end: number): void {
    const close = this.#text.charAt(this.#at + 1) === '`' ? -1 : this.#text.slice(this.#at + 2, end).indexOf('`')
    if (close < 0) this.#take(1)
    else this.#code(this.#text.slice(this.#at, this.#at + close + 3))
  }

  /** Dialect 9.1: `.a.b[`, perhaps behind a backslash. */
  #open(type: 'class' | 'escaped', prefix: string): void {
    CLASSES.lastIndex = this.#at + prefix.length
    const names = CLASSES.exec(this.#text)?.[0] ?? ''
    const whole = prefix + names
    if (names !== '' && this.#text.charAt(this.#at + whole.length) === '[' && this.#frames.length <= MAX_DEPTH) {
      this.#push(type, names.slice(1).split('.'), `${whole}[`)
    } else this.#take(Math.max(whole.length, 1))
  }

  #push(type: Frame['type'], classes: readonly string[], opening: string): void {
    this.#flush()
    this.#frames.push({ type, classes, opening, start: this.#at, tokens: [], brackets: 0 })
    this.#at += opening.length
  }

  /** A `]`: the innermost open bracket ends. */
  #close(): void {
    const frame = this.#top
    if (frame.brackets > 0) {
      frame.brackets--
      this.#take(1)
      return
    }
    this.#flush()
    this.#at++
    this.#frames.pop()
    const raw = this.#text.slice(frame.start, this.#at)
    if (frame.type === 'escaped') {
      this.#top.tokens.push({ kind: 'text', text: raw })
      return
    }
    const block = raw.includes('\n')
    this.#top.tokens.push({ kind: 'class', classes: frame.classes, block, items: frame.tokens.map(asContent), raw })
  }

  /** An opening without its end is text; what came after it stays what it was. */
  #flatten(): void {
    this.#flush()
    const frame = this.#frames.pop()
    if (!frame) return
    this.#top.tokens.push({ kind: 'text', text: frame.opening })
    for (const token of frame.tokens) this.#top.tokens.push(token)
  }
}

/** Dialect 3.6: inside a content class separators are plain text. */
export function asContent(token: Token): Item {
  return isMark(token) ? { kind: 'text', text: token.text } : token
}

export function isMark(token: Token): token is Mark {
  return token.kind === 'slide' || token.kind === 'step' || token.kind === 'notes'
}
