/** The canvas that slides are written for. */
export const CANVAS = { width: 1920, height: 1080 } as const

/** How a canvas may differ from 16 : 9: not at all; beside the stage's terminal; in an attendee's own pane. */
export type CanvasKind = 'whole' | 'beside' | 'pane'

/** A pane narrower than this cannot show a wide canvas legibly: text would be under 12 px. */
const NARROW_PANE = 560
const NARROW_WIDTH = 860
const BESIDE_WIDTH = 1400
const PANE_WIDTH = 1640

/**
 * The canvas for a place of this size. A stage shows 16 : 9. In a place that is taller than that, the canvas is
 * less wide and grows downwards, so that type stays large and nothing is left empty; on a phone it flows in one column.
 */
export function canvasFor(placeWidth: number, placeHeight: number, kind: CanvasKind): { readonly width: number; readonly height: number } {
  if (kind === 'whole' || placeWidth <= 0 || placeHeight <= 0) return CANVAS
  if (placeWidth / placeHeight >= CANVAS.width / CANVAS.height) return CANVAS
  if (kind === 'pane' && placeWidth < NARROW_PANE)
    return { width: NARROW_WIDTH, height: Math.max(NARROW_WIDTH, heightFor(NARROW_WIDTH, placeWidth, placeHeight)) }
  const width = kind === 'beside' ? BESIDE_WIDTH : PANE_WIDTH
  // Not less wide than leaves the height that slides are written for.
  const wide = Math.min(CANVAS.width, Math.max(width, Math.round((CANVAS.height * placeWidth) / placeHeight)))
  return { width: wide, height: Math.max(CANVAS.height, heightFor(wide, placeWidth, placeHeight)) }
}

const heightFor = (width: number, placeWidth: number, placeHeight: number): number => Math.round((width * placeHeight) / placeWidth)

/** Code is 32 px, larger where there is little of it, and smaller for long lines, but never under 26 px: longer lines scroll. */
export function codeSize(source: string, roomPixels: number): number {
  const lines = source.split('\n')
  const columns = Math.max(1, ...lines.map((line) => line.length))
  const largest = lines.length <= 4 ? 42 : lines.length <= 10 ? 38 : 32
  const advance = 0.6 // IBM Plex Mono: every character is 600 units of 1000 wide.
  return Math.max(26, Math.min(largest, Math.floor(roomPixels / (columns * advance))))
}
