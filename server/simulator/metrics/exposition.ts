export type Labels = Readonly<Record<string, string>>

export interface Sample {
  /** Behind the family's name: `_bucket`, `_sum`, `_count` of histograms. */
  readonly suffix?: string
  readonly labels: Labels
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped'
  readonly samples: readonly Sample[]
}

/** Prometheus' text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function exposition(families: readonly Family[]): string {
  let text = ''
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue
    text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
    for (const { suffix = '', labels, value } of samples) text += `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`
  }
  return text
}

function labelText(labels: Labels): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '{' : ','}${name}=${quoted(labels[name] ?? '')}`
  return text === '' ? '' : `${text}}`
}

/** A label's value, as the text format writes it. */
export function quoted(value: string): string {
  if (!/[\\"\n]/.test(value)) return `"${value}"`
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** As Go prints them: `+Inf`, `NaN`, else the shortest decimal. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}
