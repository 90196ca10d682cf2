import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { durationOf, isFull, parseOptions } from './options.ts'

async function addressFor(run: Run, host: string): Promise<string | undefined> {
  const found = await run.machine.network.lookup(host)
  return found.ok ? (found.addresses[0] ?? '') : undefined
}

const mean = (times: readonly number[]) => times.reduce((sum, each) => sum + each, 0) / times.length

/** Packets go through the node's bridge, and through both nodes between two of them. */
const hopsTo = (own: string, ip: string): number =>
  own === ip || ip.startsWith('127.') ? 64 : own.replace(/\d+$/, '') === ip.replace(/\d+$/, '') ? 63 : 62

export const ping: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'c W w i I s t')
  const full = isFull(run)
  const host = operands[0]
  if (host === undefined) throw new CommandError(full ? 'usage error: Destination address required' : 'usage: ping HOST', full ? 2 : 1)
  const ip = await addressFor(run, host)
  if (ip === undefined) {
    run.io.err.write(full ? `ping: ${host}: Name or service not known\n` : `ping: bad address '${host}'\n`)
    return full ? 2 : 1
  }
  const size = Number(values.get('s') ?? 56)
  const quiet = flags.has('q')
  const deadline = values.has('w') ? run.machine.clock.now() + durationOf(values.get('w') ?? '') : Infinity
  const count = Number(values.get('c') ?? Infinity)
  const wait = Number(values.get('i') ?? 1) * 1000
  const began = run.machine.clock.now()
  run.io.out.write(full ? `PING ${host} (${ip}) ${size}(${size + 28}) bytes of data.\n` : `PING ${host} (${ip}): ${size} data bytes\n`)
  const times: number[] = []
  let [sent, errors] = [0, 0]
  try {
    while (sent < count && run.machine.clock.now() < deadline) {
      const reply = await run.machine.network.ping(ip)
      run.process.check()
      const sequence = full ? sent + 1 : sent
      sent++
      if (reply.result === 'reply') {
        times.push(reply.millis)
        const time = full ? reply.millis.toPrecision(3) : reply.millis.toFixed(3)
        const line = `${size + 8} bytes from ${ip}: ${full ? 'icmp_seq' : 'seq'}=${sequence} ttl=${hopsTo(run.machine.network.ip, ip)} time=${time} ms\n`
        if (!quiet) run.io.out.write(line)
      } else if (reply.result === 'unreachable' && full) {
        errors++
        if (!quiet) run.io.out.write(`From ${run.machine.network.ip} icmp_seq=${sequence} Destination Host Unreachable\n`)
      }
      const last = sent >= count
      if (!last || reply.result !== 'reply') {
        const pause = last ? Number(values.get('W') ?? 10) * 1000 : wait
        await run.process.sleep(Math.max(Math.min(pause, deadline - run.machine.clock.now()), 0))
      }
    }
  } finally {
    const lost = sent === 0 ? 0 : ((sent - times.length) / sent) * 100
    const millis = run.machine.clock.now() - began
    run.io.out.write(
      full
        ? `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${times.length} received${errors > 0 ? `, +${errors} errors` : ''}, ${Number(lost.toFixed(4))}% packet loss, time ${millis}ms\n`
        : `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${times.length} packets received, ${Math.round(lost)}% packet loss\n`,
    )
    if (times.length > 0) run.io.out.write(roundTrips(times, full))
  }
  return times.length > 0 ? 0 : 1
}

function roundTrips(times: readonly number[], full: boolean): string {
  const [least, average, most] = [Math.min(...times), mean(times), Math.max(...times)].map((each) => each.toFixed(3))
  if (!full) return `round-trip min/avg/max = ${least}/${average}/${most} ms\n`
  const deviation = Math.sqrt(Math.max(mean(times.map((each) => each * each)) - mean(times) ** 2, 0))
  return `rtt min/avg/max/mdev = ${least}/${average}/${most}/${deviation.toFixed(3)} ms\n`
}

/** The way of a packet: the node's bridge, the other node where there is one, and the destination. */
export const traceroute: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'm q w p i s f')
  const host = operands[0]
  if (host === undefined) throw new CommandError('usage: traceroute HOST')
  const ip = await addressFor(run, host)
  if (ip === undefined) throw new CommandError(isFull(run) ? `${host}: Name or service not known` : `bad address '${host}'`)
  const most = Number(values.get('m') ?? 30)
  const probes = Number(values.get('q') ?? 3)
  const own = run.machine.network.ip
  const bridge = own.replace(/\d+$/, '1')
  const near = hopsTo(own, ip)
  const way = near === 64 ? [] : near === 63 ? [bridge] : [bridge, ip.replace(/\d+$/, '0')]
  run.io.out.write(
    isFull(run)
      ? `traceroute to ${host} (${ip}), ${most} hops max, 60 byte packets\n`
      : `traceroute to ${host} (${ip}), ${most} hops max, 46 byte packets\n`,
  )
  const shown = (address: string) => (flags.has('n') ? address : `${address} (${address})`)
  for (let hop = 1; hop <= most; hop++) {
    const at = way[hop - 1]
    const replies: string[] = []
    for (let probe = 0; probe < probes; probe++) {
      const reply =
        at === undefined
          ? await run.machine.network.ping(ip)
          : { result: 'reply' as const, millis: 0.02 + run.machine.random() * 0.05 * hop }
      if (reply.result === 'reply') replies.push(`  ${reply.millis.toFixed(3)} ms`)
      else {
        await run.process.sleep(Number(values.get('w') ?? 5) * 1000)
        replies.push(reply.result === 'unreachable' ? ' !H' : ' *')
      }
      await run.process.breathe()
    }
    const answered = replies.some((each) => each.endsWith('ms'))
    run.io.out.write(`${String(hop).padStart(2)}  ${answered ? shown(at ?? ip) : ''}${replies.join('').replace(answered ? '' : ' ', '')}\n`)
    if (at === undefined && (answered || replies.some((each) => each === ' !H'))) return 0
  }
  return 0
}
