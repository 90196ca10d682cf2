import { rfc3339 } from '../../../kernel/clock.ts'
import { prometheusConfig } from '../scrape/config.ts'
import { fetchPage, scraperOf, targetsOf } from '../scrape/targets.ts'
import type { SimulatedContainer } from '../../images/container.ts'
import type { MetricsSources } from '../pages.ts'
import type { Target } from '../scrape/targets.ts'

/** A target and how its last scrape went. */
export interface ShownTarget {
  readonly target: Target
  readonly health: 'up' | 'down'
  readonly lastError: string
}

/** Where its alerts are sent: the addresses of Alertmanagers that its configuration leads to. */
export function alertmanagersOf(container: SimulatedContainer, sources: MetricsSources): readonly string[] {
  return alertmanagerTargets(container, sources).map(({ scheme, address }) => `${scheme}://${address}/api/v2/alerts`)
}

/** The same as targets, which alerts would be sent to. */
export function alertmanagerTargets(container: SimulatedContainer, sources: MetricsSources): readonly Target[] {
  const config = prometheusConfig(container.configuration ?? '')
  return typeof config === 'string' ? [] : config.alertmanagers.flatMap((each) => targetsOf(each, scraperOf(container, sources)))
}

/** The targets of a Prometheus, each asked now. */
export function shownTargets(container: SimulatedContainer, sources: MetricsSources): readonly ShownTarget[] {
  const config = prometheusConfig(container.configuration ?? '')
  if (typeof config === 'string') return []
  const scraper = scraperOf(container, sources)
  return config.jobs
    .flatMap((job) => targetsOf(job, scraper))
    .map((target): ShownTarget => {
      const page = fetchPage(target, scraper, true)
      return page.ok ? { target, health: 'up', lastError: '' } : { target, health: 'down', lastError: errorOf(target, page.why) }
    })
}

const urlOf = ({ scheme, address, path }: Target): string => `${scheme}://${address}${path}`

/** As Go's HTTP client says it. */
function errorOf(target: Target, why: string): string {
  const [host = ''] = target.address.split(/:(?=\d+$)/)
  const reason: Readonly<Record<string, string>> = {
    'refused': `dial tcp ${target.address}: connect: connection refused`,
    'unreachable': `dial tcp ${target.address}: connect: no route to host`,
    'timeout': 'context deadline exceeded',
    'no such host': `dial tcp: lookup ${host} on 10.96.0.10:53: no such host`,
    'wrong protocol': target.scheme === 'https' ? 'http: server gave HTTP response to HTTPS client' : 'malformed HTTP response',
  }
  const said = reason[why]
  return said === undefined ? why : `Get "${urlOf(target)}": ${said}`
}

/** `/api/v1/targets` */
export function targetsJson(container: SimulatedContainer, sources: MetricsSources, asked: URLSearchParams): object {
  const state = asked.get('state')
  const pool = asked.get('scrapePool')
  const now = sources.clock.now()
  const all = state === 'dropped' ? [] : shownTargets(container, sources)
  const activeTargets = all
    .filter(({ target }) => pool === null || target.job.name === pool)
    .map(({ target, health, lastError }) => ({
      discoveredLabels: Object.fromEntries(target.discovered),
      labels: Object.fromEntries(target.labels),
      scrapePool: target.job.name,
      scrapeUrl: urlOf(target),
      globalUrl: urlOf(target),
      lastError,
      lastScrape: rfc3339(Math.floor(now / 1000 / target.job.interval) * target.job.interval * 1000),
      lastScrapeDuration: 0.004,
      health,
      scrapeInterval: durationText(target.job.interval),
      scrapeTimeout: durationText(target.job.timeout),
    }))
  return { activeTargets, droppedTargets: [], droppedTargetCounts: {} }
}

/** `1m30s` */
export function durationText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [Math.floor(seconds) % 60, 's'],
  ] as const
  const text = parts.flatMap(([amount, unit]) => (amount > 0 ? [`${amount}${unit}`] : [])).join('')
  return text || (seconds > 0 ? `${Math.round(seconds * 1000)}ms` : '0s')
}
