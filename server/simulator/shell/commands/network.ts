import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import type { DnsAnswer, RecordType } from '../../network/view.ts'
import { isFull, parseOptions } from './options.ts'
import { curl } from './curl.ts'
import { ping, traceroute } from './ping.ts'
import { wget } from './wget.ts'
import { arp, ifconfig, ip, netstat, route, ss, tcpdump } from './interfaces.ts'
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
  const full = isFull(run)
  run.io.out.write(`Server:\t\t${at}\nAddress:\t${at}${full ? '#' : ':'}53\n\n`)
  if (answer.status !== 'NOERROR' || answer.records.length === 0) {
    run.io.out.write(
      full && answer.status === 'NOERROR'
        ? `*** Can't find ${found}: No answer\n\n`
        : `** server can't find ${found}: ${answer.status === 'NOERROR' ? 'NXDOMAIN' : answer.status}\n\n`,
    )
    return 1
  }
  for (const record of answer.records) {
    if (record.type === 'PTR')
      run.io.out.write(
        `${name.split('.').toReversed().join('.')}.in-addr.arpa\tname = ${full ? record.data : record.data.replace(/\.$/, '')}\n`,
      )
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
  const words = run.args.filter((arg, at) => !/^[-+@]/.test(arg) && !/^-[pbf]$/.test(run.args[at - 1] ?? ''))
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

const getent: Command = async (run) => {
  const found = await run.machine.network.lookup(run.args[1] ?? '')
  if (!found.ok) return 2
  run.io.out.write(`${(found.addresses[0] ?? '').padEnd(15)} ${found.name}\n`)
  return 0
}

const host: Command = async (run) => {
  const { values, operands } = parseOptions(run.args, 't W')
  const [name, named] = operands
  if (name === undefined) throw new CommandError('usage: host NAME [SERVER]')
  const server = named === undefined ? undefined : await addressOf(run, named)
  const reverse = /^\d+\.\d+\.\d+\.\d+$/.test(name)
  const type = typeOf(values.get('t')) ?? (reverse ? 'PTR' : 'A')
  const { answer, name: found } = await searched(run, name, type, server)
  const shown = reverse ? `${name.split('.').toReversed().join('.')}.in-addr.arpa` : found.replace(/\.$/, '')
  if (answer.status === 'timeout') run.io.out.write(';; connection timed out; no servers could be reached\n')
  else if (answer.status !== 'NOERROR')
    run.io.out.write(`Host ${reverse ? `${shown}.` : name} not found: ${answer.status === 'NXDOMAIN' ? 3 : 2}(${answer.status})\n`)
  else if (answer.records.length === 0) run.io.out.write(`${shown} has no ${type} record\n`)
  else {
    const words = {
      A: 'has address',
      AAAA: 'has IPv6 address',
      PTR: 'domain name pointer',
      SRV: 'has SRV record',
      CNAME: 'is an alias for',
    }
    for (const record of answer.records) run.io.out.write(`${shown} ${words[record.type]} ${record.data}\n`)
  }
  return answer.status === 'NOERROR' ? 0 : 1
}

export const networkCommands: Record<string, Command> = {
  ...connectionCommands,
  nslookup,
  dig,
  ping,
  ip,
  ifconfig,
  netstat,
  ss,
  arp,
  route,
  tcpdump,
  tshark: tcpdump,
  getent,
  host,
  curl,
  wget,
  traceroute,
}
