import { ageOf, formatSelector, orNone, selectorText } from './cells.ts'
import type { Endpoints, EndpointSlice, Ingress, NetworkPolicy, Service } from '../resources/kinds.ts'
import type { Cell } from './table.ts'

/** Rows of what connects pods. */

type Row = readonly Cell[]

export function serviceRow({ metadata, spec, status }: Service, now: number): Row {
  const type = spec?.type ?? 'ClusterIP'
  const internal = type === 'ExternalName' ? '<none>' : orNone(spec?.clusterIP)
  return [
    metadata.name ?? '',
    type,
    internal,
    externalOf(spec, status),
    ports(spec) || '<none>',
    ageOf(metadata.creationTimestamp, now),
    selectorText(spec?.selector),
  ]
}

function externalOf(spec: Service['spec'], status: Service['status']): string {
  const ips = spec?.externalIPs ?? []
  if (spec?.type === 'ExternalName') return spec.externalName ?? ''
  if (spec?.type !== 'LoadBalancer') return ips.length > 0 ? ips.join(',') : '<none>'
  const balanced = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  const all = [...balanced, ...ips].filter((address) => address !== '')
  return all.length > 0 ? all.join(',') : '<pending>'
}

function ports(spec: Service['spec']): string {
  return (spec?.ports ?? [])
    .map(({ port, nodePort, protocol }) => (nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`))
    .join(',')
}

/** How many addresses or ports a cell names before it counts the rest. */
const SHOWN = 3

function shortened(items: readonly string[]): string {
  if (items.length === 0) return '<none>'
  return items.length > SHOWN ? `${items.slice(0, SHOWN).join(',')} + ${items.length - SHOWN} more...` : items.join(',')
}

export function endpointsRow({ metadata, subsets }: Endpoints, now: number): Row {
  const all = (subsets ?? []).flatMap(({ addresses = [], ports: own = [] }) =>
    own.length === 0 ? addresses.map(({ ip }) => ip) : own.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
  )
  return [metadata.name ?? '', shortened(all), ageOf(metadata.creationTimestamp, now)]
}

export function endpointSliceRow({ metadata, addressType, endpoints, ports: own }: EndpointSlice, now: number): Row {
  const numbers = (own ?? []).map(({ name, port }) => (port === undefined ? (name ?? '') : String(port)))
  const portsCell = own === undefined || own.length === 0 ? '<unset>' : shortened(numbers)
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? [])
  return [
    metadata.name ?? '',
    addressType ?? '',
    portsCell,
    addresses.length === 0 ? '<unset>' : shortened(addresses),
    ageOf(metadata.creationTimestamp, now),
  ]
}

/** What is left out is counted in rules, whether they have hosts or not. */
function hostsCell(rules: readonly { readonly host?: string }[]): string {
  const hosts = rules.map(({ host }) => host ?? '')
  const named = hosts.filter((host) => host !== '').slice(0, SHOWN)
  if (named.length === 0) return '*'
  const third = named.length < SHOWN ? hosts.length : hosts.findIndex((_, at) => hosts.slice(0, at + 1).filter(Boolean).length === SHOWN)
  return third < hosts.length - 1 ? `${named.join(',')} + ${hosts.length - SHOWN} more...` : named.join(',')
}

export function ingressRow({ metadata, spec, status }: Ingress, now: number): Row {
  const addresses = (status?.loadBalancer?.ingress ?? [])
    .map(({ ip, hostname }) => ip || hostname || '')
    .filter((address) => address !== '')
  return [
    metadata.name ?? '',
    orNone(spec?.ingressClassName),
    hostsCell(spec?.rules ?? []),
    [...new Set(addresses)].toSorted().join(','),
    spec?.tls?.length ? '80, 443' : '80',
    ageOf(metadata.creationTimestamp, now),
  ]
}

export function networkPolicyRow({ metadata, spec }: NetworkPolicy, now: number): Row {
  return [metadata.name ?? '', formatSelector(spec?.podSelector), ageOf(metadata.creationTimestamp, now)]
}
