/** What a query's numbers are, guessed from its metric's name as Prometheus' naming rules have it: https://prometheus.io/docs/practices/naming/ */
export type Unit = 'bytes' | 'bytes/s' | 'cores' | 'seconds' | 'req/s' | '/s' | 'ratio' | 'number'

export function unitOf(query: string): Unit {
  const perSecond = /\b(rate|irate|deriv)\s*\(/.test(query)
  if (/\/\s*(sum|count|avg|\w+\s*[({])/.test(query.replace(/\{[^}]*\}/g, '{}')) || /_ratio\b/.test(query)) return 'ratio'
  if (/\b(count|increase|changes|resets|up)\b\s*(by|without|\(|$)/.test(query)) return 'number'
  if (/cpu[a-z_]*_seconds_total/.test(query) && perSecond) return 'cores'
  // kube-state-metrics has requests and limits of every resource in one metric.
  const resource = /\bkube_\w+_resource_\w+\{[^}]*\bresource="(memory|cpu)"/.exec(query)?.[1]
  if (resource !== undefined) return resource === 'memory' ? 'bytes' : 'cores'
  if (/_bytes(_total)?\b/.test(query)) return perSecond ? 'bytes/s' : 'bytes'
  if (/_seconds(_total|_sum|_bucket|_max|_created)?\b/.test(query)) return 'seconds'
  if (perSecond) return /request|http|grpc/.test(query) ? 'req/s' : '/s'
  if (/cpu/.test(query) && /_cores\b/.test(query)) return 'cores'
  return 'number'
}

export interface Scale {
  /** What one unit on the axis is worth. */
  readonly factor: number
  /** Its name, after the number. */
  readonly name: string
}

const binary = ['B', 'Ki', 'Mi', 'Gi', 'Ti']

/** One scale for all of a chart's numbers, so that they can be compared at a glance. */
export function scaleFor(unit: Unit, largest: number): Scale {
  switch (unit) {
    case 'bytes':
    case 'bytes/s': {
      const power = Math.min(binary.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, largest)) / 10)))
      return { factor: 1024 ** power, name: `${binary[power]}${unit === 'bytes/s' ? '/s' : ''}` }
    }
    case 'seconds':
      if (largest < 1) return { factor: 0.001, name: 'ms' }
      return largest < 7200 ? { factor: 1, name: 's' } : { factor: 3600, name: 'h' }
    case 'ratio':
      return largest <= 1.5 ? { factor: 0.01, name: '%' } : { factor: 1, name: '×' }
    case 'number':
      return { factor: 1, name: '' }
    default:
      return { factor: 1, name: unit }
  }
}

/** A value as people read it: three digits that say something, and its unit. */
export function written(value: number, { factor, name }: Scale): string {
  const scaled = value / factor
  const size = Math.abs(scaled)
  const number =
    size >= 1e5
      ? scaled.toExponential(1)
      : trimmed(scaled, size >= 100 || Number.isInteger(scaled) ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : 3)
  return name === '' ? number : name === '%' ? `${number} %` : `${number} ${name}`
}

const trimmed = (value: number, digits: number): string =>
  value
    .toFixed(digits)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')

/** At most six round values from zero, or from below the least, to above the largest. */
export function ticksFor(least: number, largest: number, factor: number): readonly number[] {
  const low = Math.min(0, least) / factor
  const high = largest / factor
  // Counts that are all zero would otherwise have an axis of tenths.
  if (high === low) return [low * factor, (low + 1) * factor]
  const span = high - low
  const step =
    [1, 2, 2.5, 5, 10]
      .map((nice) => nice * 10 ** Math.floor(Math.log10(span / 5)))
      .find((nice) => Math.ceil(high / nice) - Math.floor(low / nice) <= 5) ?? span
  const first = Math.floor(low / step)
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)) * factor)
}
