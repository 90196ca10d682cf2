import { describe, expect, it } from 'vitest'
import { parseDuration, parseFenceInfo } from './fence-info.ts'
import { splitQueries } from './queries.ts'

describe('a block of queries', () => {
  it('is one query when the whole of it is one expression', () => {
    expect(splitQueries('# memory\nsum by (pod) (\n  rate(x[1m])\n)')).toEqual(['sum by (pod) (\n  rate(x[1m])\n)'])
  })

  it('is one query a line otherwise, without comments', () => {
    expect(splitQueries('up{job="a"}\n# restarts\nkube_pod_container_status_restarts_total\n')).toEqual([
      'up{job="a"}',
      'kube_pod_container_status_restarts_total',
    ])
  })

  it('is nothing when there are only comments', () => {
    expect(splitQueries('# nothing\n')).toEqual([])
  })
})

describe("a fence's info string", () => {
  it('holds a language and attributes', () => {
    const info = parseFenceInfo('promql {range=15m title="Two words" run}')
    expect(info.language).toBe('promql')
    expect([...info.attributes]).toEqual([
      ['range', '15m'],
      ['title', 'Two words'],
      ['run', 'true'],
    ])
    expect(parseFenceInfo('bash{run=false}').attributes.get('run')).toBe('false')
  })

  it('has durations as Prometheus writes them', () => {
    expect([parseDuration('15s'), parseDuration('1h30m'), parseDuration('90'), parseDuration('soon')]).toEqual([15, 5400, 90, undefined])
  })
})
