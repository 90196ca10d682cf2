import type { Api } from '../api/door.ts'
import type { Service } from '../resources/kinds.ts'
import { slicesOf } from './slices.ts'
import type { DnsAnswer, DnsRecord, RecordType } from './view.ts'

/** CoreDNS' kubernetes plugin answers with this. */
const ttl = 30

/** The few outside names that resolve, so that package managers work without the internet. */
const mirrors: Readonly<Record<string, string>> = {
  'dl-cdn.alpinelinux.org': '151.101.66.132',
  'deb.debian.org': '151.101.66.132',
  'security.debian.org': '151.101.66.132',
  'archive.ubuntu.com': '91.189.91.83',
}

const found = (records: readonly DnsRecord[]): DnsAnswer => ({ status: 'NOERROR', records })
const notFound: DnsAnswer = { status: 'NXDOMAIN', records: [] }

/** What the cluster's DNS answers. https://github.com/kubernetes/dns/blob/master/docs/specification.md */
export function answerQuery(api: Api, asked: string, type: RecordType): DnsAnswer {
  const name = asked.replace(/\.$/, '').toLowerCase()
  if (type === 'PTR') return reverse(api, name)
  if (!name.endsWith('.cluster.local')) return answerUpstream(name, type)
  const labels = name.split('.').slice(0, -2)
  const zone = labels.pop()
  const namespace = labels.pop()
  if (namespace === undefined) return notFound
  if (zone === 'pod') return podRecord(name, labels, type)
  if (zone !== 'svc') return notFound
  const service = api.get('Service', namespace, labels.at(-1) ?? '')
  if (!service) return labels.length === 0 && api.get('Namespace', undefined, namespace) ? found([]) : notFound
  return serviceRecords(api, service, name, labels.slice(0, -1), type)
}

/** What a name server answers that knows nothing of the cluster: a few names, and what it cannot find out. */
export function answerUpstream(asked: string, type: RecordType): DnsAnswer {
  const name = asked.replace(/\.$/, '').toLowerCase()
  const address = mirrors[name]
  if (address) return found(type === 'A' ? [record(name, 'A', address)] : [])
  // Forwarded to a network that is not there; single labels are refused by the forwarder's own root zone.
  return name.includes('.') && !/\.(local|internal|svc|arpa)$|^[^.]+\.svc$/.test(name) ? { status: 'SERVFAIL', records: [] } : notFound
}

function record(name: string, type: RecordType, data: string): DnsRecord {
  return { name: `${name}.`, type, ttl, data }
}

function podRecord(name: string, labels: readonly string[], type: RecordType): DnsAnswer {
  const ip = labels[0]?.replaceAll('-', '.')
  return ip && /^\d+(\.\d+){3}$/.test(ip) ? found(type === 'A' ? [record(name, 'A', ip)] : []) : notFound
}

interface Backend {
  readonly ip: string
  readonly hostname: string
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[]
}

function backends(api: Api, service: Service): Backend[] {
  const unready = service.spec?.publishNotReadyAddresses === true
  return slicesOf(api, service).flatMap((slice) =>
    (slice.endpoints ?? [])
      .filter((each) => unready || each.conditions?.ready !== false)
      .flatMap((each) =>
        each.addresses.map((ip) => ({
          ip,
          hostname: each.hostname ?? ip.replaceAll('.', '-'),
          ports: (slice.ports ?? []).map((port) => ({
            name: port.name ?? '',
            port: port.port ?? 0,
            protocol: (port.protocol ?? 'TCP').toLowerCase(),
          })),
        })),
      ),
  )
}

function serviceRecords(api: Api, service: Service, name: string, before: readonly string[], type: RecordType): DnsAnswer {
  const { spec } = service
  if (spec?.type === 'ExternalName') {
    const target = spec.externalName ?? ''
    const further = answerQuery(api, target, type)
    return found([record(name, 'CNAME', `${target}.`), ...(further.status === 'timeout' ? [] : further.records)])
  }
  const headless = spec?.clusterIP === 'None'
  if (type === 'SRV') return srvRecords(api, service, name, before, headless)
  const addresses = headless
    ? backends(api, service)
        .filter((each) => before.length === 0 || each.hostname === before[0])
        .map((each) => each.ip)
    : before.length === 0 && spec?.clusterIP
      ? [spec.clusterIP]
      : []
  if (addresses.length === 0) return notFound
  return found(type === 'A' ? addresses.map((address) => record(name, 'A', address)) : [])
}

function srvRecords(api: Api, service: Service, name: string, before: readonly string[], headless: boolean): DnsAnswer {
  const [portName, protocol] = before.map((label) => label.replace(/^_/, ''))
  const matches = (port: { readonly name?: string; readonly protocol?: string }) =>
    before.length === 0 || ((port.name ?? '') === portName && (port.protocol ?? 'TCP').toLowerCase() === protocol)
  const host = `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local.`
  const records = headless
    ? backends(api, service).flatMap((each) =>
        each.ports.filter(matches).map((port) => record(name, 'SRV', `0 50 ${port.port} ${each.hostname}.${host}`)),
      )
    : (service.spec?.ports ?? []).filter(matches).map((port) => record(name, 'SRV', `0 100 ${port.port} ${host}`))
  return records.length > 0 ? found(records) : notFound
}

function reverse(api: Api, asked: string): DnsAnswer {
  const ip = asked.endsWith('.in-addr.arpa') ? asked.replace('.in-addr.arpa', '').split('.').toReversed().join('.') : asked
  const name = `${ip.split('.').toReversed().join('.')}.in-addr.arpa`
  const pointer = (host: string, { metadata }: Service) =>
    record(name, 'PTR', `${host}${metadata.name}.${metadata.namespace}.svc.cluster.local.`)
  const services = api.list('Service')
  const service = services.find((each) => each.spec?.clusterIP === ip)
  if (service) return found([pointer('', service)])
  // A pod has a name only where a service has it as an endpoint.
  const records = services.flatMap((each) =>
    backends(api, each)
      .filter((backend) => backend.ip === ip)
      .map((backend) => pointer(`${backend.hostname}.`, each)),
  )
  return records.length > 0 ? found(records) : notFound
}
