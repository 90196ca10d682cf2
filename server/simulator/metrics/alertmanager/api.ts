import type { z } from 'zod'

import { evaluateRules } from '../prometheus/evaluate.ts'
import { alertmanagerTargets } from '../prometheus/targets.ts'
import { escaped, labelsText, table, webPage } from '../prometheus/page.ts'
import { runningPrometheus } from '../scrape/targets.ts'
import { alertmanagerConfig, keptBy, matcherOf, matches, PostedAlerts, PostedSilence, receiversOf } from './state.ts'
import type { SimulatedContainer } from '../../images/container.ts'
import type { Decided } from '../../images/web.ts'
import type { HttpRequest } from '../../network/view.ts'
import type { MetricsSources } from '../pages.ts'
import type { AlertmanagerConfig, Matcher, SentAlert, Silence } from './state.ts'

/** As Alertmanager writes times. @param millis since the epoch */
const rfc3339Milli = (millis: number): string => new Date(millis).toISOString()

type Labels = Readonly<Record<string, string>>

/** An alert, and why nobody may be told of it. */
interface Seen extends SentAlert {
  readonly fingerprint: string
  readonly silencedBy: readonly string[]
  readonly inhibitedBy: readonly string[]
}

/** Without a word from who sent it, an alert is over after this long (`resolve_timeout`). */
const resolvedAfter = 300_000
const mostKept = 500

/**
 * Alertmanager's API and page: the alerts that fire in the cluster's Prometheus, if that sends them here, and those that people
 * send; silences, inhibitions and who would be told. Nobody is. https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
export function alertmanagerAnswer(
  container: SimulatedContainer,
  request: HttpRequest,
  sources: MetricsSources,
  hash: (text: string) => string,
): Decided | Promise<Decided> {
  const [place = '/', query = ''] = request.path.split('?')
  const asked = new URLSearchParams(query)
  const now = sources.clock.now()
  const [, what, id] = /^\/api\/v2\/([a-z]+(?:\/groups)?)(?:\/([^/]+))?$/.exec(place) ?? []
  const config = alertmanagerConfig(container.configuration ?? '')
  const seen = () => seenAlerts(container, sources, config, now, hash)
  switch (`${request.method} ${what ?? place}`) {
    case 'GET alerts':
      return filtered(seen, asked, (alerts) =>
        json(
          200,
          alerts.map((alert) => alertJson(alert, config)),
        ),
      )
    case 'GET alerts/groups':
      return filtered(seen, asked, (alerts) => json(200, groupsJson(alerts, config)))
    case 'POST alerts':
      return takeAlerts(container, request.body, now)
    case 'GET silences':
      return json(
        200,
        [...keptBy(container).silences.values()].map((silence) => silenceJson(silence, now)),
      )
    case 'POST silences':
      return takeSilence(container, request.body, now, hash)
    case 'GET silence':
    case 'DELETE silence':
      return oneSilence(container, request.method, id ?? '', now)
    case 'GET receivers':
      return json(
        200,
        config.receivers.map((name) => ({ name })),
      )
    case 'GET status':
      return json(200, statusOf(container, now))
    case 'GET /':
      return seen().then((alerts) => alertsPage(alerts, [...keptBy(container).silences.values()], config, now))
    default:
      return { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' }
  }
}

const json = (status: number, body: unknown): Decided => ({ status, type: 'application/json', body: `${JSON.stringify(body)}\n` })

/** @returns those that it was told of and that are not over */
async function seenAlerts(
  container: SimulatedContainer,
  sources: MetricsSources,
  config: AlertmanagerConfig,
  now: number,
  hash: (text: string) => string,
): Promise<readonly Seen[]> {
  const own = [...keptBy(container).sent.values()].filter(({ endsAt }) => endsAt > now)
  const alerts = [...(await fromPrometheus(container, sources, now)), ...own]
  const silences = [...keptBy(container).silences.values()].filter((silence) => stateOf(silence, now) === 'active')
  const named = alerts.map((alert) => ({
    ...alert,
    fingerprint: hash(JSON.stringify(Object.entries(alert.labels).toSorted())).slice(0, 16),
  }))
  return named.map((alert) => ({
    ...alert,
    silencedBy: silences.filter(({ matchers }) => matchers.every((matcher) => matches(matcher, alert.labels))).map(({ id }) => id),
    inhibitedBy: config.inhibitions
      .filter(({ target }) => target.every((matcher) => matches(matcher, alert.labels)))
      .flatMap((rule) =>
        named.filter(
          (other) =>
            other !== alert &&
            rule.source.every((matcher) => matches(matcher, other.labels)) &&
            rule.equal.every((label) => (other.labels[label] ?? '') === (alert.labels[label] ?? '')),
        ),
      )
      .map(({ fingerprint }) => fingerprint),
  }))
}

/** What the cluster's Prometheus has told it: what fires there, when its configuration leads here. */
async function fromPrometheus(container: SimulatedContainer, sources: MetricsSources, now: number): Promise<readonly SentAlert[]> {
  const prometheus = runningPrometheus(sources)
  if (!prometheus) return []
  const ip = prometheus.config.pod.status?.podIP ?? ''
  const own = container.config.pod.status?.podIP
  const { network } = sources.runtime
  const leadsHere = alertmanagerTargets(prometheus, sources).some(({ address }) => {
    const [host = '', port = ''] = address.split(/:(?=\d+$)/)
    const place = network.resolve(ip, prometheus.config.pod.metadata.namespace ?? 'default', host)
    return !('failed' in place) && network.routes(ip, place.ip, Number(port)).some((route) => route.to === 'endpoint' && route.ip === own)
  })
  if (!leadsHere) return []
  const groups = await evaluateRules(prometheus, sources.ask, now)
  return groups.flatMap(({ interval, at, rules }) =>
    rules.flatMap(({ rule, alerts }) =>
      alerts.flatMap(({ labels, annotations, firingAt }): SentAlert[] =>
        firingAt === undefined
          ? []
          : [
              {
                labels,
                annotations,
                startsAt: firingAt * 1000,
                // Prometheus says so again each minute at most, and that it holds four times as long.
                endsAt: at + 4 * Math.max(interval, 60) * 1000,
                updatedAt: at,
                generatorURL: `http://${prometheus.config.pod.metadata.name}:9090/graph?g0.expr=${encodeURIComponent(rule.expr)}&g0.tab=1`,
              },
            ],
      ),
    ),
  )
}

async function filtered(
  seen: () => Promise<readonly Seen[]>,
  asked: URLSearchParams,
  answer: (alerts: readonly Seen[]) => Decided,
): Promise<Decided> {
  const filters: Matcher[] = []
  for (const text of asked.getAll('filter')) {
    const matcher = matcherOf(text)
    if (!matcher) return json(400, `bad matcher format: ${text}`)
    filters.push(matcher)
  }
  const wants = (name: string) => asked.get(name) !== 'false'
  const shown = (alert: Seen) =>
    alert.silencedBy.length > 0 ? wants('silenced') : alert.inhibitedBy.length > 0 ? wants('inhibited') : wants('active')
  return answer((await seen()).filter((alert) => shown(alert) && filters.every((matcher) => matches(matcher, alert.labels))))
}

const suppressed = ({ silencedBy, inhibitedBy }: Seen): boolean => silencedBy.length + inhibitedBy.length > 0

function alertJson(alert: Seen, config: AlertmanagerConfig): object {
  const { labels, annotations, startsAt, endsAt, updatedAt, generatorURL, fingerprint, silencedBy, inhibitedBy } = alert
  return {
    annotations,
    endsAt: rfc3339Milli(endsAt),
    fingerprint,
    receivers: receiversOf(config, labels).map(({ receiver }) => ({ name: receiver })),
    startsAt: rfc3339Milli(startsAt),
    status: { inhibitedBy, mutedBy: [], silencedBy, state: suppressed(alert) ? 'suppressed' : 'active' },
    updatedAt: rfc3339Milli(updatedAt),
    generatorURL,
    labels,
  }
}

function groupsJson(alerts: readonly Seen[], config: AlertmanagerConfig): readonly object[] {
  const groups = new Map<string, { labels: Labels; receiver: { name: string }; alerts: object[] }>()
  for (const alert of alerts) {
    for (const { receiver, groupBy } of receiversOf(config, alert.labels)) {
      const by = groupBy.includes('...') ? Object.keys(alert.labels) : groupBy
      const labels = Object.fromEntries(by.flatMap((name) => (alert.labels[name] === undefined ? [] : [[name, alert.labels[name]]])))
      const key = JSON.stringify([receiver, labels])
      const group = groups.get(key) ?? { labels, receiver: { name: receiver }, alerts: [] }
      groups.set(key, group)
      group.alerts.push(alertJson(alert, config))
    }
  }
  return [...groups.values()]
}

function takeAlerts(container: SimulatedContainer, body: string, now: number): Decided {
  const posted = parsed(PostedAlerts, body)
  if ('why' in posted) return json(400, posted.why)
  const { sent } = keptBy(container)
  for (const { labels, annotations, startsAt, endsAt, generatorURL } of posted.value) {
    const key = JSON.stringify(Object.entries(labels).toSorted())
    const began = startsAt === undefined ? (sent.get(key)?.startsAt ?? now) : Date.parse(startsAt)
    if (sent.size >= mostKept && !sent.has(key)) for (const [old, { endsAt: over }] of sent) if (over <= now) sent.delete(old)
    if (sent.size < mostKept || sent.has(key))
      sent.set(key, {
        labels,
        annotations,
        generatorURL,
        startsAt: began,
        endsAt: endsAt === undefined ? now + resolvedAfter : Date.parse(endsAt),
        updatedAt: now,
      })
  }
  return { status: 200, body: '' }
}

const stateOf = ({ startsAt, endsAt }: Silence, now: number): 'pending' | 'active' | 'expired' =>
  now < startsAt ? 'pending' : now < endsAt ? 'active' : 'expired'

function silenceJson(silence: Silence, now: number): object {
  const { id, matchers, startsAt, endsAt, updatedAt, createdBy, comment } = silence
  return {
    id,
    status: { state: stateOf(silence, now) },
    updatedAt: rfc3339Milli(updatedAt),
    comment,
    createdBy,
    endsAt: rfc3339Milli(endsAt),
    matchers,
    startsAt: rfc3339Milli(startsAt),
  }
}

function takeSilence(container: SimulatedContainer, body: string, now: number, hash: (text: string) => string): Decided {
  const posted = parsed(PostedSilence, body)
  if ('why' in posted) return json(400, posted.why)
  const { id: given, startsAt, endsAt, ...rest } = posted.value
  const { silences } = keptBy(container)
  if (given && !silences.has(given)) return json(404, 'silence not found')
  const times = { startsAt: Math.max(Date.parse(startsAt), now), endsAt: Date.parse(endsAt) }
  if (times.endsAt <= times.startsAt) return json(400, 'failed to create silence: end time must not be before start time')
  if (silences.size >= mostKept) return json(400, 'failed to create silence: there are too many')
  const hex = hash(`${now}/${silences.size}/${body}`)
  const id = given ?? `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  silences.set(id, { ...rest, ...times, id, updatedAt: now })
  return json(200, { silenceID: id })
}

function oneSilence(container: SimulatedContainer, method: string, id: string, now: number): Decided {
  const { silences } = keptBy(container)
  const silence = silences.get(id)
  if (!silence) return json(404, 'silence not found')
  if (method === 'GET') return json(200, silenceJson(silence, now))
  silences.set(id, { ...silence, endsAt: Math.min(silence.endsAt, now), updatedAt: now })
  return { status: 200, body: '' }
}

function parsed<T>(schema: z.ZodType<T>, body: string): { readonly value: T } | { readonly why: string } {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return { why: 'parsing body body from "" failed, because invalid character in JSON' }
  }
  const read = schema.safeParse(document)
  return read.success
    ? { value: read.data }
    : { why: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') }
}

function statusOf(container: SimulatedContainer, now: number): object {
  const version = container.fields()['tag'] ?? ''
  return {
    cluster: { name: container.config.pod.metadata.name, peers: [], status: 'ready' },
    config: { original: container.configuration ?? '' },
    uptime: rfc3339Milli(container.usage(now).startedAt),
    versionInfo: { branch: 'HEAD', buildDate: '', buildUser: '', goVersion: 'go1.25.3', revision: '', version },
  }
}

function alertsPage(alerts: readonly Seen[], silences: readonly Silence[], config: AlertmanagerConfig, now: number): Decided {
  const rows = alerts.map((alert) => ({
    cells: [
      `<code>${escaped(labelsText(alert.labels))}</code><br>${escaped(Object.values(alert.annotations).join(' '))}`,
      suppressed(alert) ? (alert.silencedBy.length > 0 ? 'silenced' : 'inhibited') : 'active',
      escaped(rfc3339Milli(alert.startsAt)),
      escaped(
        receiversOf(config, alert.labels)
          .map(({ receiver }) => receiver)
          .join(', '),
      ),
    ],
    className: suppressed(alert) ? 'pending' : 'firing',
  }))
  const quiet = silences.map((silence) => ({
    cells: [
      `<code>${escaped(silence.matchers.map(({ name, value, isRegex, isEqual }) => `${name}${isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!='}"${value}"`).join(', '))}</code><br>${escaped(silence.comment)}`,
      stateOf(silence, now),
      escaped(rfc3339Milli(silence.endsAt)),
      escaped(silence.createdBy),
    ],
  }))
  const body =
    `<h1>Alerts</h1>${rows.length === 0 ? '<p>No alerts.</p>' : table(['Alert', 'State', 'Since', 'Receiver'], rows)}` +
    `<h1>Silences</h1>${quiet.length === 0 ? '<p>None.</p>' : table(['Silence', 'State', 'Until', 'By'], quiet)}`
  return { type: 'text/html; charset=utf-8', body: webPage('Alertmanager', [['/', 'Alerts']], body) }
}
