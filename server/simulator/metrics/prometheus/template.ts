/**
 * Fills in what alerts' labels and annotations may hold: `{{ $labels.pod }}`, `{{ $value | humanize }}`, `{{ printf "%.2f" $value }}`.
 * Conditions, loops and queries in templates are not followed: such a piece stays as it is written.
 * https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
 */
export function expandTemplate(
  template: string,
  labels: Readonly<Record<string, string>>,
  value: string,
  externalLabels: Readonly<Record<string, string>> = {},
): string {
  return template.replaceAll(/\{\{-?\s*(.*?)\s*-?\}\}/g, (whole, pipeline: string) => {
    const [first = '', ...functions] = pipeline.split('|').map((part) => part.trim())
    let now = operand(first)
    for (const each of functions) now = now === undefined ? undefined : applied(each, now)
    return now ?? whole
  })

  function operand(text: string): string | undefined {
    const call = /^printf\s+("(?:[^"\\]|\\.)*"|`[^`]*`)\s+(\S+)$/.exec(text)
    if (call) return printed((call[1] ?? '').slice(1, -1), Number(operand(call[2] ?? '')))
    const [, name, argument] = /^([a-z]\w*)\s+(\S+)$/i.exec(text) ?? []
    if (name !== undefined && argument !== undefined) {
      const given = operand(argument)
      return given === undefined ? undefined : applied(name, given)
    }
    if (/^(?:\$value|\.Value)$/.test(text)) return value
    if (/^".*"$/.test(text)) return text.slice(1, -1)
    const [, from, label = ''] = /^(\$labels|\.Labels|\$externalLabels|\.ExternalLabels)\.(\w+)$/.exec(text) ?? []
    if (from === undefined) return undefined
    return (from.toLowerCase().includes('external') ? externalLabels[label] : labels[label]) ?? ''
  }
}

function applied(call: string, text: string): string | undefined {
  const number = Number(text.replace('Inf', 'Infinity'))
  const printf = /^printf\s+"([^"]*)"$/.exec(call)
  if (printf) return printed(printf[1] ?? '', number)
  switch (call) {
    case 'humanize':
      return humanized(number, 1000, ['', 'k', 'M', 'G', 'T', 'P', 'E'], ['m', 'u', 'n', 'p'])
    case 'humanize1024':
      return humanized(number, 1024, ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'], [])
    case 'humanizePercentage':
      return `${digits(number * 100)}%`
    case 'humanizeDuration':
      return duration(number)
    case 'humanizeTimestamp':
      return Number.isFinite(number) ? `${new Date(number * 1000).toISOString().replace('T', ' ').replace('Z', '')} +0000 UTC` : text
    case 'title':
      return text.replaceAll(/(^|\s)\S/g, (letter) => letter.toUpperCase())
    case 'toUpper':
      return text.toUpperCase()
    case 'toLower':
      return text.toLowerCase()
    case 'stripPort':
      return text.replace(/:\d+$/, '')
    default:
      return undefined
  }
}

/** Go's `%.4g`. */
function digits(number: number): string {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'NaN' : number > 0 ? '+Inf' : '-Inf'
  return String(Number(number.toPrecision(4)))
}

function humanized(number: number, base: number, large: readonly string[], small: readonly string[]): string {
  if (number === 0 || !Number.isFinite(number)) return digits(number)
  let [scaled, prefix] = [number, '']
  if (Math.abs(number) >= 1)
    for (let index = 1; index < large.length && Math.abs(scaled) >= base; index++) [scaled, prefix] = [scaled / base, large[index] ?? '']
  else for (const each of small) if (Math.abs(scaled) < 1) [scaled, prefix] = [scaled * base, each]
  return `${digits(scaled)}${prefix}`
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return digits(seconds)
  if (Math.abs(seconds) < 1) return seconds === 0 ? '0s' : `${digits(seconds * 1000)}ms`
  if (Math.abs(seconds) < 60) return `${digits(seconds)}s`
  const whole = Math.floor(Math.abs(seconds))
  const [days, hours, minutes, rest] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
  const sign = seconds < 0 ? '-' : ''
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${rest}s`
  return hours > 0 ? `${sign}${hours}h ${minutes}m ${rest}s` : `${sign}${minutes}m ${rest}s`
}

/** `%.2f`, `%d`, `%v` and the like, with one number. */
function printed(format: string, number: number): string {
  return format.replaceAll(/%(?:\.(\d+))?([fgdvs%])/g, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    if (verb === 'f') return number.toFixed(Number(precision ?? 6))
    return verb === 'd' ? String(Math.trunc(number)) : digits(number)
  })
}
