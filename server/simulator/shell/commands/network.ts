import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import type { DnsAnswer, RecordType } from '../../network/view.ts'
import { parseOptions } from './options.ts'
import { curl } from './curl.ts'
import { wget } from './wget.ts'
import { connectionCommands } from './netcat.ts'

/** The cluster's DNS service, as /etc/resolv.conf has it. */
const nameserver = (run: Run) => /^nameserver\s+(\S+)/m.exec(run.machine.files.read('/etc/resolv.conf'))?.[1] ?? '10.96.0.10'

const typeOf = (text: string | undefined): RecordType | undefined =>
  (['A', 'AAAA', 'SRV', 'PTR', 'CNAME'] as const).find((type) => type === text?.toUpperCase())

const nslookup: Command = async (run) => {
  const { values, operands } = parseOptions(
    run.args.map((arg) => arg.replace(/^-(type|q)=/, '-t')),
    't',
  )
  const [name, named] = operands
  if (name === undefined) throw new CommandError('usage: nslookup HOST [DNS_SERVER]')
  const server = named === undefined ? undefined : await addressOf(run, named)
  const at = server ?? nameserver(run)
  const type = typeOf(values.get('t')) ?? (/^\d+\.\d+\.\d+\.\d+$/.test(name) ? 'PTR' : 'A')
  const { name: found, answer } = await searched(run, name, type, server)
  if (answer.status === 'timeout') {
    run.io.out.write(';; connection timed out; no servers could be reached\n\n')
    return 1
  }
  run.io.out.write(`Server:\t\t${at}\nAddress:\t${at}:53\n\n`)
  if (answer.status !== 'NOERROR' || answer.records.length === 0) {
    run.io.out.write(`** server can't find ${found}: ${answer.status === 'NOERROR' ? 'NXDOMAIN' : answer.status}\n\n`)
    return 1
  }
  for (const record of answer.records) {
    if (record.type === 'PTR')
      run.io.out.write(`${name.split('.').toReversed().join('.')}.in-addr.arpa\tname = ${record.data.replace(/\.$/, '')}\n`)
    else if (record.type === 'SRV') run.io.out.write(`${record.name.replace(/\.$/, '')}\tservice = ${record.data}\n`)
    else run.io.out.write(`Name:\t${record.name.replace(/\.$/, '')}\nAddress: ${record.data}\n`)
  }
  run.io.out.write('\n')
  return 0
}

/** A name server may be given by name; what has none is asked in vain. */
async function addressOf(run: Run, host: string): Promise<string> {
  const found = await run.machine.network.lookup(host)
  return found.ok ? (found.addresses[0] ?? host) : host
}

/** Tries the search list of /etc/resolv.conf as the resolver does (resolv.conf(5), `ndots`). */
async function searched(
  run: Run,
  name: string,
  type: RecordType,
  server?: string,
): Promise<{ readonly name: string; readonly answer: DnsAnswer }> {
  const config = run.machine.files.read('/etc/resolv.conf')
  const search = /^search\s+(.*)$/m.exec(config)?.[1]?.split(/\s+/) ?? []
  const ndots = Number(/ndots:(\d+)/.exec(config)?.[1] ?? 1)
  if (type === 'PTR' || name.endsWith('.')) return { name, answer: await run.machine.network.query(name, type, server) }
  const relative = search.map((domain) => `${name}.${domain}`)
  const names = name.split('.').length - 1 >= ndots ? [name, ...relative] : [...relative, name]
  let last: DnsAnswer = { status: 'NXDOMAIN', records: [] }
  for (const each of names) {
    last = await run.machine.network.query(each, type, server)
    if (last.status === 'timeout' || (last.status === 'NOERROR' && last.records.length > 0)) return { name: each, answer: last }
  }
  return { name, answer: last }
}

const dig: Command = async (run) => {
  const words = run.args.filter((arg) => !/^[-+@]/.test(arg))
  const options = new Set(run.args.filter((arg) => arg.startsWith('+')).map((arg) => arg.slice(1)))
  const named = run.args.find((arg) => arg.startsWith('@'))?.slice(1)
  const server = named === undefined ? nameserver(run) : await addressOf(run, named)
  const reverse = run.args.includes('-x')
  const type = reverse ? 'PTR' : (words.map(typeOf).find((each) => each !== undefined) ?? 'A')
  const name = words.find((word) => !typeOf(word)) ?? '.'
  const started = run.machine.clock.now()
  const answer = options.has('search')
    ? (await searched(run, name, type, server)).answer
    : await run.machine.network.query(name, type, server)
  if (answer.status === 'timeout') {
    run.io.out.write(
      `;; communications error to ${server}#53: timed out\n;; communications error to ${server}#53: timed out\n;; communications error to ${server}#53: timed out\n\n; <<>> DiG 9.20.15 <<>> ${run.args.join(' ')}\n;; global options: +cmd\n;; no servers could be reached\n`,
    )
    return 9
  }
  if (options.has('short')) {
    run.io.out.write(answer.records.map((record) => `${record.data}\n`).join(''))
    return 0
  }
  const query = Math.floor(run.machine.random() * 65_536)
  const asked = reverse ? `${name.split('.').toReversed().join('.')}.in-addr.arpa.` : `${name.replace(/\.$/, '')}.`
  run.io.out.write(
    `\n; <<>> DiG 9.20.15 <<>> ${run.args.join(' ')}\n;; global options: +cmd\n;; Got answer:\n;; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n`.replace(
      /;; WARNING[^]*DNS\n/,
      asked.endsWith('.local.') ? '$&' : '',
    ),
  )
  run.io.out.write(
    `;; ->>HEADER<<- opcode: QUERY, status: ${answer.status}, id: ${query}\n;; flags: qr aa rd; QUERY: 1, ANSWER: ${answer.records.length}, AUTHORITY: ${answer.status === 'NXDOMAIN' ? 1 : 0}, ADDITIONAL: 1\n;; WARNING: recursion requested but not available\n\n`,
  )
  run.io.out.write(
    `;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n;; QUESTION SECTION:\n;${asked.padEnd(30)}\tIN\t${type}\n\n`,
  )
  if (answer.records.length > 0)
    run.io.out.write(
      `;; ANSWER SECTION:\n${answer.records.map((record) => `${record.name.padEnd(30)}\t${record.ttl}\tIN\t${record.type}\t${record.data}\n`).join('')}\n`,
    )
  if (answer.status === 'NXDOMAIN')
    run.io.out.write(
      `;; AUTHORITY SECTION:\ncluster.local.\t\t30\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local. 1795338491 7200 1800 86400 30\n\n`,
    )
  run.io.out.write(
    `;; Query time: ${run.machine.clock.now() - started} msec\n;; SERVER: ${server}#53(${server}) (UDP)\n;; WHEN: ${digDate(run.machine.clock.now())}\n;; MSG SIZE  rcvd: ${97 + answer.records.length * 16}\n\n`,
  )
  return 0
}

/** `Sun Nov 22 17:09:54 UTC 2026` */
function digDate(millis: number): string {
  const [day = '', date, month, year, time] = new Date(millis).toUTCString().split(' ')
  return `${day.replace(',', '')} ${month} ${date} ${time} UTC ${year}`
}

const ping: Command = async (run) => {
  const { values, operands } = parseOptions(run.args, 'c W w i I s t')
  const host = operands[0]
  if (host === undefined) throw new CommandError('usage: ping HOST')
  const found = await run.machine.network.lookup(host)
  if (!found.ok) {
    run.io.err.write(`ping: bad address '${host}'\n`)
    return 1
  }
  const ip = found.addresses[0] ?? ''
  const count = Number(values.get('c') ?? Infinity)
  const wait = Number(values.get('i') ?? 1) * 1000
  run.io.out.write(`PING ${host} (${ip}): 56 data bytes\n`)
  const times: number[] = []
  let sent = 0
  const summary = () => {
    const lost = sent === 0 ? 0 : Math.round(((sent - times.length) / sent) * 100)
    run.io.out.write(
      `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${times.length} packets received, ${lost}% packet loss\n`,
    )
    if (times.length > 0)
      run.io.out.write(
        `round-trip min/avg/max = ${Math.min(...times).toFixed(3)}/${(times.reduce((sum, each) => sum + each, 0) / times.length).toFixed(3)}/${Math.max(...times).toFixed(3)} ms\n`,
      )
  }
  try {
    while (sent < count) {
      const reply = await run.machine.network.ping(ip)
      run.process.check()
      if (reply.result === 'reply') {
        times.push(reply.millis)
        run.io.out.write(`64 bytes from ${ip}: seq=${sent} ttl=62 time=${reply.millis.toFixed(3)} ms\n`)
      }
      sent++
      if (sent < count || reply.result !== 'reply') await run.process.sleep(sent < count ? wait : Number(values.get('W') ?? 10) * 1000)
    }
  } finally {
    summary()
  }
  return times.length > 0 ? 0 : 1
}

const ip: Command = (run) => {
  const own = run.machine.network.ip
  const what = run.args.find((arg) => !arg.startsWith('-')) ?? 'address'
  if (what.startsWith('r'))
    run.io.out.write(
      `default via ${own.replace(/\d+$/, '1')} dev eth0 \n${own.replace(/\d+$/, '0')}/24 via ${own.replace(/\d+$/, '1')} dev eth0  src ${own} \n`,
    )
  else {
    run.io.out.write(
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n`,
    )
    const mac = own
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join(':')
    run.io.out.write(
      `2: eth0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue qlen 1000\n    link/ether 0a:58:${mac} brd ff:ff:ff:ff:ff:ff\n    inet ${own}/24 brd ${own.replace(/\d+$/, '255')} scope global eth0\n       valid_lft forever preferred_lft forever\n`,
    )
  }
  return 0
}

const netstat: Command = (run) => {
  const pids = run.machine.processes.list()
  run.io.out.write(
    run.name === 'ss'
      ? 'State    Recv-Q   Send-Q     Local Address:Port     Peer Address:Port  Process\n'
      : 'Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    \n',
  )
  for (const each of run.machine.network.listening()) {
    const pid = pids.find((process) => process.argv[0]?.includes(each.program))?.pid ?? 1
    if (run.name === 'ss') run.io.out.write(`LISTEN   0        511              0.0.0.0:${String(each.port).padEnd(8)}      0.0.0.0:*\n`)
    else
      run.io.out.write(
        `${each.protocol.toLowerCase().padEnd(5)}      0      0 ${`0.0.0.0:${each.port}`.padEnd(23)} ${'0.0.0.0:*'.padEnd(23)} ${(each.protocol === 'TCP' ? 'LISTEN' : '').padEnd(11)} ${pid}/${each.program}\n`,
      )
  }
  return 0
}

const getent: Command = async (run) => {
  const found = await run.machine.network.lookup(run.args[1] ?? '')
  if (!found.ok) return 2
  run.io.out.write(`${(found.addresses[0] ?? '').padEnd(15)} ${found.name}\n`)
  return 0
}

const host: Command = async (run) => {
  const name = run.args[0] ?? ''
  const { answer, name: found } = await searched(run, name, 'A')
  if (answer.status === 'timeout') run.io.out.write(';; connection timed out; no servers could be reached\n')
  else if (answer.status !== 'NOERROR') run.io.out.write(`Host ${name} not found: 3(${answer.status})\n`)
  else for (const record of answer.records) run.io.out.write(`${found.replace(/\.$/, '')} has address ${record.data}\n`)
  return answer.status === 'NOERROR' ? 0 : 1
}

export const networkCommands: Record<string, Command> = {
  ...connectionCommands,
  nslookup,
  dig,
  ping,
  ip,
  ifconfig: ip,
  netstat,
  ss: netstat,
  getent,
  host,
  curl,
  wget,
  traceroute: ping,
}
