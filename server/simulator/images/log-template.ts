import { strftime } from '../shell/commands/dates.ts'
import { noise } from './seeded.ts'

export interface TemplateValues {
  readonly millis: number
  readonly seed: string
  readonly index: number
  readonly fields: Readonly<Record<string, string>>
}

/**
 * Fills a log line's placeholders: `{time}` (RFC 3339), `{klog}`, `{clf}`, `{nginx}`, `{redis}`, `{postgres}`, `{epoch}`,
 * `{clock}`, `{sql}`,
 * `{random:1-100}`, `{decimal:0-1}`, `{one:a|b}`, `{hex:8}`, and the fields given (`{pod}`, `{node}`, `{ip}`, `{env:NAME}`, `{arg:--flag}` …;
 * `{first:arg:-text|env:TEXT|=none}` is the first that there is (after `=` the text itself), `{json:error}` is quoted). Unknown ones stay.
 */
export function fillTemplate(template: string, values: TemplateValues): string {
  let used = 0
  const next = () => noise(values.seed, values.index * 31 + used++)
  return template.replaceAll(/\{(\w+)(?::([^}]*))?\}/g, (whole, name: string, argument: string | undefined) => {
    const time = timeAs(name, values.millis)
    if (time !== undefined) return time
    if (name === 'random') {
      const [from = 0, to = 1] = (argument ?? '').split('-').map(Number)
      return String(Math.floor(from + next() * (to - from + 1)))
    }
    if (name === 'decimal') {
      const [from = 0, to = 1] = (argument ?? '').split('-').map(Number)
      return (from + next() * (to - from)).toFixed(6)
    }
    if (name === 'one') {
      const options = (argument ?? '').split('|')
      return options[Math.floor(next() * options.length)] ?? ''
    }
    if (name === 'hex') return Array.from({ length: Number(argument ?? 8) }, () => Math.floor(next() * 16).toString(16)).join('')
    if (name === 'json') return JSON.stringify(values.fields[argument ?? ''] ?? '')
    if (name === 'first')
      return (
        (argument ?? '')
          .split('|')
          .map((field) => (field.startsWith('=') ? field.slice(1) : values.fields[field]))
          .find((value) => value !== undefined) ?? ''
      )
    return values.fields[argument === undefined ? name : `${name}:${argument}`] ?? whole
  })
}

function timeAs(name: string, millis: number): string | undefined {
  switch (name) {
    case 'time':
      return new Date(millis).toISOString()
    case 'klog':
      return strftime('%m%d %T', millis) + `.${String(millis % 1000).padStart(3, '0')}000`
    case 'clf':
      return strftime('%d/%b/%Y:%T %z', millis)
    case 'nginx':
      return strftime('%Y/%m/%d %T', millis)
    case 'clock':
      return strftime('%Y-%m-%d %T', millis) + '+00:00'
    case 'sql':
      return strftime('%Y-%m-%d %T', millis)
    case 'redis':
      return strftime('%d %b %Y %T', millis) + `.${String(millis % 1000).padStart(3, '0')}`
    case 'postgres':
      return strftime('%Y-%m-%d %T', millis) + `.${String(millis % 1000).padStart(3, '0')} UTC`
    case 'httpd':
      return strftime('%a %b %d %T', millis) + `.${String(millis % 1000).padStart(3, '0')}000 ${strftime('%Y', millis)}`
    case 'epoch':
      return String(Math.floor(millis / 1000))
    default:
      return undefined
  }
}
