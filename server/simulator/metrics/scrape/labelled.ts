import { numberText, quoted } from '../exposition.ts'
import type { Family, Labels } from '../exposition.ts'

/** A page's samples with the labels of the target that it was scraped from. */
export interface Labelled {
  readonly text: string
  readonly samples: number
}

const sample =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\[\\"n])*"(?:,(?=[a-zA-Z_}])|(?=\})))*)\})?[ \t]+([-+]?(?:\d[\d.]*(?:e[-+]?\d+)?|\.\d+|inf|nan))(?:[ \t]+-?\d+)?[ \t]*$/i
const label = /([a-zA-Z_]\w*)=("(?:[^"\\]|\\.)*")/g

/**
 * Puts a target's labels on every sample of a page in the text format, as a scrape does. A label that both have is the target's,
 * and the page's becomes `exported_…`, unless the job honours the page's. `cluster` is never the page's: it says whose series these
 * are. Timestamps go: a sample is of the moment it was scraped.
 * @param keep tells which samples stay, and with which labels; all of them without it
 * @returns undefined when the page is not in that format, of which Prometheus takes nothing
 */
export function labelled(
  page: string,
  target: ReadonlyMap<string, string>,
  honorLabels: boolean,
  keep?: (labels: Map<string, string>) => Map<string, string> | undefined,
): Labelled | undefined {
  const prefix = Array.from(target, ([name, value]) => `${name}=${quoted(value)}`).join(',')
  const clash = new RegExp(`(?:^|,)(?:cluster${Array.from(target.keys(), (name) => `|${name}`).join('')})="`)
  const owner = target.get('cluster')
  const lines: string[] = []
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const read = sample.exec(line)
    if (!read) {
      if (line.trim() === '') continue
      return undefined
    }
    const [, name = '', own = '', value = ''] = read
    if (keep) {
      const all = merged(name, own, target, honorLabels)
      const kept = keep(all)
      const called = kept?.get('__name__')
      if (kept && called !== undefined) lines.push(`${called}{${listed(kept, owner)}} ${value}`)
    } else if (own === '') lines.push(`${name}{${prefix}} ${value}`)
    else if (clash.test(own)) lines.push(`${name}{${listed(merged(name, own, target, honorLabels), owner)}} ${value}`)
    else lines.push(`${name}{${prefix},${own}} ${value}`)
  }
  return { text: lines.length > 0 ? `${lines.join('\n')}\n` : '', samples: lines.length }
}

/** As `labelled`, for a page that is not text yet, and a job that does not honour its labels. */
export function labelledFamilies(families: readonly Family[], target: ReadonlyMap<string, string>): Labelled {
  const prefix = Array.from(target, ([name, value]) => `${name}=${quoted(value)}`).join(',')
  // Many families are about the same things: their labels are written once.
  const texts = new Map<Labels, string>()
  const textOf = (labels: Labels): string => {
    let text = `{${prefix}`
    for (const key in labels) {
      const own = labels[key] ?? ''
      if (own !== '') text += `,${target.has(key) ? `exported_${key}` : key}=${quoted(own)}`
    }
    texts.set(labels, text)
    return text
  }
  let text = ''
  let count = 0
  for (const { name, samples } of families) {
    for (const { suffix = '', labels, value } of samples) {
      text += `${name}${suffix}${texts.get(labels) ?? textOf(labels)}} ${numberText(value)}\n`
      count++
    }
  }
  return { text, samples: count }
}

function merged(name: string, own: string, target: ReadonlyMap<string, string>, honorLabels: boolean): Map<string, string> {
  const all = new Map(target)
  all.set('__name__', name)
  for (const [, key = '', value = ''] of own.matchAll(label)) {
    const text = unquoted(value)
    if (key === 'cluster' || (target.has(key) && !honorLabels)) all.set(`exported_${key}`, text)
    else all.set(key, text)
  }
  return all
}

/** Without the name and what relabelling leaves behind. No rule says whose series these are. */
function listed(labels: ReadonlyMap<string, string>, owner: string | undefined): string {
  const own = Array.from(labels).filter(
    ([name, value]) => name !== 'cluster' && !name.startsWith('__') && value !== '' && /^[a-zA-Z_]\w*$/.test(name),
  )
  return [...own, ...(owner === undefined ? [] : [['cluster', owner] as const])]
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(',')
}

const unquoted = (text: string): string =>
  text.slice(1, -1).replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
