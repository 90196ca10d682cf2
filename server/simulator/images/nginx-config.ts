import { patternToRegExp } from '../shell/pattern.ts'

/** One directive: its words, and what stands in its braces. */
interface Directive {
  readonly name: string
  readonly words: readonly string[]
  readonly block: readonly Directive[] | undefined
  readonly file: string
  readonly line: number
}

/** What a configuration makes nginx listen on. */
export interface NginxServer {
  readonly port: number
  readonly root: string
  readonly locations: readonly NginxLocation[]
}

export interface NginxLocation {
  readonly path: string
  readonly exact: boolean
  /** `return 302 /x;` */
  readonly answer?: { readonly status: number; readonly text: string }
  /** `proxy_pass http://back:8080;` */
  readonly proxy?: string
  readonly status?: true
}

/** A configuration that nginx does not start with, in its own words. */
export class NginxError extends Error {}

export interface NginxFiles {
  readonly read: (path: string) => string | undefined
  readonly list: (folder: string) => readonly string[]
  /** Whether a name can be resolved now: nginx looks upstream hosts up once, when it starts. */
  readonly resolves: (host: string) => boolean
}

/** Directives by the beginning of their names: modules bring many. */
const known =
  /^(access_|accept_|add_|aio|alias|allow|auth_|autoindex|break|charset|chunked_|client_|connection|daemon|debug_|default_type|deny|directio|disable_|env$|error_|etag|events$|expires|fastcgi_|geo|grpc_|gunzip|gzip|hash|http$|http2|if|ignore_|include$|index$|internal|ip_hash|keepalive|large_|least_conn|limit_|lingering_|listen$|load_module|location$|log_|mail$|map|master_process|max_|merge_slashes|mirror|msie|multi_accept|open_|pcre_|pid$|port_|proxy_|random|read_|real_ip|recursive_|request_|reset_|resolver|return$|rewrite|root$|satisfy|scgi_|secure_|send|server|set|slice|split_clients|ssl_|ssi|stream|stub_status|sub_|subrequest|tcp_|thread_pool|timer_|try_files|types|underscores|upstream|use$|user$|uwsgi_|variables_|worker_|zone$)/

/** What nginx makes of its configuration. @throws NginxError as it says it, without time and level */
export function readNginx(file: string, files: NginxFiles): readonly NginxServer[] {
  const text = files.read(file)
  if (text === undefined) throw new NginxError(`open() "${file}" failed (2: No such file or directory)`)
  const http = parseFile(text, file, files).flatMap((each) => (each.name === 'http' ? (each.block ?? []) : []))
  const upstreams = new Map(http.filter(({ name }) => name === 'upstream').map((each) => [each.words[0] ?? '', memberOf(each)] as const))
  const root = wordOf(http, 'root') ?? '/etc/nginx/html'
  return http
    .filter(({ name }) => name === 'server')
    .flatMap(({ block = [] }) => {
      const own = wordOf(block, 'root') ?? root
      const ports = block.flatMap((each) =>
        each.name === 'listen' && !each.words[0]?.startsWith('[') ? [portOf(each.words[0] ?? '80')] : [],
      )
      const locations = block.filter(({ name }) => name === 'location').flatMap((each) => locationOf(each, upstreams, files))
      const whole = block.find(({ name }) => name === 'return')
      const all = whole ? [{ path: '/', exact: false, answer: answerOf(whole) }] : locations
      const inner = block.find(({ name, words }) => name === 'location' && words[0] === '/')
      const serverRoot = wordOf(inner?.block ?? [], 'root') ?? own
      return [...new Set(ports.length > 0 ? ports : [80])].map((port) => ({ port, root: serverRoot, locations: all }))
    })
}

const portOf = (listen: string): number => Number(listen.split(':').at(-1)) || 80

const wordOf = (block: readonly Directive[], name: string): string | undefined => block.find((each) => each.name === name)?.words[0]

/** Of an upstream's servers the first: they are meant to be alike. */
const memberOf = (upstream: Directive): string => wordOf(upstream.block ?? [], 'server') ?? ''

function answerOf({ words }: Directive): { readonly status: number; readonly text: string } {
  const status = Number(words[0])
  return Number.isInteger(status) ? { status, text: words[1] ?? '' } : { status: 302, text: words[0] ?? '' }
}

function locationOf({ words, block = [] }: Directive, upstreams: ReadonlyMap<string, string>, files: NginxFiles): readonly NginxLocation[] {
  const [first = '/', second] = words
  if (first.startsWith('~')) return []
  const place = { path: second ?? first, exact: first === '=' }
  const back = block.find(({ name }) => name === 'return')
  if (back) return [{ ...place, answer: answerOf(back) }]
  if (block.some(({ name }) => name === 'stub_status')) return [{ ...place, status: true }]
  const pass = block.find(({ name }) => name === 'proxy_pass')
  if (!pass) return []
  const [, scheme = 'http', host = '', rest = ''] = /^(https?):\/\/([^/]+)(.*)$/.exec(pass.words[0] ?? '') ?? []
  const target = upstreams.get(host) ?? host
  if (!target.includes('$') && !files.resolves(target.split(':')[0] ?? ''))
    throw new NginxError(`host not found in upstream "${target}" in ${pass.file}:${pass.line}`)
  return [{ ...place, proxy: `${scheme}://${target}${rest}` }]
}

function parseFile(text: string, file: string, files: NginxFiles, depth = 0): readonly Directive[] {
  const tokens = tokensOf(text)
  let at = 0
  const block = (nested: boolean): Directive[] => {
    const made: Directive[] = []
    let words: string[] = []
    let line = 1
    for (;;) {
      const token = tokens[at++]
      if (!token) {
        const last = text.split('\n').length
        if (words.length > 0) throw new NginxError(`unexpected end of file, expecting ";" or "}" in ${file}:${last}`)
        if (nested) throw new NginxError(`unexpected end of file, expecting "}" in ${file}:${last}`)
        return made
      }
      if (words.length === 0) ({ line } = token)
      if (token.quoted || !/^[;{}]$/.test(token.text)) {
        words.push(token.text)
        continue
      }
      const [name = '', ...rest] = words
      if (token.text === '}') {
        if (words.length > 0) throw new NginxError(`unexpected "}" in ${file}:${token.line}`)
        if (!nested) throw new NginxError(`unexpected "}" in ${file}:${token.line}`)
        return made
      }
      if (name === '') throw new NginxError(`unexpected "${token.text}" in ${file}:${token.line}`)
      const inside = token.text === '{' ? (/^(types|map|geo|split_clients)$/.test(name) ? skip() : block(true)) : undefined
      if (!known.test(name)) throw new NginxError(`unknown directive "${name}" in ${file}:${line}`)
      if (name === 'include' && depth < 5) made.push(...included(rest[0] ?? '', files, depth))
      else made.push({ name, words: rest, block: inside, file, line })
      words = []
    }
  }
  /** A block whose lines are no directives. */
  const skip = (): Directive[] => {
    while (tokens[at] && tokens[at]?.text !== '}') at++
    at++
    return []
  }
  return block(false)
}

function included(pattern: string, files: NginxFiles, depth: number): readonly Directive[] {
  const path = pattern.startsWith('/') ? pattern : `/etc/nginx/${pattern}`
  const folder = path.slice(0, path.lastIndexOf('/'))
  const wanted = patternToRegExp(path.slice(folder.length + 1))
  const names = files
    .list(folder)
    .filter((name) => wanted.test(name))
    .toSorted()
  return names.flatMap((name) => parseFile(files.read(`${folder}/${name}`) ?? '', `${folder}/${name}`, files, depth + 1))
}

interface Token {
  readonly text: string
  readonly quoted: boolean
  readonly line: number
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  let line = 1
  for (const [whole, double, single] of text.matchAll(
    /\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[;{}]|(?:\$\{\w+\}|[^\s;{}"'#])+|./gs,
  )) {
    const quoted = double !== undefined || single !== undefined
    if (quoted || !/^(\s|#)/.test(whole)) tokens.push({ text: double ?? single ?? whole, quoted, line })
    line += whole.split('\n').length - 1
  }
  return tokens
}
