/** Labels that people know things by, the most telling first. */
const telling = [
  'pod',
  'container',
  'node',
  'deployment',
  'service',
  'namespace',
  'phase',
  'resource',
  'verb',
  'code',
  'method',
  'path',
  'quantile',
  'device',
  'instance',
  'job',
  '__name__',
]

type Labels = Readonly<Record<string, string>>

/** A short name for each series: as few labels as tell them apart, the most telling ones. */
export function namesOf(series: readonly Labels[], query: string): readonly string[] {
  const keys = [...new Set(series.flatMap((labels) => Object.keys(labels)))].toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  if (series.length === 1) {
    const key = keys.find((candidate) => candidate !== '__name__' && telling.includes(candidate))
    return [(key && series[0]?.[key]) || series[0]?.['__name__'] || query]
  }
  const chosen: string[] = []
  for (const key of keys.filter((candidate) => new Set(series.map((labels) => labels[candidate])).size > 1)) {
    if (new Set(series.map((labels) => nameBy(labels, chosen))).size === series.length) break
    const more = [...chosen, key]
    if (chosen.length === 0 || distinct(series, more) > distinct(series, chosen)) chosen.push(key)
  }
  return series.map((labels, index) => nameBy(labels, chosen) || `series ${index + 1}`)
}

const rank = (key: string): number => (telling.includes(key) ? telling.indexOf(key) : telling.length)
const nameBy = (labels: Labels, keys: readonly string[]): string => keys.flatMap((key) => (labels[key] ? [labels[key]] : [])).join(' · ')
const distinct = (series: readonly Labels[], keys: readonly string[]): number => new Set(series.map((labels) => nameBy(labels, keys))).size

/** Moves labels apart that would overlap, as little as possible, in their order, within the plot's height. */
export function spreadLabels(wanted: readonly number[], gap: number, height: number): readonly number[] {
  const order = wanted.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at)
  const places = order.map(({ at }) => at)
  for (let index = 1; index < places.length; index++) places[index] = Math.max(places[index] ?? 0, (places[index - 1] ?? 0) + gap)
  let ceiling = height
  for (let index = places.length - 1; index >= 0; index--) {
    places[index] = Math.min(places[index] ?? 0, ceiling)
    ceiling = (places[index] ?? 0) - gap
  }
  const spread = [...wanted]
  for (const [rankAt, { index }] of order.entries()) spread[index] = places[rankAt] ?? 0
  return spread
}
