/** Formats that strings are held to. @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation */
const PATTERNS: { readonly [format: string]: RegExp } = {
  'bsonobjectid': /^[0-9a-f]{24}$/i,
  'uri': /^[a-z][a-z0-9+.-]*:[^\s]+$|^\/[^\s]*$/i,
  'email': /^[^\s@<>()]+@[^\s@<>()]+$/,
  'hostname': /^(?=.{1,255}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i,
  'mac': /^([0-9a-f]{2}[:.-]){5}[0-9a-f]{2}$/i,
  'uuid': /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  'uuid3': /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  'uuid4': /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i,
  'uuid5': /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i,
  'hexcolor': /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i,
  'rgbcolor': /^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/i,
  'byte': /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  'date': /^\d{4}-\d\d-\d\d$/,
  'datetime': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/,
  'duration': /^[+-]?(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w|hours?|minutes?|seconds?|days?|weeks?)\s*)+$|^0$/,
  'k8s-short-name': /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'k8s-long-name': /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
}

const CHECKS: { readonly [format: string]: (value: string) => boolean } = {
  ipv4: isIpv4,
  ipv6: isIpv6,
  cidr: isCidr,
}

/** Whether the string is of the format; formats that nobody knows are not asked for. */
export function hasFormat(format: string, value: string): boolean {
  const name = format === 'date-time' ? 'datetime' : format
  const check = CHECKS[name]
  if (check) return check(value)
  const pattern = PATTERNS[name]
  if (!pattern?.test(value)) return pattern === undefined
  return name !== 'datetime' && name !== 'date' ? true : !Number.isNaN(Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')))
}

export function isIpv4(value: string): boolean {
  const parts = value.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

export function isIpv6(value: string): boolean {
  const halves = value.split('::')
  if (halves.length > 2 || value === '') return false
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)?.at(-1)
  const embedded = last !== undefined && last.includes('.')
  if (embedded && !isIpv4(last)) return false
  const all = groups.flat()
  const words = embedded ? all.slice(0, -1) : all
  const count = words.length + (embedded ? 2 : 0)
  return words.every((word) => /^[0-9a-f]{1,4}$/i.test(word)) && (halves.length === 2 ? count < 8 : count === 8)
}

export function isCidr(value: string): boolean {
  const [address = '', bits = '', more] = value.split('/')
  if (more !== undefined || !/^\d{1,3}$/.test(bits)) return false
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128)
}
