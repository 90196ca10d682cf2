import { parseDocument } from 'yaml'
import { z } from 'zod'
import { compileRelabeling } from './relabel.ts'
import type { Relabeling } from './relabel.ts'

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config */
export const RelabelDocument = z.object({
  source_labels: z.array(z.string()).default([]),
  separator: z.string().default(';'),
  target_label: z.string().default(''),
  regex: Scalar.default('(.*)'),
  modulus: z.number().int().min(0).default(0),
  replacement: Scalar.default('$1'),
  action: z
    .string()
    .toLowerCase()
    .pipe(
      z.enum([
        'replace',
        'keep',
        'drop',
        'labelmap',
        'labeldrop',
        'labelkeep',
        'lowercase',
        'uppercase',
        'keepequal',
        'dropequal',
        'hashmod',
      ]),
    )
    .default('replace'),
})

const Discovery = z.object({
  role: z.enum(['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress']),
  namespaces: z.object({ names: z.array(z.string()).default([]), own_namespace: z.boolean().default(false) }).nullish(),
})

/** `1h30m`, as Prometheus writes durations. */
const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 }

/** The seconds of a duration as Prometheus writes it; undefined when it is none. */
export function secondsOf(duration: string): number | undefined {
  if (!/^(?:\d+(?:ms|[smhdwy]))+$|^0$/.test(duration)) return undefined
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0), 0)
}

const Duration = z.string().transform((text, context) => {
  const seconds = secondsOf(text)
  if (seconds === undefined) context.addIssue({ code: 'custom', message: `not a valid duration string: "${text}"` })
  return seconds ?? 0
})

const Job = z.object({
  job_name: z.string().min(1),
  scrape_interval: Duration.optional(),
  scrape_timeout: Duration.optional(),
  scheme: z.enum(['http', 'https']).default('http'),
  metrics_path: z.string().default('/metrics'),
  params: z.record(z.string(), z.array(Scalar)).default({}),
  honor_labels: z.boolean().default(false),
  authorization: z.object({ credentials: z.string().optional(), credentials_file: z.string().optional() }).nullish(),
  bearer_token: z.string().optional(),
  bearer_token_file: z.string().optional(),
  static_configs: z
    .array(z.object({ targets: z.array(z.string()).default([]), labels: z.record(z.string(), Scalar).default({}) }))
    .nullish(),
  kubernetes_sd_configs: z.array(Discovery).nullish(),
  relabel_configs: z.array(RelabelDocument).nullish(),
  metric_relabel_configs: z.array(RelabelDocument).nullish(),
})

const Config = z.object({
  global: z
    .object({
      scrape_interval: Duration.default(60),
      scrape_timeout: Duration.default(10),
      evaluation_interval: Duration.default(60),
      external_labels: z.record(z.string(), Scalar).default({}),
    })
    .nullish(),
  scrape_configs: z.array(Job).nullish(),
  rule_files: z.array(z.string()).nullish(),
  alerting: z.object({ alertmanagers: z.array(Job.omit({ job_name: true, metrics_path: true })).nullish() }).nullish(),
})

/** One job of a Prometheus' configuration. */
export interface ScrapeJob {
  readonly name: string
  /** Seconds, as the file says. */
  readonly interval: number
  readonly timeout: number
  readonly scheme: 'http' | 'https'
  readonly path: string
  readonly params: Readonly<Record<string, readonly string[]>>
  readonly honorLabels: boolean
  /** The bearer token it sends: the token itself, or the file that holds it. */
  readonly credentials: { readonly token?: string | undefined; readonly file?: string | undefined }
  readonly fixed: readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[]
  readonly discoveries: readonly z.output<typeof Discovery>[]
  readonly relabeling: Relabeling
  readonly metricRelabeling: Relabeling
}

export type DiscoveryDocument = z.output<typeof Discovery>

/** What a `prometheus.yml` says, as far as it is followed. */
export interface PrometheusConfig {
  readonly jobs: readonly ScrapeJob[]
  /** Where alerts are sent: found as targets are. */
  readonly alertmanagers: readonly ScrapeJob[]
  /** Patterns of files with rules. */
  readonly ruleFiles: readonly string[]
  /** Seconds from one evaluation of the rules to the next. */
  readonly evaluationInterval: number
  readonly externalLabels: Readonly<Record<string, string>>
}

/** Texts are the same in most clusters of a room; each is read once. */
const read = new Map<string, PrometheusConfig | string>()
const mostRemembered = 200

/** Reads a `prometheus.yml`. @returns what is wrong, in a sentence, for one that Prometheus would not load */
export function prometheusConfig(text: string): PrometheusConfig | string {
  const known = read.get(text)
  if (known !== undefined) return known
  const made = configOf(text)
  if (read.size >= mostRemembered) read.clear()
  read.set(text, made)
  return made
}

function configOf(text: string): PrometheusConfig | string {
  const document = parseDocument(text, { prettyErrors: false })
  const [broken] = document.errors
  if (broken) return `yaml: ${broken.message}`
  const parsed = Config.safeParse(document.toJS({ maxAliasCount: 20 }) ?? {})
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  const { data } = parsed
  const jobs = data.scrape_configs ?? []
  const names = new Set(jobs.map((job) => job.job_name))
  if (names.size < jobs.length) return 'found multiple scrape configs with the same job name'
  const interval = data.global?.scrape_interval ?? 60
  const usual = { interval, timeout: Math.min(data.global?.scrape_timeout ?? 10, interval) }
  try {
    return {
      jobs: jobs.map((job) => jobOf(job, usual)),
      alertmanagers: (data.alerting?.alertmanagers ?? []).map((each, index) =>
        jobOf({ ...each, job_name: `config-${index}`, metrics_path: '/api/v2/alerts' }, usual),
      ),
      ruleFiles: data.rule_files ?? [],
      evaluationInterval: Math.max(data.global?.evaluation_interval ?? 60, 1),
      externalLabels: data.global?.external_labels ?? {},
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function jobOf(job: z.output<typeof Job>, usual: Pick<ScrapeJob, 'interval' | 'timeout'>): ScrapeJob {
  const interval = job.scrape_interval ?? usual.interval
  return {
    name: job.job_name,
    interval,
    timeout: job.scrape_timeout ?? Math.min(usual.timeout, interval),
    scheme: job.scheme,
    path: job.metrics_path,
    params: job.params,
    honorLabels: job.honor_labels,
    credentials: {
      token: job.authorization?.credentials ?? job.bearer_token,
      file: job.authorization?.credentials_file ?? job.bearer_token_file,
    },
    fixed: job.static_configs ?? [],
    discoveries: job.kubernetes_sd_configs ?? [],
    relabeling: compileRelabeling(job.relabel_configs ?? []),
    metricRelabeling: compileRelabeling(job.metric_relabel_configs ?? []),
  }
}
