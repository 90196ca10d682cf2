import { counter, gauge, histogram } from './families.ts'
import { pushedFamilies } from './pushed.ts'
import { describedFamilies } from './described.ts'
import { ruleGroups } from './prometheus/rules.ts'
import { prometheusConfig } from './scrape/config.ts'
import type { Member } from './described.ts'
import type { PrometheusConfig } from './scrape/config.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { Family } from './exposition.ts'
import type { ProgramSources } from './programs.ts'

const scrapeSeconds = 5

/** The jobs and groups of rules that a Prometheus has loaded. */
function membersOf(
  container: SimulatedContainer,
  config: PrometheusConfig | undefined,
  seconds: number,
): Readonly<Record<string, readonly Member[]>> {
  const jobs = (config?.jobs ?? []).map(({ name }) => name)
  const groups = ruleGroups(container.included).map(({ file, name, interval, rules }): Member => {
    const every = interval || (config?.evaluationInterval ?? 60)
    const iteration = Math.floor(seconds / every)
    return {
      labels: { rule_group: `${file};${name}` },
      facts: { interval: every, rule: rules.length, iteration, evaluation: iteration * rules.length },
    }
  })
  return {
    groups,
    jobs: jobs.map((name) => ({ labels: { scrape_job: name }, facts: {} })),
    discoveries: jobs.map((name) => ({ labels: { config: name, name: 'scrape' }, facts: {} })),
  }
}

/** Prometheus' own page. How much it holds is what so many targets come to, an estimate: its samples are kept by our Prometheus. */
export function prometheusFamilies(container: SimulatedContainer, { api, described }: ProgramSources, at: number): Family[] {
  const seconds = Math.max((at - container.usage(at).startedAt) / 1000, 0)
  const config = prometheusConfig(container.configuration ?? '')
  const jobs = typeof config === 'string' ? [] : config.jobs
  const good = typeof config !== 'string'
  const series = 600 + api.list('Pod').length * 95 + api.list('Node').length * 140
  const appended = Math.floor((seconds / scrapeSeconds) * series)
  const further = describedFamilies(
    described['prometheus'] ?? {},
    {
      second: seconds,
      start: container.usage(at).startedAt / 1000,
      block: Math.floor(seconds / 7200),
      alertmanager: good ? config.alertmanagers.length : 0,
    },
    membersOf(container, good ? config : undefined, seconds),
  )
  return [
    ...further,
    gauge(
      'prometheus_build_info',
      "A metric with a constant '1' value labeled by version, revision, branch, goversion from which prometheus was built, and the goos and goarch for the build.",
      [[{ branch: 'HEAD', goarch: 'amd64', goos: 'linux', goversion: 'go1.25.3', version: container.fields()['tag'] ?? '' }, 1]],
    ),
    gauge('prometheus_config_last_reload_successful', 'Whether the last configuration reload attempt was successful.', good ? 1 : 0),
    gauge('prometheus_ready', 'Whether Prometheus startup was fully completed and the server is ready for normal operation.', 1),
    gauge('prometheus_tsdb_head_series', 'Total number of series in the head block.', container.high('series', series)),
    gauge('prometheus_tsdb_head_chunks', 'Total number of chunks in the head block.', container.high('series', series) * 2),
    counter('prometheus_tsdb_head_samples_appended_total', 'Total number of appended samples.', [
      [{ type: 'float' }, container.high('appended', appended)],
      [{ type: 'histogram' }, 0],
    ]),
    counter(
      'prometheus_tsdb_out_of_order_samples_total',
      'Total number of out of order samples ingestion failed attempts due to out of order being disabled.',
      [[{ type: 'float' }, 0]],
    ),
    counter(
      'prometheus_target_scrapes_exceeded_sample_limit_total',
      'Total number of scrapes that hit the sample limit and were rejected.',
      0,
    ),
    counter(
      'prometheus_target_scrape_pool_sync_total',
      'Total number of syncs that were executed on a scrape pool.',
      good ? jobs.map(({ name }) => [{ scrape_job: name }, Math.floor(seconds / 5)] as const) : [],
    ),
    histogram(
      'prometheus_engine_query_duration_histogram_seconds',
      'The histogram of timings of Prometheus engine queries.',
      [{ labels: { slice: 'inner_eval' }, count: seconds / 15, mean: 0.004 }],
      [0.01, 0.1, 1, 10],
    ),
    counter('prometheus_rule_evaluations_total', 'The total number of rule evaluations.', []),
    counter('prometheus_notifications_dropped_total', 'Total number of alerts dropped due to errors when sending to Alertmanager.', 0),
  ]
}

/** https://github.com/kubernetes-sigs/metrics-server */
export function metricsServerFamilies(container: SimulatedContainer, { api }: ProgramSources, at: number): Family[] {
  const looks = Math.floor(Math.max(at - container.usage(at).startedAt, 0) / 15_000)
  const nodes = api.list('Node')
  const last = Math.floor(at / 15_000) * 15
  return [
    counter('metrics_server_kubelet_request_total', '[ALPHA] Number of requests sent to Kubelet API', [
      [{ success: 'true' }, looks * container.high('nodes', nodes.length)],
    ]),
    histogram(
      'metrics_server_kubelet_request_duration_seconds',
      '[ALPHA] Duration of requests to Kubelet API in seconds',
      nodes.map(({ metadata }) => ({ labels: { node: metadata.name ?? '' }, count: looks, mean: 0.008 })),
    ),
    gauge(
      'metrics_server_kubelet_last_request_time_seconds',
      '[ALPHA] Time of last request performed to Kubelet API since unix epoch in seconds',
      nodes.map(({ metadata }) => [{ node: metadata.name ?? '' }, last] as const),
    ),
    histogram('metrics_server_manager_tick_duration_seconds', '[ALPHA] The total time spent collecting and storing metrics in seconds.', [
      { count: looks, mean: 0.012 },
    ]),
    gauge('metrics_server_storage_points', '[ALPHA] Number of metrics points stored.', [
      [{ type: 'node' }, nodes.length],
      [{ type: 'container' }, api.list('Pod').reduce((sum, { status }) => sum + (status?.containerStatuses?.length ?? 0), 0)],
    ]),
  ]
}

/** What has been pushed, beside its own. */
export function pushgatewayFamilies(container: SimulatedContainer): readonly Family[] {
  return pushedFamilies(container.pushes)
}
