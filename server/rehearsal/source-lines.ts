/** Finds where in a deck's text something stands. */
export interface SourceLines {
  /** The line (from 1) of a slide's first heading, or of what is nearest to it. */
  ofSlide(title: string): number
  /** The line of a block's first line, after the slide's. */
  ofBlock(source: string, slideLine: number): number
  /** The line of an address, after the slide's. */
  ofText(text: string, slideLine: number): number
}

/** @param text the deck's file; a slide is looked for after the one before it */
export function sourceLines(text: string): SourceLines {
  const lines = text.split('\n')
  let last = 0
  const after = (from: number, fits: (line: string) => boolean): number | undefined => {
    const found = lines.findIndex((line, index) => index >= from && fits(line))
    return found < 0 ? undefined : found + 1
  }
  const ofText = (wanted: string, slideLine: number) => after(slideLine - 1, (line) => line.includes(wanted)) ?? slideLine
  return {
    ofSlide(title) {
      const words = title.slice(0, 40)
      last =
        after(last, (line) => line.startsWith('#') && plain(line).includes(words)) ??
        after(last, (line) => line.includes(words)) ??
        Math.max(last, 1)
      return last
    },
    ofBlock(source, slideLine) {
      const first = source.split('\n').find((line) => line.trim() !== '') ?? ''
      return ofText(first.trim(), slideLine)
    },
    ofText,
  }
}

/** A heading without what Markdown marks in it. */
function plain(line: string): string {
  return line.replaceAll(/[*`_]|\\(?=\W)/g, '')
}
