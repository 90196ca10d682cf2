import { tagEnd } from './markdown-inline.ts'

/** A content class that is a block stands in text as a number between these; in Markdown it is a `<div>` like any other. */
export const BLOCK_OPEN = '\uE000'
export const BLOCK_CLOSE = '\uE001'

const TAG =
  /^<(?!(?:a|em|strong|small|s|cite|q|dfn|abbr|data|time|code|var|samp|kbd|sub|sup|i|b|u|mark|ruby|rt|rp|bdi|bdo|span|br|wbr|ins|del|img)\b)(\w+)(?!:\/|[^\w\s@]{0,200}@)\b/

/** Finds the raw HTML of one text: from a block's tag to its end, when a blank line or the end of the text follows (12.4). */
export class HtmlBlocks {
  readonly #lines: readonly string[]
  #whole: { readonly text: string; readonly starts: readonly number[] } | undefined
  /** For each closing tag, where one is that a block may end with. */
  readonly #ends = new Map<string, number[]>()

  constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  /** Whether a line begins with the tag of a block: it ends a paragraph. */
  opens(line: string): boolean {
    return line.startsWith(BLOCK_OPEN) || (line.startsWith('<') && TAG.test(line))
  }

  /** Takes the raw HTML that begins on the reader's line and moves behind it. */
  take(reader: { at: number }): string | undefined {
    const line = (this.#lines[reader.at] ?? '').trimStart()
    if (!line.startsWith('<') && !line.startsWith(BLOCK_OPEN)) return undefined
    const { text, starts } = (this.#whole ??= joined(this.#lines))
    const from = (starts[reader.at] ?? 0) + (this.#lines[reader.at] ?? '').length - line.length
    const end = this.#comment(text, from) ?? this.#closed(text, from, line) ?? this.#opening(text, from, line)
    if (end === undefined) return undefined
    while (reader.at < starts.length && (starts[reader.at] ?? 0) < end) reader.at++
    return text.slice(from, end) + (end < text.length ? '\n' : '')
  }

  #comment(text: string, from: number): number | undefined {
    if (!text.startsWith('<!--', from)) return undefined
    return this.#after(text, '-->', from + 4, false)
  }

  #closed(text: string, from: number, line: string): number | undefined {
    const tag = line.startsWith(BLOCK_OPEN) ? 'div' : TAG.exec(line)?.[1]
    return tag === undefined ? undefined : this.#after(text, `</${tag}>`, from + 1, true)
  }

  #opening(text: string, from: number, line: string): number | undefined {
    if (!TAG.test(line)) return undefined
    const end = tagEnd(text, from)
    return end !== undefined && endsBlock(text, end, true) ? end : undefined
  }

  /** The first end of this kind behind `from` that is also the end of a block. */
  #after(text: string, closing: string, from: number, blank: boolean): number | undefined {
    let ends = this.#ends.get(closing)
    if (!ends) {
      ends = []
      const marks = closing === '</div>' ? [closing, BLOCK_CLOSE] : [closing]
      for (const mark of marks)
        for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1))
          if (endsBlock(text, at + mark.length, blank)) ends.push(at + mark.length)
      ends.sort((a, b) => a - b)
      this.#ends.set(closing, ends)
    }
    return ends.find((end) => end > from)
  }
}

/** Whether only blanks and then the end or a line break (`blank`: an empty line) are here. */
function endsBlock(text: string, at: number, blank: boolean): boolean {
  while (text.charAt(at) === ' ') at++
  if (at >= text.length || text.startsWith(blank ? '\n\n' : '\n', at)) return true
  return text.charAt(at) === '\n' && text.slice(at, at + 200).trim() === '' && text.length <= at + 200
}

function joined(lines: readonly string[]): { text: string; starts: number[] } {
  const starts: number[] = []
  let at = 0
  for (const line of lines) {
    starts.push(at)
    at += line.length + 1
  }
  return { text: lines.join('\n'), starts }
}
