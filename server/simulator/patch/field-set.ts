import type { JsonObject } from '../resources/object.ts'

/**
 * A set of fields in the form of `fieldsV1`: `{"f:spec": {"f:replicas": {}}}`. An element without anything below it is in
 * the set itself; one with something below it is only when it also has `.`.
 * @see https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/serialize.go
 */
export interface FieldSet {
  readonly [element: string]: FieldSet
}

export type MutableSet = { [element: string]: FieldSet }

export function isEmpty(set: FieldSet): boolean {
  for (const _element in set) return false
  return true
}

/** Whether the element is in the set itself, rather than only something below it. */
export function isMember(element: FieldSet): boolean {
  return '.' in element || isEmpty(element)
}

/** What is below an element. */
export function below(element: FieldSet): FieldSet {
  if (!('.' in element)) return element
  const { '.': _self, ...rest } = element
  return rest
}

/** An element as it is written; undefined when neither it nor anything below it is in the set. */
export function element(member: boolean, inside: FieldSet): FieldSet | undefined {
  if (isEmpty(inside)) return member ? {} : undefined
  return member ? { '.': {}, ...inside } : inside
}

function combine(a: FieldSet, b: FieldSet, member: (a: boolean, b: boolean) => boolean): FieldSet {
  const result: MutableSet = {}
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const left = a[key]
    const right = b[key]
    const inside = combine(left ? below(left) : {}, right ? below(right) : {}, member)
    const made = element(member(left !== undefined && isMember(left), right !== undefined && isMember(right)), inside)
    if (made) result[key] = made
  }
  return result
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) => left || right)
}

export function intersect(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) => left && right)
}

/** What is in `a` and not, itself, in `b`. */
export function subtract(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) => left && !right)
}

/** The set in the order of its serialization: fields, then keyed elements, then values. */
export function sorted(set: FieldSet): FieldSet {
  const keys = Object.keys(set).toSorted()
  return Object.fromEntries(keys.map((key) => [key, sorted(set[key] ?? {})]))
}

/** All members as paths for people: `.spec.replicas`, `.spec.containers[name="a"].image`. Nearer ones come first. */
export function pathsOf(set: FieldSet, prefix = ''): readonly string[] {
  const keys = Object.keys(set).toSorted()
  const own = keys.filter((key) => isMember(set[key] ?? {})).map((key) => prefix + shown(key))
  return [...own, ...keys.flatMap((key) => pathsOf(below(set[key] ?? {}), prefix + shown(key)))]
}

/** One element of a path as people see it: `.replicas`, `[name="a"]`, `[="x"]`. */
export function shown(key: string): string {
  if (key.startsWith('f:')) return `.${key.slice(2)}`
  if (key.startsWith('v:')) return `[=${key.slice(2)}]`
  const keys = Object.entries(JSON.parse(key.slice(2)) as JsonObject)
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
}
