import type { Element, ElementContent } from 'hast'

/** What of a block of code stands out (dialect 13.2, 13.3). */
export interface CodeMarks {
  /** The code without its marks. */
  readonly text: string
  /** From 0. */
  readonly lines: readonly number[]
  /** Offsets in `text`, from and to. */
  readonly spans: readonly (readonly [number, number])[]
}

export interface MarkOptions {
  /** Lines with `*` in their first column. */
  readonly highlightLines: boolean
  /** Text between backticks. */
  readonly highlightSpans: boolean
}

const SPAN = /([^`])`([^`\n]+)`/g

/** Takes the marks out of a block's source, where the deck's options ask for them. */
export function readMarks(source: string, options: MarkOptions): CodeMarks {
  const lines: number[] = []
  const spans: [number, number][] = []
  if (!options.highlightLines && !options.highlightSpans) return { text: source, lines, spans }
  let offset = 0
  const out = source.split('\n').map((line, index) => {
    const starred = options.highlightLines && line.startsWith('*')
    if (starred) lines.push(index)
    const plain = starred ? (line.startsWith('* ') ? `  ${line.slice(2)}` : line.slice(1)) : line
    const marked = options.highlightSpans ? takeSpans(plain, offset, spans) : plain
    offset += marked.length + 1
    return marked
  })
  return { text: out.join('\n'), lines, spans }
}

function takeSpans(line: string, offset: number, spans: [number, number][]): string {
  let text = ''
  let from = 0
  for (const found of line.matchAll(SPAN)) {
    const [whole, before = '', inside = ''] = found
    text += line.slice(from, found.index)
    from = found.index + whole.length
    if (before === '\\') text += whole.slice(1)
    else {
      text += before
      spans.push([offset + text.length, offset + text.length + inside.length])
      text += inside
    }
  }
  return text + line.slice(from)
}

/** Attributes of a `code` element that say what stands out in it, until it is coloured. */
export function marksAsAttributes({ text, lines, spans }: CodeMarks): string {
  if (lines.length === 0 && spans.length === 0) return ''
  const starts = lineStarts(text)
  const ends = lines.map((line): [number, number] => [starts[line] ?? 0, (starts[line + 1] ?? text.length + 1) - 1])
  return ` data-lines="${written(ends)}" data-spans="${written(spans)}"`
}

const written = (ranges: readonly (readonly [number, number])[]): string => ranges.map((range) => range.join('-')).join(',')

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Wraps what stands out, after the colours have been put in; the attributes go. */
export function showMarks(code: Element): void {
  // Spans first: each is then inside its line.
  for (const [attribute, className] of [
    ['dataSpans', 'highlighted-span'],
    ['dataLines', 'highlighted-line'],
  ] as const) {
    const ranges = rangesIn(code.properties[attribute])
    delete code.properties[attribute]
    if (ranges.length > 0) code.children = wrap(code.children, ranges, className)
  }
}

export function rangesIn(value: Element['properties'][string]): [number, number][] {
  return [...String(value ?? '').matchAll(/(\d{1,9})-(\d{1,9})/g)].map(([, from, to]): [number, number] => [Number(from), Number(to)])
}

/** The children with what is in each range (in order, apart) inside a span of its own; elements in the way are divided. */
function wrap(children: readonly ElementContent[], ranges: readonly (readonly [number, number])[], className: string): ElementContent[] {
  const rest = children.toReversed()
  const out: ElementContent[] = []
  let offset = 0
  for (const [from, to] of ranges) {
    if (from < offset || to < from) continue
    for (const node of take(rest, from - offset)) out.push(node)
    out.push({ type: 'element', tagName: 'span', properties: { className: [className] }, children: take(rest, to - from) })
    offset = to
  }
  for (const node of rest.toReversed()) out.push(node)
  return out
}

/** Takes nodes with this much text off the end of `rest`, which holds them last to first. */
function take(rest: ElementContent[], length: number): ElementContent[] {
  const taken: ElementContent[] = []
  for (let left = length; left > 0;) {
    const node = rest.pop()
    if (!node) break
    const own = lengthOf(node)
    if (own <= left) taken.push(node)
    else {
      const [inside, after] = divided(node, left)
      taken.push(inside)
      rest.push(after)
    }
    left -= own
  }
  return taken
}

function divided(node: ElementContent, at: number): [ElementContent, ElementContent] {
  if (node.type === 'element') {
    const rest = node.children.toReversed()
    const before = take(rest, at)
    return [
      { ...node, children: before },
      { ...node, children: rest.toReversed() },
    ]
  }
  const value = node.type === 'text' ? node.value : ''
  return [
    { type: 'text', value: value.slice(0, at) },
    { type: 'text', value: value.slice(at) },
  ]
}

function lengthOf(node: ElementContent): number {
  if (node.type === 'text') return node.value.length
  return node.type === 'element' ? node.children.reduce((sum, child) => sum + lengthOf(child), 0) : 0
}
