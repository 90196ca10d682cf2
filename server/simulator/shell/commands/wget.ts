import type { HttpExchange, HttpReply } from '../../network/view.ts'
import { FileError } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { settled } from '../socket.ts'
import { durationOf, isFull, parseOptions, pathIn, utf8Length } from './options.ts'
import type { Options } from './options.ts'
import { connectMillis, reasons, targetOf } from './url.ts'
import type { Target } from './url.ts'

const valued =
  'O T t U P o header post-data post-file timeout tries output-document user-agent directory-prefix user password wait waitretry connect-timeout read-timeout dns-timeout output-file method body-data'

/** BusyBox's wget, and GNU's, which differ in every word they say. */
export const wget: Command = async (run) => {
  const options = parseOptions(run.args, valued)
  const full = isFull(run)
  if (options.operands.length === 0)
    throw new CommandError(full ? "missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options." : 'missing URL')
  let status = 0
  for (const url of options.operands) {
    const code = full ? await gnu(run, options, url) : await busybox(run, options, url)
    if (code !== 0) status = code
  }
  return status
}

const limitOf = ({ values }: Options): number | undefined => {
  const limit = values.get('T') ?? values.get('timeout')
  return limit === undefined || Number(limit) === 0 ? undefined : durationOf(limit)
}

function request(run: Run, options: Options, target: Target, ip: string): Promise<HttpExchange | undefined> {
  const { values, all, flags } = options
  const body = values.get('post-data') ?? values.get('body-data') ?? ''
  const lines = (all.get('header') ?? []).map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, Math.max(colon, 0)).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const headers: Readonly<Record<string, string>> = {
    'user-agent': values.get('U') ?? values.get('user-agent') ?? (isFull(run) ? 'Wget/1.25.0' : 'Wget'),
    ...Object.fromEntries(lines.filter(([name]) => name !== '')),
  }
  const asking = run.machine.network.request(ip, target.port, {
    secure: target.secure,
    method: values.get('method') ?? (values.has('post-data') ? 'POST' : flags.has('spider') && isFull(run) ? 'HEAD' : 'GET'),
    host: headers['host'] ?? target.authority,
    path: target.path,
    headers,
    body,
  })
  return settled(run.process, asking, limitOf(options))
}

const redirectOf = (reply: HttpReply): string | undefined =>
  reply.status >= 300 && reply.status < 400
    ? Object.entries(reply.headers).find(([name]) => name.toLowerCase() === 'location')?.[1]
    : undefined

const fileOf = (options: Options, target: Target): string => {
  const { values } = options
  const named = values.get('O') ?? values.get('output-document')
  if (named !== undefined) return named
  const folder = values.get('P') ?? values.get('directory-prefix')
  const base = target.path.replace(/\?.*$/, '').split('/').at(-1) || 'index.html'
  return folder === undefined ? base : `${folder}/${base}`
}

async function busybox(run: Run, options: Options, url: string, hops = 0): Promise<number> {
  const { flags } = options
  const target = targetOf(url)
  if (!target) throw new CommandError(`bad address '${url}'`)
  const limit = limitOf(options)
  const quiet = flags.has('q')
  const found = await run.machine.network.lookup(target.host)
  if (!found.ok) throw new CommandError(`bad address '${target.host}'`)
  const ip = found.addresses[0] ?? ''
  if (!quiet) run.io.err.write(`Connecting to ${target.authority} (${ip}:${target.port})\n`)
  const exchange = await request(run, options, target, ip)
  if (!exchange) throw new CommandError('download timed out')
  if (exchange.result === 'timeout') {
    await run.process.sleep(limit ?? connectMillis)
    throw new CommandError(limit === undefined ? `can't connect to remote host (${ip}): Operation timed out` : 'download timed out')
  }
  if (exchange.result === 'refused') throw new CommandError(`can't connect to remote host (${ip}): Connection refused`)
  if (exchange.result === 'unreachable') throw new CommandError(`can't connect to remote host (${ip}): Host is unreachable`)
  if (exchange.result === 'wrong-protocol')
    throw new CommandError(target.secure ? 'TLS error from peer (alert code 80)' : 'error getting response')
  if (target.secure && !flags.has('no-check-certificate')) run.io.err.write('wget: note: TLS certificate validation not implemented\n')
  const { reply } = exchange
  if (flags.has('S') || flags.has('server-response'))
    run.io.err.write(`  HTTP/1.1 ${reply.status} ${reasons[reply.status] ?? ''}\n${headerLines(reply)}  \n`)
  const next = redirectOf(reply)
  if (next !== undefined) {
    if (hops >= 5) throw new CommandError('too many redirections')
    return busybox(run, options, next.startsWith('/') ? `${target.secure ? 'https' : 'http'}://${target.authority}${next}` : next, hops + 1)
  }
  if (reply.status >= 400) throw new CommandError(`server returned error: HTTP/1.1 ${reply.status} ${reasons[reply.status] ?? ''}`)
  const file = fileOf(options, target)
  if (flags.has('spider')) {
    if (!quiet) run.io.err.write('remote file exists\n')
  } else if (file === '-') {
    if (!quiet) run.io.err.write('writing to stdout\n')
    run.io.out.write(reply.body)
    if (!quiet) run.io.err.write(`${bar('-', reply)}written to stdout\n`)
  } else {
    if (pathIn(run, file) !== '/dev/null') {
      if (!quiet) run.io.err.write(`saving to '${file}'\n`)
      run.machine.files.write(pathIn(run, file), reply.body)
      if (!quiet) run.io.err.write(`${bar(file, reply)}'${file}' saved\n`)
    }
  }
  return 0
}

const headerLines = (reply: HttpReply): string =>
  Object.entries(reply.headers)
    .map(([name, value]) => `  ${name}: ${value}\n`)
    .join('')

const bar = (file: string, reply: HttpReply): string =>
  `${file.padEnd(20)} 100% |${'*'.repeat(32)}| ${String(utf8Length(reply.body)).padStart(5)}  0:00:00 ETA\n`

/** `2026-11-22 17:09:54` */
const stamp = (run: Run): string => new Date(run.machine.clock.now()).toISOString().slice(0, 19).replace('T', ' ')

/** https://www.gnu.org/software/wget/manual/wget.html; exit statuses: 4 network, 5 TLS, 8 an error status. */
async function gnu(run: Run, options: Options, url: string, hops = 0): Promise<number> {
  const { flags, values } = options
  const quiet = flags.has('q') || flags.has('quiet')
  const brief = flags.has('nv') || flags.has('no-verbose') || (flags.has('n') && flags.has('v'))
  const say = (text: string) => void (!quiet && !brief && run.io.err.write(text))
  const target = targetOf(url)
  if (!target) {
    run.io.err.write(`${url}: Invalid host name.\n`)
    return 1
  }
  const shown = `${target.secure ? 'https' : 'http'}://${target.authority}${target.path}`
  const name = target.host
  const tries = Number(values.get('t') ?? values.get('tries') ?? 20) || Infinity
  const limit = limitOf(options)
  for (let attempt = 1; ; attempt++) {
    if (attempt === 1) say(`--${stamp(run)}--  ${shown}\n`)
    else say(`\n--${stamp(run)}--  (try:${String(attempt).padStart(2)})  ${shown}\n`)
    say(/^[\d.]+$/.test(name) ? '' : `Resolving ${name} (${name})... `)
    const found = await run.machine.network.lookup(name)
    if (!found.ok) {
      say('failed: Name or service not known.\n')
      if (!quiet) run.io.err.write(`wget: unable to resolve host address ‘${name}’\n`)
      return 4
    }
    const ip = found.addresses[0] ?? ''
    say(ip === name ? '' : `${ip}\n`)
    say(`Connecting to ${ip === name ? name : `${name} (${name})|${ip}|`}:${target.port}... `)
    const exchange = await request(run, options, target, ip)
    if (exchange?.result === 'refused' || exchange?.result === 'unreachable') {
      say(`failed: ${exchange.result === 'refused' ? 'Connection refused' : 'No route to host'}.\n`)
      if (!flags.has('retry-connrefused')) return 4
    } else if (exchange === undefined || exchange.result === 'timeout') {
      if (exchange) await run.process.sleep(limit ?? connectMillis)
      say(
        exchange
          ? 'failed: Connection timed out.\n'
          : 'connected.\nHTTP request sent, awaiting response... Read error (Connection timed out) in headers.\n',
      )
    } else if (exchange.result === 'wrong-protocol') {
      if (target.secure) {
        say('connected.\n')
        if (!quiet) run.io.err.write('GnuTLS: An unexpected TLS packet was received.\nUnable to establish SSL connection.\n')
        return 4
      }
      say('connected.\nHTTP request sent, awaiting response... No data received.\n')
    } else return answered(run, options, { target, shown, reply: exchange.reply, quiet, brief, say, hops })
    if (attempt >= tries) {
      say('Giving up.\n\n')
      return 4
    }
    say('Retrying.\n')
    await run.process.sleep(Math.min(attempt, 10) * 1000)
  }
}

interface Answered {
  readonly target: Target
  readonly shown: string
  readonly reply: HttpReply
  readonly quiet: boolean
  readonly brief: boolean
  readonly say: (text: string) => void
  readonly hops: number
}

function answered(run: Run, options: Options, { target, shown, reply, quiet, brief, say, hops }: Answered): number | Promise<number> {
  const { flags } = options
  say('connected.\n')
  if (target.secure && !flags.has('no-check-certificate')) {
    if (!quiet)
      run.io.err.write(
        `ERROR: cannot verify ${target.host}'s certificate, issued by ‘CN=kubernetes’:\n  Unable to locally verify the issuer's authority.\nTo connect to ${target.host} insecurely, use \`--no-check-certificate'.\n`,
      )
    return 5
  }
  const words = `${reply.status} ${reasons[reply.status] ?? ''}`
  const head = flags.has('S') || flags.has('server-response') ? `\n  HTTP/1.1 ${words}\n${headerLines(reply)}` : `${words}\n`
  say(`HTTP request sent, awaiting response... ${head}`)
  if (brief && (flags.has('S') || flags.has('server-response'))) run.io.err.write(`  HTTP/1.1 ${words}\n${headerLines(reply)}`)
  const next = redirectOf(reply)
  if (next !== undefined && hops < 20) {
    say(`Location: ${next} [following]\n`)
    return gnu(run, options, next.startsWith('/') ? `${target.secure ? 'https' : 'http'}://${target.authority}${next}` : next, hops + 1)
  }
  if (flags.has('spider')) {
    say(reply.status >= 400 ? 'Remote file does not exist -- broken link!!!\n\n' : `Remote file exists.\n\n`)
    return reply.status >= 400 ? 8 : 0
  }
  if (reply.status >= 400) {
    if (brief && !quiet) run.io.err.write(`${shown}:\n`)
    if (!quiet) run.io.err.write(`${stamp(run)} ERROR ${reply.status}: ${reasons[reply.status] ?? 'Unknown'}.\n${brief ? '' : '\n'}`)
    return 8
  }
  const size = utf8Length(reply.body)
  const type =
    (Object.entries(reply.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? 'text/html').split(';')[0] ?? ''
  const file = fileOf(options, target)
  const shownFile = file === '-' ? 'STDOUT' : file
  say(`Length: ${size}${size >= 1024 ? ` (${(size / 1024).toFixed(1)}K)` : ''} [${type}]\nSaving to: ‘${shownFile}’\n\n`)
  if (file === '-') run.io.out.write(reply.body)
  else if (pathIn(run, file) !== '/dev/null') {
    try {
      run.machine.files.write(pathIn(run, file), reply.body)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      run.io.err.write(`${file}: ${error.message}\n\nCannot write to ‘${file}’ (${error.message}).\n`)
      return 3
    }
  }
  const rate = `${((size || 1) / 10_000).toFixed(1)} MB/s`
  say(`${shownFile.padEnd(19).slice(0, 19)} 100%[${'='.repeat(19)}>] ${String(size).padStart(7)}  --.-KB/s    in 0s      \n\n`)
  if (file === '-') say(`${stamp(run)} (${rate}) - written to stdout [${size}/${size}]\n\n`)
  else say(`${stamp(run)} (${rate}) - ‘${file}’ saved [${size}/${size}]\n\n`)
  if (brief && !quiet) run.io.err.write(`${stamp(run)} URL:${shown} [${size}/${size}] -> "${file}" [1]\n`)
  return 0
}
