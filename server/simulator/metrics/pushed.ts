import type { Family, Labels, Sample } from './exposition.ts'

/** What a client of a Pushgateway has pushed under one grouping key. */
export interface PushedGroup {
  readonly labels: Labels
  /** Seconds since the epoch. */
  readonly at: number
  readonly families: ReadonlyMap<string, Family>
}

/** What has been pushed, as plain data: by grouping key, and the families by name. */
export type PushedPast = readonly (readonly [
  string,
  Omit<PushedGroup, 'families'> & { readonly families: readonly (readonly [string, Family])[] },
])[]

export function pushedPast(pushes: Pushes): PushedPast {
  return [...pushes].map(([key, group]) => [key, { ...group, families: [...group.families] }])
}

export function pushesOf(past: PushedPast): Pushes {
  return new Map(past.map(([key, group]) => [key, { ...group, families: new Map(group.families) }]))
}

/** By grouping key. */
export type Pushes = Map<string, PushedGroup>

interface Push {
  readonly method: string
  readonly path: string
  readonly body: string
}

const sample =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:\s*[a-zA-Z_]\w*="(?:[^"\\]|\\[\\"n])*"\s*,?)*)\})?\s+([-+]?(?:\d[\d.]*(?:e[-+]?\d+)?|\.\d+|inf|nan))\s*$/i
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const
const mostGroups = 1000

/**
 * A request to a Pushgateway's `/metrics/job/…`. https://github.com/prometheus/pushgateway#api
 * @param now milliseconds since the epoch
 */
export function push(pushes: Pushes, { method, path, body }: Push, now: number): { readonly status: number; readonly body: string } {
  const labels = groupingKey(path)
  if (typeof labels === 'string') return { status: 400, body: labels }
  const key = JSON.stringify(Object.entries(labels).toSorted())
  if (method === 'DELETE') {
    pushes.delete(key)
    return { status: 202, body: '' }
  }
  const families = familiesOf(body)
  if (typeof families === 'string') return { status: 400, body: `text format parsing error in line ${families}\n` }
  const before = pushes.get(key)
  if (!before && pushes.size >= mostGroups) return { status: 503, body: 'too many groups\n' }
  // PUT replaces the group, POST only the metrics that have the same names.
  const kept = method === 'POST' ? (before?.families ?? []) : []
  pushes.set(key, { labels, at: now / 1000, families: new Map([...kept, ...families]) })
  return { status: 200, body: '' }
}

/** `/metrics/job/backup/instance/a`, with `@base64` behind a name whose value is so encoded. @returns what is wrong, in its words */
function groupingKey(path: string): Labels | string {
  const parts = path
    .replace(/^\/metrics\//, '')
    .replace(/\/$/, '')
    .split('/')
  if (parts.length % 2 === 1) return `odd number of components in label string "/${parts.slice(2).join('/')}"\n`
  const labels: Record<string, string> = {}
  for (let at = 0; at < parts.length; at += 2) {
    const [name = '', encoded] = (parts[at] ?? '').split('@')
    const value = valueOf(parts[at + 1] ?? '', encoded === 'base64')
    if (!/^[a-zA-Z_]\w*$/.test(name) || name.startsWith('__')) return `improper label name "${name}"\n`
    if (value === undefined) return `invalid value of label "${name}"\n`
    labels[name] = value
  }
  return labels['job'] ? labels : 'job name is required\n'
}

function valueOf(text: string, base64: boolean): string | undefined {
  try {
    if (!base64) return decodeURIComponent(text)
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''))
    return decodeURIComponent([...bytes].map((byte) => `%${(byte.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`).join(''))
  } catch {
    return undefined
  }
}

/** @returns the line that is not in the text format, and why */
function familiesOf(body: string): ReadonlyMap<string, Family> | string {
  const families = new Map<string, { name: string; help: string; type: Family['type']; samples: Sample[] }>()
  const of = (name: string) => {
    const known = families.get(name) ?? { name, help: '', type: 'untyped' as const, samples: [] }
    families.set(name, known)
    return known
  }
  for (const [index, line] of body.split('\n').entries()) {
    const [, what, name = '', rest = ''] = /^#\s*(HELP|TYPE)\s+(\S+)\s*(.*)$/.exec(line) ?? []
    if (what === 'HELP') of(name).help = rest
    else if (what === 'TYPE') {
      const type = types.find((each) => each === rest.trim())
      if (!type) return `${index + 1}: unknown metric type "${rest.trim()}"`
      of(name).type = type
    } else if (line.trim() !== '' && !line.startsWith('#')) {
      const read = sample.exec(line)
      if (!read) return `${index + 1}: expected a metric name, labels and a value, got ${JSON.stringify(line.slice(0, 80))}`
      const [, called = '', labels = '', value = ''] = read
      const base = called.replace(/_(?:bucket|sum|count)$/, '')
      const whole = families.get(base)
      const inside = whole && (whole.type === 'histogram' || whole.type === 'summary') ? whole : of(called)
      inside.samples.push({ suffix: called.slice(inside.name.length), labels: labelsOf(labels), value: numberOf(value) })
    }
  }
  if (!body.endsWith('\n') && body !== '') return `${body.split('\n').length}: unexpected end of input stream`
  return families
}

function labelsOf(text: string): Labels {
  const pairs = [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)]
  return Object.fromEntries(
    pairs.map(([, name = '', value = '']) => [
      name,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  )
}

const numberOf = (text: string): number => (/^[-+]?inf$/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text))

/** What has been pushed, with each group's labels on it, as a Pushgateway's own page shows it. */
export function pushedFamilies(pushes: Pushes): Family[] {
  const all = new Map<string, { name: string; help: string; type: Family['type']; samples: Sample[] }>()
  const add = (family: Family, group: Labels) => {
    const known = all.get(family.name) ?? { ...family, help: family.help || family.name, samples: [] }
    all.set(family.name, known)
    known.samples.push(...family.samples.map((each) => ({ ...each, labels: { instance: '', ...each.labels, ...group } })))
  }
  const stamp = (name: string, help: string, at: number): Family => ({ name, help, type: 'gauge', samples: [{ labels: {}, value: at }] })
  for (const { labels, families, at } of pushes.values()) {
    for (const family of families.values()) add(family, labels)
    add(stamp('push_time_seconds', 'Last Unix time when changing this group in the Pushgateway succeeded.', at), labels)
    add(stamp('push_failure_time_seconds', 'Last Unix time when changing this group in the Pushgateway failed.', 0), labels)
  }
  return [...all.values()]
}
