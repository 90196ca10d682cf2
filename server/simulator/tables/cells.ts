/** Pieces that cells are made of. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go */

/** How long ago, as `kubectl get` says it. */
export function ageOf(timestamp: string | undefined, now: number): string {
  return timestamp === undefined ? '<unknown>' : humanDuration(now - Date.parse(timestamp))
}

/** @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go */
export function humanDuration(millis: number): string {
  const seconds = Math.trunc(millis / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`
  if (days < 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  if (days < 365 * 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`
  return `${years}y`
}

export function orNone(value: string | undefined): string {
  return value ? value : '<none>'
}

/** Labels as a selector that matches them. */
export function selectorText(labels: { readonly [key: string]: string } | undefined): string {
  const entries = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',')
}

interface LabelSelectorLike {
  readonly matchLabels?: { readonly [key: string]: string }
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[]
}

/** A label selector in the words of `kubectl get -l`. */
export function formatSelector(selector: LabelSelectorLike | undefined): string {
  if (!selector) return '<none>'
  const parts = Object.entries(selector.matchLabels ?? {}).map(([key, value]): [string, string] => [key, `${key}=${value}`])
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const list = `(${values.toSorted().join(',')})`
    const words: string = { In: `${key} in ${list}`, NotIn: `${key} notin ${list}`, Exists: key, DoesNotExist: `!${key}` }[operator] ?? key
    parts.push([key, words])
  }
  const sorted = parts.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted.length === 0 ? '<none>' : sorted.map(([, words]) => words).join(',')
}

export function containerNames(spec: { readonly containers?: readonly { readonly name: string }[] } | undefined): string {
  return (spec?.containers ?? []).map(({ name }) => name).join(',')
}

export function containerImages(spec: { readonly containers?: readonly { readonly image?: string }[] } | undefined): string {
  return (spec?.containers ?? []).map(({ image }) => image ?? '').join(',')
}

/** `RWO,ROX` */
export function accessModes(modes: readonly string[] | undefined): string {
  const short: { readonly [mode: string]: string } = {
    ReadWriteOnce: 'RWO',
    ReadOnlyMany: 'ROX',
    ReadWriteMany: 'RWX',
    ReadWriteOncePod: 'RWOP',
  }
  return [...new Set((modes ?? []).map((mode) => short[mode] ?? mode))].join(',')
}
