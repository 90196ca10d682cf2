import { describe, expect, it } from 'vitest'
import { scaleFor, ticksFor, unitOf, written } from './units.ts'

describe('the unit of a query', () => {
  it.each([
    ['container_memory_working_set_bytes{pod=~"metrics-server-.*",container!=""}', 'bytes'],
    ['rate(container_cpu_usage_seconds_total[5m])', 'cores'],
    ['sum by (pod) (rate(container_network_receive_bytes_total[1m]))', 'bytes/s'],
    ['sum(rate(http_requests_total[1m]))', 'req/s'],
    ['kube_pod_container_status_restarts_total', 'number'],
    ['increase(kube_pod_container_status_restarts_total[1h])', 'number'],
    ['histogram_quantile(0.99, rate(http_request_duration_seconds_bucket[5m]))', 'seconds'],
    ['sum(rate(http_requests_total{code=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))', 'ratio'],
    ['container_cpu_usage_seconds_total', 'seconds'],
    ['kube_pod_container_resource_limits{container="worker",resource="memory"}', 'bytes'],
    ['sum(kube_node_status_allocatable)', 'number'],
    ['up', 'number'],
  ])('of %s is %s', (query, unit) => {
    expect(unitOf(query)).toBe(unit)
  })
})

describe('a value', () => {
  it('is written in the binary units that Kubernetes uses', () => {
    expect(written(15_204_352, scaleFor('bytes', 15_204_352))).toBe('14.5 Mi')
  })

  it('keeps three digits that say something, and no more', () => {
    expect([0.004, 0.25, 12.34, 250].map((value) => written(value, scaleFor('cores', 1)))).toEqual([
      '0.004 cores',
      '0.25 cores',
      '12.3 cores',
      '250 cores',
    ])
  })

  it('shares its scale with the largest, so that numbers can be compared', () => {
    expect(written(1024 ** 2, scaleFor('bytes', 3 * 1024 ** 3))).toBe('0.001 Gi')
  })
})

describe('ticks', () => {
  it('are at most six and round in the unit shown', () => {
    expect(ticksFor(12, 37, 1)).toEqual([0, 10, 20, 30, 40])
    expect(ticksFor(0, 14.5 * 1024 ** 2, 1024 ** 2).map((tick) => tick / 1024 ** 2)).toEqual([0, 5, 10, 15])
  })

  it.each([0.0003, 0.9, 1, 4.7, 6, 99, 1234, 7e6])('cover values up to %s', (largest) => {
    const ticks = ticksFor(0, largest, 1)
    expect(ticks.length).toBeLessThanOrEqual(6)
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(largest)
  })

  it('have somewhere to stand when everything is zero', () => {
    expect(ticksFor(0, 0, 1)).toEqual([0, 1])
  })
})
