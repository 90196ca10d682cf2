import type { Series } from '../../server/protocol/server-message.ts'

/** uPlot's shape: one column of times, and one of values for each series. */
export type Columns = [number[], ...(number | null)[][]]

/** Puts series on one row of times. Where a series has nothing at a time, its line has a gap. */
export function columnsOf(series: readonly Series[]): Columns {
  const times = [...new Set(series.flatMap((one) => one.times))].toSorted((a, b) => a - b)
  const row = new Map(times.map((time, index) => [time, index]))
  const values = series.map((one) => {
    const column: (number | null)[] = times.map(() => null)
    for (const [index, time] of one.times.entries()) column[row.get(time) ?? 0] = one.values[index] ?? null
    return column
  })
  return [times, ...values]
}

export const lastOf = (series: Series): number | undefined => series.values.findLast((value) => value !== null) ?? undefined

export function boundsOf(series: readonly Series[]): { readonly least: number; readonly largest: number } {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null))
  return { least: Math.min(0, ...values), largest: Math.max(0, ...values) }
}

/** A chart is never narrower than this: a single point needs time around it. */
const LEAST_SECONDS = 120

/** The time that a chart shows: what was asked for, but not the empty time before the first value. */
export function shownRange(series: readonly Series[], from: number, to: number): [number, number] {
  const first = Math.min(...series.flatMap((one) => one.times.filter((_time, index) => one.values[index] !== null)))
  if (!Number.isFinite(first)) return [from, to]
  const margin = (to - first) * 0.04
  return [Math.max(from, Math.min(first - margin, to - LEAST_SECONDS)), to]
}
