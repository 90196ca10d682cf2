import { rfc3339 } from '../../../kernel/clock.ts'
import { alertmanagersOf, durationText, shownTargets } from './targets.ts'
import { askOrRefuse } from './ask.ts'
import { evaluateRules } from './evaluate.ts'
import { escaped, labelsText, table, webPage } from './page.ts'
import type { SimulatedContainer } from '../../images/container.ts'
import type { Decided } from '../../images/web.ts'
import type { MetricsSources } from '../pages.ts'
import type { EvaluatedGroup } from './evaluate.ts'

const links = [
  ['/query', 'Query'],
  ['/alerts', 'Alerts'],
  ['/targets', 'Targets'],
  ['/rules', 'Rules'],
  ['/config', 'Configuration'],
] as const

const page = (body: string): Decided => ({ type: 'text/html; charset=utf-8', body: webPage('Prometheus', links, body) })

/** What a browser sees of a cluster's Prometheus: not its own pages, but the same facts in plain HTML. */
export function consolePage(
  path: string,
  asked: URLSearchParams,
  container: SimulatedContainer,
  sources: MetricsSources,
): Decided | Promise<Decided> {
  switch (path) {
    case '/query':
    case '/graph':
      return queryPage(asked.get('expr') ?? asked.get('g0.expr') ?? '', sources)
    case '/alerts':
      return evaluateRules(container, sources.ask, sources.clock.now()).then((groups) => page(alertsBody(groups)))
    case '/rules':
      return evaluateRules(container, sources.ask, sources.clock.now()).then((groups) => page(rulesBody(groups)))
    case '/targets':
    case '/service-discovery':
      return page(targetsBody(container, sources))
    case '/config':
    case '/status':
    case '/flags':
      return page(
        `<h1>Configuration</h1><pre>${escaped(container.configuration ?? '')}</pre><h2>Command line</h2><pre>${escaped(container.argv.join('\n'))}</pre>` +
          `<h2>Alertmanagers</h2><pre>${escaped(alertmanagersOf(container, sources).join('\n') || 'none')}</pre>`,
      )
    default:
      return { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' }
  }
}

interface InstantAnswer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly resultType: string; readonly result: unknown }
}

interface Shown {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

async function queryPage(expression: string, { ask }: MetricsSources): Promise<Decided> {
  const form = `<h1>Query</h1><form action="/query"><input name="expr" aria-label="Expression" value="${escaped(expression)}" autofocus> <button>Execute</button></form>`
  if (expression === '') return page(`${form}<p>An expression, such as <code>up</code>.</p>`)
  const answer = JSON.parse((await askOrRefuse(ask, 'query', [['query', expression]])).body) as InstantAnswer
  if (answer.status !== 'success' || !answer.data) return page(`${form}<p class="err">${escaped(answer.error ?? 'no answer')}</p>`)
  const { resultType, result } = answer.data
  if (resultType === 'scalar' || resultType === 'string')
    return page(`${form}<p><code>${escaped(String((result as unknown[])[1]))}</code></p>`)
  const rows = (result as readonly Shown[]).slice(0, 1000).map(({ metric, value, values = [] }) => ({
    cells: [`<code>${escaped(labelsText(metric))}</code>`, escaped(value?.[1] ?? values.map(([at, text]) => `${text} @${at}`).join('\n'))],
  }))
  return page(`${form}${rows.length === 0 ? '<p>Empty query result</p>' : table(['Element', 'Value'], rows)}`)
}

function alertsBody(groups: readonly EvaluatedGroup[]): string {
  const rules = groups.flatMap(({ group, rules: each }) =>
    each.filter(({ rule }) => rule.type === 'alerting').map((evaluated) => ({ group, ...evaluated })),
  )
  const rows = rules.flatMap(({ group, rule, alerts }) => {
    const name = `<b>${escaped(rule.name)}</b><br><small>${escaped(group.name)}</small>`
    if (alerts.length === 0) return [{ cells: [name, 'inactive', `<code>${escaped(rule.expr)}</code>`, '', ''], className: 'inactive' }]
    return alerts.map(({ state, labels, annotations, activeAt, value }) => ({
      cells: [
        name,
        state,
        `<code>${escaped(labelsText(labels))}</code><br>${escaped(Object.values(annotations).join(' '))}`,
        escaped(rfc3339(activeAt * 1000)),
        escaped(value),
      ],
      className: state,
    }))
  })
  const count = (state: string) => rules.filter(({ alerts }) => alerts.some((each) => each.state === state)).length
  const firing = count('firing')
  const summary = `${firing} firing, ${count('pending')} pending, ${rules.filter(({ alerts }) => alerts.length === 0).length} inactive`
  return `<h1>Alerts</h1><p>${summary}</p>${rows.length === 0 ? '<p>No alerting rules are loaded.</p>' : table(['Rule', 'State', 'Labels', 'Active since', 'Value'], rows)}`
}

function rulesBody(groups: readonly EvaluatedGroup[]): string {
  const parts = groups.map(
    ({ group, interval, rules }) =>
      `<h2>${escaped(group.name)}</h2><p><code>${escaped(group.file)}</code>, every ${durationText(interval)}</p>` +
      table(
        ['Rule', 'State', 'Error'],
        rules.map(({ rule, health, lastError }) => ({
          cells: [
            `<b>${escaped(rule.name)}</b><br><code>${escaped(rule.expr)}</code>${rule.for > 0 ? `<br>for ${durationText(rule.for)}` : ''}`,
            health,
            escaped(lastError),
          ],
          className: health,
        })),
      ),
  )
  return `<h1>Rules</h1>${parts.join('') || '<p>No rules are loaded.</p>'}`
}

function targetsBody(container: SimulatedContainer, sources: MetricsSources): string {
  const pools = Map.groupBy(shownTargets(container, sources), ({ target }) => target.job.name)
  const parts = [...pools].map(
    ([name, targets]) =>
      `<h2>${escaped(name)} (${targets.filter(({ health }) => health === 'up').length}/${targets.length} up)</h2>` +
      table(
        ['Endpoint', 'State', 'Labels', 'Error'],
        targets.map(({ target, health, lastError }) => ({
          cells: [
            `<code>${escaped(`${target.scheme}://${target.address}${target.path}`)}</code>`,
            health.toUpperCase(),
            `<code>${escaped(labelsText(Object.fromEntries(target.labels)))}</code>`,
            escaped(lastError),
          ],
          className: health,
        })),
      ),
  )
  return `<h1>Targets</h1>${parts.join('') || '<p>No job has a target.</p>'}`
}
