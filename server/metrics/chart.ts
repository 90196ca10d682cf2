import type { Clock } from '../kernel/clock.ts'
import type { ChartState, Series } from '../protocol/server-message.ts'
import type { PrometheusState, RangeAnswer, WatchedCluster } from './source.ts'

/** What a chart draws. */
export interface ChartQuery {
  readonly query: string
  readonly rangeSeconds: number
  readonly stepSeconds: number
}

export interface ChartOptions {
  readonly cluster: WatchedCluster
  readonly query: ChartQuery
  readonly clock: Clock
  /** Asks the Prometheus that knows this cluster. */
  readonly ask: (parameters: URLSearchParams) => Promise<RangeAnswer>
  readonly onState: (state: ChartState) => void
}

/** Asking more often than it scrapes shows nothing new. */
const leastMillisBetween = 2_000
/** The first scrape, and with it the first sample, is there within this time of Prometheus' readiness. */
const firstSamplesMillis = 30_000
/** More lines than this are a wall, and too much to send every few seconds. */
const mostSeries = 200
/** A line has no more points than a wide screen has columns; Prometheus itself refuses above 11 000 (web/api/v1/api.go, queryRange). */
const mostPoints = 2000

/** Keeps one chart up to date until it is ended: one upstream query every step, however many look on. @returns ends it */
export function runChart({ cluster, query, clock, ask, onState }: ChartOptions): () => void {
  let over = false
  let asking = false
  let again = false
  let cancel = () => {}

  const update = async () => {
    cancel()
    if (over) return
    const state = cluster.prometheus.state()
    if (state.state !== 'ready') return onState({ state: 'waiting', why: whyWaiting(state) })
    // An answer that is on its way may be about how things were: then ask once more.
    again = asking
    if (asking) return
    asking = true
    const shown = await answerFor(state.since)
    asking = false
    if (over) return
    // Gone while it was being asked: what it is now has been said already.
    if (cluster.prometheus.state().state === 'ready') onState(shown)
    // What has nothing to show yet need not wait for its next point.
    const next = shown.state === 'data' ? Math.max(query.stepSeconds * 1000, leastMillisBetween) : leastMillisBetween
    if (again) void update()
    else cancel = clock.after(next, () => void update())
  }
  const answerFor = async (since: number): Promise<ChartState> => {
    const { start, end, step } = windowOf(query, clock.now(), cluster.prometheus.targets ? since : 0)
    try {
      const answer = await ask(new URLSearchParams({ query: query.query, start: String(start), end: String(end), step: String(step) }))
      return stateFor(answer, { start, end, young: clock.now() - since < firstSamplesMillis, rangeSeconds: query.rangeSeconds })
    } catch (error) {
      return { state: 'failed', why: error instanceof Error ? error.message : String(error) }
    }
  }
  const unsubscribe = cluster.prometheus.onChange(() => void update())
  void update()
  return () => {
    over = true
    cancel()
    unsubscribe()
  }
}

/** The window that a chart shows. It never begins before Prometheus was ready: samples from before were not its own. */
export function windowOf(
  { rangeSeconds, stepSeconds }: ChartQuery,
  now: number,
  since: number,
): { start: number; end: number; step: number } {
  const step = Math.max(stepSeconds, Math.ceil(rangeSeconds / (mostPoints - 1)))
  // Steps lie on multiples of the step, so that points stay where they are from one answer to the next.
  const end = Math.floor(now / 1000)
  const aligned = Math.ceil((end - rangeSeconds) / step) * step
  return { start: Math.min(Math.max(aligned, Math.ceil(since / 1000)), end), end, step }
}

interface Asked {
  readonly start: number
  readonly end: number
  readonly young: boolean
  readonly rangeSeconds: number
}

function stateFor(answer: RangeAnswer, { start, end, young, rangeSeconds }: Asked): ChartState {
  if (answer.status === 'error') return { state: 'failed', why: answer.error }
  const lines = answer.data.result.length
  if (lines > mostSeries) return { state: 'failed', why: tooMany(lines) }
  const series = answer.data.result.map(seriesOf)
  if (series.length > 0) return { state: 'data', series, from: Math.min(start, end - rangeSeconds), to: end }
  if (young) return { state: 'waiting', why: 'Prometheus is ready. The first samples arrive in a few seconds.' }
  return { state: 'empty', why: 'Prometheus knows no series in your cluster that this query matches.' }
}

function tooMany(lines: number): string {
  return `The query gives ${lines} lines, and a chart shows at most ${mostSeries}. Sum them up or choose fewer, for instance with topk(10, …).`
}

function seriesOf({ metric, values }: { metric: Record<string, string>; values: readonly (readonly [number, string])[] }): Series {
  return { labels: metric, times: values.map(([time]) => time), values: values.map(([, value]) => finite(Number(value))) }
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

/** What a chart waits for and why, as a sentence for people with the cluster's own words in it. */
export function whyWaiting(state: Exclude<PrometheusState, { state: 'ready' }>): string {
  switch (state.state) {
    case 'absent':
      return 'Waiting for Prometheus: it is not installed in your cluster yet.'
    case 'waiting': {
      const where = `Waiting for Prometheus: pod ${state.pod} in namespace ${state.namespace}`
      // A phase or a reason in one word (`ContainerCreating`) says it all.
      if (/^[A-Z][A-Za-z]+$/.test(state.why)) return `${where} is not ready yet (${state.why}).`
      return `${where} is ${/^\d+\/\d+ nodes are available/.test(state.why) ? 'Pending' : 'not ready'}: ${state.why}`
    }
    case 'unreachable':
      return state.why
  }
}
