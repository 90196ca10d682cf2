import { prometheusConfig } from '../scrape/config.ts'
import { askOrRefuse } from './ask.ts'
import { alertsOf, ruleGroups } from './rules.ts'
import { expandTemplate } from './template.ts'
import type { AskPrometheus } from '../../cluster-api.ts'
import type { SimulatedContainer } from '../../images/container.ts'
import type { Alert, Found, Rule, RuleGroup } from './rules.ts'

/** A rule as it was evaluated last. */
export interface Evaluated {
  readonly rule: Rule
  readonly health: 'ok' | 'err' | 'unknown'
  readonly lastError: string
  readonly alerts: readonly Alert[]
}

export interface EvaluatedGroup {
  readonly group: RuleGroup
  /** Seconds. */
  readonly interval: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly rules: readonly Evaluated[]
}

/** An alert that has been active for longer than this is said to be so since then. Seconds. */
const lookBack = 1800
const mostRules = 200

interface Remembered {
  readonly at: number
  /** Seconds from one evaluation of any group to the next. */
  readonly every: number
  readonly files: ReadonlyMap<string, string>
  readonly groups: Promise<readonly EvaluatedGroup[]>
}

/** Whoever asks twice between two evaluations gets the same answer, and costs nothing. */
const last = new WeakMap<SimulatedContainer, Remembered>()

/** Evaluates the rules that a Prometheus has loaded, as of its last turn to do so. @param now milliseconds since the epoch */
export function evaluateRules(
  container: SimulatedContainer,
  ask: AskPrometheus | undefined,
  now: number,
): Promise<readonly EvaluatedGroup[]> {
  const config = prometheusConfig(container.configuration ?? '')
  if (typeof config === 'string') return Promise.resolve([])
  const usual = config.evaluationInterval
  const known = last.get(container)
  if (known && known.at === turn(now, known.every) && known.files === container.included) return known.groups
  const loaded = ruleGroups(container.included)
  const every = Math.min(usual, ...loaded.map(({ interval }) => interval || usual))
  const at = turn(now, every)
  const groups = Promise.all(
    loaded.map(async (group): Promise<EvaluatedGroup> => {
      const interval = group.interval || usual
      const times = timesOf(turn(now, interval), interval, container.usage(now).startedAt / 1000)
      const rules = group.rules.slice(0, mostRules).map((rule) => evaluate(rule, times, interval, ask, config.externalLabels))
      return { group, interval, at: (times.at(-1) ?? at) * 1000, rules: await Promise.all(rules) }
    }),
  )
  last.set(container, { at, every, files: container.included, groups })
  return groups
}

/** The last moment at which what is done so often was done, in seconds. @param now milliseconds @param every seconds */
const turn = (now: number, every: number): number => Math.floor(now / 1000 / every) * every

function timesOf(end: number, interval: number, began: number): readonly number[] {
  const start = Math.max(end - Math.floor(lookBack / interval) * interval, Math.ceil(began / interval) * interval)
  return Array.from({ length: Math.max(Math.round((end - start) / interval) + 1, 0) }, (_, index) => start + index * interval)
}

async function evaluate(
  rule: Rule,
  times: readonly number[],
  interval: number,
  ask: AskPrometheus | undefined,
  externalLabels: Readonly<Record<string, string>>,
): Promise<Evaluated> {
  const [start, end] = [times[0], times.at(-1)]
  if (!ask || start === undefined || end === undefined) return { rule, health: 'unknown', lastError: '', alerts: [] }
  // Of a recording nothing is kept, but whether it could be evaluated is worth knowing.
  const asked = rule.type === 'alerting' ? start : end
  const parameters = { query: rule.expr, start: String(asked), end: String(end), step: String(interval) }
  const answer = JSON.parse((await askOrRefuse(ask, 'query_range', Object.entries(parameters))).body) as {
    readonly status: string
    readonly error?: string
    readonly data?: { readonly result: readonly Found[] }
  }
  if (answer.status !== 'success') return { rule, health: 'err', lastError: answer.error ?? '', alerts: [] }
  const fill = (template: string, labels: Readonly<Record<string, string>>, value: string) =>
    expandTemplate(template, labels, value, externalLabels)
  const alerts = rule.type === 'alerting' ? alertsOf(rule, answer.data?.result ?? [], times, fill) : []
  return { rule, health: 'ok', lastError: '', alerts }
}
