/** One series as Prometheus keeps it: seconds since the epoch and values, in its order. */
export interface Kept {
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly (readonly [seconds: number, value: number])[]
}

/** What a page says of a family, by its name. */
export type Types = ReadonlyMap<string, string>

/** Something that a real cluster's metrics would not show; `where` is one series of those that do. */
export interface Oddity {
  readonly what: string
  readonly metric: string
  readonly series: number
  readonly where: string
}

/** Names and types of the families of pages in the text format. */
export function typesOf(pages: readonly string[]): Types {
  const types = new Map<string, string>()
  for (const page of pages)
    for (const [, name = '', type = ''] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      if (type === 'histogram') for (const suffix of ['_bucket', '_sum', '_count']) types.set(name + suffix, 'counter')
      else if (type === 'summary')
        for (const suffix of ['', '_sum', '_count']) types.set(name + suffix, suffix === '' ? 'gauge' : 'counter')
      else types.set(name, type)
    }
  return types
}

const named = ({ labels }: Kept): string => labels['__name__'] ?? ''
const shown = ({ labels }: Kept): string =>
  `{${Object.entries(labels)
    .filter(([name]) => name !== '__name__' && name !== 'cluster')
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`

/** What is wrong with the series of one metric. @param restarted whether the program behind a series began anew in that time */
export function odditiesOf(
  series: readonly Kept[],
  type: string | undefined,
  restarted: (series: Kept) => boolean,
): { readonly odd: readonly Oddity[]; readonly resets: number } {
  const found = new Map<string, { count: number; where: string }>()
  const note = (what: string, each: Kept, more = '') => {
    const known = found.get(what)
    if (known) known.count++
    else found.set(what, { count: 1, where: `${shown(each)}${more}` })
  }
  let resets = 0
  for (const each of series) {
    let before: readonly [number, number] | undefined
    for (const sample of each.samples) {
      const [seconds, value] = sample
      if (Number.isNaN(value) || (type === 'counter' && !Number.isFinite(value))) note('not a number', each)
      if (type === 'counter' && value < 0) note('a counter below zero', each)
      if (before && seconds <= before[0]) note('a sample twice, or out of order', each)
      if (before && type === 'counter' && value < before[1]) {
        resets++
        if (!restarted(each)) note('a counter that went back though nothing began anew', each, ` ${before[1]} → ${value}`)
      }
      before = sample
    }
    const perSecond = type === 'counter' ? steepest(each) : 0
    if (perSecond > mostPerSecond(named(each))) note('grows faster than any machine could', each, ` ${perSecond.toPrecision(4)}/s`)
  }
  return {
    odd: [...found].map(([what, { count, where }]) => ({
      what,
      metric: named(series[0] ?? { labels: {}, samples: [] }),
      series: count,
      where,
    })),
    resets,
  }
}

function steepest({ samples }: Kept): number {
  let most = 0
  for (const [index, [seconds, value]] of samples.entries()) {
    const before = samples[index - 1]
    if (before && seconds > before[0]) most = Math.max(most, (value - before[1]) / (seconds - before[0]))
  }
  return most
}

/** What the workshop's two nodes could do at most: 24 processors, a gigabit of network. */
function mostPerSecond(name: string): number {
  if (name.endsWith('cpu_seconds_total') || name.endsWith('cpu_usage_seconds_total')) return 24
  return /bytes/.test(name) ? 500_000_000 : /seconds/.test(name) ? 5000 : 200_000
}

/** Buckets of histograms that do not add up, of the newest sample of each. */
export function brokenHistograms(buckets: readonly Kept[], counts: readonly Kept[]): readonly Oddity[] {
  const odd: Oddity[] = []
  const without = ({ labels: { le: _le, __name__: _name, ...rest } }: Kept) => JSON.stringify(Object.entries(rest).toSorted())
  const countOf = new Map(counts.map((each) => [without(each), each.samples.at(-1)?.[1]]))
  const groups = Map.groupBy(buckets, without)
  for (const [key, group] of groups) {
    const [one] = group
    if (!one) continue
    const rising = group
      .map((each) => [Number((each.labels['le'] ?? '').replace('+Inf', 'Infinity')), each.samples.at(-1)?.[1] ?? NaN] as const)
      .toSorted(([a], [b]) => a - b)
    const broken = (what: string) => odd.push({ what, metric: named(one), series: 1, where: shown(one) })
    if (rising.some(([, value], index) => value < (rising[index - 1]?.[1] ?? 0))) broken('buckets that are not cumulative')
    if (rising.at(-1)?.[0] !== Infinity) broken('no +Inf bucket')
    else if (rising.at(-1)?.[1] !== countOf.get(key)) broken('_count is not the +Inf bucket')
  }
  return odd
}
