import { FenceFinder, lineEnd } from './fence-finder.ts'

/** Where the `]` of each `[` is, by their places in the text. */
export interface BracketEnds {
  /** Without those in code and behind a backslash. */
  readonly meant: ReadonlyMap<number, number>
  readonly all: ReadonlyMap<number, number>
}

/**
 * Pairs every bracket of a text in one pass (dialect 9.2). The original counts those in code as well, which goes wrong
 * when they do not pair up: they count only where nothing would end otherwise.
 */
export function bracketEnds(text: string): BracketEnds {
  const all = new Pairs()
  const meant = new Pairs()
  const fences = new FenceFinder(true)
  for (let from = 0; from < text.length;) {
    const end = lineEnd(text, from, text.length)
    const line = text.slice(from, end)
    // "```]" ends a class that began on the line of a fence: nothing opens there.
    const opening = openingFence(line)
    const fenced = opening === undefined ? undefined : fences.end(text, line.slice(opening), end, text.length)
    addLine(fenced === undefined ? line : line.slice(0, opening), from, all, meant)
    if (fenced === undefined) from = end + 1
    else {
      for (let at = from + (opening ?? 0); at < fenced; at++) all.add(text.charAt(at), at)
      from = text.charAt(fenced) === '\n' ? fenced + 1 : fenced
    }
  }
  return { all: all.ends, meant: meant.ends }
}

/** Where a fence may open on a line: at its start, or behind the opening of a class (".a[```js"). */
function openingFence(line: string): number | undefined {
  if (!line.includes('```') && !line.includes('~~~')) return undefined
  const bracket = line.lastIndexOf('[')
  if (bracket >= 0 && !/\.[\w-]{1,100}$/.test(line.slice(Math.max(0, bracket - 101), bracket))) return undefined
  return line.includes(']', bracket + 1) ? undefined : bracket + 1
}

function addLine(line: string, from: number, all: Pairs, meant: Pairs): void {
  if (!line.includes('[') && !line.includes(']')) return
  const spans = line.includes('`') ? codeSpans(line) : []
  let code = 0
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    all.add(char, from + at)
    while (code < spans.length && at >= (spans[code]?.to ?? 0)) code++
    const span = spans[code]
    if (!span || at < span.from) meant.add(char, from + at, line.charAt(at - 1) === '\\')
  }
}

/** Where the bracket that opens at `open` closes. */
export function endOf(ends: BracketEnds, open: number): number | undefined {
  return ends.meant.get(open) ?? ends.all.get(open)
}

class Pairs {
  readonly ends = new Map<number, number>()
  readonly #open: { readonly at: number; readonly escaped: boolean }[] = []

  /** @param escaped whether a backslash stands before it: such a `]` ends only what began so, as in `\[x\]` and `\[]` */
  add(char: string, at: number, escaped = false): void {
    if (char === '[') this.#open.push({ at, escaped })
    else if (char === ']' && (!escaped || this.#open.at(-1)?.escaped)) {
      const open = this.#open.pop()
      if (open) this.ends.set(open.at, at)
    }
  }
}

/** The code spans of a line: from a run of backticks to the next one as long. */
function codeSpans(line: string): { readonly from: number; readonly to: number }[] {
  const runs = [...line.matchAll(/(?<!\\)`+/g)].map(({ 0: run, index }) => ({ index, length: run.length }))
  const nextOf = new Map<number, number>()
  const next = runs.map(() => -1)
  for (const [index, { length }] of [...runs.entries()].toReversed()) {
    next[index] = nextOf.get(length) ?? -1
    nextOf.set(length, index)
  }
  const spans: { from: number; to: number }[] = []
  for (let index = 0; index < runs.length; index++) {
    const [open, close] = [runs[index], runs[next[index] ?? -1]]
    if (!open || !close) continue
    spans.push({ from: open.index, to: close.index + close.length })
    index = next[index] ?? index
  }
  return spans
}
