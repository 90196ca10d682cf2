import type { Command, Run } from '../machine.ts'
import type { Process } from '../processes.ts'
import { settled, Socket } from '../socket.ts'
import { linesOf, parseOptions, readAll } from './options.ts'
import { bytesOfText, textOfBytes } from '../../bytes.ts'

type Opened = { readonly socket: Socket } | { readonly why: 'Connection refused' | 'Connection timed out' | 'No route to host' | undefined }

/** @returns why not; `undefined` when there is no such name */
async function open(run: Run, host: string, port: number): Promise<Opened> {
  const found = await run.machine.network.lookup(host)
  if (!found.ok) return { why: undefined }
  const dialled = await settled(run.process, run.machine.network.dial(found.addresses[0] ?? '', port))
  if (dialled?.result === 'open') return { socket: Socket.of(dialled) }
  if (dialled?.result === 'timeout') await run.process.sleep(131_000)
  return {
    why: ({ refused: 'Connection refused', timeout: 'Connection timed out', unreachable: 'No route to host' } as const)[
      dialled?.result ?? 'timeout'
    ],
  }
}

interface Answer {
  readonly kind: string
  readonly text: string
  readonly items: readonly Answer[]
}

/** Reads replies one by one. Lengths count bytes; what arrives is text. */
class Replies {
  readonly #socket: Socket
  readonly #process: Process
  #rest = new Uint8Array()

  constructor(socket: Socket, process: Process) {
    this.#socket = socket
    this.#process = process
  }

  async #more(): Promise<boolean> {
    const text = await this.#socket.read(this.#process)
    if (text === undefined) return false
    const chunk = bytesOfText(text)
    const joined = new Uint8Array(this.#rest.length + chunk.length)
    joined.set(this.#rest)
    joined.set(chunk, this.#rest.length)
    this.#rest = joined
    return true
  }

  async #take(size: number): Promise<string | undefined> {
    while (this.#rest.length < size) if (!(await this.#more())) return undefined
    const text = textOfBytes(this.#rest.subarray(0, size))
    this.#rest = this.#rest.slice(size)
    return text
  }

  /** The next reply; undefined when the server has gone. */
  async next(): Promise<Answer | undefined> {
    while (!this.#rest.includes(10)) if (!(await this.#more())) return undefined
    const line = (await this.#take(this.#rest.indexOf(10) + 1))?.replace(/\r?\n$/, '') ?? ''
    const [kind, text] = [line.charAt(0), line.slice(1)]
    if (kind === '$') {
      if (text === '-1') return { kind: 'nil', text: '', items: [] }
      const value = await this.#take(Number(text) + 2)
      return value === undefined ? undefined : { kind, text: value.slice(0, -2), items: [] }
    }
    const items: Answer[] = []
    if (kind === '*') {
      for (let count = Number(text); count > 0; count--) {
        const item = await this.next()
        if (!item) return undefined
        items.push(item)
      }
    }
    return { kind, text, items }
  }
}

const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`

/** As redis-cli shows it at a terminal, and plain elsewhere. */
function shown(answer: Answer, raw: boolean, indent = ''): string {
  const { kind, text, items } = answer
  if (kind === '*') {
    if (items.length === 0) return raw ? '' : '(empty array)'
    return items
      .map((item, index) => {
        const head = `${index + 1}) `
        return raw ? shown(item, raw) : `${index === 0 ? '' : indent}${head}${shown(item, raw, indent + ' '.repeat(head.length))}`
      })
      .join('\n')
  }
  if (kind === 'nil') return raw ? '' : '(nil)'
  if (kind === '-') return raw ? text : `(error) ${text}`
  if (kind === ':') return raw ? text : `(integer) ${text}`
  return raw || kind === '+' ? text : quoted(text)
}

const redisCli: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'h p a n u r i t', true)
  const url = /^rediss?:\/\/(?:[^@]*@)?([^:/]+)(?::(\d+))?/.exec(values.get('u') ?? '')
  const host = url?.[1] ?? values.get('h') ?? '127.0.0.1'
  const port = Number(url?.[2] ?? values.get('p') ?? 6379)
  if (flags.has('version') || flags.has('v')) {
    run.io.out.write('redis-cli 8.2.2\n')
    return 0
  }
  const opened = await open(run, host, port)
  if (!('socket' in opened)) {
    run.io.err.write(`Could not connect to Redis at ${host}:${port}: ${opened.why ?? 'Name or service not known'}\n`)
    return 1
  }
  const { socket } = opened
  const replies = new Replies(socket, run.process)
  const raw = flags.has('raw') || (!run.io.out.tty && !flags.has('no-raw'))
  const ask = async (words: readonly string[]): Promise<boolean> => {
    void socket.send(`*${words.length}\r\n${words.map((word) => `$${bytesOfText(word).length}\r\n${word}\r\n`).join('')}`)
    const answer = await replies.next()
    if (!answer) run.io.err.write('Error: Server closed the connection\n')
    else run.io.out.write(`${shown(answer, raw).replace(/\r\n$/, '')}\n`)
    return answer !== undefined && (answer.kind !== '-' || !flags.has('e'))
  }
  try {
    if (operands.length > 0) return (await ask(operands)) ? 0 : 1
    const prompt = () => run.io.in.tty && run.io.out.write(`${host}:${port}> `)
    prompt()
    for await (const line of linesOf(run, [])) {
      const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
      if (/^(quit|exit)$/i.test(words[0] ?? '')) return 0
      if (words.length > 0 && !(await ask(words))) return 1
      prompt()
    }
    return 0
  } finally {
    socket.close()
  }
}

interface Database {
  readonly host: string | undefined
  readonly port: number
  readonly user: string
}

/** What a query without tables comes to; undefined when only a database could tell. */
function constant(sql: string, facts: Readonly<Record<string, string>>): readonly [name: string, value: string] | undefined {
  const asked = /^\s*select\s+(.+?)(?:\s+as\s+(\w+))?\s*;?\s*$/is.exec(sql)
  if (!asked) return undefined
  const [, expression = '', alias] = asked
  const literal = /^(-?\d+)$|^'([^']*)'$/.exec(expression)
  if (literal) return [alias ?? facts['unnamed'] ?? expression, literal[1] ?? literal[2] ?? '']
  const sum = /^(\d{1,9})\s*([-+*])\s*(\d{1,9})$/.exec(expression)
  const [x, y] = [Number(sum?.[1]), Number(sum?.[3])]
  if (sum) return [alias ?? facts['unnamed'] ?? expression, String(sum[2] === '+' ? x + y : sum[2] === '-' ? x - y : x * y)]
  const fact = facts[expression.toLowerCase()]
  return fact === undefined ? undefined : [alias ?? (facts['unnamed'] ? expression.replace(/\(\)$/, '') : expression), fact]
}

function postgresOf(run: Run): Database & { readonly options: ReturnType<typeof parseOptions> } {
  const options = parseOptions(run.args, 'h p U d c f host port username dbname command timeout v F')
  const { values, operands } = options
  const url = /^postgres(?:ql)?:\/\/(?:([^:@/]+)(?::[^@]*)?@)?([^:/?]+)(?::(\d+))?/.exec(values.get('d') ?? operands[0] ?? '')
  return {
    options,
    host: url?.[2] ?? values.get('h') ?? values.get('host') ?? run.env['PGHOST'],
    port: Number(url?.[3] ?? values.get('p') ?? values.get('port') ?? run.env['PGPORT'] ?? 5432),
    user: url?.[1] ?? values.get('U') ?? values.get('username') ?? run.env['PGUSER'] ?? run.machine.user.name,
  }
}

const socketFolder = '/var/run/postgresql'

const pgIsReady: Command = async (run) => {
  const { host, port } = postgresOf(run)
  const where = `${host ?? socketFolder}:${port}`
  const opened = await open(run, host ?? '127.0.0.1', port)
  if ('socket' in opened) opened.socket.close()
  run.io.out.write(`${where} - ${'socket' in opened ? 'accepting connections' : 'no response'}\n`)
  return 'socket' in opened ? 0 : 2
}

const psql: Command = async (run) => {
  const { options, host, port } = postgresOf(run)
  const { flags, values, all } = options
  if (flags.has('version') || flags.has('V')) {
    run.io.out.write('psql (PostgreSQL) 18.0\n')
    return 0
  }
  const opened = await open(run, host ?? '127.0.0.1', port)
  if (!('socket' in opened)) {
    if (host === undefined)
      run.io.err.write(
        `psql: error: connection to server on socket "${socketFolder}/.s.PGSQL.${port}" failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?\n`,
      )
    else if (opened.why === undefined)
      run.io.err.write(`psql: error: could not translate host name "${host}" to address: Name or service not known\n`)
    else
      run.io.err.write(
        `psql: error: connection to server at "${host}", port ${port} failed: ${opened.why}\n\tIs the server running on that host and accepting TCP/IP connections?\n`,
      )
    return 2
  }
  opened.socket.close()
  const facts = {
    unnamed: '?column?',
    'version()': 'PostgreSQL 18.0 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit',
    current_user: 'postgres',
    'current_database()': 'postgres',
  }
  const given = [...(all.get('c') ?? []), ...(all.get('command') ?? [])]
  let status = 0
  for (const sql of given.length > 0 ? given : (await readAll(run, values.has('f') ? [values.get('f') ?? ''] : [])).split(/;\s*/)) {
    if (sql.trim() === '' || sql.trim() === '\\q') continue
    const found = constant(sql, facts)
    if (!found) {
      run.io.err.write('ERROR:  databases are not simulated: only queries without tables are answered\n')
      status = 1
      continue
    }
    const [name, value] = found
    const width = Math.max(name.length, value.length)
    const centred = (text: string) => text.padStart(Math.floor((width - text.length) / 2) + text.length).padEnd(width)
    const cell = /^-?\d+$/.test(value) ? value.padStart(width) : value
    if (flags.has('t')) run.io.out.write(flags.has('A') ? `${value}\n` : ` ${cell}\n\n`)
    else run.io.out.write(` ${centred(name)} \n-${'-'.repeat(width)}-\n ${cell}\n(1 row)\n\n`)
  }
  return status
}

function mysqlOf(run: Run): { readonly host: string; readonly port: number; readonly options: ReturnType<typeof parseOptions> } {
  // -p's value is never a word of its own.
  const args = run.args.filter((arg) => !/^(-p.*|--password(=.*)?)$/.test(arg))
  const options = parseOptions(args, 'h P u e D S host port user execute database protocol connect-timeout')
  const { values } = options
  return {
    options,
    host: values.get('h') ?? values.get('host') ?? 'localhost',
    port: Number(values.get('P') ?? values.get('port') ?? 3306),
  }
}

async function mysqlFailure(run: Run, host: string, port: number): Promise<string | undefined> {
  const opened = await open(run, host, port)
  if ('socket' in opened) {
    opened.socket.close()
    return undefined
  }
  if (opened.why === undefined) return `Unknown MySQL server host '${host}' (-2)`
  if (host === 'localhost') return "Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)"
  return `Can't connect to MySQL server on '${host}:${port}' (${{ 'Connection refused': 111, 'Connection timed out': 110, 'No route to host': 113 }[opened.why]})`
}

const mysqladmin: Command = async (run) => {
  const { options, host, port } = mysqlOf(run)
  const failed = await mysqlFailure(run, host, port)
  if (failed !== undefined) {
    run.io.err.write(
      `${run.name}: connect to server at '${host}' failed\nerror: '${failed}'\nCheck that mysqld is running${host === 'localhost' ? " and that the socket: '/var/run/mysqld/mysqld.sock' exists!" : ` on ${host} and that the port is ${port}.\nYou can check this by doing 'telnet ${host} ${port}'`}\n`,
    )
    return 1
  }
  if (options.operands[0] === 'ping') run.io.out.write('mysqld is alive\n')
  else {
    run.io.err.write(`${run.name}: only ping is simulated\n`)
    return 1
  }
  return 0
}

const mysql: Command = async (run) => {
  const { options, host, port } = mysqlOf(run)
  if (options.flags.has('version') || options.flags.has('V')) {
    run.io.out.write(`${run.name}  Ver 9.4.0 for Linux on x86_64 (MySQL Community Server - GPL)\n`)
    return 0
  }
  const failed = await mysqlFailure(run, host, port)
  if (failed !== undefined) {
    const code = failed.startsWith('Unknown') ? 2005 : host === 'localhost' ? 2002 : 2003
    run.io.err.write(`ERROR ${code} (HY000): ${failed}\n`)
    return 1
  }
  const text = options.values.get('e') ?? options.values.get('execute') ?? (await readAll(run, []))
  for (const sql of text.split(/;\s*/).filter((each) => each.trim() !== '')) {
    const found = constant(sql, { 'version()': '9.4.0', '@@version': '9.4.0', 'user()': 'root@localhost' })
    if (!found) {
      run.io.err.write('ERROR 1235 (42000) at line 1: databases are not simulated: only queries without tables are answered\n')
      return 1
    }
    const [name, value] = found
    const width = Math.max(name.length, value.length)
    const rule = `+${'-'.repeat(width + 2)}+`
    const cell = /^-?\d+$/.test(value) ? value.padStart(width) : value.padEnd(width)
    if (run.io.out.tty || options.flags.has('t')) run.io.out.write(`${rule}\n| ${name.padEnd(width)} |\n${rule}\n| ${cell} |\n${rule}\n`)
    else run.io.out.write(options.flags.has('N') ? `${value}\n` : `${name}\n${value}\n`)
  }
  return 0
}

export const databaseCommands: Record<string, Command> = {
  'redis-cli': redisCli,
  'pg_isready': pgIsReady,
  psql,
  mysqladmin,
  'mariadb-admin': mysqladmin,
  mysql,
  mariadb: mysql,
}
