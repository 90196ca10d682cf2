import { exposition } from '../exposition.ts'
import { labelled, labelledFamilies } from './labelled.ts'
import { relabel } from './relabel.ts'
import { prometheusConfig } from './config.ts'
import { fetchPage, runningPrometheus, scraperOf, targetsOf } from './targets.ts'
import type { SimulatedContainer } from '../../images/container.ts'
import type { MetricsSources } from '../pages.ts'
import type { ScrapeJob } from './config.ts'
import type { Labelled } from './labelled.ts'
import type { Page } from './targets.ts'

/** What the cluster's own Prometheus scrapes now: nothing before it is ready. @param more labels on top, on every sample */
export function scrape(sources: MetricsSources, more: Readonly<Record<string, string>>, interval?: number): string {
  const container = runningPrometheus(sources)
  return container ? scrapeAll(container, sources, more, interval) : ''
}

/**
 * What a Prometheus would have scraped by now, in the text format: every target that its configuration leads to,
 * reached over the cluster's network with the rights of its service account, and what Prometheus says itself about each scrape.
 * @param more labels on top, on every sample: `cluster` says whose they are
 */
function scrapeAll(
  container: SimulatedContainer,
  sources: MetricsSources,
  more: Readonly<Record<string, string>>,
  interval: number | undefined,
): string {
  const config = prometheusConfig(container.configuration ?? '')
  if (typeof config === 'string') return ''
  const scraper = scraperOf(container, sources)
  const due = config.jobs.filter((job) => interval === undefined || scrapedEvery(job) === interval)
  const targets = due.flatMap((job) => targetsOf(job, scraper))
  const containersToo = new Set(
    (due.length === config.jobs.length ? targets : config.jobs.flatMap((job) => targetsOf(job, scraper)))
      .filter(({ path }) => path === '/metrics/cadvisor')
      .map(({ address }) => address),
  )
  const parts: string[] = []
  for (const target of targets) {
    const all = new Map([...target.labels, ...Object.entries(more)])
    // A kubelet tells of containers on two pages; cAdvisor's is the one that queries mean, and sums must not count twice.
    const briefly = target.path === '/metrics/resource' && containersToo.has(target.address)
    const page = fetchPage(target, scraper, briefly)
    const made = page.ok ? labelledPage(page, all, target.job) : undefined
    if (made) parts.push(made.text)
    parts.push(report(all, made?.samples))
  }
  return parts.join('')
}

/** Nobody is scraped more often: one Prometheus scrapes the clusters of a whole room. Seconds. */
export const shortestInterval = 5

const scrapedEvery = ({ interval }: ScrapeJob): number => Math.max(interval, shortestInterval)

/** How often the jobs of the cluster's own Prometheus are scraped, as its configuration says; undefined when none runs. */
export function scrapeIntervals(sources: Pick<MetricsSources, 'api' | 'runtime'>): readonly number[] | undefined {
  const container = runningPrometheus(sources)
  const config = container && prometheusConfig(container.configuration ?? '')
  if (config === undefined || typeof config === 'string') return undefined
  return [...new Set(config.jobs.map(scrapedEvery))].toSorted((a, b) => a - b)
}

function labelledPage(page: Extract<Page, { ok: true }>, labels: ReadonlyMap<string, string>, job: ScrapeJob): Labelled | undefined {
  const { metricRelabeling, honorLabels } = job
  if ('families' in page && metricRelabeling.length === 0 && !honorLabels) return labelledFamilies(page.families, labels)
  const rules = metricRelabeling.length > 0 ? (each: Map<string, string>) => relabel(metricRelabeling, each) : undefined
  return labelled('text' in page ? page.text : exposition(page.families), labels, honorLabels, rules)
}

/** What Prometheus adds to each scrape. https://prometheus.io/docs/concepts/jobs_instances/ @param samples undefined when it failed */
function report(labels: ReadonlyMap<string, string>, samples: number | undefined): string {
  const text =
    `up ${samples === undefined ? 0 : 1}\nscrape_duration_seconds ${samples === undefined ? 0.01 : 0.002 + samples * 0.000004}\n` +
    `scrape_samples_scraped ${samples ?? 0}\nscrape_samples_post_metric_relabeling ${samples ?? 0}\n`
  return labelled(text, labels, false)?.text ?? ''
}
