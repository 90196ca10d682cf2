import type { z } from 'zod'
import type { RelabelDocument } from './config.ts'

/** Changes the labels of a target or a sample. @returns undefined when it is dropped */
export type Relabeling = readonly ((labels: Map<string, string>) => boolean)[]

/**
 * Prometheus' relabelling, with its regular expressions anchored at both ends. `hashmod`, which shares targets between several
 * Prometheus servers, keeps everything in shard 0.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
 * @throws Error for a regular expression that cannot be read
 */
export function compileRelabeling(documents: readonly z.output<typeof RelabelDocument>[]): Relabeling {
  return documents.map(compile)
}

/** Applies rules in their order, to a copy. @returns undefined when one of them drops it */
export function relabel(rules: Relabeling, labels: ReadonlyMap<string, string>): Map<string, string> | undefined {
  const changed = new Map(labels)
  return rules.every((rule) => rule(changed)) ? changed : undefined
}

function compile(document: z.output<typeof RelabelDocument>): Relabeling[number] {
  const { source_labels: sources, separator, target_label: target, replacement, action } = document
  const regex = anchored(document.regex)
  const valueOf = (labels: ReadonlyMap<string, string>) => sources.map((name) => labels.get(name) ?? '').join(separator)
  const set = (labels: Map<string, string>, name: string, value: string) => {
    if (value === '') labels.delete(name)
    else labels.set(name, value)
    return true
  }
  switch (action) {
    case 'keep':
      return (labels) => regex.test(valueOf(labels))
    case 'drop':
      return (labels) => !regex.test(valueOf(labels))
    case 'keepequal':
      return (labels) => (labels.get(target) ?? '') === valueOf(labels)
    case 'dropequal':
      return (labels) => (labels.get(target) ?? '') !== valueOf(labels)
    case 'lowercase':
      return (labels) => set(labels, target, valueOf(labels).toLowerCase())
    case 'uppercase':
      return (labels) => set(labels, target, valueOf(labels).toUpperCase())
    case 'hashmod':
      return (labels) => set(labels, target, '0')
    case 'labelmap':
      return (labels) => {
        for (const [name, value] of Array.from(labels)) {
          const found = regex.exec(name)
          if (found) labels.set(expanded(replacement, found), value)
        }
        return true
      }
    case 'labeldrop':
    case 'labelkeep':
      return (labels) => {
        for (const name of Array.from(labels.keys())) if (regex.test(name) === (action === 'labeldrop')) labels.delete(name)
        return true
      }
    case 'replace':
      return (labels) => {
        const found = regex.exec(valueOf(labels))
        return found ? set(labels, expanded(target, found), expanded(replacement, found)) : true
      }
  }
}

/** Go's `(?i)` at the beginning is a flag here. */
function anchored(regex: string): RegExp {
  const [, flags = '', body = regex] = /^\(\?([is]+)\)(.*)$/s.exec(regex) ?? []
  try {
    return new RegExp(`^(?:${body.replaceAll('(?P<', '(?<')})$`, `${flags}${flags.includes('s') ? '' : 's'}`)
  } catch {
    throw new Error(`error parsing regexp: ${regex}`)
  }
}

/** `$1`, `${1}`, `${name}` and `$$`, as Go's `Regexp.Expand` has them. */
function expanded(template: string, found: RegExpExecArray): string {
  return template.replaceAll(/\$(?:(\$)|\{(\w+)\}|(\w+))/g, (_, dollar?: string, braced?: string, plain?: string) => {
    if (dollar !== undefined) return '$'
    const name = braced ?? plain ?? ''
    return (/^\d+$/.test(name) ? found[Number(name)] : found.groups?.[name]) ?? ''
  })
}
