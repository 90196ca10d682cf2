/** As much of a terminal's newest output as is worth looking at, by offset since it opened. */
export interface OutputWindow {
  append(data: string): void
  /** Where output has come to. */
  readonly end: number
  /** From one offset to another, of what is still there; a line at its head says when the beginning is not. */
  slice(from: number, to?: number): string
}

/** @param most UTF-16 code units that are kept */
export function outputWindow(most: number): OutputWindow {
  let kept = ''
  let end = 0
  return {
    append(data) {
      end += data.length
      kept += data
      // Not at every piece: each cut copies what is kept.
      if (kept.length > 2 * most) kept = kept.slice(-most)
    },
    get end() {
      return end
    },
    slice(from, to = end) {
      const first = end - kept.length
      const lost = Math.max(first - from, 0)
      const there = kept.slice(Math.max(from - first, 0), Math.max(to - first, 0))
      return lost === 0 ? there : `[${Math.min(lost, to - from)} characters before this were not kept]\r\n${there}`
    },
  }
}
