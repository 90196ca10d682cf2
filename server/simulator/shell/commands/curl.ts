import type { HttpReply } from '../../network/view.ts'
import { FileError } from '../files.ts'
import type { Command, Run } from '../machine.ts'
import { relay, settled, Socket } from '../socket.ts'
import { curlOptions } from './curl-options.ts'
import type { CurlOptions } from './curl-options.ts'
import { toBase64 } from './encoding.ts'
import { durationOf, pathIn, readAll, utf8Length } from './options.ts'
import { connectMillis, reasons, targetOf } from './url.ts'
import type { Target } from './url.ts'

const version = '8.14.1'

/** An exit code and its words. https://everything.curl.dev/cmdline/exitcode.html */
interface Failure {
  readonly code: number
  readonly words: string
}

/** What became of one transfer, for `-w`. */
interface Transfer {
  readonly url: string
  readonly ip: string
  readonly port: number
  readonly status: number
  readonly type: string
  readonly redirects: number
  readonly downloaded: number
  readonly uploaded: number
  /** Seconds since the start, by what had been done. */
  readonly lookup: number
  readonly connected: number
  readonly total: number
  readonly method: string
  readonly secure: boolean
  readonly failure: Failure | undefined
  readonly reply: HttpReply | undefined
  readonly next: string
}

interface Session {
  readonly run: Run
  readonly options: CurlOptions
  readonly has: (name: string) => boolean
  readonly last: (name: string) => string | undefined
  readonly all: (name: string) => readonly string[]
  readonly say: (text: string) => void
}

export const curl: Command = async (run) => {
  const options = curlOptions(run.args)
  if ('refused' in options) {
    run.io.err.write(`curl: ${options.refused}\ncurl: try 'curl --help' or 'curl --manual' for more information\n`)
    return 2
  }
  const all = (name: string) => options.values.filter(([each]) => each === name).map(([, value]) => value)
  const has = (name: string) => options.flags.has(name)
  const say = (text: string) => void (has('verbose') && run.io.err.write(text))
  const session: Session = { run, options, has, all, last: (name) => all(name).at(-1), say }
  if (has('version')) {
    run.io.out.write(
      `curl ${version} (x86_64-pc-linux-gnu) libcurl/${version} OpenSSL/3.5.4 zlib/1.3.1\nRelease-Date: 2025-06-04\nProtocols: http https\nFeatures: IPv6 SSL\n`,
    )
    return 0
  }
  if (has('help')) {
    run.io.out.write(
      'Usage: curl [options...] <url>\n -d, --data <data>           HTTP POST data\n -f, --fail                  Fail fast with no output on HTTP errors\n -h, --help <subject>        Get help for commands\n -o, --output <file>         Write to file instead of stdout\n -O, --remote-name           Write output to file named as remote file\n -i, --show-headers          Show response headers in output\n -s, --silent                Silent mode\n -T, --upload-file <file>    Transfer local FILE to destination\n -u, --user <user:password>  Server user and password\n -A, --user-agent <name>     Send User-Agent <name> to server\n -v, --verbose               Make the operation more talkative\n -V, --version               Show version number and quit\n',
    )
    return 0
  }
  if (options.urls.length === 0) {
    run.io.err.write("curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information\n")
    return 2
  }
  let code = 0
  for (const [index, url] of options.urls.entries()) {
    code = await transferred(session, url, index)
    await run.process.breathe()
  }
  return code
}

/** One URL, tried again as `--retry` says. */
async function transferred(session: Session, url: string, index: number): Promise<number> {
  const { run, has, last } = session
  const retries = Number(last('retry') ?? 0)
  for (let round = 0; ; round++) {
    const outcome = await followed(session, url)
    const again = round < retries && transient(session, outcome)
    if (!again) return finished(session, outcome, url, index)
    const delay = Number(last('retry-delay') ?? 0) || Math.min(2 ** round, 600)
    const what = outcome.failure
      ? outcome.failure.code === 28
        ? 'timeout'
        : outcome.failure.code === 7
          ? 'connection refused'
          : 'all errors'
      : 'HTTP error'
    if (!has('silent') || has('show-error'))
      run.io.err.write(
        `Warning: Problem: ${what}. Will retry in ${delay} second${delay === 1 ? '' : 's'}. ${retries - round} ${retries - round === 1 ? 'retry' : 'retries'} left.\n`,
      )
    await run.process.sleep(delay * 1000)
  }
}

function transient({ has }: Session, { failure, status }: Transfer): boolean {
  if (has('retry-all-errors')) return failure !== undefined || status >= 400
  if (failure) return failure.code === 28 || failure.code === 6 || (failure.code === 7 && has('retry-connrefused'))
  return [408, 429, 500, 502, 503, 504].includes(status)
}

/** One URL and where it leads to. */
async function followed(session: Session, url: string): Promise<Transfer> {
  const { run, has, last } = session
  const most = Number(last('max-redirs') ?? 50)
  const began = run.machine.clock.now()
  let method = methodOf(session)
  let at = url
  for (let redirects = 0; ; redirects++) {
    const done = await asked(session, at, method, redirects, began)
    if (!has('location') || done.next === '' || done.failure) return done
    if (redirects >= most) return { ...done, failure: { code: 47, words: `Maximum (${most}) redirects followed` } }
    if (has('include') || has('head')) run.io.out.write(done.reply ? headText(done.reply, done.secure) : '')
    session.say(
      `* Ignoring the response-body\n* Connection #0 to host ${targetOf(at)?.host ?? ''} left intact\n* Issue another request to this URL: '${done.next}'\n`,
    )
    // Browsers' habit, which curl keeps: what was posted is asked for with GET elsewhere.
    if (method === 'POST' && [301, 302, 303].includes(done.status) && last('request') === undefined) method = 'GET'
    at = done.next
  }
}

const dataNames = ['data', 'data-raw', 'data-binary', 'data-ascii', 'data-urlencode', 'json']

function methodOf({ has, last, options }: Session): string {
  if (last('request') !== undefined) return last('request') ?? 'GET'
  if (has('head')) return 'HEAD'
  if (last('upload-file') !== undefined) return 'PUT'
  return !has('get') && options.values.some(([name]) => dataNames.includes(name)) ? 'POST' : 'GET'
}

/** Everything given with `-d` and its relatives. @throws FileError */
async function bodyOf({ run, options, last }: Session): Promise<string> {
  const upload = last('upload-file')
  if (upload !== undefined) return readAll(run, [upload])
  const parts: string[] = []
  for (const [name, value] of options.values) {
    if (!dataNames.includes(name)) continue
    const text = value.startsWith('@') && name !== 'data-raw' ? await readAll(run, [value.slice(1)]) : value
    if (name === 'data-urlencode') {
      const [key, rest] = text.includes('=') ? [text.slice(0, text.indexOf('=') + 1), text.slice(text.indexOf('=') + 1)] : ['', text]
      parts.push(key + encodeURIComponent(rest.toWellFormed()))
    } else parts.push(text !== value && name === 'data' ? text.replaceAll(/[\r\n]/g, '') : text)
  }
  return parts.join('&')
}

function headersOf(session: Session, body: string, method: string): Readonly<Record<string, string>> {
  const { last, all, options } = session
  const user = last('user')
  const json = options.values.some(([name]) => name === 'json')
  const headers: Record<string, string> = {
    ...(user === undefined ? {} : { Authorization: `Basic ${toBase64(user)}` }),
    ...(last('oauth2-bearer') === undefined ? {} : { Authorization: `Bearer ${last('oauth2-bearer')}` }),
    'User-Agent': last('user-agent') ?? `curl/${version}`,
    Accept: json ? 'application/json' : '*/*',
    ...(last('referer') === undefined ? {} : { Referer: last('referer') ?? '' }),
    ...(last('cookie') === undefined ? {} : { Cookie: last('cookie') ?? '' }),
    ...(body !== '' || method === 'POST' || method === 'PUT' ? { 'Content-Length': String(utf8Length(body)) } : {}),
    ...(body !== '' && method !== 'PUT' ? { 'Content-Type': json ? 'application/json' : 'application/x-www-form-urlencoded' } : {}),
  }
  for (const line of all('header')) {
    const [, name = '', mark, value = ''] = /^([^:;]+)([:;])\s*(.*)$/s.exec(line) ?? []
    if (name === '') continue
    for (const known of Object.keys(headers)) if (known.toLowerCase() === name.toLowerCase()) delete headers[known]
    if (value !== '' || mark === ';') headers[name] = value
  }
  return headers
}

/** `--resolve HOST:PORT:ADDRESS`. */
function resolvedBy({ all }: Session, target: Target): string | undefined {
  return all('resolve')
    .map((each) => /^\+?([^:]+):(\d+):(.+)$/.exec(each))
    .find((each) => each && (each[1] === target.host || each[1] === '*') && Number(each[2]) === target.port)?.[3]
}

const curlPort = 41_822

async function asked(session: Session, url: string, method: string, redirects: number, began: number): Promise<Transfer> {
  const { run, last, has, say } = session
  const { clock, network } = run.machine
  const spent = () => clock.now() - began
  const target = targetOf(url)
  let known = {
    url,
    ip: '',
    port: target?.port ?? 0,
    redirects,
    lookup: 0,
    connected: 0,
    uploaded: 0,
    method,
    secure: target?.secure ?? false,
  }
  const failed = (code: number, words: string): Transfer => {
    if (code !== 22) say(`* ${words.split('\n')[0]}\n* closing connection #0\n`)
    return { ...known, status: 0, type: '', downloaded: 0, total: spent() / 1000, failure: { code, words }, reply: undefined, next: '' }
  }
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase()
  if (scheme === 'telnet') return telnet(session, url.replace(/^telnet/i, 'http'), failed)
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') return failed(1, `Protocol "${scheme}" not supported`)
  if (!target) return failed(3, 'URL rejected: No host part in the URL')
  const limit = last('max-time') === undefined ? undefined : durationOf(last('max-time') ?? '')
  const patience = Math.min(limit ?? Infinity, last('connect-timeout') === undefined ? Infinity : durationOf(last('connect-timeout') ?? ''))
  const left = (most: number) => (Number.isFinite(most) ? Math.max(most - spent(), 0) : undefined)
  const pinned = resolvedBy(session, target)
  const found =
    pinned === undefined
      ? await settled(run.process, network.lookup(target.host), left(patience))
      : { ok: true as const, name: target.host, addresses: [pinned] }
  if (!found) return failed(28, `Resolving timed out after ${spent()} milliseconds`)
  if (!found.ok) return failed(6, `Could not resolve host: ${target.host}`)
  const ip = found.addresses[0] ?? ''
  known = { ...known, ip, lookup: spent() / 1000 }
  if (ip !== target.host) say(`* Host ${target.host}:${target.port} was resolved.\n* IPv6: (none)\n* IPv4: ${found.addresses.join(', ')}\n`)
  say(`*   Trying ${ip}:${target.port}...\n`)
  let body: string
  try {
    body = await bodyOf(session)
  } catch (error) {
    if (error instanceof FileError) return failed(26, error.message)
    throw error
  }
  const path = has('get') && body !== '' ? `${target.path}${target.path.includes('?') ? '&' : '?'}${body}` : target.path
  if (has('get')) body = ''
  const headers = headersOf(session, body, method)
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const host = sent['host'] ?? target.authority
  const asking = network.request(ip, target.port, { secure: target.secure, method, host, path, headers: sent, body })
  const exchange = await settled(run.process, asking, left(limit ?? Infinity))
  const refused = (why: string) => {
    if (has('verbose')) run.io.err.write(`* connect to ${ip} port ${target.port} from ${network.ip} port ${curlPort} failed: ${why}\n`)
    return failed(7, `Failed to connect to ${target.host} port ${target.port} after ${spent()} ms: Could not connect to server`)
  }
  if (exchange === undefined || exchange.result === 'timeout') {
    if (exchange) await run.process.sleep(left(Number.isFinite(patience) ? patience : connectMillis) ?? 0)
    else return failed(28, `Operation timed out after ${spent()} milliseconds with 0 bytes received`)
    return Number.isFinite(patience)
      ? failed(28, `Connection timed out after ${spent()} milliseconds`)
      : failed(28, `Failed to connect to ${target.host} port ${target.port} after ${spent()} ms: Could not connect to server`)
  }
  if (exchange.result === 'unreachable') return refused('No route to host')
  if (exchange.result === 'refused') return refused('Connection refused')
  known = { ...known, connected: known.lookup + Math.min(exchange.millis / 2, 0.4) / 1000 }
  if (exchange.result === 'wrong-protocol') {
    if (target.secure) return failed(35, 'TLS connect error: error:0A0000C6:SSL routines::packet length too long')
    return exchange.protocol === 'https' ? failed(1, 'Received HTTP/0.9 when not allowed') : failed(52, 'Empty reply from server')
  }
  if (target.secure)
    say(
      '* ALPN: curl offers h2,http/1.1\n* TLSv1.3 (OUT), TLS handshake, Client hello (1):\n* TLSv1.3 (IN), TLS handshake, Server hello (2):\n',
    )
  if (target.secure && !has('insecure') && last('cacert') === undefined && last('capath') === undefined) {
    say('* TLSv1.3 (OUT), TLS alert, unknown CA (560):\n')
    return failed(
      60,
      'SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage mentioned above.',
    )
  }
  const protocol = target.secure ? 'HTTP/2' : 'HTTP/1.1'
  say(
    `* Connected to ${target.host} (${ip}) port ${target.port}\n* using ${target.secure ? 'HTTP/2' : 'HTTP/1.x'}\n> ${method} ${path} ${protocol}\r\n> Host: ${host}\r\n${Object.entries(
      headers,
    )
      .filter(([name]) => name.toLowerCase() !== 'host')
      .map(([name, value]) => `> ${name}: ${value}\r\n`)
      .join('')}> \r\n* ${body === '' ? 'Request completely sent off' : `upload completely sent off: ${utf8Length(body)} bytes`}\n`,
  )
  say(headText(exchange.reply, target.secure).replaceAll(/^(?=.)/gm, '< '))
  say(`* Connection #0 to host ${target.host} left intact\n`)
  const { reply } = exchange
  const where = headerOf(reply, 'location')
  return {
    ...known,
    uploaded: utf8Length(body),
    status: reply.status,
    type: headerOf(reply, 'content-type'),
    downloaded: method === 'HEAD' ? 0 : utf8Length(reply.body),
    total: Math.max(spent(), exchange.millis) / 1000,
    failure: undefined,
    reply,
    next: reply.status >= 300 && reply.status < 400 && where !== '' ? absolute(where, target) : '',
  }
}

const headerOf = (reply: HttpReply, name: string): string =>
  Object.entries(reply.headers).find(([each]) => each.toLowerCase() === name)?.[1] ?? ''

function absolute(location: string, { secure, authority, path }: Target): string {
  if (/^[a-z]+:\/\//i.test(location)) return location
  const root = `${secure ? 'https' : 'http'}://${authority}`
  if (location.startsWith('//')) return `${secure ? 'https' : 'http'}:${location}`
  return location.startsWith('/') ? root + location : root + path.replace(/\?.*$/, '').replace(/[^/]*$/, '') + location
}

function headText(reply: HttpReply, secure: boolean): string {
  const first = secure ? `HTTP/2 ${reply.status} ` : `HTTP/1.1 ${reply.status} ${reasons[reply.status] ?? ''}`
  const lines = Object.entries(reply.headers).map(([name, value]) => `${secure ? name.toLowerCase() : name}: ${value}\r\n`)
  return `${first}\r\n${lines.join('')}\r\n`
}

/** `curl telnet://host:port`, which people use to see whether a port is open. */
async function telnet(session: Session, url: string, failed: (code: number, words: string) => Transfer): Promise<Transfer> {
  const { run, say, last } = session
  const target = targetOf(url)
  const limit = last('max-time') ?? last('connect-timeout')
  const began = run.machine.clock.now()
  if (!target) return failed(3, 'URL rejected: No host part in the URL')
  const port = target.port === 80 && !url.includes(':80') ? 23 : target.port
  const found = await run.machine.network.lookup(target.host)
  if (!found.ok) return failed(6, `Could not resolve host: ${target.host}`)
  const ip = found.addresses[0] ?? ''
  say(`*   Trying ${ip}:${port}...\n`)
  const dialled = await settled(run.process, run.machine.network.dial(ip, port), limit === undefined ? undefined : durationOf(limit))
  if (dialled?.result === 'open') {
    say(`* Connected to ${target.host} (${ip}) port ${port}\n`)
    await relay(run, Socket.of(dialled), run.io, {
      ...(last('max-time') === undefined ? {} : { idle: durationOf(last('max-time') ?? '') }),
    })
    return { ...failed(22, ''), failure: undefined }
  }
  if (dialled?.result === 'timeout') await run.process.sleep(limit === undefined ? connectMillis : durationOf(limit))
  const millis = run.machine.clock.now() - began
  if (!dialled || dialled.result === 'timeout') return failed(28, `Connection timed out after ${millis} milliseconds`)
  return failed(7, `Failed to connect to ${target.host} port ${port} after ${millis} ms: Could not connect to server`)
}

/** Writes what arrived where it belongs. @returns the exit code */
function finished(session: Session, done: Transfer, url: string, index: number): number {
  const { run, has, all, last } = session
  const failure = writtenBody(session, done, index)
  const http = done.status >= 400 && (has('fail') || has('fail-with-body'))
  const wrong = done.failure ?? failure ?? (http ? { code: 22, words: `The requested URL returned error: ${done.status}` } : undefined)
  if (last('dump-header') !== undefined && done.reply)
    run.machine.files.write(pathIn(run, last('dump-header') ?? ''), headText(done.reply, done.secure))
  if (wrong && (!has('silent') || has('show-error'))) run.io.err.write(`curl: (${wrong.code}) ${wrong.words}\n`)
  for (const format of all('write-out').slice(-1)) run.io.out.write(writeOut(format, done, url, wrong))
  return wrong?.code ?? 0
}

function writtenBody(session: Session, done: Transfer, index: number): Failure | undefined {
  const { run, has, all } = session
  const { reply } = done
  if (!reply || (done.status >= 400 && has('fail') && !has('fail-with-body'))) return undefined
  const headOnly = done.method === 'HEAD' || has('head')
  const text = (headOnly || has('include') ? headText(reply, done.secure) : '') + (headOnly ? '' : reply.body)
  const file = has('remote-name') ? (targetOf(done.url)?.path.replace(/\?.*$/, '').split('/').at(-1) ?? '') : all('output')[index]
  if (has('remote-name') && file === '') return { code: 23, words: 'Failed to extract a filename to use for storage' }
  if (!has('silent') && !has('no-progress-meter') && (file !== undefined || !run.io.out.tty)) run.io.err.write(progress(utf8Length(text)))
  if (file === undefined || file === '-') run.io.out.write(text)
  else if (pathIn(run, file) !== '/dev/null') {
    try {
      run.machine.files.write(pathIn(run, file), text)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      run.io.err.write(`Warning: Failed to open the file ${file}: ${error.message}\n`)
      return { code: 23, words: `client returned ERROR on write, ${utf8Length(text)} bytes` }
    }
  }
  return undefined
}

/** https://curl.se/docs/manpage.html#-w */
function writeOut(format: string, done: Transfer, url: string, wrong: Failure | undefined): string {
  const status = String(done.status).padStart(3, '0')
  const seconds = (value: number) => value.toFixed(6)
  const first = done.failure ? 0 : done.total
  const values: Record<string, string> = {
    http_code: status,
    response_code: status,
    time_namelookup: seconds(done.lookup),
    time_connect: seconds(done.connected),
    time_appconnect: seconds(done.secure ? done.connected + 0.003 : 0),
    time_pretransfer: seconds(done.connected),
    time_redirect: seconds(0),
    time_starttransfer: seconds(first),
    time_total: seconds(done.total),
    size_download: String(done.downloaded),
    size_upload: String(done.uploaded),
    size_header: String(done.reply ? utf8Length(headText(done.reply, done.secure)) : 0),
    speed_download: String(Math.round(done.downloaded / Math.max(done.total, 0.001))),
    num_redirects: String(done.redirects),
    num_connects: done.reply ? '1' : '0',
    redirect_url: done.next,
    url_effective: done.url.includes('://') ? done.url : `http://${done.url}${/\//.test(done.url) ? '' : '/'}`,
    url,
    content_type: done.type,
    remote_ip: done.ip,
    remote_port: String(done.port),
    local_ip: '',
    method: done.method,
    scheme: done.secure ? 'https' : 'http',
    http_version: done.reply ? (done.secure ? '2' : '1.1') : '0',
    exitcode: String(wrong?.code ?? 0),
    errormsg: wrong?.words ?? '',
    ssl_verify_result: '0',
  }
  return format
    .replaceAll(/%(?:\{([\w.]+)\}|%)/g, (whole, name: string | undefined) =>
      name === undefined ? (whole === '%%' ? '%' : whole) : (values[name] ?? ''),
    )
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replaceAll('\\r', '\r')
}

const progress = (size: number) =>
  `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n100 ${String(size).padStart(5)}  100 ${String(size).padStart(5)}    0     0  98721      0 --:--:-- --:--:-- --:--:-- 99123\n`
