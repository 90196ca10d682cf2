import { exposition } from '../metrics/exposition.ts'
import type { Family, Labels, Sample } from '../metrics/exposition.ts'
import { bounds } from './ledger.ts'
import type { Count } from './ledger.ts'
import { targetOf } from './calls.ts'
import { fillTemplate } from './log-template.ts'
import type { MetricDocument } from './schema.ts'
import { noise } from './seeded.ts'

/** What a program's own metrics are worked out from. */
export interface MetricSources {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly startedAt: number
  readonly seed: string
  readonly fields: Readonly<Record<string, string>>
  readonly counts: readonly Count[]
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

/** The page that a program answers its scraper with, in Prometheus' text format. @param more what the description does not say itself */
export function appMetrics(metrics: readonly MetricDocument[], sources: MetricSources, more: readonly Family[] = []): string {
  const own = metrics.map((metric) => familyOf(metric, sources))
  const named = new Set(own.map(({ name }) => name))
  return exposition([...own, ...more.filter(({ name }) => !named.has(name))])
}

function familyOf(metric: MetricDocument, sources: MetricSources): Family {
  const { name, help, type } = metric
  const samples = metric.of === 'requests' || metric.of === 'calls' ? counted(metric, sources) : [single(metric, sources)]
  return { name, help: help || name, type, samples }
}

/** Requests or calls, those with the same labels together. */
function counted(metric: MetricDocument, sources: MetricSources): readonly Sample[] {
  const what = metric.of === 'calls' ? 'called' : 'served'
  const groups = new Map<string, { labels: Labels; counts: Count[] }>()
  for (const count of sources.counts) {
    if (count.what !== what || !chosen(metric, count)) continue
    const labels = labelsOf(metric, sources, count)
    const key = JSON.stringify(labels)
    const group = groups.get(key) ?? { labels, counts: [] }
    group.counts.push(count)
    groups.set(key, group)
  }
  // One without labels is there from the start, as client libraries have it.
  if (groups.size === 0 && Object.keys(metric.labels).length === 0) groups.set('', { labels: {}, counts: [] })
  return [...groups.values()].flatMap(({ labels, counts }) => {
    const sum = (pick: (count: Count) => number) => counts.reduce((total, each) => total + pick(each), 0)
    const total = sum((each) => each.count)
    if (metric.type !== 'histogram') return [{ labels, value: total * metric.times }]
    return [
      ...bounds.map((bound, index) => ({
        suffix: '_bucket',
        labels: { ...labels, le: String(bound) },
        value: sum((each) => each.buckets[index] ?? 0),
      })),
      { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: total },
      { suffix: '_sum', labels, value: sum((each) => each.seconds) },
      { suffix: '_count', labels, value: total },
    ]
  })
}

function chosen(metric: MetricDocument, { route, status }: Count): boolean {
  const byRoute = metric.route === undefined || route === metric.route || (metric.of === 'calls' && route.startsWith(metric.route))
  const wanted = metric.status
  return (
    byRoute &&
    (wanted === undefined || status === wanted || (/^\dxx$/.test(wanted) && status.startsWith(wanted.charAt(0)) && status.length === 3))
  )
}

function labelsOf(metric: MetricDocument, { at, seed, fields }: MetricSources, count?: Count): Labels {
  const target = count && targetOf(count.route)
  const own = count && {
    method: count.method,
    route: target?.path ?? count.route,
    status: count.status,
    class: /^\d{3}$/.test(count.status) ? `${count.status.charAt(0)}xx` : count.status,
    service: target?.host ?? '',
  }
  const fill = (text: string) => fillTemplate(text, { millis: at, seed, index: 0, fields: { ...fields, ...own } })
  return Object.fromEntries(Object.entries(metric.labels).map(([name, text]) => [name, fill(text)]))
}

function single(metric: MetricDocument, sources: MetricSources): Sample {
  return { labels: labelsOf(metric, sources), value: valueOf(metric, sources) * metric.times }
}

function valueOf(
  { of, type, value, swing, name }: MetricDocument,
  { at, startedAt, seed, cpuSeconds, memoryBytes }: MetricSources,
): number {
  const seconds = Math.max((at - startedAt) / 1000, 0)
  if (of === 'cpu') return cpuSeconds
  if (of === 'memory') return memoryBytes
  if (of === 'start') return startedAt / 1000
  if (of === 'uptime') return seconds
  if (type === 'counter') return Math.floor(value * seconds)
  const turn = (2 * Math.PI * at) / 300_000 + noise(`${seed}/${name}`, 0) * 2 * Math.PI
  const swung = value * (1 + swing * Math.sin(turn))
  return Number.isInteger(value) ? Math.round(swung) : swung
}
