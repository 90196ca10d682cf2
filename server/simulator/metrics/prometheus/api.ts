import { rfc3339 } from '../../../kernel/clock.ts'
import { prometheusConfig } from '../scrape/config.ts'
import { askOrRefuse } from './ask.ts'
import { evaluateRules } from './evaluate.ts'
import { consolePage } from './console.ts'
import { alertmanagersOf, targetsJson } from './targets.ts'
import type { SimulatedContainer } from '../../images/container.ts'
import type { Decided } from '../../images/web.ts'
import type { HttpRequest } from '../../network/view.ts'
import type { MetricsSources } from '../pages.ts'
import type { EvaluatedGroup } from './evaluate.ts'

/**
 * The HTTP API and pages of the Prometheus in a cluster. Targets and rules are worked out from its configuration now; queries go to
 * the real Prometheus that keeps this cluster's samples. https://prometheus.io/docs/prometheus/latest/querying/api/
 */
export function prometheusAnswer(container: SimulatedContainer, request: HttpRequest, sources: MetricsSources): Decided | Promise<Decided> {
  const [place = '/', query = ''] = request.path.split('?')
  const asked = new URLSearchParams(query)
  if (request.method === 'POST' && request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true)
    for (const [name, value] of new URLSearchParams(request.body)) asked.append(name, value)
  if (!place.startsWith('/api/v1/')) return consolePage(place, asked, container, sources)
  const path = place.slice('/api/v1/'.length).replace(/\/$/, '')
  const now = sources.clock.now()
  switch (path) {
    case 'targets':
      return success(targetsJson(container, sources, asked))
    case 'targets/metadata':
    case 'query_exemplars':
      return success([])
    case 'rules':
      return evaluateRules(container, sources.ask, now).then((groups) =>
        success({ groups: groups.map((each) => groupJson(each, asked.get('type'))) }),
      )
    case 'alerts':
      return evaluateRules(container, sources.ask, now).then((groups) =>
        success({ alerts: groups.flatMap(({ rules }) => rules.flatMap(({ alerts }) => alerts.map(alertJson))) }),
      )
    case 'alertmanagers':
      return success({ activeAlertmanagers: alertmanagersOf(container, sources).map((url) => ({ url })), droppedAlertmanagers: [] })
    case 'status/config':
      return success({ yaml: container.configuration ?? '' })
    case 'status/flags':
      return success(Object.fromEntries(container.argv.flatMap((word) => flagOf(word))))
    case 'status/runtimeinfo':
      return success({
        startTime: rfc3339(container.usage(now).startedAt),
        CWD: '/prometheus',
        reloadConfigSuccess: typeof prometheusConfig(container.configuration ?? '') !== 'string',
        lastConfigTime: rfc3339(container.usage(now).startedAt),
        corruptionCount: 0,
        goroutineCount: 42,
        GOMAXPROCS: 2,
        storageRetention: flagIn(container, '--storage.tsdb.retention.time') ?? '15d',
      })
    case 'metadata':
      return success({})
    default:
      return /^(?:query|query_range|series|labels|label\/[^/]+\/values|format_query|parse_query)$/.test(path)
        ? queried(path, asked, sources)
        : { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' }
  }
}

function groupJson({ group, interval, at, rules }: EvaluatedGroup, type: string | null): object {
  return {
    name: group.name,
    file: group.file,
    interval,
    limit: 0,
    evaluationTime: 0.002,
    lastEvaluation: rfc3339(at),
    rules: rules
      .filter(({ rule }) => type === null || rule.type === (type === 'alert' ? 'alerting' : 'recording'))
      .map(({ rule, health, lastError, alerts }) => ({
        ...(rule.type === 'alerting' && {
          state: alerts.some(({ state }) => state === 'firing') ? 'firing' : alerts.length > 0 ? 'pending' : 'inactive',
        }),
        name: rule.name,
        query: rule.expr,
        ...(rule.type === 'alerting' && { duration: rule.for, keepFiringFor: rule.keepFiringFor }),
        labels: rule.labels,
        ...(rule.type === 'alerting' && { annotations: rule.annotations, alerts: alerts.map(alertJson) }),
        health,
        ...(lastError !== '' && { lastError }),
        evaluationTime: 0.001,
        lastEvaluation: rfc3339(at),
        type: rule.type,
      })),
  }
}

const alertJson = ({ labels, annotations, state, activeAt, value }: EvaluatedGroup['rules'][number]['alerts'][number]): object => ({
  labels,
  annotations,
  state,
  activeAt: rfc3339(activeAt * 1000),
  value: Number(value)
    .toExponential()
    .replace(/e([+-])(\d)$/, 'e$10$2'),
})

async function queried(path: string, asked: URLSearchParams, { ask }: MetricsSources): Promise<Decided> {
  const { status, body } = await askOrRefuse(ask, path, [...asked])
  return { status, type: 'application/json', body }
}

const success = (data: unknown): Decided => ({ type: 'application/json', body: JSON.stringify({ status: 'success', data }) })

function flagOf(word: string): readonly (readonly [string, string])[] {
  const [, name, value = 'true'] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
  return name === undefined ? [] : [[name, value]]
}

const flagIn = ({ argv }: SimulatedContainer, flag: string): string | undefined =>
  argv.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1)
