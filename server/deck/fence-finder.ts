const FENCE = /^[ \t]*(`{3,}|~{3,})([^`\n]*)$/

/** Where the line that holds `from` ends, within the text before `to`. */
export function lineEnd(text: string, from: number, to: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 || end > to ? to : end
}

/** Finds where fences end, line after line of one text, and remembers which runs have no closing line any more. */
export class FenceFinder {
  readonly #unclosed: Record<string, number> = { '`': Infinity, '~': Infinity }
  readonly #inClasses: boolean

  /** @param inClasses whether the end of a content class may stand behind a closing run: "```]" */
  constructor(inClasses = false) {
    this.#inClasses = inClasses
  }

  /**
   * Where the closing line ends of the fence that `line` opens, if it opens one (dialect 2.4).
   * @param end of `line` @param to where the text ends
   */
  end(text: string, line: string, end: number, to: number): number | undefined {
    if (!line.includes('```') && !line.includes('~~~')) return undefined
    const [, run = '', info = ''] = FENCE.exec(line) ?? []
    const mark = run.charAt(0)
    if (mark === '' || run.length >= (this.#unclosed[mark] ?? Infinity) || (mark === '~' && info.includes('~'))) return undefined
    for (let from = end + 1; from < to;) {
      const next = lineEnd(text, from, to)
      const written = text.slice(from, next)
      const bracket = this.#inClasses ? written.indexOf(']') : -1
      const closing = (bracket < 0 ? written : written.slice(0, bracket)).trim()
      if (closing.length >= run.length && closing === mark.repeat(closing.length)) return bracket < 0 ? next : from + bracket
      from = next + 1
    }
    this.#unclosed[mark] = run.length
    return undefined
  }
}
