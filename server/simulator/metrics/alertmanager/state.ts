import { parseDocument } from 'yaml'
import { z } from 'zod'
import type { SimulatedContainer } from '../../images/container.ts'

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)

export const Matcher = z.object({ name: z.string().min(1), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) })
export type Matcher = z.output<typeof Matcher>

/** A silence as it is asked for. https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
export const PostedSilence = z.object({
  id: z.string().optional(),
  matchers: z.array(Matcher).min(1),
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }),
  createdBy: z.string(),
  comment: z.string(),
})

export interface Silence extends Omit<z.output<typeof PostedSilence>, 'id' | 'startsAt' | 'endsAt'> {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly startsAt: number
  readonly endsAt: number
  readonly updatedAt: number
}

export const PostedAlerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
    startsAt: z.iso.datetime({ offset: true }).optional(),
    endsAt: z.iso.datetime({ offset: true }).optional(),
    generatorURL: z.string().default(''),
  }),
)

/** An alert that somebody has sent. Times in milliseconds since the epoch. */
export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: number
  readonly endsAt: number
  readonly updatedAt: number
  readonly generatorURL: string
}

/** What one Alertmanager keeps, in memory. */
export interface Kept {
  readonly silences: Map<string, Silence>
  /** By their labels. */
  readonly sent: Map<string, SentAlert>
}

const kept = new WeakMap<SimulatedContainer, Kept>()

export function keptBy(container: SimulatedContainer): Kept {
  const known = kept.get(container) ?? { silences: new Map(), sent: new Map() }
  kept.set(container, known)
  return known
}

interface Route {
  readonly receiver?: string | undefined
  readonly matchers: readonly Matcher[]
  readonly groupBy?: readonly string[] | undefined
  readonly goOn: boolean
  readonly routes: readonly Route[]
}

export interface AlertmanagerConfig {
  readonly receivers: readonly string[]
  readonly inhibitions: readonly {
    readonly source: readonly Matcher[]
    readonly target: readonly Matcher[]
    readonly equal: readonly string[]
  }[]
  readonly route: Route
}

/** `severity="page"`, `app=~"a|b"`, `!=`, `!~`; undefined when it is none. */
export function matcherOf(text: string): Matcher | undefined {
  const [, name, operator = '=', quoted = ''] = /^\s*"?([a-zA-Z_:][\w:.-]*)"?\s*(=~|!~|!=|=)\s*(.*?)\s*$/s.exec(text) ?? []
  if (name === undefined) return undefined
  const value = /^".*"$/s.test(quoted) ? quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1') : quoted
  return { name, value, isRegex: operator.endsWith('~'), isEqual: !operator.startsWith('!') }
}

export function matches({ name, value, isRegex, isEqual }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const own = labels[name] ?? ''
  return (isRegex ? wholly(value, own) : own === value) === isEqual
}

function wholly(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 's').test(text)
  } catch {
    return false
  }
}

const Matching = {
  match: z.record(z.string(), Scalar).nullish(),
  match_re: z.record(z.string(), Scalar).nullish(),
  matchers: z.array(z.string()).nullish(),
}

interface RouteDocument {
  readonly receiver?: string | undefined
  readonly group_by?: readonly string[] | null | undefined
  readonly continue?: boolean | undefined
  readonly match?: Record<string, string> | null | undefined
  readonly match_re?: Record<string, string> | null | undefined
  readonly matchers?: readonly string[] | null | undefined
  readonly routes?: readonly RouteDocument[] | null | undefined
}

const RouteDocument: z.ZodType<RouteDocument> = z.object({
  receiver: z.string().optional(),
  group_by: z.array(z.string()).nullish(),
  continue: z.boolean().optional(),
  ...Matching,
  get routes() {
    return z.array(RouteDocument).nullish()
  },
})

const Document = z.object({
  route: RouteDocument.nullish(),
  receivers: z.array(z.object({ name: z.string() })).nullish(),
  inhibit_rules: z
    .array(
      z.object({
        source_match: Matching.match,
        source_match_re: Matching.match_re,
        source_matchers: Matching.matchers,
        target_match: Matching.match,
        target_match_re: Matching.match_re,
        target_matchers: Matching.matchers,
        equal: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
})

const nothing: AlertmanagerConfig = { receivers: [], inhibitions: [], route: { matchers: [], goOn: false, routes: [] } }

/** What an `alertmanager.yml` says of who is told what. https://prometheus.io/docs/alerting/latest/configuration/ */
export function alertmanagerConfig(text: string): AlertmanagerConfig {
  const document = parseDocument(text, { prettyErrors: false })
  const parsed = document.errors.length > 0 ? undefined : Document.safeParse(document.toJS({ maxAliasCount: 20 }) ?? {}).data
  if (!parsed) return nothing
  return {
    receivers: (parsed.receivers ?? []).map(({ name }) => name),
    route: routeOf(parsed.route ?? {}),
    inhibitions: (parsed.inhibit_rules ?? []).map((rule) => ({
      source: matchersOf(rule.source_match, rule.source_match_re, rule.source_matchers),
      target: matchersOf(rule.target_match, rule.target_match_re, rule.target_matchers),
      equal: rule.equal ?? [],
    })),
  }
}

function routeOf({
  receiver,
  group_by: groupBy,
  continue: goOn = false,
  match,
  match_re: matchRe,
  matchers,
  routes,
}: RouteDocument): Route {
  return {
    receiver,
    groupBy: groupBy ?? undefined,
    goOn,
    matchers: matchersOf(match, matchRe, matchers),
    routes: (routes ?? []).map(routeOf),
  }
}

function matchersOf(
  equal: Record<string, string> | null | undefined,
  regex: Record<string, string> | null | undefined,
  texts: readonly string[] | null | undefined,
): readonly Matcher[] {
  const given = (isRegex: boolean, entries: Record<string, string> | null | undefined) =>
    Object.entries(entries ?? {}).map(([name, value]): Matcher => ({ name, value, isRegex, isEqual: true }))
  const listed = (texts ?? []).flatMap((text) => splitMatchers(text)).flatMap((text) => matcherOf(text) ?? [])
  return [...given(false, equal), ...given(true, regex), ...listed]
}

/** `{a="b", c="d"}` in one text is two of them. */
function splitMatchers(text: string): readonly string[] {
  return text.replace(/^\s*\{(.*)\}\s*$/s, '$1').match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []
}

/** Who is told of an alert, and with which others. */
export function receiversOf(
  config: AlertmanagerConfig,
  labels: Readonly<Record<string, string>>,
): readonly { readonly receiver: string; readonly groupBy: readonly string[] }[] {
  const found = told(config.route, labels, '', [])
  return found.length > 0 ? found : []
}

function told(
  route: Route,
  labels: Readonly<Record<string, string>>,
  receiver: string,
  groupBy: readonly string[],
): { readonly receiver: string; readonly groupBy: readonly string[] }[] {
  if (!route.matchers.every((matcher) => matches(matcher, labels))) return []
  const own = { receiver: route.receiver ?? receiver, groupBy: route.groupBy ?? groupBy }
  const below: { readonly receiver: string; readonly groupBy: readonly string[] }[] = []
  for (const each of route.routes) {
    const found = told(each, labels, own.receiver, own.groupBy)
    below.push(...found)
    if (found.length > 0 && !each.goOn) break
  }
  return below.length > 0 ? below : [own]
}
