import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { isFull, parseOptions } from './options.ts'

/** The address that a network plugin gives a pod's interface, of its IP. */
const macOf = (ip: string): string =>
  `0a:58:${ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`

const gatewayOf = (ip: string): string => ip.replace(/\d+$/, '1')
const networkOf = (ip: string): string => ip.replace(/\d+$/, '0')

interface Link {
  readonly index: number
  readonly name: string
  readonly flags: string
  readonly mtu: number
  readonly kind: string
  readonly mac: string
  readonly broadcast: string
  readonly address: string
  readonly brd: string
}

function linksOf(run: Run): readonly Link[] {
  const own = run.machine.network.ip
  return [
    {
      index: 1,
      name: 'lo',
      flags: 'LOOPBACK,UP,LOWER_UP',
      mtu: 65_536,
      kind: 'loopback',
      mac: '00:00:00:00:00:00',
      broadcast: '00:00:00:00:00:00',
      address: '127.0.0.1/8',
      brd: '',
    },
    {
      index: 2,
      name: 'eth0@if9',
      flags: 'BROADCAST,MULTICAST,UP,LOWER_UP',
      mtu: 1500,
      kind: 'ether',
      mac: macOf(own),
      broadcast: 'ff:ff:ff:ff:ff:ff',
      address: `${own}/24`,
      brd: ` brd ${own.replace(/\d+$/, '255')}`,
    },
  ]
}

/** `ip address|link|route|neigh`, with `-br` where it is iproute2's. */
export const ip: Command = (run) => {
  const { flags, operands } = parseOptions(
    run.args.map((arg) => arg.replace(/^-(br|brief)$/, '--brief').replace(/^-(4|6|o|c|s|d|j)$/, '--$1')),
  )
  const [what = '', ...rest] = operands
  const full = isFull(run)
  const own = run.machine.network.ip
  const write = (text: string) => run.io.out.write(text)
  const verb = rest.find((word) => word === 'show' || word === 'list' || word === 'get') ?? 'show'
  if (['add', 'del', 'set', 'replace', 'flush'].some((word) => rest[0] === word)) {
    run.io.err.write(full ? 'RTNETLINK answers: Operation not permitted\n' : 'ip: RTNETLINK answers: Operation not permitted\n')
    return 2
  }
  if ('route'.startsWith(what) && what !== '') {
    if (flags.has('6')) return 0
    if (verb === 'get')
      write(`${rest.at(-1)} via ${gatewayOf(own)} dev eth0 ${full ? '' : ' '}src ${own} ${full ? 'uid 0 \n    cache \n' : '\n'}`)
    else
      write(`default via ${gatewayOf(own)} dev eth0 \n${networkOf(own)}/24 via ${gatewayOf(own)} dev eth0 ${full ? '' : ' '}src ${own} \n`)
    return 0
  }
  if ('neighbour'.startsWith(what) && what.startsWith('n')) {
    write(`${gatewayOf(own)} dev eth0 lladdr ${macOf(gatewayOf(own))} ${full ? 'REACHABLE' : 'ref 1 used 0/0/0 probes 1 REACHABLE'} \n`)
    return 0
  }
  const link = what.startsWith('l') && 'link'.startsWith(what)
  if (!link && !('address'.startsWith(what) && what !== '') && what !== 'addr') {
    run.io.err.write(
      what === ''
        ? 'Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\nwhere  OBJECT := { address | link | neighbour | route }\n'
        : `Object "${what}" is unknown, try "ip help".\n`,
    )
    return full ? 255 : 1
  }
  const device = rest.findLast((word) => !['show', 'list', 'dev', 'up'].includes(word))
  const shown = linksOf(run).filter(({ name }) => device === undefined || name === device || name.split('@')[0] === device)
  if (shown.length === 0) {
    run.io.err.write(full ? `Device "${device}" does not exist.\n` : `ip: can't find device '${device}'\n`)
    return 1
  }
  for (const each of shown) write(flags.has('brief') && full ? brief(each, link) : long(each, link, full))
  return 0
}

const brief = ({ name, flags, mac, address }: Link, link: boolean): string =>
  `${name.padEnd(16)} ${(name === 'lo' ? 'UNKNOWN' : 'UP').padEnd(14)} ${link ? `${mac} <${flags}> ` : `${address} `}\n`

function long({ index, name, flags, mtu, kind, mac, broadcast, address, brd }: Link, link: boolean, full: boolean): string {
  const state = full ? ` state ${name === 'lo' ? 'UNKNOWN' : 'UP'} ${link ? 'mode DEFAULT ' : ''}group default` : ''
  const marks = full || name === 'lo' ? flags : `${flags},M-DOWN`
  const head = `${index}: ${name}: <${marks}> mtu ${mtu} qdisc noqueue${state} qlen 1000\n    link/${kind} ${mac} brd ${broadcast}${full && name !== 'lo' ? ' link-netnsid 0' : ''}\n`
  const short = name.split('@')[0]
  return link
    ? head
    : `${head}    inet ${address}${brd} scope ${name === 'lo' ? 'host' : 'global'} ${short}\n       valid_lft forever preferred_lft forever\n`
}

export const ifconfig: Command = (run) => {
  const own = run.machine.network.ip
  run.io.out.write(
    `eth0      Link encap:Ethernet  HWaddr ${macOf(own).toUpperCase()}  \n          inet addr:${own}  Bcast:${own.replace(/\d+$/, '255')}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\nlo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n`,
  )
  return 0
}

const routes = (run: Run): string => {
  const own = run.machine.network.ip
  const row = (to: string, via: string, mask: string, flags: string) =>
    `${to.padEnd(15)} ${via.padEnd(15)} ${mask.padEnd(15)} ${flags.padEnd(7)} 0 0          0 eth0\n`
  return (
    'Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n' +
    row('0.0.0.0', gatewayOf(own), '0.0.0.0', 'UG') +
    row(networkOf(own), gatewayOf(own), '255.255.255.0', 'UG')
  )
}

interface Listener {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
  readonly program: string
  readonly pid: number | undefined
}

/** What listens in this pod; the process only where it is one of this container. */
function listeners(run: Run): readonly Listener[] {
  const processes = run.machine.processes.list()
  return run.machine.network
    .listening()
    .map(({ port, protocol, program }) => ({ port, protocol, program, pid: processes.find(({ argv }) => argv[0]?.includes(program))?.pid }))
}

/** Which protocols `-t` and `-u` ask for; both unless told. */
function wanted(flags: ReadonlySet<string>, each: Listener): boolean {
  if (flags.has('t') === flags.has('u') && !flags.has('tcp')) return true
  return each.protocol === (flags.has('u') ? 'UDP' : 'TCP')
}

export const netstat: Command = (run) => {
  const { flags } = parseOptions(run.args)
  if (flags.has('r')) {
    run.io.out.write(routes(run))
    return 0
  }
  const listening = flags.has('l') || flags.has('a')
  const pids = flags.has('p')
  run.io.out.write(
    `Active Internet connections ${flags.has('a') ? '(servers and established)' : flags.has('l') ? '(only servers)' : '(w/o servers)'}\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${pids ? ' PID/Program name    ' : ' '}\n`,
  )
  for (const each of listening ? listeners(run).filter((one) => wanted(flags, one)) : []) {
    const owner = pids ? ` ${(each.pid === undefined ? '-' : `${each.pid}/${each.program}`).padEnd(20)}` : ' '
    run.io.out.write(
      `${each.protocol.toLowerCase().padEnd(5)}      0      0 ${`0.0.0.0:${each.port}`.padEnd(23)} ${'0.0.0.0:*'.padEnd(23)} ${(each.protocol === 'TCP' ? 'LISTEN' : '').padEnd(11)}${owner}\n`,
    )
  }
  return 0
}

export const ss: Command = (run) => {
  const { flags } = parseOptions(run.args)
  const both = flags.has('t') === flags.has('u')
  const head = both ? 'Netid ' : ''
  run.io.out.write(`${head}State  Recv-Q Send-Q Local Address:Port  Peer Address:Port${flags.has('p') ? 'Process' : ''}\n`)
  for (const each of flags.has('l') || flags.has('a') ? listeners(run).filter((one) => wanted(flags, one)) : []) {
    const udp = each.protocol === 'UDP'
    const owner = flags.has('p') && each.pid !== undefined ? `users:(("${each.program}",pid=${each.pid},fd=6))` : ''
    run.io.out.write(
      `${both ? each.protocol.toLowerCase().padEnd(6) : ''}${(udp ? 'UNCONN' : 'LISTEN').padEnd(6)} ${'0'.padEnd(6)} ${(udp ? '0' : '511').padEnd(6)} ${`0.0.0.0:${each.port}`.padStart(18)}  ${'0.0.0.0:*'.padStart(16)} ${owner}\n`,
    )
  }
  return 0
}

export const arp: Command = (run) => {
  const gateway = gatewayOf(run.machine.network.ip)
  run.io.out.write(
    isFull(run)
      ? `Address                  HWtype  HWaddress           Flags Mask            Iface\n${gateway.padEnd(24)} ether   ${macOf(gateway)}   C                     eth0\n`
      : `? (${gateway}) at ${macOf(gateway)} [ether]  on eth0\n`,
  )
  return 0
}

export const route: Command = (run) => {
  const own = run.machine.network.ip
  const row = (to: string, mask: string) =>
    `${to.padEnd(15)} ${gatewayOf(own).padEnd(15)} ${mask.padEnd(15)} UG    0      0        0 eth0\n`
  const { flags } = parseOptions(run.args)
  run.io.out.write(
    `Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n${row(flags.has('n') ? '0.0.0.0' : 'default', '0.0.0.0')}${row(networkOf(own), '255.255.255.0')}`,
  )
  return 0
}

/** Programs that look at packets, of which there are none. */
export const tcpdump: Command = (run) => {
  throw new CommandError(`${run.name === 'tcpdump' ? 'eth0: ' : ''}packets are not simulated: look at logs, or listen with nc`)
}
