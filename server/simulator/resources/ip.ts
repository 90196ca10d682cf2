import { invalid } from './field-error.ts'
import type { FieldError } from './field-error.ts'

/** Addresses and networks. @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/ip.go */

const NO_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const NO_NETWORK = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

const isIPv4 = (text: string) => /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)

/** Colons, at most one `::`, eight groups in all; the last two may be an IPv4 address. */
export function isIPv6(text: string): boolean {
  const halves = text.split('::')
  if (!text.includes(':') || halves.length > 2 || /(^|[^:]):$|^:[^:]/.test(text)) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const tail = last.includes('.') ? isIPv4(last) : true
  const count = groups.length + (last.includes('.') ? 1 : 0)
  const plain = last.includes('.') ? groups.slice(0, -1) : groups
  return tail && plain.every((group) => /^[\da-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
}

export const isAddress = (text: string): boolean => isIPv4(text) || isIPv6(text)

export function validateIp(field: string, text: string): FieldError[] {
  return isAddress(text) ? [] : [invalid(field, text, NO_ADDRESS)]
}

export function validateCidr(field: string, text: string): FieldError[] {
  const [address = '', bits = '', more] = text.split('/')
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1
  return more === undefined && /^(0|[1-9]\d*)$/.test(bits) && Number(bits) <= most ? [] : [invalid(field, text, NO_NETWORK)]
}

/** An address that may stand for a service: not the machine itself, not its link. */
export function validateNonSpecialIp(text: string, field: string): FieldError[] {
  if (!isAddress(text)) return [invalid(field, text, 'must be a valid IP address')]
  const lower = text.toLowerCase()
  const wrong = (words: string) => [invalid(field, text, words)]
  if (text === '0.0.0.0' || /^[0:]+$/.test(text)) return wrong(`may not be unspecified (${text})`)
  if (text.startsWith('127.') || /^[0:]*:0*1$/.test(text)) return wrong('may not be in the loopback range (127.0.0.0/8, ::1/128)')
  if (text.startsWith('169.254.') || /^fe[89ab]/.test(lower)) return wrong('may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  if (text.startsWith('224.0.0.') || lower.startsWith('ff02:'))
    return wrong('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')
  return []
}
