import { same } from '../resources/draft.ts'
import { nanoOf, parseQuantity } from '../resources/quantity.ts'
import { addAddresses } from './cel-addresses.ts'
import { addExtensions } from './cel-extensions.ts'
import { addPairs } from './cel-pairs.ts'
import { patternOf } from './patterns.ts'
import type { JsonValue } from '../resources/object.ts'
import type { CelEnvironment } from './cel.ts'
import type { Optionals } from './cel-extensions.ts'

/** The functions that Kubernetes adds to CEL. @see https://kubernetes.io/docs/reference/using-api/cel/#cel-community-libraries */

class Quantity {
  readonly nano: bigint

  constructor(nano: bigint) {
    this.nano = nano
  }
}

const NANO = 1_000_000_000n

/** @param optionals how the library's optional values are made */
export function addKubernetesLibrary(environment: CelEnvironment, optionals: Optionals): CelEnvironment {
  addText(environment)
  addLists(environment)
  addQuantities(environment)
  addAddresses(environment)
  addPairs(environment)
  addExtensions(environment, optionals, equal)
  return environment
}

function addText(environment: CelEnvironment): void {
  environment.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => patternOf(pattern).expression?.exec(text)?.[0] ?? '',
  )
  environment.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => everyMatch(text, pattern))
  environment.registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
    everyMatch(text, pattern).slice(0, limit < 0n ? undefined : Number(limit)),
  )
  environment.registerFunction('string.charAt(int): string', (text: string, index: bigint) => text.charAt(Number(index)))
  environment.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  )
  environment.registerFunction('string.replace(string, string, int): string', (text: string, from: string, to: string, count: bigint) =>
    replaced(text, from, to, Number(count)),
  )
  environment.registerFunction('string.format(list): string', (text: string, values: readonly unknown[]) => formatted(text, values))
}

function everyMatch(text: string, pattern: string): string[] {
  const { expression } = patternOf(pattern)
  return expression ? [...text.matchAll(new RegExp(expression.source, `${expression.flags}g`))].map(([found]) => found) : []
}

function replaced(text: string, from: string, to: string, count: number): string {
  const parts = text.split(from)
  const end = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1)
  return (
    parts.slice(0, end + 1).join(to) +
    parts
      .slice(end + 1)
      .map((part) => from + part)
      .join('')
  )
}

function formatted(text: string, values: readonly unknown[]): string {
  let at = 0
  return text.replaceAll(/%(?:\.(\d+))?([sdfeboxX%])/g, (_whole, digits: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    const value = values[at++]
    if (verb === 'f') return Number(value).toFixed(Number(digits ?? 6))
    if (verb === 'x' && typeof value === 'bigint') return value.toString(16)
    return shown(value)
  })
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => shown(item)).join(', ')}]`
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${shown(key)}: ${shown(item)}`).join(', ')}}`
  return String(value)
}

function addLists(environment: CelEnvironment): void {
  environment.registerFunction('list.isSorted(): bool', (list: readonly Comparable[]) =>
    list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
  )
  environment.registerFunction('list.sum(): dyn', (list: readonly (bigint | number)[]) => total(list))
  environment.registerFunction('list.min(): dyn', (list: readonly Comparable[]) => extreme(list, (a, b) => a < b))
  environment.registerFunction('list.max(): dyn', (list: readonly Comparable[]) => extreme(list, (a, b) => a > b))
  environment.registerFunction('list.indexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
    BigInt(list.findIndex((one) => equal(one, item))),
  )
  environment.registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
    BigInt(list.findLastIndex((one) => equal(one, item))),
  )
}

type Comparable = bigint | number | string

function total(list: readonly (bigint | number)[]): bigint | number {
  if (list.every((item) => typeof item === 'bigint')) return list.reduce((sum, item) => sum + item, 0n)
  return list.reduce<number>((sum, item) => sum + Number(item), 0)
}

function extreme(list: readonly Comparable[], before: (a: Comparable, b: Comparable) => boolean): Comparable {
  const [first] = list
  if (first === undefined) throw new Error('min/max called on empty list')
  return list.reduce((best, item) => (before(item, best) ? item : best), first)
}

/** Whether two values of CEL's say the same. */
export function equal(a: unknown, b: unknown): boolean {
  return same(plain(a), plain(b))
}

function plain(value: unknown): JsonValue {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? `int ${item}` : item instanceof Map ? Object.fromEntries(item) : item,
  )
  return text === undefined ? null : (JSON.parse(text) as JsonValue)
}

function addQuantities(environment: CelEnvironment): void {
  environment.registerType('kubernetes.Quantity', Quantity)
  environment.registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
  environment.registerFunction('quantity(string): kubernetes.Quantity', (text: string) => {
    if (!parseQuantity(text)) throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    return new Quantity(nanoOf(text))
  })
  environment.registerFunction(
    'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
    (a: Quantity, b: Quantity) => a.nano > b.nano,
  )
  environment.registerFunction('kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => a.nano < b.nano)
  environment.registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: Quantity, b: Quantity) =>
    a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n,
  )
  environment.registerFunction('kubernetes.Quantity.sign(): int', (a: Quantity) => (a.nano < 0n ? -1n : a.nano > 0n ? 1n : 0n))
  environment.registerFunction('kubernetes.Quantity.isInteger(): bool', (a: Quantity) => a.nano % NANO === 0n)
  environment.registerFunction('kubernetes.Quantity.asInteger(): int', (a: Quantity) => a.nano / NANO)
  environment.registerFunction('kubernetes.Quantity.asApproximateFloat(): double', (a: Quantity) => Number(a.nano) / 1e9)
  environment.registerFunction(
    'kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity',
    (a: Quantity, b: Quantity) => new Quantity(a.nano + b.nano),
  )
  environment.registerFunction(
    'kubernetes.Quantity.add(int): kubernetes.Quantity',
    (a: Quantity, b: bigint) => new Quantity(a.nano + b * NANO),
  )
  environment.registerFunction(
    'kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity',
    (a: Quantity, b: Quantity) => new Quantity(a.nano - b.nano),
  )
  environment.registerFunction(
    'kubernetes.Quantity.sub(int): kubernetes.Quantity',
    (a: Quantity, b: bigint) => new Quantity(a.nano - b * NANO),
  )
  environment.registerOperator('kubernetes.Quantity == kubernetes.Quantity', (a: Quantity, b: Quantity) => a.nano === b.nano)
}
