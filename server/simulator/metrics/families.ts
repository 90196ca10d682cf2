import { shareWithin } from '../images/ledger.ts'
import type { Family, Labels, Sample } from './exposition.ts'

type Row = readonly [labels: Labels, value: number]

const family = (type: Family['type'], name: string, help: string, rows: number | readonly Row[]): Family => ({
  name,
  help,
  type,
  samples: typeof rows === 'number' ? [{ labels: {}, value: rows }] : rows.map(([labels, value]) => ({ labels, value })),
})

/** @param rows the value, when there are no labels */
export const gauge = (name: string, help: string, rows: number | readonly Row[]): Family => family('gauge', name, help, rows)
/** What is counted is whole unless it is measured. */
export const counter = (name: string, help: string, rows: number | readonly Row[]): Family => family('counter', name, help, rows)

/** Prometheus' own: what its client libraries use unless told. Seconds. */
export const usualBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** How often something took how long, on average. */
export interface Timing {
  readonly labels?: Labels
  readonly count: number
  /** In the unit of the bounds. */
  readonly mean: number
}

/** A histogram of log-normal durations. Its numbers grow with the count alone, so they never go down while the mean stays. */
export function histogram(name: string, help: string, timings: readonly Timing[], bounds: readonly number[] = usualBounds): Family {
  return { name, help, type: 'histogram', samples: timings.flatMap((each) => histogramSamples(each, bounds)) }
}

/** The samples of one histogram of log-normal durations. */
export function histogramSamples({ labels = {}, count, mean }: Timing, bounds: readonly number[]): Sample[] {
  const whole = Math.floor(count)
  return [
    ...bounds.map((bound) => ({
      suffix: '_bucket',
      labels: { ...labels, le: boundText(bound) },
      value: Math.floor(whole * shareWithin(mean, bound)),
    })),
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: whole },
    { suffix: '_sum', labels, value: whole * mean },
    { suffix: '_count', labels, value: whole },
  ]
}

/** As Go's `%g` writes a bound: `1e-05`. */
export function boundText(bound: number): string {
  if (bound === 0 || (Math.abs(bound) >= 1e-4 && Math.abs(bound) < 1e21)) return String(bound)
  return bound.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/** A program written in Go, as its process looks. */
export interface GoProcess {
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly at: number
  readonly cpuSeconds: number
  readonly memoryBytes: number
  readonly goroutines: number
}

/** What Go's client library says of every program. https://github.com/prometheus/client_golang */
export function goFamilies({ startedAt, at, cpuSeconds, memoryBytes, goroutines }: GoProcess): Family[] {
  const seconds = Math.max((at - startedAt) / 1000, 0)
  const allocated = 3_000_000 + Math.floor(cpuSeconds * 42_000_000)
  const inUse = Math.round(memoryBytes * 0.42)
  const collections = Math.floor(seconds / 110) + Math.floor(cpuSeconds * 0.6)
  return [
    gauge('go_goroutines', 'Number of goroutines that currently exist.', goroutines),
    gauge('go_info', 'Information about the Go environment.', [[{ version: 'go1.25.5' }, 1]]),
    gauge('go_memstats_alloc_bytes', 'Number of bytes allocated in heap and currently in use.', inUse),
    counter('go_memstats_alloc_bytes_total', 'Total number of bytes allocated in heap until now, even if released already.', allocated),
    gauge('go_memstats_heap_inuse_bytes', 'Number of heap bytes that are in use.', Math.round(memoryBytes * 0.5)),
    gauge('go_memstats_heap_objects', 'Number of currently allocated objects.', Math.round(inUse / 180)),
    gauge('go_memstats_sys_bytes', 'Number of bytes obtained from system.', Math.round(memoryBytes * 0.9)),
    counter('go_gc_cycles_total_gc_cycles_total', 'Count of all completed GC cycles.', collections),
    gauge('go_threads', 'Number of OS threads created.', 9),
    counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', cpuSeconds),
    gauge('process_max_fds', 'Maximum number of open file descriptors.', 1_048_576),
    gauge('process_open_fds', 'Number of open file descriptors.', 9 + Math.round(goroutines / 3)),
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', Math.round(memoryBytes)),
    gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', startedAt / 1000),
    gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.', 1_290_000_000 + Math.round(memoryBytes)),
  ]
}
