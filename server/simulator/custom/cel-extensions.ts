import { hasFormat } from './formats.ts'
import { dns1035Label, label, labelValue, qualifiedName, subdomain } from '../resources/names.ts'
import type { CelEnvironment } from './cel.ts'

/** More of what Kubernetes adds to CEL. @see https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries */

/** How CEL's optional values are made. */
export interface Optionals {
  readonly of: (value: unknown) => unknown
  readonly none: () => unknown
}

type Equal = (a: unknown, b: unknown) => boolean

export function addExtensions(environment: CelEnvironment, optionals: Optionals, equal: Equal): void {
  addUrls(environment)
  addSets(environment, equal)
  addFormats(environment, optionals)
  addVersions(environment)
}

class Url {
  readonly text: string
  readonly scheme: string
  readonly hostname: string
  readonly port: string
  readonly path: string
  readonly query: string

  constructor(text: string) {
    const parts = /^([a-z][a-z0-9+.-]*):\/\/(?:[^@/?]*@)?(\[[^\]]*\]|[^:/?]*)(?::(\d*))?(\/[^?]*)?(?:\?(.*))?$/i.exec(text)
    const path = /^(\/[^?]*)(?:\?(.*))?$/.exec(text)
    if ((!parts && !path) || /[\s\u0000-\u001f]/.test(text))
      throw new Error(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`)
    this.text = text
    this.scheme = parts?.[1]?.toLowerCase() ?? ''
    this.hostname = parts?.[2] ?? ''
    this.port = parts?.[3] ?? ''
    this.path = parts ? (parts[4] ?? '') : (path?.[1] ?? '')
    this.query = (parts ? parts[5] : path?.[2]) ?? ''
  }
}

function addUrls(environment: CelEnvironment): void {
  environment.registerType('kubernetes.URL', Url)
  environment.registerFunction('url(string): kubernetes.URL', (text: string) => new Url(text))
  environment.registerFunction('isURL(string): bool', (text: string) => {
    try {
      return new Url(text).text === text
    } catch {
      return false
    }
  })
  environment.registerFunction('kubernetes.URL.getScheme(): string', (url: Url) => url.scheme)
  environment.registerFunction('kubernetes.URL.getHost(): string', (url: Url) => url.hostname + (url.port === '' ? '' : `:${url.port}`))
  environment.registerFunction('kubernetes.URL.getHostname(): string', (url: Url) => url.hostname.replace(/^\[(.*)\]$/, '$1'))
  environment.registerFunction('kubernetes.URL.getPort(): string', (url: Url) => url.port)
  environment.registerFunction('kubernetes.URL.getEscapedPath(): string', (url: Url) => url.path)
  environment.registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', (url: Url) => queryOf(url))
  environment.registerOperator('kubernetes.URL == kubernetes.URL', (a: Url, b: Url) => a.text === b.text)
}

function queryOf({ query }: Url): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>()
  for (const part of query.split('&').filter((one) => one !== '')) {
    const [key = '', value = ''] = part.split('=', 2).map((text) => unescaped(text))
    result.set(key, [...(result.get(key) ?? []), value])
  }
  return result
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

class SetNamespace {
  readonly name = 'sets'
}

function addSets(environment: CelEnvironment, equal: Equal): void {
  environment.registerType('kubernetes.Sets', SetNamespace)
  environment.registerConstant('sets', 'kubernetes.Sets', new SetNamespace())
  type List = readonly unknown[]
  const contains = (list: List, some: List) => some.every((item) => list.some((other) => equal(item, other)))
  environment.registerFunction('kubernetes.Sets.contains(list, list): bool', (_sets: SetNamespace, list: List, some: List) =>
    contains(list, some),
  )
  environment.registerFunction(
    'kubernetes.Sets.equivalent(list, list): bool',
    (_sets: SetNamespace, a: List, b: List) => contains(a, b) && contains(b, a),
  )
  environment.registerFunction('kubernetes.Sets.intersects(list, list): bool', (_sets: SetNamespace, a: List, b: List) =>
    a.some((item) => b.some((other) => equal(item, other))),
  )
}

class FormatNamespace {
  readonly name = 'format'
}

class Format {
  readonly check: (text: string) => readonly string[]

  constructor(check: (text: string) => readonly string[]) {
    this.check = check
  }
}

const ofFormat = (format: string, why: string) => (text: string) => (hasFormat(format, text) ? [] : [why])
/** A prefix of a name may end with a dash. */
const prefixOf = (check: (text: string) => readonly string[]) => (text: string) =>
  check(text.endsWith('-') ? `${text.slice(0, -1)}a` : text)

const FORMATS: { readonly [name: string]: (text: string) => readonly string[] } = {
  dns1123Label: label,
  dns1123Subdomain: subdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: prefixOf(label),
  dns1123SubdomainPrefix: prefixOf(subdomain),
  dns1035LabelPrefix: prefixOf(dns1035Label),
  labelValue,
  uri: (text) => (hasFormat('uri', text) ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`]),
  uuid: ofFormat('uuid', 'does not match the UUID format'),
  byte: ofFormat('byte', 'invalid base64'),
  date: ofFormat('date', 'invalid date'),
  datetime: ofFormat('datetime', 'invalid datetime'),
}

function addFormats(environment: CelEnvironment, { of, none }: Optionals): void {
  environment.registerType('kubernetes.Formats', FormatNamespace)
  environment.registerType('kubernetes.NamedFormat', Format)
  environment.registerConstant('format', 'kubernetes.Formats', new FormatNamespace())
  for (const [name, check] of Object.entries(FORMATS)) {
    const format = new Format(check)
    environment.registerFunction(`kubernetes.Formats.${name}(): kubernetes.NamedFormat`, () => format)
  }
  environment.registerFunction(
    'kubernetes.Formats.named(string): optional<kubernetes.NamedFormat>',
    (_formats: FormatNamespace, name: string) => {
      const check = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
      return check ? of(new Format(check)) : none()
    },
  )
  environment.registerFunction('kubernetes.NamedFormat.validate(string): optional<list<string>>', (format: Format, text: string) => {
    const wrong = format.check(text)
    return wrong.length > 0 ? of([...wrong]) : none()
  })
}

const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

class Version {
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly pre: readonly string[]

  constructor(text: string) {
    const parts = SEMVER.exec(text)
    if (!parts) throw new Error(`No Major.Minor.Patch elements found`)
    this.numbers = [BigInt(parts[1] ?? 0), BigInt(parts[2] ?? 0), BigInt(parts[3] ?? 0)]
    this.pre = parts[4]?.split('.') ?? []
  }

  /** @see https://semver.org/#spec-item-11 */
  compare(other: Version): bigint {
    for (const [index, number] of this.numbers.entries()) {
      const theirs = other.numbers[index] ?? 0n
      if (number !== theirs) return number < theirs ? -1n : 1n
    }
    if (this.pre.length === 0 || other.pre.length === 0) return BigInt(Number(other.pre.length > 0) - Number(this.pre.length > 0))
    for (let index = 0; index < Math.max(this.pre.length, other.pre.length); index += 1) {
      const order = comparePre(this.pre[index], other.pre[index])
      if (order !== 0n) return order
    }
    return 0n
  }
}

function comparePre(a: string | undefined, b: string | undefined): bigint {
  if (a === b) return 0n
  if (a === undefined || b === undefined) return a === undefined ? -1n : 1n
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (left && right) return BigInt(a) < BigInt(b) ? -1n : 1n
  if (left !== right) return left ? -1n : 1n
  return a < b ? -1n : 1n
}

/** Without its v and leading zeros, and with the parts that are missing. */
function normalized(text: string): string {
  const [, numbers = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text) ?? []
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  return [...parts, '0', '0'].slice(0, Math.max(3, parts.length)).join('.') + rest
}

function addVersions(environment: CelEnvironment): void {
  environment.registerType('kubernetes.Semver', Version)
  const valid = (text: string) => SEMVER.test(text)
  environment.registerFunction('isSemver(string): bool', valid)
  environment.registerFunction('isSemver(string, bool): bool', (text: string, lenient: boolean) => valid(lenient ? normalized(text) : text))
  environment.registerFunction('semver(string): kubernetes.Semver', (text: string) => new Version(text))
  environment.registerFunction(
    'semver(string, bool): kubernetes.Semver',
    (text: string, lenient: boolean) => new Version(lenient ? normalized(text) : text),
  )
  for (const [index, name] of ['major', 'minor', 'patch'].entries())
    environment.registerFunction(`kubernetes.Semver.${name}(): int`, (version: Version) => version.numbers[index])
  const compared = 'kubernetes.Semver'
  environment.registerFunction(`${compared}.compareTo(${compared}): int`, (a: Version, b: Version) => a.compare(b))
  environment.registerFunction(`${compared}.isGreaterThan(${compared}): bool`, (a: Version, b: Version) => a.compare(b) > 0n)
  environment.registerFunction(`${compared}.isLessThan(${compared}): bool`, (a: Version, b: Version) => a.compare(b) < 0n)
  environment.registerOperator(`${compared} == ${compared}`, (a: Version, b: Version) => a.compare(b) === 0n)
}
