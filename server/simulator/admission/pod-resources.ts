import { formatQuantity, parseQuantity } from '../resources/quantity.ts'
import type { PodSpec } from './pod-security-checks.ts'

/** What a whole pod asks for. @see https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers */

export type Amounts = { readonly [name: string]: string | number }

/** Adds up; the sum is written as its first part is. */
export function add(a: Amounts, b: Amounts): Amounts {
  const sum: { [name: string]: string | number } = { ...a }
  for (const [name, value] of Object.entries(b)) sum[name] = addQuantity(sum[name], value)
  return sum
}

/** `a` less `b`, never less than nothing; what only `b` has is left out. */
export function subtract(a: Amounts, b: Amounts): Amounts {
  return Object.fromEntries(Object.entries(a).map(([name, value]) => [name, subtractQuantity(value, b[name])]))
}

function addQuantity(a: string | number | undefined, b: string | number): string {
  const [left, right] = [parseQuantity(String(a ?? '0')), parseQuantity(String(b))]
  if (!left || !right) return String(b)
  return formatQuantity({ nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format })
}

function subtractQuantity(a: string | number, b: string | number | undefined): string {
  const [left, right] = [parseQuantity(String(a)), parseQuantity(String(b ?? '0'))]
  if (!left || !right) return String(a)
  return left.nano <= right.nano ? '0' : formatQuantity({ nano: left.nano - right.nano, format: left.format })
}

function larger(a: Amounts, b: Amounts): Amounts {
  const most: { [name: string]: string | number } = { ...a }
  for (const [name, value] of Object.entries(b)) {
    if ((parseQuantity(String(value))?.nano ?? 0n) > (parseQuantity(String(most[name] ?? '0'))?.nano ?? 0n) || most[name] === undefined)
      most[name] = value
  }
  return most
}

export function sumRequests(spec: PodSpec): Amounts {
  return withPodLevel(sum(spec, 'requests'), spec, 'requests')
}

export function sumLimits(spec: PodSpec): Amounts {
  return withPodLevel(sum(spec, 'limits'), spec, 'limits')
}

function sum(spec: PodSpec, part: 'requests' | 'limits'): Amounts {
  const of = (container: { readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts } }) =>
    container.resources?.[part] ?? {}
  let total = (spec.containers ?? []).map(of).reduce(add, {})
  let sidecars: Amounts = {}
  let starting: Amounts = {}
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      sidecars = add(sidecars, of(container))
      total = add(total, of(container))
      starting = larger(starting, sidecars)
    } else starting = larger(starting, add(sidecars, of(container)))
  }
  const overhead = spec.overhead ?? {}
  const whole = larger(total, starting)
  if (part === 'requests') return add(whole, overhead)
  return add(whole, Object.fromEntries(Object.entries(overhead).filter(([name]) => whole[name] !== undefined)))
}

/** What the pod says of itself counts instead of what its containers add up to. */
function withPodLevel(amounts: Amounts, spec: PodSpec, part: 'requests' | 'limits'): Amounts {
  const own = (spec as unknown as { readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts } }).resources?.[part]
  return own ? { ...amounts, ...own } : amounts
}
