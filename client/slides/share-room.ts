/** Type of recorded output, in canvas pixels: as large as its longest line lets it be. */
const TYPE = { least: 20, most: 26 }
/** IBM Plex Mono: every character is 600 units of 1000 wide. */
const ADVANCE = 0.6
const LINE_HEIGHT = 1.36
/** Above the first line and below the last. */
const PADDING = 18
/** An output is cut to no less than this many lines. */
const LEAST_LINES = 5

/** What a rehearsal's commands said gives way to what else a slide says: a long output keeps its first lines, and can be scrolled. */
export function shareRoom(body: HTMLElement, step: HTMLElement): void {
  const outputs = [...step.querySelectorAll<HTMLElement>('.recorded-text')].filter((output) => output.offsetParent !== null)
  if (outputs.length === 0) return
  // A phone's slide scrolls by itself, and is small enough as it is.
  const scrolls = getComputedStyle(body).overflowY === 'auto'
  for (const output of outputs) {
    const size = scrolls ? TYPE.most : sizeFor(output.textContent, output.clientWidth - 64)
    output.style.setProperty('--output-size', `${size}px`)
    output.style.maxHeight = ''
  }
  if (scrolls) return
  const heights = outputs.map(({ offsetHeight }) => offsetHeight)
  const cap = capFor(heights, body.scrollHeight - body.clientHeight, LEAST_LINES * TYPE.most * LINE_HEIGHT)
  for (const output of outputs) {
    const line = parseFloat(getComputedStyle(output).fontSize) * LINE_HEIGHT
    // No line is cut through.
    if (output.offsetHeight > cap) output.style.maxHeight = `${PADDING + Math.floor((cap - PADDING) / line) * line}px`
    const hidden = Math.round((output.scrollHeight - output.clientHeight - PADDING) / line)
    const frame = output.parentElement
    if (hidden > 0 && frame) frame.dataset['more'] = hidden === 1 ? '1 more line' : `${hidden} more lines`
    else delete frame?.dataset['more']
  }
}

/** The height that no output may exceed, so that together they lose what is too much; never less than `least`. */
export function capFor(heights: readonly number[], excess: number, least: number): number {
  if (excess <= 0) return Infinity
  const sorted = heights.toSorted((a, b) => b - a)
  let taken = 0
  for (const [index, height] of sorted.entries()) {
    const next = sorted[index + 1] ?? 0
    const more = (index + 1) * (height - next)
    if (taken + more >= excess) return Math.max(least, Math.floor(height - (excess - taken) / (index + 1)))
    taken += more
  }
  return least
}

function sizeFor(text: string, width: number): number {
  const columns = Math.max(1, ...text.split('\n').map(({ length }) => length))
  return Math.max(TYPE.least, Math.min(TYPE.most, Math.floor(width / (columns * ADVANCE))))
}
