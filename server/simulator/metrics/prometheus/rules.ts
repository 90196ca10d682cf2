import { parseDocument } from 'yaml'
import { z } from 'zod'
import { secondsOf } from '../scrape/config.ts'

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const Texts = z.record(z.string(), Scalar).nullish()
const Duration = z
  .string()
  .nullish()
  .transform((text) => (text ? (secondsOf(text) ?? 0) : 0))

/** https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
const Rule = z
  .object({
    alert: z.string().optional(),
    record: z.string().optional(),
    expr: Scalar,
    for: Duration,
    keep_firing_for: Duration,
    labels: Texts,
    annotations: Texts,
  })
  .refine(({ alert, record }) => (alert === undefined) !== (record === undefined), "one of 'record' and 'alert' must be set")

const Groups = z.object({
  groups: z.array(z.object({ name: z.string().min(1), interval: Duration, rules: z.array(Rule).nullish() })).nullish(),
})

/** Durations are in seconds. */
export interface Rule {
  readonly type: 'alerting' | 'recording'
  readonly name: string
  readonly expr: string
  readonly for: number
  readonly keepFiringFor: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface RuleGroup {
  readonly name: string
  readonly file: string
  /** Seconds; 0 for as often as the configuration says. */
  readonly interval: number
  readonly rules: readonly Rule[]
}

/** The groups of rule files, by path. A file that Prometheus would not load has none. */
export function ruleGroups(files: ReadonlyMap<string, string>): readonly RuleGroup[] {
  return [...files].flatMap(([file, text]) => {
    const document = parseDocument(text, { prettyErrors: false })
    const parsed = document.errors.length > 0 ? undefined : Groups.safeParse(document.toJS({ maxAliasCount: 20 }) ?? {})
    return (parsed?.data?.groups ?? []).map((group): RuleGroup => ({
      name: group.name,
      file,
      interval: group.interval,
      rules: (group.rules ?? []).map((rule): Rule => ({
        type: rule.alert === undefined ? 'recording' : 'alerting',
        name: rule.alert ?? rule.record ?? '',
        expr: rule.expr.trim(),
        for: rule.for,
        keepFiringFor: rule.keep_firing_for,
        labels: rule.labels ?? {},
        annotations: rule.annotations ?? {},
      })),
    }))
  })
}

/** Where an expression had a value: seconds since the epoch and the value, oldest first. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [seconds: number, value: string])[]
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
  /** Seconds since the epoch: since when its expression has had a value without a break, */
  readonly activeAt: number
  /** and since when it fires. */
  readonly firingAt: number | undefined
  readonly value: string
}

/**
 * The alerts of a rule, worked out from what its expression gave at each evaluation of the last while. Prometheus counts as it goes;
 * nothing ticks here, so whoever asks has the same counted again.
 * @param times the evaluations, oldest first, in seconds @param expand fills a template in
 */
export function alertsOf(
  rule: Rule,
  found: readonly Found[],
  times: readonly number[],
  expand: (template: string, labels: Readonly<Record<string, string>>, value: string) => string,
): readonly Alert[] {
  const last = times.at(-1)
  if (last === undefined) return []
  return found.flatMap(({ metric, values }): Alert[] => {
    const at = new Map(values.map(([seconds, value]) => [Math.round(seconds), value]))
    let activeAt: number | undefined
    let firingAt: number | undefined
    let seenAt = -Infinity
    for (const time of times) {
      if (at.has(Math.round(time))) {
        activeAt ??= time
        seenAt = time
        if (firingAt === undefined && time - activeAt >= rule.for) firingAt = time
      } else if (firingAt === undefined || time - seenAt >= rule.keepFiringFor) activeAt = firingAt = undefined
    }
    if (activeAt === undefined) return []
    const value = at.get(Math.round(seenAt)) ?? 'NaN'
    const { __name__: _name, ...own } = metric
    const fill = (templates: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(templates).map(([name, template]) => [name, expand(template, own, value)]))
    const labels = Object.fromEntries(
      Object.entries({ ...own, ...fill(rule.labels), alertname: rule.name })
        .filter(([, text]) => text !== '')
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    )
    return [
      { labels, annotations: fill(rule.annotations), state: firingAt === undefined ? 'pending' : 'firing', activeAt, firingAt, value },
    ]
  })
}
