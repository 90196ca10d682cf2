import type { HttpExchange } from '../../network/view.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { durationOf, parseOptions, pathIn, utf8Length } from './options.ts'

interface Target {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly path: string
  readonly authority: string
}

function targetOf(url: string): Target | undefined {
  const found = /^(?:(https?):\/\/)?(?:[^@/]*@)?([^/:?#]+)(?::(\d+))?([/?][^#]*)?/.exec(url)
  if (!found?.[2]) return undefined
  const secure = found[1] === 'https'
  const port = found[3] ? Number(found[3]) : secure ? 443 : 80
  const path = found[4] ?? '/'
  return {
    secure,
    host: found[2],
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    authority: found[2] + (found[3] ? `:${found[3]}` : ''),
  }
}

const reasons: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

function headText(exchange: Extract<HttpExchange, { result: 'answered' }>, secure: boolean): string {
  const { status, headers } = exchange.reply
  const first = secure ? `HTTP/2 ${status} ` : `HTTP/1.1 ${status} ${reasons[status] ?? ''}`
  return `${first}\r\n${Object.entries(headers)
    .map(([name, value]) => `${secure ? name.toLowerCase() : name}: ${value}\r\n`)
    .join('')}\r\n`
}

/** Waits as long as a connection attempt that nobody answers, but no longer than the caller is willing to. */
async function silence(run: Run, most: number): Promise<void> {
  await run.process.sleep(most)
}

/** Linux gives up connecting after about this long (tcp_syn_retries). */
const connectMillis = 131_000

export const curl: Command = async (run) => {
  const { flags, values, all, operands } = parseOptions(
    run.args,
    'X d H o w m u A e b c T request data header output write-out max-time connect-timeout user data-raw data-binary resolve retry cacert cert key',
  )
  const url = operands[0]
  const quiet = flags.has('s') || flags.has('silent')
  const fail = (code: number, message: string): number => {
    if (!quiet || flags.has('S') || flags.has('show-error')) run.io.err.write(`curl: (${code}) ${message}\n`)
    if (values.has('w')) run.io.out.write(writeOut(values.get('w') ?? '', 0, 0, 0, url ?? ''))
    return code
  }
  if (url === undefined) {
    run.io.err.write('curl: (2) no URL specified\n')
    return 2
  }
  const target = targetOf(url)
  if (!target) return fail(3, 'URL rejected: No host part in the URL')
  const limit = values.get('max-time') ?? values.get('m') ?? values.get('connect-timeout')
  const started = run.machine.clock.now()
  const say = (text: string) => (flags.has('v') || flags.has('verbose') ? run.io.err.write(text) : undefined)
  const found = await run.machine.network.lookup(target.host)
  if (!found.ok) return fail(6, `Could not resolve host: ${target.host}`)
  const ip = found.addresses[0] ?? ''
  say(`* Host ${target.host}:${target.port} was resolved.\n* IPv4: ${ip}\n*   Trying ${ip}:${target.port}...\n`)
  const body = (values.get('d') ?? values.get('data') ?? values.get('data-raw') ?? values.get('data-binary') ?? '').replace(/^@-$/, '')
  const method = values.get('X') ?? values.get('request') ?? (flags.has('I') || flags.has('head') ? 'HEAD' : body ? 'POST' : 'GET')
  const given = [...(all.get('H') ?? []), ...(all.get('header') ?? [])].map((line) => line.split(/:\s*/, 2) as [string, string])
  const headers = { 'user-agent': 'curl/8.14.1', ...Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value ?? ''])) }
  let path = target.path
  let exchange = await run.machine.network.request(ip, target.port, {
    secure: target.secure,
    method,
    host: target.authority,
    path,
    headers,
    body,
  })
  for (
    let hops = 0;
    hops < 5 && (flags.has('L') || flags.has('location')) && exchange.result === 'answered' && exchange.reply.headers['Location'];
    hops++
  ) {
    path =
      targetOf(
        new RegExp('^https?:').test(exchange.reply.headers['Location'])
          ? exchange.reply.headers['Location']
          : `http://${target.authority}${exchange.reply.headers['Location']}`,
      )?.path ?? '/'
    exchange = await run.machine.network.request(ip, target.port, {
      secure: target.secure,
      method,
      host: target.authority,
      path,
      headers,
      body,
    })
  }
  const spent = () => run.machine.clock.now() - started
  if (exchange.result === 'timeout') {
    await silence(run, Math.max((limit ? durationOf(limit) : connectMillis) - spent(), 0))
    return fail(
      28,
      limit
        ? `Connection timed out after ${spent()} milliseconds`
        : `Failed to connect to ${target.host} port ${target.port} after ${spent()} ms: Could not connect to server`,
    )
  }
  if (exchange.result === 'unreachable' || exchange.result === 'refused') {
    return fail(
      7,
      `Failed to connect to ${target.host} port ${target.port} after ${spent()} ms: ${exchange.result === 'refused' ? 'Could not connect to server' : 'No route to host'}`,
    )
  }
  if (exchange.result === 'wrong-protocol') {
    if (target.secure) return fail(35, 'OpenSSL/3.5.4: error:0A00010B:SSL routines::wrong version number')
    return exchange.protocol === 'https' ? fail(1, 'Received HTTP/0.9 when not allowed') : fail(52, 'Empty reply from server')
  }
  if (target.secure && !flags.has('k') && !flags.has('insecure') && !values.has('cacert')) {
    return fail(
      60,
      'SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage mentioned above.',
    )
  }
  say(
    `* Established connection to ${target.host} (${ip} port ${target.port}) from ${run.machine.network.ip} port 41822 \n> ${method} ${path} HTTP/${target.secure ? '2' : '1.1'}\r\n> Host: ${target.authority}\r\n> User-Agent: curl/8.14.1\r\n> Accept: */*\r\n${given.map(([name, value]) => `> ${name}: ${value}\r\n`).join('')}> \r\n* Request completely sent off\n`,
  )
  const head = headText(exchange, target.secure)
  say(
    head
      .split('\r\n')
      .slice(0, -1)
      .map((line) => `< ${line}\r\n`)
      .join(''),
  )
  const { status } = exchange.reply
  if ((flags.has('f') || flags.has('fail')) && status >= 400) return fail(22, `The requested URL returned error: ${status}`)
  const headOnly = method === 'HEAD'
  const text = (headOnly || flags.has('i') || flags.has('include') ? head : '') + (headOnly ? '' : exchange.reply.body)
  const file = flags.has('O') ? (path.split('/').at(-1) ?? 'index.html') : (values.get('o') ?? values.get('output'))
  if (!quiet && !run.io.out.tty && file !== undefined) run.io.err.write(progress(utf8Length(text)))
  if (file === undefined || file === '-') run.io.out.write(text)
  else if (pathIn(run, file) !== '/dev/null') run.machine.files.write(pathIn(run, file), text)
  say('* Connection #0 to host left intact\n')
  const format = values.get('w') ?? values.get('write-out')
  if (format !== undefined) run.io.out.write(writeOut(format, status, spent(), utf8Length(exchange.reply.body), url))
  return 0
}

function writeOut(format: string, status: number, millis: number, size: number, url: string): string {
  const values: Record<string, string> = {
    http_code: String(status).padStart(3, '0'),
    response_code: String(status).padStart(3, '0'),
    time_total: (millis / 1000).toFixed(6),
    time_connect: '0.000412',
    size_download: String(size),
    url_effective: url,
  }
  return format
    .replaceAll(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
}

const progress = (size: number) =>
  `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n100 ${String(size).padStart(5)}  100 ${String(size).padStart(5)}    0     0  98721      0 --:--:-- --:--:-- --:--:-- 99123\n`

export const wget: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'O T t header post-data timeout tries output-document')
  const url = operands[0]
  if (url === undefined) throw new CommandError('missing URL')
  const target = targetOf(url)
  if (!target) throw new CommandError(`bad address '${url}'`)
  const limit = values.get('T') ?? values.get('timeout')
  const quiet = flags.has('q')
  const found = await run.machine.network.lookup(target.host)
  if (!found.ok) throw new CommandError(`bad address '${target.host}'`)
  const ip = found.addresses[0] ?? ''
  if (!quiet) run.io.err.write(`Connecting to ${target.authority} (${ip}:${target.port})\n`)
  const body = values.get('post-data') ?? ''
  const header = (values.get('header') ?? '').split(/:\s*/, 2)
  const exchange = await run.machine.network.request(ip, target.port, {
    secure: target.secure,
    method: body ? 'POST' : 'GET',
    host: target.authority,
    path: target.path,
    headers: { 'user-agent': 'Wget', ...(header[1] ? { [(header[0] ?? '').toLowerCase()]: header[1] } : {}) },
    body,
  })
  if (exchange.result === 'timeout') {
    await silence(run, limit ? durationOf(limit) : connectMillis)
    throw new CommandError(limit ? 'download timed out' : `can't connect to remote host (${ip}): Operation timed out`)
  }
  if (exchange.result === 'refused') throw new CommandError(`can't connect to remote host (${ip}): Connection refused`)
  if (exchange.result === 'unreachable') throw new CommandError(`can't connect to remote host (${ip}): Host is unreachable`)
  if (exchange.result === 'wrong-protocol')
    throw new CommandError(target.secure ? 'TLS error from peer (alert code 80)' : 'error getting response')
  if (target.secure && !flags.has('no-check-certificate')) run.io.err.write('wget: note: TLS certificate validation not implemented\n')
  const { status } = exchange.reply
  if (status >= 400) throw new CommandError(`server returned error: HTTP/1.1 ${status} ${reasons[status] ?? ''}`)
  const file = values.get('O') ?? values.get('output-document') ?? (target.path.split('/').at(-1) || 'index.html')
  if (flags.has('spider')) {
    if (!quiet) run.io.err.write('remote file exists\n')
  } else if (file === '-') run.io.out.write(exchange.reply.body)
  else if (pathIn(run, file) !== '/dev/null') {
    if (!quiet) run.io.err.write(`saving to '${file}'\n`)
    run.machine.files.write(pathIn(run, file), exchange.reply.body)
    if (!quiet)
      run.io.err.write(
        `${file.padEnd(20)} 100% |${'*'.repeat(32)}| ${String(utf8Length(exchange.reply.body)).padStart(5)}  0:00:00 ETA\n'${file}' saved\n`,
      )
  }
  return 0
}
