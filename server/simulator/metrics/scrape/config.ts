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

const Job = z.object({
  job_name: z.string().min(1),
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
  global: z.object({ external_labels: z.record(z.string(), Scalar).default({}) }).nullish(),
  scrape_configs: z.array(Job).nullish(),
})

/** One job of a Prometheus' configuration. */
export interface ScrapeJob {
  readonly name: string
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

/** Texts are the same in most clusters of a room; each is read once. */
const read = new Map<string, readonly ScrapeJob[] | string>()
const mostRemembered = 200

/** The jobs of a `prometheus.yml`. @returns what is wrong, in a sentence, for one that Prometheus would not load */
export function scrapeJobs(text: string): readonly ScrapeJob[] | string {
  const known = read.get(text)
  if (known !== undefined) return known
  const made = jobsOf(text)
  if (read.size >= mostRemembered) read.clear()
  read.set(text, made)
  return made
}

function jobsOf(text: string): readonly ScrapeJob[] | string {
  const document = parseDocument(text, { prettyErrors: false })
  const [broken] = document.errors
  if (broken) return `yaml: ${broken.message}`
  const parsed = Config.safeParse(document.toJS({ maxAliasCount: 20 }) ?? {})
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  const jobs = parsed.data.scrape_configs ?? []
  const names = new Set(jobs.map((job) => job.job_name))
  if (names.size < jobs.length) return 'found multiple scrape configs with the same job name'
  try {
    return jobs.map((job): ScrapeJob => ({
      name: job.job_name,
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
    }))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
