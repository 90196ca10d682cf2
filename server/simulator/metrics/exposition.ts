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
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

/** Prometheus' text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join('')
}

function familyText(family: Family): string {
  if (family.samples.length === 0) return ''
  const head = `# HELP ${family.name} ${family.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${family.name} ${family.type}\n`
  return (
    head +
    family.samples.map((sample) => `${family.name}${sample.suffix ?? ''}${labelText(sample.labels)} ${numberText(sample.value)}\n`).join('')
  )
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

/** As Go prints them: `+Inf`, `NaN`, else the shortest decimal. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}
