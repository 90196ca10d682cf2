import { describe, expect, it } from 'vitest'
import { columnsOf, shownRange } from './series-table.ts'
import { summaryOf } from './summary.ts'

const MI = 1024 ** 2

describe('a chart in words', () => {
  it('says what each line is now and has been', () => {
    const state = {
      state: 'data' as const,
      from: 0,
      to: 900,
      series: [{ labels: { pod: 'web-1' }, times: [1, 2], values: [10 * MI, 12 * MI] }],
    }
    expect(summaryOf('container_memory_working_set_bytes', state)).toBe(
      'Line chart of container_memory_working_set_bytes, 15 minutes, 1 series. web-1: now 12 Mi, between 10 Mi and 12 Mi.',
    )
  })

  it('says what kind of chart it is', () => {
    const state = { state: 'data' as const, from: 0, to: 900, series: [{ labels: { pod: 'web-1' }, times: [0], values: [1] }] }
    expect(summaryOf('up', state, 'bars')).toMatch(/^Bar chart of up, 15 minutes, 1 series\. .*: now 1/)
    expect(summaryOf('up', state, 'number')).toMatch(/^Latest numbers of up/)
  })

  it('is the reason while there is nothing to see', () => {
    expect(summaryOf('up', { state: 'waiting', why: 'Waiting for Prometheus: its claim is unbound.' })).toBe(
      'Waiting for Prometheus: its claim is unbound.',
    )
  })
})

describe('series on one row of times', () => {
  it('have gaps where they have nothing', () => {
    expect(
      columnsOf([
        { labels: {}, times: [1, 3], values: [5, 6] },
        { labels: {}, times: [2, 3], values: [7, null] },
      ]),
    ).toEqual([
      [1, 2, 3],
      [5, null, 6],
      [null, 7, null],
    ])
  })
})

describe('the time that a chart shows', () => {
  it('begins shortly before the first value, not with empty time', () => {
    expect(shownRange([{ labels: {}, times: [0, 700, 1000], values: [null, 1, 2] }], 0, 1200)).toEqual([680, 1200])
  })

  it('is never so short that a single point fills it', () => {
    expect(shownRange([{ labels: {}, times: [1195], values: [1] }], 0, 1200)).toEqual([1080, 1200])
  })
})
