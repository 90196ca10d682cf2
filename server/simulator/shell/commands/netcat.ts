import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { relay, settled, Socket } from '../socket.ts'
import { Pipe } from '../streams.ts'
import type { Io } from '../streams.ts'
import { durationOf, isFull, parseOptions } from './options.ts'

/** Linux gives up connecting after about this long (tcp_syn_retries). */
const connectMillis = 131_000
/** As many connections wait for a listener that is busy (`listen(2)`). */
const backlog = 16

interface Given {
  readonly run: Run
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
  /** What `-e` runs for each connection. */
  readonly program: readonly string[]
}

/** `-e` takes a word before the host and the port, and everything that is left after them or while listening. */
function given(run: Run): Given {
  const at = run.args.findIndex((arg) => /^-[a-z]*e$/.test(arg))
  const before = at < 0 ? run.args : [...run.args.slice(0, at), (run.args[at] ?? '').slice(0, -1)].filter((arg) => arg !== '-')
  const rest = at < 0 ? [] : run.args.slice(at + 1)
  const first = parseOptions(before, 'w p q i s')
  const whole = first.flags.has('l') || first.operands.length > 1
  const { flags, values, operands } = whole ? first : parseOptions([...before, ...rest.slice(1)], 'w p q i s')
  if (flags.has('u')) throw new CommandError('UDP is not simulated')
  if (at >= 0 && isFull(run)) throw new CommandError("invalid option -- 'e'")
  return { run, flags, values, operands, program: at < 0 ? [] : whole ? rest : rest.slice(0, 1) }
}

const millisOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : durationOf(text))

const nc: Command = async (run) => {
  const asked = given(run)
  return asked.flags.has('l') ? listen(asked) : connect(asked)
}

function portOf(text: string | undefined): number {
  const port = Number(text)
  if (text === undefined || !/^\d+$/.test(text) || port < 1 || port > 65_535) throw new CommandError(`bad port '${text ?? ''}'`)
  return port
}

async function listen(asked: Given): Promise<number> {
  const { run, flags, values, operands } = asked
  const port = portOf(values.get('p') ?? operands.at(-1))
  const waiting: Socket[] = []
  let arrived = () => {}
  const from: string[] = []
  const stop = run.machine.network.listen(port, 'nc', (peer, client) => {
    const { socket, server } = Socket.accepted(peer)
    if (waiting.length >= backlog) socket.close()
    else {
      waiting.push(socket)
      from.push(client)
      arrived()
    }
    // Without -k nothing listens any more once somebody is there.
    if (!flags.has('k')) stop?.()
    return server
  })
  if (!stop) throw new CommandError(isFull(run) ? 'Address already in use' : 'bind: Address in use')
  if (flags.has('v')) run.io.err.write(isFull(run) ? `Listening on 0.0.0.0 ${port}\n` : `listening on [::]:${port} ...\n`)
  try {
    do {
      while (waiting.length === 0) {
        await run.process.wait((resume) => {
          arrived = resume
          return () => {}
        })
      }
      const socket = waiting.shift()
      const client = from.shift() ?? ''
      if (flags.has('v'))
        run.io.err.write(
          isFull(run)
            ? `Connection received on ${client} ${clientPort(run)}\n`
            : `connect to [::ffff:${run.machine.network.ip}]:${port} from [::ffff:${client}]:${clientPort(run)} ([::ffff:${client}]:${clientPort(run)})\n`,
        )
      if (socket) await serve(asked, socket)
    } while (flags.has('k'))
  } finally {
    stop()
    for (const socket of waiting) socket.close()
  }
  return 0
}

/** As the kernel picks them for clients. */
const clientPort = (run: Run) => 32_768 + Math.floor(run.machine.random() * 28_000)

async function serve({ run, values, program }: Given, socket: Socket): Promise<void> {
  if (program.length === 0) return relay(run, socket, run.io, { idle: millisOf(values.get('w')), linger: millisOf(values.get('q')) })
  const input = new Pipe()
  const write = (text: string) => void socket.send(text)
  const io: Io = { in: input, out: { write }, err: { write } }
  const feeding = (async () => {
    for (let text = await socket.read(run.process); text !== undefined; text = await socket.read(run.process)) {
      if (!input.broken) input.write(text)
    }
    input.end()
  })()
  feeding.catch(() => input.end())
  try {
    await run.spawn(program, { io })
  } finally {
    socket.close()
    input.break()
  }
}

/** Connects, and says in the program's words why not. @returns undefined when it has */
async function dialled(run: Run, host: string, port: number, millis: number | undefined, quiet: boolean): Promise<Socket | undefined> {
  const full = isFull(run)
  const found = await run.machine.network.lookup(host)
  if (!found.ok)
    throw new CommandError(full ? `getaddrinfo for host "${host}" port ${port}: Name or service not known` : `bad address '${host}'`)
  const ip = found.addresses[0] ?? ''
  const opened = (await settled(run.process, run.machine.network.dial(ip, port), millis)) ?? { result: 'timeout' as const }
  if (opened.result === 'open') return Socket.of(opened)
  if (opened.result === 'timeout') await run.process.sleep(millis ?? connectMillis)
  const why = { refused: 'Connection refused', timeout: 'Operation timed out', unreachable: 'Host is unreachable' }[opened.result]
  if (!quiet)
    run.io.err.write(
      full
        ? `nc: connect to ${host}${ip === host ? '' : ` (${ip})`} port ${port} (tcp) failed: ${why === 'Host is unreachable' ? 'No route to host' : why}\n`
        : `nc: ${host} (${ip}:${port}): ${why}\n`,
    )
  return undefined
}

/** A range of ports is `nc -z host 20-25`. */
function portsOf(run: Run, text: string | undefined): readonly number[] {
  const range = /^(\d+)-(\d+)$/.exec(text ?? '')
  if (!range || !isFull(run)) return [portOf(text)]
  const [low, high] = [portOf(range[1]), portOf(range[2])]
  return Array.from({ length: Math.max(high - low + 1, 0) }, (_, index) => low + index)
}

async function connect(asked: Given): Promise<number> {
  const { run, flags, values, operands } = asked
  const full = isFull(run)
  const [host, text] = operands
  if (host === undefined || text === undefined)
    throw new CommandError(full ? 'missing port number' : 'usage: nc [OPTIONS] HOST PORT  or  nc -l -p PORT')
  let status = 1
  const quiet = full ? flags.has('z') && !flags.has('v') : flags.has('z') && !flags.has('v')
  for (const port of portsOf(run, text)) {
    const socket = await dialled(run, host, port, millisOf(values.get('w')), quiet)
    if (!socket) continue
    status = 0
    const ip = (await run.machine.network.lookup(host)) as { readonly addresses?: readonly string[] }
    const address = ip.addresses?.[0] ?? host
    if (flags.has('v'))
      run.io.err.write(
        full
          ? `Connection to ${host}${address === host ? '' : ` (${address})`} ${port} port [tcp/*] succeeded!\n`
          : `${host} (${address}:${port}) open\n`,
      )
    if (flags.has('z')) {
      socket.close()
      continue
    }
    await serve(asked, socket)
  }
  return status
}

const telnet: Command = async (run) => {
  const [host, port = '23'] = run.args.filter((arg) => !arg.startsWith('-'))
  if (host === undefined) throw new CommandError('usage: telnet HOST [PORT]')
  const full = isFull(run)
  const found = await run.machine.network.lookup(host)
  if (!found.ok) throw new CommandError(full ? `could not resolve ${host}/${port}: Name or service not known` : `bad address '${host}'`)
  const ip = found.addresses[0] ?? ''
  if (full) run.io.out.write(`Trying ${ip}...\n`)
  const opened = await settled(run.process, run.machine.network.dial(ip, portOf(port)))
  if (opened?.result !== 'open') {
    if (opened?.result === 'timeout') await run.process.sleep(connectMillis)
    const why = {
      refused: 'Connection refused',
      timeout: full ? 'Connection timed out' : 'Operation timed out',
      unreachable: full ? 'No route to host' : 'Host is unreachable',
    }
    const words = why[opened?.result ?? 'timeout']
    run.io.err.write(
      full ? `telnet: Unable to connect to remote host: ${words}\n` : `telnet: can't connect to remote host (${ip}): ${words}\n`,
    )
    return 1
  }
  run.io.out.write(full ? `Connected to ${host}.\nEscape character is '^]'.\n` : `Connected to ${host}\n`)
  const lines: Io['in'] = {
    async read(process) {
      const text = await run.io.in.read(process)
      return text?.replaceAll(/\r?\n/g, '\r\n')
    },
    unread: (text) => run.io.in.unread(text),
  }
  await relay(run, Socket.of(opened), { ...run.io, in: lines })
  run.io.err.write(full ? 'Connection closed by foreign host.\n' : 'Connection closed by foreign host\r\n')
  return full ? 1 : 0
}

export const connectionCommands: Record<string, Command> = { nc, netcat: nc, ncat: nc, telnet }
