import type { Api } from '../api/door.ts'
import { answerQuery, answerUpstream } from './dns.ts'
import type { DnsAnswer, RecordType } from './view.ts'

export interface NameServer {
  readonly api: Api
  readonly random: () => number
  /** Writes to the log of the DNS pod that was asked. */
  readonly say: (template: string, fields?: Readonly<Record<string, string>>) => void
}

/** What of a Corefile changes its answers. https://coredns.io/manual/toc/#configuration */
interface Corefile {
  readonly kubernetes: boolean
  readonly forwards: boolean
  readonly logs: boolean
  readonly errors: boolean
  readonly hosts: ReadonlyMap<string, string>
  readonly rewrites: readonly (readonly [from: string, to: string])[]
}

const read = new Map<string, Corefile>()

function corefileOf(api: Api): Corefile {
  const text = api.get('ConfigMap', 'kube-system', 'coredns')?.data?.['Corefile'] ?? 'errors\nkubernetes cluster.local\nforward .\n'
  const known = read.get(text)
  if (known) return known
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
  const has = (plugin: string) => lines.some((line) => line === plugin || line.startsWith(`${plugin} `))
  const block = /^\s*hosts\b[^{\n]*\{([^}]*)\}/m.exec(text)?.[1] ?? ''
  const hosts = block.split('\n').flatMap((line) => {
    const [ip = '', ...names] = line.trim().split(/\s+/)
    return /^\d+(\.\d+){3}$/.test(ip) ? names.map((name) => [name.toLowerCase(), ip] as const) : []
  })
  const rewrites = lines.flatMap((line) => {
    const found = /^rewrite (?:stop )?name (?:exact )?(\S+) (\S+)/.exec(line)
    return found?.[1] && found[2] ? [[found[1].replace(/\.$/, ''), found[2].replace(/\.$/, '')] as const] : []
  })
  const made = {
    kubernetes: has('kubernetes'),
    forwards: has('forward'),
    logs: has('log'),
    errors: has('errors'),
    hosts: new Map(hosts),
    rewrites,
  }
  if (read.size > 50) read.clear()
  read.set(text, made)
  return made
}

/** The cluster's DNS, as its Corefile has it: what it answers, and what it writes about it. */
export function answerAsServer(server: NameServer, client: string, asked: string, type: RecordType): DnsAnswer {
  const corefile = corefileOf(server.api)
  const name = asked.replace(/\.$/, '').toLowerCase()
  const rewritten = corefile.rewrites.find(([from]) => from === name)?.[1] ?? name
  const answer = decide(server.api, corefile, rewritten, type)
  const port = String(1024 + Math.floor(server.random() * 60_000))
  if (answer.status === 'SERVFAIL' && corefile.errors)
    server.say('[ERROR] plugin/errors: 2 {name}. {type}: read udp {ip}:{port}->10.0.0.2:53: i/o timeout', { name, type, port })
  if (corefile.logs && answer.status !== 'timeout')
    server.say(
      '[INFO] {client}:{port} - {id} "{type} IN {name}. udp {size} false 512" {status} {flags} {length} 0.000{random:100000-999999}s',
      {
        client,
        port,
        id: String(Math.floor(server.random() * 65_536)),
        type,
        name,
        size: String(name.length + 18),
        status: answer.status,
        flags: name.endsWith('.cluster.local') ? 'qr,aa,rd' : 'qr,rd,ra',
        length: String(name.length * 2 + 34 + answer.records.length * 16),
      },
    )
  return answer
}

function decide(api: Api, corefile: Corefile, name: string, type: RecordType): DnsAnswer {
  const fixed = corefile.hosts.get(name)
  if (fixed !== undefined)
    return { status: 'NOERROR', records: type === 'A' ? [{ name: `${name}.`, type: 'A', ttl: 30, data: fixed }] : [] }
  const own = name.endsWith('.cluster.local') || type === 'PTR'
  if (own && corefile.kubernetes) return answerQuery(api, name, type)
  // Without a plugin for a name CoreDNS refuses it.
  return corefile.forwards ? answerUpstream(name, type) : { status: 'SERVFAIL', records: [] }
}

/** The nodes' own resolver, which knows no cluster names. */
export function answerOutside(asked: string, type: RecordType): DnsAnswer {
  return type === 'PTR' ? { status: 'NXDOMAIN', records: [] } : answerUpstream(asked, type)
}
