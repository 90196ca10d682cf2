/** curl's options that take a value, by their long name. https://curl.se/docs/manpage.html */
const valued: Readonly<Record<string, string>> = {
  X: 'request',
  d: 'data',
  H: 'header',
  o: 'output',
  w: 'write-out',
  m: 'max-time',
  u: 'user',
  A: 'user-agent',
  e: 'referer',
  b: 'cookie',
  c: 'cookie-jar',
  T: 'upload-file',
  D: 'dump-header',
  x: 'proxy',
  E: 'cert',
  F: 'form',
  K: 'config',
  Y: 'speed-limit',
  y: 'speed-time',
  r: 'range',
}
const valuedLong = new Set([
  ...Object.values(valued),
  ...'data-raw data-binary data-ascii data-urlencode json connect-timeout resolve connect-to retry retry-delay retry-max-time cacert capath key url interface limit-rate max-redirs noproxy ciphers tls-max unix-socket oauth2-bearer output-dir'.split(
    ' ',
  ),
])
const flagged: Readonly<Record<string, string>> = {
  s: 'silent',
  S: 'show-error',
  v: 'verbose',
  i: 'include',
  I: 'head',
  O: 'remote-name',
  L: 'location',
  k: 'insecure',
  f: 'fail',
  G: 'get',
  N: 'no-buffer',
  n: 'netrc',
  J: 'remote-header-name',
  V: 'version',
  h: 'help',
  '#': 'progress-bar',
  '4': 'ipv4',
  '6': 'ipv6',
  '0': 'http1.0',
  g: 'globoff',
  q: 'disable',
  a: 'append',
  j: 'junk-session-cookies',
}
const flaggedLong = new Set([
  ...Object.values(flagged),
  ...'fail-with-body compressed http1.1 http2 http2-prior-knowledge retry-connrefused retry-all-errors tlsv1.2 tlsv1.3 tlsv1 location-trusted basic no-progress-meter no-keepalive create-dirs fail-early path-as-is tcp-nodelay parallel ssl-no-revoke'.split(
    ' ',
  ),
])

/** A curl command line, by long names. */
export interface CurlOptions {
  readonly flags: ReadonlySet<string>
  /** In the order given. */
  readonly values: readonly (readonly [name: string, value: string])[]
  readonly urls: readonly string[]
}

/** @returns the words of a refusal when an option is not known */
export function curlOptions(args: readonly string[]): CurlOptions | { readonly refused: string } {
  const flags = new Set<string>()
  const values: [string, string][] = []
  const urls: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const take = (name: string, given: string | undefined): boolean => {
      const value = given ?? args[++at]
      if (value === undefined) return false
      if (name === 'url') urls.push(value)
      else values.push([name, value])
      return true
    }
    if (arg.startsWith('--')) {
      const name = arg.slice(2)
      if (valuedLong.has(name)) {
        if (!take(name, undefined)) return { refused: `option ${arg}: requires parameter` }
      } else if (flaggedLong.has(name)) flags.add(name)
      else return { refused: `option ${arg}: is unknown` }
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let letter = 1; letter < arg.length; letter++) {
        const char = arg.charAt(letter)
        const long = valued[char]
        const flag = flagged[char]
        if (long !== undefined) {
          if (!take(long, arg.slice(letter + 1) || undefined)) return { refused: `option -${char}: requires parameter` }
          break
        }
        if (flag === undefined) return { refused: `option ${arg}: is unknown` }
        flags.add(flag)
      }
    } else urls.push(arg)
  }
  return { flags, values, urls: urls.flatMap(globbed) }
}

/** `[1-5]` and `{a,b}` stand for several URLs. */
function globbed(url: string): readonly string[] {
  const range = /\[(\d{1,6})-(\d{1,6})\]/.exec(url)
  const braces = /\{([^{}]*)\}/.exec(url)
  const [found, items] = range
    ? [
        range,
        Array.from({ length: Math.min(Math.max(Number(range[2]) - Number(range[1]) + 1, 0), 1000) }, (_, at) =>
          String(Number(range[1]) + at),
        ),
      ]
    : [braces, braces?.[1]?.split(',') ?? []]
  if (!found) return [url]
  return items.flatMap((item) => globbed(url.slice(0, found.index) + item + url.slice(found.index + found[0].length))).slice(0, 1000)
}
