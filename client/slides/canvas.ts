/** The canvas that slides are written for. */
export const CANVAS = { width: 1920, height: 1080 } as const

/** A pane narrower than this cannot show the whole canvas legibly: text would be under 12 px. */
const NARROW_PANE = 560
const NARROW_CANVAS = 860

/**
 * The canvas for a pane of this size. The stage always shows 16 : 9. A free pane (an attendee's) may be taller: then the
 * canvas grows downwards, and a phone gets a narrow canvas on which the same text flows in one column.
 */
export function canvasFor(paneWidth: number, paneHeight: number, free: boolean): { readonly width: number; readonly height: number } {
  if (!free || paneWidth <= 0 || paneHeight <= 0) return CANVAS
  const width = paneWidth < NARROW_PANE ? NARROW_CANVAS : CANVAS.width
  const asPane = Math.round((width * paneHeight) / paneWidth)
  const least = width === CANVAS.width ? CANVAS.height : NARROW_CANVAS
  return { width, height: Math.max(least, asPane) }
}

/** Code is 32 px where it fits, and smaller for long lines, but never under 26 px: longer lines scroll. */
export function codeSize(source: string, roomPixels: number): number {
  const columns = Math.max(1, ...source.split('\n').map((line) => line.length))
  const advance = 0.6 // IBM Plex Mono: every character is 600 units of 1000 wide.
  return Math.max(26, Math.min(32, Math.floor(roomPixels / (columns * advance))))
}
