import { invalid } from './field-error.ts'
import type { FieldError } from './field-error.ts'

/** Addresses and networks, as Kubernetes' old fields read them: leading zeros pass. */

export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

const BITS = { 4: 32, 6: 128 } as const

export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text)
    return value === undefined ? undefined : { family: 4, value }
  }
  const value = parseV6(text)
  if (value === undefined) return undefined
  // ::ffff:10.0.0.1 is an IPv4 address.
  return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value }
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function parseV6(text: string): bigint | undefined {
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const tail = mapped ? parseV4(mapped[2] ?? '') : undefined
  if (mapped && tail === undefined) return undefined
  const whole = mapped && tail !== undefined ? `${mapped[1]}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}` : text
  const halves = whole.split('::')
  if (halves.length > 2) return undefined
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...left, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => '0'), ...right]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n)
}

export interface Network extends Address {
  readonly bits: number
}

export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (!address || !/^\d{1,3}$/.test(length) || Number(length) > BITS[address.family]) return undefined
  return { ...address, bits: Number(length) }
}

/** Whether `inner` is a part of `outer`, and a smaller one. */
export function isWithin(inner: Network, outer: Network): boolean {
  if (inner.family !== outer.family || inner.bits <= outer.bits) return false
  const shift = BigInt(BITS[outer.family] - outer.bits)
  return inner.value >> shift === outer.value >> shift
}

/** What is left of an address when its network's length masks it, `10.0.0.0/8`. */
export function hostBits({ family, value, bits }: Network): bigint {
  return value & ((1n << BigInt(BITS[family] - bits)) - 1n)
}

export function validateNetwork(field: string, text: string): FieldError[] {
  return parseNetwork(text) ? [] : [invalid(field, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
}

export function validateAddress(field: string, text: string): FieldError[] {
  return parseAddress(text) ? [] : [invalid(field, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
}

/** Addresses at which nothing outside a machine can be. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateEndpointIP */
export function validateReachable(field: string, text: string): FieldError[] {
  const address = parseAddress(text)
  if (!address) return []
  const { family, value } = address
  const top = (count: number) => value >> BigInt(BITS[family] - count)
  if (value === 0n) return [invalid(field, text, `may not be unspecified (${text})`)]
  if (family === 4 ? top(8) === 127n : value === 1n)
    return [invalid(field, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')]
  if (family === 4 ? top(16) === 0xa9fen : top(10) === 0x3fan)
    return [invalid(field, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
  if (family === 4 ? top(24) === 0xe00000n : top(16) === 0xff02n)
    return [invalid(field, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
  return []
}
