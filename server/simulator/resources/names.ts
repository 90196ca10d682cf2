/**
 * What names, labels and keys must look like, in the words of apimachinery's validation.
 * Each function says what is wrong; an empty list means that nothing is.
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go
 */

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const DNS1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/

const tooLong = (limit: number) => `must be no more than ${limit} characters`
const notSubdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const notLabel =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const notQualified =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

export function subdomain(value: string): readonly string[] {
  return [...(value.length > 253 ? [tooLong(253)] : []), ...(SUBDOMAIN.test(value) ? [] : [notSubdomain])]
}

export function label(value: string): readonly string[] {
  return [...(value.length > 63 ? [tooLong(63)] : []), ...(LABEL.test(value) ? [] : [notLabel])]
}

export function dns1035Label(value: string): readonly string[] {
  const words =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
  return [...(value.length > 63 ? [tooLong(63)] : []), ...(DNS1035.test(value) ? [] : [words])]
}

/** Label and annotation keys. */
export function qualifiedName(value: string): readonly string[] {
  const parts = value.split('/')
  const errors: string[] = []
  if (parts.length > 2) {
    return [
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ]
  }
  const prefix = parts.length === 2 ? parts[0] : undefined
  const name = parts.at(-1) ?? ''
  if (prefix === '') errors.push('prefix part must be non-empty')
  else if (prefix !== undefined) errors.push(...subdomain(prefix).map((words) => `prefix part ${words}`))
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > 63) errors.push(`name part ${tooLong(63)}`)
  if (!QUALIFIED.test(name)) errors.push(`name part ${notQualified}`)
  return errors
}

export function labelValue(value: string): readonly string[] {
  const words =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
  return [...(value.length > 63 ? [tooLong(63)] : []), ...(value === '' || QUALIFIED.test(value) ? [] : [words])]
}

/** Keys of ConfigMaps and Secrets. */
export function configKey(value: string): readonly string[] {
  if (value.length > 253) return [tooLong(253)]
  if (!CONFIG_KEY.test(value)) {
    return [
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ]
  }
  if (value === '.') return ["must not be '.'"]
  if (value === '..') return ["must not be '..'"]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}

/** Names of environment variables: anything printable but `=`. */
export function environmentName(value: string): readonly string[] {
  return value !== '' && /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** Subdomains that may have underscores: search paths of resolvers. */
export function subdomainWithUnderscore(value: string): readonly string[] {
  const words =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?(\\.[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?)*')"
  const fits = /^[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?(\.[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?)*$/.test(value)
  return [...(value.length > 253 ? [tooLong(253)] : []), ...(fits ? [] : [words])]
}

/** Names of HTTP headers. */
export function headerName(value: string): readonly string[] {
  return /^[-A-Za-z0-9]+$/.test(value)
    ? []
    : [
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
      ]
}

/** Names that need only be one segment of a path: RBAC's. */
export function pathSegment(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return ['/', '%'].filter((character) => value.includes(character)).map((character) => `may not contain '${character}'`)
}

/** Names of ports of containers and services (IANA service names). */
export function portName(value: string): readonly string[] {
  if (value.length > 15) return ['must be no more than 15 characters']
  const errors: string[] = []
  if (!/^[-a-z0-9]+$/i.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/i.test(value)) errors.push('must contain at least one letter (a-z)')
  if (value.includes('--')) errors.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

/** `example.com/a/path`: a subdomain, a slash and a path. @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go IsDomainPrefixedPath */
export function domainPrefixedPath(value: string): readonly string[] {
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")']
  const wrong = subdomain(value.slice(0, slash))
  if (wrong.length > 0) return wrong
  const path = value.slice(slash + 1)
  if (/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) return []
  return [`Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`]
}
