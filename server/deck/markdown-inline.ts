import { escapeHtml } from './html-text.ts'

export interface LinkDefinition {
  readonly href: string
  readonly title: string | undefined
}

/** What inline Markdown needs of the slide it stands in. */
export interface InlineContext {
  /** By lower-case id. */
  readonly definitions: ReadonlyMap<string, LinkDefinition>
  /** Gives a content class's source back for its placeholder: in code and attributes it is text. */
  readonly unplaced: (text: string) => string
}

const ESCAPE = /\\([\\`*{}[\]()#+\-.!_>~|])/y
const AUTOLINK = /<([^ >]{1,2000}?(@|:\/)[^ >]{1,2000})>/y
const URL = /https?:\/\/[^\s<]{1,4000}/y
const COMMENT = /<!--/y
const TAG_NAME = /<\/?\w+/y
const BREAK = / {2,}\n(?!\s*$)/y
const PLAIN = /[\\<![_*`~]|https?:\/\/| {2,}\n/g
/** Longer labels, titles and attributes are text: what looks for their ends must end itself. */
const MAX_LABEL = 4000
const MAX_DEPTH = 40
/** No paragraph of a slide is longer; what is, is shown as it is written. */
const MAX_TEXT = 30_000

/**
 * Inline Markdown → HTML (dialect 12.2, 12.3): emphasis, code, links, images, tags. Old Markdown's rules where they
 * differ from CommonMark: the first run that can close does, and what does not close is text.
 */
export function inlineHtml(text: string, context: InlineContext): string {
  return new Inline(context).html(text, 0)
}

class Inline {
  readonly #context: InlineContext
  #inLink = false

  constructor(context: InlineContext) {
    this.#context = context
  }

  html(text: string, depth: number): string {
    if (depth > MAX_DEPTH || text.length > MAX_TEXT) return escapeHtml(text)
    const spans = new Spans(text)
    const out: string[] = []
    for (let at = 0; at < text.length;) {
      const found = this.#special(text, at, spans, depth)
      if (found) {
        out.push(found.html)
        at = found.end
        continue
      }
      PLAIN.lastIndex = at + 1
      const end = PLAIN.exec(text)?.index ?? text.length
      out.push(escapeHtml(text.slice(at, end)))
      at = end
    }
    return out.join('')
  }

  #special(text: string, at: number, spans: Spans, depth: number): Piece | undefined {
    switch (text.charAt(at)) {
      case '\\': {
        const [whole, char = ''] = matchAt(ESCAPE, text, at) ?? []
        return whole === undefined ? undefined : { html: escapeHtml(char), end: at + 2 }
      }
      case '<':
        return this.#autolink(text, at) ?? this.#tag(text, at, spans)
      case 'h':
        return this.#inLink ? undefined : url(text, at)
      case '!':
      case '[':
        return this.#link(text, at, depth) ?? this.#reference(text, at, depth)
      case '_':
      case '*':
        return this.#emphasis(text, at, spans, depth)
      case '`': {
        const code = spans.code(at)
        return code && { html: `<code>${escapeHtml(this.#context.unplaced(code.text.trim()), true)}</code>`, end: code.end }
      }
      case ' ': {
        const found = matchAt(BREAK, text, at)
        return found && { html: '<br>', end: at + found[0].length }
      }
      case '~': {
        const struck = spans.struck(at)
        return struck && { html: `<del>${this.html(struck.text, depth + 1)}</del>`, end: struck.end }
      }
      default:
        return undefined
    }
  }

  #autolink(text: string, at: number): Piece | undefined {
    const [whole, target = '', sign] = matchAt(AUTOLINK, text, at) ?? []
    if (whole === undefined) return undefined
    const shown = escapeHtml(sign === '@' && target.charAt(6) === ':' ? target.slice(7) : target)
    return { html: `<a href="${sign === '@' ? 'mailto:' : ''}${shown}">${shown}</a>`, end: at + whole.length }
  }

  /** Tags and comments pass through, as sloppy as they are written (12.4). */
  #tag(text: string, at: number, spans: Spans): Piece | undefined {
    if (matchAt(COMMENT, text, at)) {
      const end = spans.commentEnd(at)
      if (end !== undefined) return { html: text.slice(at, end), end }
    }
    const end = tagEnd(text, at)
    if (end === undefined) return undefined
    const html = text.slice(at, end)
    if (/^<a /i.test(html)) this.#inLink = true
    else if (/^<\/a>/i.test(html)) this.#inLink = false
    return { html, end }
  }

  #link(text: string, at: number, depth: number): Piece | undefined {
    const open = text.charAt(at) === '!' ? at + 1 : at
    if (text.charAt(open) !== '[') return undefined
    for (const close of labelEnds(text, open)) {
      if (text.charAt(close + 1) !== '(') continue
      const found = destination(text, close + 2)
      if (found) return { html: this.#anchor(text.slice(at, open), text.slice(open + 1, close), found, depth), end: found.end }
    }
    return undefined
  }

  /** `[text][id]`, `[text] [id]`, `[id][]` and `[id]` (10.1, 12.3). */
  #reference(text: string, at: number, depth: number): Piece | undefined {
    const { definitions } = this.#context
    if (definitions.size === 0) return undefined
    const open = text.charAt(at) === '!' ? at + 1 : at
    if (text.charAt(open) !== '[') return undefined
    const ends = labelEnds(text, open)
    for (const close of ends) {
      const [whole, id = ''] = matchAt(/\s{0,20}\[([^\]]{0,1000})\]/y, text, close + 1) ?? []
      if (whole === undefined) continue
      const label = text.slice(open + 1, close)
      const found = definitions.get(idOf(id || label))
      // What names nothing is no reference; its brackets are text.
      return found && { html: this.#anchor(text.slice(at, open), label, found, depth), end: close + 1 + whole.length }
    }
    const close = ends.at(-1)
    if (close === undefined) return undefined
    const label = text.slice(open + 1, close)
    const found = definitions.get(idOf(label))
    return found && { html: this.#anchor(text.slice(at, open), label, found, depth), end: close + 1 }
  }

  #anchor(mark: string, label: string, { href, title }: LinkDefinition, depth: number): string {
    const { unplaced } = this.#context
    const titled = title ? ` title="${escapeHtml(unplaced(title))}"` : ''
    const address = escapeHtml(unplaced(href))
    if (mark === '!') return `<img src="${address}" alt="${escapeHtml(unplaced(label))}"${titled}>`
    this.#inLink = true
    const inside = this.html(label, depth + 1)
    this.#inLink = false
    return `<a href="${address}"${titled}>${inside}</a>`
  }

  #emphasis(text: string, at: number, spans: Spans, depth: number): Piece | undefined {
    const mark = text.charAt(at)
    const strong = text.charAt(at + 1) === mark ? spans.strong(at) : undefined
    if (strong) return { html: `<strong>${this.html(strong.text, depth + 1)}</strong>`, end: strong.end }
    const em = mark === '_' ? spans.underscored(at) : spans.starred(at)
    return em && { html: `<em>${this.html(em.text, depth + 1)}</em>`, end: em.end }
  }
}

interface Piece {
  readonly html: string
  readonly end: number
}

interface Span {
  readonly text: string
  readonly end: number
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function idOf(label: string): string {
  return label.replace(/\s+/g, ' ').toLowerCase()
}

function url(text: string, at: number): Piece | undefined {
  const whole = matchAt(URL, text, at)?.[0]
  if (whole === undefined) return undefined
  const address = whole.replace(/[.,:;"')\]]{1,100}$/, '')
  if (address.length <= address.indexOf('//') + 3) return undefined
  const shown = escapeHtml(address)
  return { html: `<a href="${shown}">${shown}</a>`, end: at + address.length }
}

/** Behind the `>` of a tag that begins here: quoted values may hold one. */
export function tagEnd(text: string, from: number): number | undefined {
  const name = matchAt(TAG_NAME, text, from)?.[0]
  if (name === undefined) return undefined
  const last = Math.min(text.length, from + MAX_LABEL)
  for (let at = from + name.length; at < last; at++) {
    const char = text.charAt(at)
    if (char === '>') return at + 1
    if (char === '"' || char === "'") {
      const end = text.indexOf(char, at + 1)
      if (end < 0 || end > last) return undefined
      at = end
    }
  }
  return undefined
}

/** Where a link's text that opens here may end: the furthest place first. Brackets inside it pair up. */
function labelEnds(text: string, open: number): number[] {
  const ends: number[] = []
  const last = Math.min(text.length, open + MAX_LABEL)
  for (let at = open + 1; at < last; at++) {
    const char = text.charAt(at)
    if (char === '[') {
      const close = text.slice(at + 1, last).indexOf(']')
      if (close < 0) break
      at += close + 1
    } else if (char === ']') {
      ends.push(at)
      if (ends.length > 200) break
      const next = /[[\]]/.exec(text.slice(at + 1, last))
      if (next?.[0] !== ']') break
    }
  }
  return ends.toReversed()
}

/** `url "title")`: blanks may stand in the address (10.5), which ends at the first `)`. */
function destination(text: string, from: number): (LinkDefinition & { readonly end: number }) | undefined {
  const close = text.slice(from, from + MAX_LABEL).indexOf(')')
  if (close < 0) return undefined
  const head = text.slice(from, from + close)
  const quote = /\s["']/.exec(head)
  if (quote) {
    const rest = text.slice(from + quote.index, from + MAX_LABEL)
    const [whole, title = ''] = /^\s+["']([^]*?)["']\s{0,100}\)/.exec(rest) ?? []
    if (whole !== undefined) return { href: address(head.slice(0, quote.index)), title, end: from + quote.index + whole.length }
  }
  return { href: address(head), title: undefined, end: from + close + 1 }
}

function address(written: string): string {
  const text = written.trim()
  return text.replace(/^</, '').replace(/>$/, '')
}

/** Finds where spans of one text end, and remembers what has no end any more, so that it is looked for once. */
class Spans {
  readonly #text: string
  readonly #hopeless = new Map<string, number>()
  #runs: Map<number, number[]> | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** `**a**`: the first closing pair that no third mark follows. */
  strong(at: number): Span | undefined {
    const mark = this.#text.charAt(at)
    const pair = mark + mark
    return this.#once(pair, at, () => {
      for (let end = this.#text.indexOf(pair, at + 3); end >= 0; end = this.#text.indexOf(pair, end + 1))
        if (this.#text.charAt(end + 2) !== mark) return { text: this.#text.slice(at + 2, end), end: end + 2 }
      return undefined
    })
  }

  /** `*a*`: pairs of stars inside belong together, unless nothing would close. */
  starred(at: number): Span | undefined {
    return this.#once('*', at, () => {
      const text = this.#text
      for (let end = at + 1; end < text.length; end++) {
        const star = text.charAt(end) === '*'
        if (star && end > at + 1 && text.charAt(end + 1) !== '*') return { text: text.slice(at + 1, end), end: end + 1 }
        if (star && text.charAt(end + 1) === '*') end++
      }
      for (let end = text.indexOf('*', at + 2); end >= 0; end = text.indexOf('*', end + 1))
        if (text.charAt(end + 1) !== '*') return { text: text.slice(at + 1, end), end: end + 1 }
      return undefined
    })
  }

  /** `_a_`: what follows must not be a word. */
  underscored(at: number): Span | undefined {
    const text = this.#text
    for (let end = text.indexOf('_', at + 1); end >= 0; end = text.indexOf('_', end + 2)) {
      if (end > at + 1 && !/\w/.test(text.charAt(end + 1))) return { text: text.slice(at + 1, end), end: end + 1 }
      if (text.charAt(end + 1) !== '_') return undefined
    }
    return undefined
  }

  struck(at: number): Span | undefined {
    const text = this.#text
    if (text.charAt(at + 1) !== '~' || !/\S/.test(text.charAt(at + 2))) return undefined
    return this.#once('~~', at, () => {
      for (let end = text.indexOf('~~', at + 3); end >= 0; end = text.indexOf('~~', end + 1))
        if (/\S/.test(text.charAt(end - 1))) return { text: text.slice(at + 2, end), end: end + 2 }
      return undefined
    })
  }

  /** A run of backticks closes at the next run of the same length; failing that, a shorter run of it may. */
  code(at: number): Span | undefined {
    const runs = (this.#runs ??= runsOf(this.#text))
    let length = 1
    while (this.#text.charAt(at + length) === '`') length++
    for (let used = Math.min(length, 50); used > 0; used--) {
      const end = firstAfter(runs.get(used) ?? [], at + length)
      if (end !== undefined) return { text: this.#text.slice(at + used, end), end: end + used }
    }
    return undefined
  }

  commentEnd(at: number): number | undefined {
    return this.#once('<!--', at, () => {
      const end = this.#text.indexOf('-->', at + 4)
      return end < 0 ? undefined : { text: '', end: end + 3 }
    })?.end
  }

  #once(kind: string, at: number, find: () => Span | undefined): Span | undefined {
    if (at > (this.#hopeless.get(kind) ?? Infinity)) return undefined
    const found = find()
    if (!found) this.#hopeless.set(kind, at)
    return found
  }
}

/** Where the runs of backticks begin, by their length. */
function runsOf(text: string): Map<number, number[]> {
  const runs = new Map<number, number[]>()
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const same = runs.get(run.length)
    if (same) same.push(index)
    else runs.set(run.length, [index])
  }
  return runs
}

function firstAfter(sorted: readonly number[], at: number): number | undefined {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) >= at) high = middle
    else low = middle + 1
  }
  return sorted[low]
}
