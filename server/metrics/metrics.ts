import type { Clock } from '../kernel/clock.ts'
import { Emitter } from '../kernel/events.ts'
import type { ChartState } from '../protocol/server-message.ts'
import { runChart } from './chart.ts'
import type { ChartQuery } from './chart.ts'
import { createSharedPrometheus } from './shared-prometheus.ts'
import type { PrometheusBinary } from './shared-prometheus.ts'
import type { ApiAnswer } from './api-answer.ts'
import { parseRangeAnswer } from './source.ts'
import type { WatchedCluster } from './source.ts'

export interface MetricsOptions {
  readonly prometheus: PrometheusBinary
  /** The process keeps its samples in a folder of its own in here, and takes it away at the end. */
  readonly stateDirectory: string
  /** From one scrape of a cluster to the next, whatever its configuration says; unless told as that says, and every 5 at most. */
  readonly scrapeSeconds?: number
  readonly clock: Clock
  readonly report: (error: unknown) => void
}

export interface Metrics {
  /** Starts the shared Prometheus ahead of the first chart. Never throws: what is wrong is reported, and said by the charts. */
  start(): Promise<void>
  /** Has a cluster scraped from now on: a new target takes 10–15 s to be queryable, so do it as soon as it is leased. @returns ends it */
  register(cluster: WatchedCluster): () => void
  /** Calls `listener` with what the chart shows, now and whenever it changes. All who watch the same share one upstream query. @returns ends it */
  watch(cluster: WatchedCluster, query: ChartQuery, listener: (state: ChartState) => void): () => void
  /** Answers what somebody in a cluster asks of its Prometheus' HTTP API. @param path below `/api/v1/` @throws when there is no Prometheus */
  ask(cluster: string, path: string, parameters: readonly (readonly [string, string])[]): Promise<ApiAnswer>
  /** Where samples of the past can be written to; undefined when there is no Prometheus. */
  samplesUrl(): Promise<string | undefined>
  close(): Promise<void>
}

interface SharedChart {
  readonly viewers: Emitter<ChartState>
  last: ChartState | undefined
  end: () => void
}

/** Charts of clusters' metrics. */
export function createMetrics({ prometheus, stateDirectory, scrapeSeconds, clock, report }: MetricsOptions): Metrics {
  const shared = createSharedPrometheus({ binary: prometheus, stateDirectory, scrapeSeconds, report })
  const charts = new Map<string, SharedChart>()

  const begin = (cluster: WatchedCluster, query: ChartQuery): SharedChart => {
    const chart: SharedChart = { viewers: new Emitter(), last: undefined, end: () => {} }
    const { query: own } = cluster.prometheus
    chart.end = runChart({
      cluster,
      query,
      clock,
      ask: async (parameters) => (own ? parseRangeAnswer(await own('query_range', parameters)) : shared.query(cluster.id, parameters)),
      onState(state) {
        chart.last = state
        chart.viewers.emit(state)
      },
    })
    return chart
  }

  return {
    start: () => shared.start().catch(report),
    register({ id, prometheus }) {
      const { targets } = prometheus
      if (!targets) return () => {}
      const intervals = () => {
        const state = prometheus.state()
        return state.state === 'ready' ? (state.intervals ?? []) : []
      }
      const registered = shared.register(id, targets, intervals)
      registered.catch(report)
      return () =>
        void registered.then(
          (unregister) => unregister(),
          () => {},
        )
    },
    watch(cluster, { query, rangeSeconds, stepSeconds }, listener) {
      const key = JSON.stringify([cluster.id, query, rangeSeconds, stepSeconds])
      const chart = charts.get(key) ?? begin(cluster, { query, rangeSeconds, stepSeconds })
      charts.set(key, chart)
      const unsubscribe = chart.viewers.subscribe(listener)
      if (chart.last) listener(chart.last)
      return () => {
        unsubscribe()
        if (chart.viewers.size > 0 || charts.get(key) !== chart) return
        charts.delete(key)
        chart.end()
      }
    },
    ask: (cluster, path, parameters) => shared.ask(cluster, path, parameters),
    samplesUrl: () => shared.samplesUrl().catch(() => undefined),
    async close() {
      for (const { end } of charts.values()) end()
      charts.clear()
      await shared.close()
    },
  }
}
