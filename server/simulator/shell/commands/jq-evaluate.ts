import { boundedRegExp } from '../bounded-regexp.ts'
import { toBase64 } from './encoding.ts'
import type { Filter } from './jq-parser.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
type Scope = ReadonlyMap<string, Json>

export class JqError extends Error {}

/** What one input may lead to. */
const mostSteps = 500_000
const mostText = 4_000_000

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const isObject = (value: Json): value is { readonly [name: string]: Json } => typeof value === 'object' && value !== null && !isList(value)
const typeOf = (value: Json): string => (value === null ? 'null' : isList(value) ? 'array' : typeof value)
const shown = (value: Json): string => `${typeOf(value)} (${JSON.stringify(value).slice(0, 60)})`
const truthy = (value: Json): boolean => value !== null && value !== false
const own = (value: { readonly [name: string]: Json }, name: string): Json => (Object.hasOwn(value, name) ? (value[name] ?? null) : null)
/** Names such as `__proto__` are names like any other. */
const objectOf = (entries: Iterable<readonly [string, Json]>): Json => Object.fromEntries(entries)

const order = ['null', 'boolean', 'number', 'string', 'array', 'object']

/** As jq sorts: by kind, then by value. */
function compare(a: Json, b: Json): number {
  const kinds = order.indexOf(typeOf(a)) - order.indexOf(typeOf(b))
  if (kinds !== 0 || a === b) return kinds
  if (isList(a) && isList(b)) {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      const each = compare(a[at] ?? null, b[at] ?? null)
      if (each !== 0) return each
    }
    return a.length - b.length
  }
  if (isObject(a) && isObject(b)) {
    const [names, others] = [Object.keys(a).toSorted(), Object.keys(b).toSorted()]
    return (
      compare(names, others) ||
      compare(
        names.map((name) => own(a, name)),
        names.map((name) => own(b, name)),
      )
    )
  }
  return (a ?? 0) < (b ?? 0) ? -1 : 1
}

const same = (a: Json, b: Json): boolean => compare(a, b) === 0
export const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Runs a program over inputs. */
export class Jq {
  #steps = 0

  /** Everything that `filter` makes of `input`. @throws JqError */
  run(filter: Filter, input: Json, scope: Scope): readonly Json[] {
    if (++this.#steps > mostSteps) throw new JqError('too much to compute here')
    switch (filter.kind) {
      case 'identity':
        return [input]
      case 'descend':
        return this.#descend(input)
      case 'literal':
        return [filter.value]
      case 'variable': {
        const value = scope.get(filter.name)
        if (value === undefined) throw new JqError(`${filter.name} is not defined`)
        return [value]
      }
      case 'format':
        return [formatted(filter.name, input)]
      case 'text':
        return [this.#text(filter, input, scope)]
      case 'array':
        return [filter.of ? this.run(filter.of, input, scope) : []]
      case 'object':
        return this.#object(filter.entries, input, scope)
      case 'try':
        try {
          return this.run(filter.of, input, scope)
        } catch (error) {
          if (error instanceof JqError) return []
          throw error
        }
      case 'each':
        return this.run(filter.of, input, scope).flatMap((value) => this.#each(value))
      case 'field':
        return this.run(filter.of, input, scope).flatMap((value) => this.run(filter.name, input, scope).map((name) => indexed(value, name)))
      case 'slice':
        return this.run(filter.of, input, scope).map((value) => this.#slice(filter, value, input, scope))
      case 'bind':
        return this.run(filter.of, input, scope).flatMap((value) => this.run(filter.body, input, new Map([...scope, [filter.name, value]])))
      case 'if':
        return this.run(filter.when, input, scope).flatMap((value) => this.run(truthy(value) ? filter.yes : filter.otherwise, input, scope))
      case 'reduce': {
        let state = this.#one(filter.start, input, scope)
        for (const value of this.run(filter.of, input, scope))
          state = this.run(filter.update, state, new Map([...scope, [filter.name, value]])).at(-1) ?? null
        return [state]
      }
      case 'binary':
        return this.#binary(filter, input, scope)
      case 'call':
        return this.#call(filter.name, filter.args, input, scope)
    }
  }

  #one(filter: Filter | undefined, input: Json, scope: Scope): Json {
    return (filter && this.run(filter, input, scope)[0]) ?? null
  }

  #descend(value: Json): readonly Json[] {
    if (++this.#steps > mostSteps) throw new JqError('too much to compute here')
    return [
      value,
      ...(typeof value === 'object' && value !== null ? Object.values(value).flatMap((each: Json) => this.#descend(each)) : []),
    ]
  }

  #each(value: Json): readonly Json[] {
    if (typeof value !== 'object' || value === null) throw new JqError(`Cannot iterate over ${value === null ? 'null' : shown(value)}`)
    const values: readonly Json[] = isList(value) ? value : Object.values(value)
    this.#steps += values.length
    return values
  }

  #slice(filter: Extract<Filter, { kind: 'slice' }>, value: Json, input: Json, scope: Scope): Json {
    if (value === null) return null
    if (typeof value !== 'string' && !isList(value)) throw new JqError(`Cannot index ${typeOf(value)} with object`)
    const bound = (of: Filter | undefined) => (of ? Number(this.#one(of, input, scope)) : undefined)
    return value.slice(bound(filter.from), bound(filter.to))
  }

  #text({ parts, format }: Extract<Filter, { kind: 'text' }>, input: Json, scope: Scope): string {
    let text = ''
    for (const part of parts) {
      if (typeof part === 'string') text += part
      else {
        const value = this.#one(part, input, scope)
        text += format === undefined ? textOf(value) : formatted(format, value)
      }
      if (text.length > mostText) throw new JqError('the text is too long')
    }
    return text
  }

  #object(entries: readonly (readonly [Filter, Filter])[], input: Json, scope: Scope): readonly Json[] {
    let made: readonly (readonly (readonly [string, Json])[])[] = [[]]
    for (const [name, value] of entries) {
      const names = this.run(name, input, scope)
      const values = this.run(value, input, scope)
      made = made.flatMap((before) => names.flatMap((key) => values.map((each) => [...before, [textOf(key), each] as const])))
      this.#steps += made.length
      if (this.#steps > mostSteps) throw new JqError('too much to compute here')
    }
    return made.map(objectOf)
  }

  #binary({ operator, left, right }: Extract<Filter, { kind: 'binary' }>, input: Json, scope: Scope): readonly Json[] {
    if (operator === '|') return this.run(left, input, scope).flatMap((value) => this.run(right, value, scope))
    if (operator === ',') return [...this.run(left, input, scope), ...this.run(right, input, scope)]
    if (operator === '//') {
      const found = this.run({ kind: 'try', of: left }, input, scope).filter(truthy)
      return found.length > 0 ? found : this.run(right, input, scope)
    }
    if (operator === 'and' || operator === 'or')
      return this.run(left, input, scope).flatMap((value) =>
        truthy(value) === (operator === 'or') ? [operator === 'or'] : this.run(right, input, scope).map(truthy),
      )
    return this.run(right, input, scope).flatMap((b) => this.run(left, input, scope).map((a) => combined(operator, a, b)))
  }

  #by(input: Json, arg: Filter | undefined, scope: Scope): readonly { readonly key: Json; readonly value: Json }[] {
    if (!isList(input)) throw new JqError(`Cannot index ${typeOf(input)} with number`)
    return input.map((value) => ({ key: arg ? this.run(arg, value, scope) : value, value })).toSorted((a, b) => compare(a.key, b.key))
  }

  #call(name: string, args: readonly Filter[], input: Json, scope: Scope): readonly Json[] {
    const [first, second] = args
    const sorted = () => this.#by(input, first, scope)
    const grouped = () => {
      const groups: { key: Json; values: Json[] }[] = []
      for (const { key, value } of sorted()) {
        const last = groups.at(-1)
        if (last && same(last.key, key)) last.values.push(value)
        else groups.push({ key, values: [value] })
      }
      return groups
    }
    const values = () => this.#each(input)
    switch (name) {
      case 'empty':
        return []
      case 'error':
        throw new JqError(textOf(first ? this.#one(first, input, scope) : input))
      case 'not':
        return [!truthy(input)]
      case 'select':
        return first
          ? this.run(first, input, scope)
              .filter(truthy)
              .map(() => input)
          : []
      case 'recurse':
        return this.#descend(input)
      case 'values':
        return input === null ? [] : [input]
      case 'map':
        return [values().flatMap((each) => (first ? this.run(first, each, scope) : []))]
      case 'map_values':
        return [objectOf(Object.entries(input ?? {}).map(([key, each]: [string, Json]) => [key, this.#one(first, each, scope)] as const))]
      case 'with_entries': {
        const made = entriesOf(input).flatMap((each) => (first ? this.run(first, each, scope) : []))
        return [fromEntries(made)]
      }
      case 'sort':
      case 'sort_by':
        return [sorted().map(({ value }) => value)]
      case 'group_by':
        return [grouped().map((group) => group.values)]
      case 'unique':
      case 'unique_by':
        return [grouped().map((group) => group.values[0] ?? null)]
      case 'min':
      case 'min_by':
        return [sorted()[0]?.value ?? null]
      case 'max':
      case 'max_by':
        return [sorted().at(-1)?.value ?? null]
      case 'any':
      case 'all': {
        const found = values().flatMap((each) => (first ? this.run(first, each, scope) : [each]))
        return [name === 'any' ? found.some(truthy) : found.every(truthy)]
      }
      case 'first':
      case 'last': {
        const found = first ? this.run(first, input, scope) : values()
        return found.length > 0 || !first ? [(name === 'first' ? found[0] : found.at(-1)) ?? null] : []
      }
      case 'limit':
        return second ? this.run(second, input, scope).slice(0, Number(this.#one(first, input, scope))) : []
      case 'range': {
        const [from, to] = second
          ? [Number(this.#one(first, input, scope)), Number(this.#one(second, input, scope))]
          : [0, Number(this.#one(first, input, scope))]
        if (to - from > mostSteps) throw new JqError('too much to compute here')
        return Array.from({ length: Math.max(Math.ceil(to - from), 0) }, (_, index) => from + index)
      }
      default: {
        const known = Object.hasOwn(simple, name) ? simple[name] : undefined
        if (!known) throw new JqError(`${name}/${args.length} is not defined`)
        return [known(input, this.#one(first, input, scope), this.#one(second, input, scope))]
      }
    }
  }
}

function indexed(value: Json, name: Json): Json {
  if (value === null) return null
  if (isObject(value) && typeof name === 'string') return own(value, name)
  if (isList(value) && typeof name === 'number') return value.at(Math.trunc(name)) ?? null
  throw new JqError(`Cannot index ${typeOf(value)} with ${typeof name === 'string' ? `"${name}"` : typeOf(name)}`)
}

function combined(operator: string, a: Json, b: Json): Json {
  switch (operator) {
    case '==':
      return same(a, b)
    case '!=':
      return !same(a, b)
    case '<':
      return compare(a, b) < 0
    case '<=':
      return compare(a, b) <= 0
    case '>':
      return compare(a, b) > 0
    case '>=':
      return compare(a, b) >= 0
  }
  if (operator === '+') {
    if (a === null) return b
    if (b === null) return a
    if (typeof a === 'string' && typeof b === 'string' && a.length + b.length < mostText) return a + b
    if (isList(a) && isList(b) && a.length + b.length < mostSteps) return [...a, ...b]
    if (isObject(a) && isObject(b)) return objectOf([...Object.entries(a), ...Object.entries(b)])
  }
  if (operator === '-' && isList(a) && isList(b)) return a.filter((each) => !b.some((other) => same(each, other)))
  if (operator === '/' && typeof a === 'string' && typeof b === 'string') return a.split(b)
  if (typeof a !== 'number' || typeof b !== 'number') {
    const verb = { '+': 'added', '-': 'subtracted', '*': 'multiplied' }[operator] ?? 'divided'
    throw new JqError(`${shown(a)} and ${shown(b)} cannot be ${verb}`)
  }
  if ((operator === '/' || operator === '%') && b === 0)
    throw new JqError(`${shown(a)} and ${shown(b)} cannot be divided because the divisor is zero`)
  return operator === '+'
    ? a + b
    : operator === '-'
      ? a - b
      : operator === '*'
        ? a * b
        : operator === '/'
          ? a / b
          : Math.trunc(a) % Math.trunc(b)
}

const entriesOf = (value: Json): readonly Json[] =>
  isObject(value) ? Object.entries(value).map(([key, each]) => ({ key, value: each })) : []

function fromEntries(entries: Json): Json {
  if (!isList(entries)) throw new JqError(`Cannot iterate over ${shown(entries)}`)
  return objectOf(
    entries.map((each) => {
      const entry = isObject(each) ? each : {}
      return [textOf(own(entry, 'key') ?? own(entry, 'name') ?? own(entry, 'k')), own(entry, 'value') ?? own(entry, 'v')] as const
    }),
  )
}

function formatted(format: string, value: Json): string {
  const cells = isList(value) ? value : [value]
  switch (format) {
    case '@csv':
      return cells
        .map((cell) => (typeof cell === 'string' ? `"${cell.replaceAll('"', '""')}"` : cell === null ? '' : String(cell)))
        .join(',')
    case '@tsv':
      return cells.map((cell) => (cell === null ? '' : textOf(cell).replaceAll('\t', '\\t').replaceAll('\n', '\\n'))).join('\t')
    case '@json':
      return JSON.stringify(value)
    case '@base64':
      return toBase64(textOf(value))
    case '@base64d':
      try {
        return new TextDecoder().decode(Uint8Array.from(atob(textOf(value)), (char) => char.charCodeAt(0)))
      } catch {
        throw new JqError(`${shown(value)} is not valid base64 data`)
      }
    case '@uri':
      return encodeURIComponent(textOf(value).toWellFormed())
    case '@sh':
      return cells.map((cell) => (typeof cell === 'string' ? `'${cell.replaceAll("'", String.raw`'\''`)}'` : String(cell))).join(' ')
    default:
      return textOf(value)
  }
}

const words = (value: Json): string => {
  if (typeof value !== 'string') throw new JqError(`${shown(value)} cannot be matched, as it is not a string`)
  return value
}
const list = (value: Json): readonly Json[] => {
  if (!isList(value)) throw new JqError(`Cannot iterate over ${shown(value)}`)
  return value
}

function contains(a: Json, b: Json): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a.includes(b)
  if (isList(a) && isList(b)) return b.every((each) => a.some((other) => contains(other, each)))
  if (isObject(a) && isObject(b)) return Object.entries(b).every(([name, each]) => Object.hasOwn(a, name) && contains(own(a, name), each))
  return same(a, b)
}

function lengthOf(value: Json): number {
  if (value === null) return 0
  if (typeof value === 'boolean') throw new JqError(`${shown(value)} has no length`)
  if (typeof value === 'number') return Math.abs(value)
  return typeof value === 'string' ? [...value].length : isList(value) ? value.length : Object.keys(value).length
}

const flattened = (items: readonly Json[], depth: number): readonly Json[] =>
  items.flatMap((item) => (isList(item) && depth > 0 ? flattened(item, depth - 1) : [item]))

/** Builtins that make one value of their input and their arguments' first values. */
const simple: Readonly<Record<string, (input: Json, first: Json, second: Json) => Json>> = {
  length: lengthOf,
  keys: (input) => (isObject(input) ? Object.keys(input).toSorted() : list(input).map((_, index) => index)),
  keys_unsorted: (input) => Object.keys(input ?? {}),
  type: typeOf,
  to_entries: entriesOf,
  from_entries: fromEntries,
  add: (input) => list(isObject(input) ? Object.values(input) : input).reduce((sum, each) => combined('+', sum, each), null),
  reverse: (input) => (typeof input === 'string' ? [...input].toReversed().join('') : list(input ?? []).toReversed()),
  flatten: (input, depth) => flattened(list(input), depth === null ? 20 : Number(depth)),
  has: (input, name) => (isObject(input) ? Object.hasOwn(input, textOf(name)) : Number(name) < list(input).length),
  contains,
  inside: (input, other) => contains(other, input),
  index: (input, part) => (words(input).includes(words(part)) ? words(input).indexOf(words(part)) : null),
  test: (input, pattern) => boundedRegExp(words(pattern)).test(words(input)),
  sub: (input, pattern, by) => words(input).replace(boundedRegExp(words(pattern)), () => words(by)),
  gsub: (input, pattern, by) => words(input).replaceAll(new RegExp(boundedRegExp(words(pattern)), 'g'), () => words(by)),
  split: (input, by) => words(input).split(words(by)),
  join: (input, by) =>
    list(input)
      .map((each) => (each === null ? '' : textOf(each)))
      .join(words(by)),
  startswith: (input, part) => words(input).startsWith(words(part)),
  endswith: (input, part) => words(input).endsWith(words(part)),
  ltrimstr: (input, part) => (words(input).startsWith(words(part)) ? words(input).slice(words(part).length) : input),
  rtrimstr: (input, part) => (words(input).endsWith(words(part)) ? words(input).slice(0, -words(part).length || undefined) : input),
  trim: (input) => words(input).trim(),
  ascii_downcase: (input) => words(input).toLowerCase(),
  ascii_upcase: (input) => words(input).toUpperCase(),
  tostring: textOf,
  tojson: (input) => JSON.stringify(input),
  fromjson: (input) => JSON.parse(words(input)) as Json,
  tonumber: (input) => {
    const number = typeof input === 'string' && input.trim() !== '' ? Number(input) : input
    if (typeof number !== 'number' || Number.isNaN(number)) throw new JqError(`${shown(input)} cannot be parsed as a number`)
    return number
  },
  floor: (input) => Math.floor(Number(input)),
  ceil: (input) => Math.ceil(Number(input)),
  round: (input) => Math.round(Number(input)),
}
