import { isObject, same } from '../resources/draft.ts'
import type { JsonValue } from '../resources/object.ts'

/**
 * JSON paths as printer columns, scales and selectable fields write them: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`,
 * `.metadata.labels['app\.kubernetes\.io/name']`, `.spec.hosts[*]`, `.spec.hosts[0]`.
 * @see https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
type Step = (value: JsonValue) => readonly JsonValue[]
export type JsonPath = (value: JsonValue) => readonly JsonValue[]

/** @returns undefined when it is none */
export function parseJsonPath(path: string): JsonPath | undefined {
  const steps: Step[] = []
  let rest = path.startsWith('$') ? path.slice(1) : path
  while (rest !== '') {
    const found = step(rest)
    if (!found) return undefined
    steps.push(found.step)
    rest = rest.slice(found.length)
  }
  return (value) => steps.reduce<readonly JsonValue[]>((values, next) => values.flatMap((one) => next(one)), [value])
}

function step(text: string): { readonly step: Step; readonly length: number } | undefined {
  const field = /^\.((?:[^.[\]\\]|\\.)+)/.exec(text)
  if (field) return { step: named(field[1] === '*' ? undefined : (field[1] ?? '').replaceAll(/\\(.)/g, '$1')), length: field[0].length }
  const quoted = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/.exec(text)
  if (quoted) return { step: named((quoted[1] ?? quoted[2] ?? '').replaceAll(/\\(.)/g, '$1')), length: quoted[0].length }
  const index = /^\[(-?\d+|\*)\]/.exec(text)
  if (index) return { step: indexed(index[1] ?? ''), length: index[0].length }
  const filter = /^\[\?\(@(\.[^=!<>\s)]*)?\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|[^)\s]+))?\s*\)\]/.exec(text)
  if (filter) {
    const inner = parseJsonPath(filter[1] ?? '')
    return inner && { step: filtered(inner, filter[2], filter[3]), length: filter[0].length }
  }
  return text === '.' ? { step: (value) => [value], length: 1 } : undefined
}

function named(key: string | undefined): Step {
  return (value) => {
    if (!isObject(value)) return []
    if (key === undefined) return Object.values(value).filter((one) => one !== undefined)
    const found = Object.hasOwn(value, key) ? value[key] : undefined
    return found === undefined ? [] : [found]
  }
}

function indexed(written: string): Step {
  return (value) => {
    if (!Array.isArray(value)) return []
    if (written === '*') return value as readonly JsonValue[]
    const found = (value as readonly JsonValue[]).at(Number(written))
    return found === undefined ? [] : [found]
  }
}

function filtered(inner: JsonPath, operator: string | undefined, literal: string | undefined): Step {
  const wanted = literalOf(literal)
  return (value) =>
    Array.isArray(value) ? (value as readonly JsonValue[]).filter((item) => matches(inner(item)[0], operator, wanted)) : []
}

function matches(found: JsonValue | undefined, operator: string | undefined, wanted: JsonValue): boolean {
  if (operator === undefined || found === undefined || found === null) return found !== undefined && operator === undefined
  if (operator === '==') return same(found, wanted)
  if (operator === '!=') return !same(found, wanted)
  if (wanted === null) return false
  return operator === '<' ? found < wanted : operator === '>' ? found > wanted : operator === '<=' ? found <= wanted : found >= wanted
}

function literalOf(text: string | undefined): JsonValue {
  if (text === undefined) return null
  if (/^["']/.test(text)) return text.slice(1, -1)
  if (text === 'true' || text === 'false') return text === 'true'
  return Number.isNaN(Number(text)) ? text : Number(text)
}
