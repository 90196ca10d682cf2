/** IBM Plex Mono's advance and our line height, as parts of the type size. */
const ADVANCE = 0.6
const LINE = 1.2 * 1.3

/** The largest type size at which so many columns and rows fit into a place, within reason. */
export function scaledType(place: { width: number; height: number }, columns: number, rows: number): number {
  const size = Math.min(place.width / (columns * ADVANCE), place.height / (rows * LINE))
  return Math.max(6, Math.min(60, Math.floor(size * 4 + 1e-9) / 4))
}

/** Like `scaledType`, but never under `least`: then the screen is taller than its place, which scrolls with the cursor. */
export function legibleType(place: { width: number; height: number }, columns: number, rows: number, least: number): number {
  const byWidth = scaledType({ width: place.width, height: Number.POSITIVE_INFINITY }, columns, rows)
  return Math.max(scaledType(place, columns, rows), Math.min(least, byWidth))
}
