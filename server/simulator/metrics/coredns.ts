import { counter, gauge, histogram } from './families.ts'
import { loadBetween } from '../images/rhythm.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { Family, Labels } from './exposition.ts'
import type { ProgramSources } from './programs.ts'

const bounds = [0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192] as const
const server = 'dns://:53'

/** Programs keep connections open and resolvers ask again: so many of their calls begin with a question. */
const questionsPerCall = 0.2

interface Questions {
  readonly all: number
  readonly absent: number
}

/** What this CoreDNS has been asked since it began: its share of what calls need, and what idle clusters ask anyway. */
function questions(container: SimulatedContainer, { containers }: ProgramSources, at: number): Questions {
  const all = containers()
  const servers = all.filter((each) => each.running && each.image.document === container.image.document).length || 1
  const { startedAt } = container.usage(at)
  const idle = Math.floor(loadBetween(startedAt, at) * 0.15)
  const life = Math.max(at - startedAt, 1)
  // Of what others have called in their own time, as much as falls into this server's.
  const calls = all.reduce((sum, each) => {
    if (!each.running) return sum
    const counts = each.traffic(at).reduce((total, { what, count }) => total + (what === 'called' ? count : 0), 0)
    return sum + counts * Math.min(life / Math.max(at - each.usage(at).startedAt, 1), 1)
  }, 0)
  const asked = container.high('questions', Math.floor((calls * questionsPerCall) / servers) + idle)
  // The search list is tried in order: names outside the cluster fail three times first.
  return { all: asked, absent: Math.floor(asked * 0.41) }
}

/** https://coredns.io/plugins/metrics/ */
export function corednsFamilies(container: SimulatedContainer, sources: ProgramSources, at: number): Family[] {
  const { all, absent } = questions(container, sources, at)
  const found = all - absent
  const zone = { server, view: '', zone: '.' }
  const six = Math.floor(all * 0.44)
  const rcodes: readonly (readonly [Labels, number])[] = [
    [{ plugin: 'kubernetes', rcode: 'NOERROR', ...zone }, found],
    [{ plugin: 'kubernetes', rcode: 'NXDOMAIN', ...zone }, absent],
  ]
  const hits = Math.floor(all * 0.28)
  return [
    gauge(
      'coredns_build_info',
      "A metric with a constant '1' value labeled by version, revision, and goversion from which CoreDNS was built.",
      [[{ goversion: 'go1.25.5', revision: '1c2e9ab', version: container.fields()['tag'] ?? '' }, 1]],
    ),
    counter('coredns_dns_requests_total', 'Counter of DNS requests made per zone, protocol and family.', [
      [{ family: '1', proto: 'udp', ...zone, type: 'A' }, all - six],
      [{ family: '1', proto: 'udp', ...zone, type: 'AAAA' }, six],
    ]),
    counter('coredns_dns_responses_total', 'Counter of response status codes.', rcodes),
    histogram(
      'coredns_dns_request_duration_seconds',
      'Histogram of the time (in seconds) each request took per zone.',
      [{ labels: zone, count: all, mean: 0.0004 }],
      bounds,
    ),
    histogram(
      'coredns_dns_request_size_bytes',
      'Size of the EDNS0 UDP buffer in bytes (64K for TCP) per zone and protocol.',
      [{ labels: { proto: 'udp', ...zone }, count: all, mean: 52 }],
      [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291],
    ),
    histogram(
      'coredns_dns_response_size_bytes',
      'Size of the returned response in bytes.',
      [{ labels: { proto: 'udp', ...zone }, count: all, mean: 118 }],
      [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291],
    ),
    counter('coredns_cache_requests_total', 'The count of cache requests.', [[{ server, view: '', zones: '.' }, all]]),
    counter('coredns_cache_hits_total', 'The count of cache hits.', [
      [{ server, type: 'success', view: '', zones: '.' }, hits - Math.floor(hits / 4)],
      [{ server, type: 'denial', view: '', zones: '.' }, Math.floor(hits / 4)],
    ]),
    counter('coredns_cache_misses_total', 'The count of cache misses. Deprecated, derive misses from cache hits/requests counters.', [
      [{ server, view: '', zones: '.' }, all - hits],
    ]),
    gauge('coredns_cache_entries', 'The number of elements in the cache.', [
      [{ server, type: 'success', view: '', zones: '.' }, Math.min(found, 34)],
      [{ server, type: 'denial', view: '', zones: '.' }, Math.min(absent, 27)],
    ]),
    counter('coredns_panics_total', 'A metrics that counts the number of panics.', 0),
    counter('coredns_forward_healthcheck_broken_total', 'Counter of the number of complete failures of the healthchecks.', 0),
    counter('coredns_reload_failed_total', 'Counter of the number of failed reload attempts.', 0),
    gauge(
      'coredns_plugin_enabled',
      'A metric that indicates whether a plugin is enabled on per server and zone basis.',
      ['cache', 'errors', 'forward', 'health', 'kubernetes', 'loadbalance', 'prometheus', 'ready'].map(
        (name) => [{ name, ...zone }, 1] as const,
      ),
    ),
  ]
}
