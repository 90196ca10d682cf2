import { describe, expect, it } from 'vitest'
import { ManualClock } from '../kernel/clock.ts'
import { Emitter } from '../kernel/events.ts'
import type { ChartState } from '../protocol/server-message.ts'
import { windowOf } from './chart.ts'
import { createMetrics } from './metrics.ts'
import type { PrometheusState } from './source.ts'

const query = { query: 'up', rangeSeconds: 60, stepSeconds: 5 }

describe('the window of a chart', () => {
  it('has its points on multiples of the step, whatever the time', () => {
    expect(windowOf(query, 1_003_000, 0)).toEqual({ start: 945, end: 1003, step: 5 })
    expect(windowOf(query, 1_004_999, 0)).toEqual({ start: 945, end: 1004, step: 5 })
    expect(windowOf(query, 1_005_000, 0)).toEqual({ start: 945, end: 1005, step: 5 })
  })

  it('does not begin before Prometheus was ready, nor end before it begins', () => {
    expect(windowOf(query, 1_003_000, 990_500)).toEqual({ start: 991, end: 1003, step: 5 })
    expect(windowOf(query, 1_003_000, 2_000_000)).toEqual({ start: 1003, end: 1003, step: 5 })
  })

  it('takes longer steps when there would be more points than a screen has columns', () => {
    expect(windowOf({ query: 'up', rangeSeconds: 24 * 3600, stepSeconds: 1 }, 1_000_000_000, 0).step).toBe(44)
  })
})

describe('a chart', () => {
  it('is asked for once a step, however many watch, and not at all when nobody does', async () => {
    const { clock, asked, watch } = scene()
    const ends = [watch([]), watch([])]
    await clock.advance(0)
    expect(asked).toHaveLength(1)
    await clock.advance(15_000)
    expect(asked).toHaveLength(4)
    const late: ChartState[] = []
    ends.push(watch(late))
    expect(late).toHaveLength(1)
    for (const end of ends) end()
    await clock.advance(60_000)
    expect(asked).toHaveLength(4)
    expect(clock.pending).toBe(0)
  })

  it('is not asked for more often than every two seconds', async () => {
    const { clock, asked, watch } = scene()
    watch([], 1)
    await clock.advance(10_000)
    expect(asked).toHaveLength(6)
  })

  it('says why it waits, and that the first samples are on their way', async () => {
    const { clock, become, watch, answer } = scene()
    const seen: ChartState[] = []
    answer([])
    become({ state: 'waiting', namespace: 'monitoring', pod: 'prometheus-x', why: 'ImagePullBackOff: Back-off pulling image' })
    watch(seen)
    expect(seen.at(-1)).toEqual({
      state: 'waiting',
      why: 'Waiting for Prometheus: pod prometheus-x in namespace monitoring is not ready: ImagePullBackOff: Back-off pulling image',
    })
    become({ state: 'ready', namespace: 'monitoring', pod: 'prometheus-x', since: clock.now() })
    await clock.advance(0)
    expect(seen.at(-1)).toEqual({ state: 'waiting', why: 'Prometheus is ready. The first samples arrive in a few seconds.' })
    await clock.advance(30_000)
    expect(seen.at(-1)).toMatchObject({ state: 'empty' })
    answer([
      {
        metric: { a: 'b' },
        values: [
          [1, '2'],
          [6, 'NaN'],
          [11, '+Inf'],
        ],
      },
    ])
    await clock.advance(5_000)
    expect(seen.at(-1)).toMatchObject({ state: 'data', series: [{ labels: { a: 'b' }, times: [1, 6, 11], values: [2, null, null] }] })
    become({ state: 'absent' })
    expect(seen.at(-1)).toMatchObject({ state: 'waiting' })
  })

  it('shows what went wrong and goes on asking', async () => {
    const { clock, watch, fail } = scene()
    const seen: ChartState[] = []
    fail(new Error('Your cluster did not pass the query on.'))
    watch(seen)
    await clock.advance(0)
    expect(seen.at(-1)).toEqual({ state: 'failed', why: 'Your cluster did not pass the query on.' })
    fail(undefined)
    await clock.advance(5_000)
    expect(seen.at(-1)).toMatchObject({ state: 'data' })
  })

  it('does not fall for an answer that is not Prometheus’', async () => {
    const { clock, watch, answer } = scene()
    const seen: ChartState[] = []
    answer('nonsense')
    watch(seen)
    await clock.advance(0)
    expect(seen.at(-1)).toMatchObject({ state: 'failed' })
  })
})

/** A real cluster whose own Prometheus answers what it is told to. */
function scene() {
  const clock = new ManualClock()
  const changed = new Emitter<void>()
  const asked: URLSearchParams[] = []
  let state: PrometheusState = { state: 'ready', namespace: 'a', pod: 'b', since: 0 }
  let result: unknown = [{ metric: {}, values: [[1, '1']] }]
  let failure: Error | undefined
  const metrics = createMetrics({ prometheus: { found: false, why: '', howToGet: '' }, stateDirectory: '', clock, report: () => {} })
  const prometheus = {
    state: () => state,
    onChange: (listener: () => void) => changed.subscribe(listener),
    query(_path: 'query_range', parameters: URLSearchParams): Promise<unknown> {
      asked.push(parameters)
      return failure ? Promise.reject(failure) : Promise.resolve({ status: 'success', data: { resultType: 'matrix', result } })
    },
  }
  return {
    clock,
    asked,
    watch: (seen: ChartState[], stepSeconds = 5) =>
      metrics.watch({ id: 'mine', prometheus }, { ...query, stepSeconds }, (shown) => seen.push(shown)),
    become: (next: PrometheusState): void => {
      state = next
      changed.emit()
    },
    answer: (next: unknown) => void (result = next),
    fail: (error: Error | undefined) => void (failure = error),
  }
}
