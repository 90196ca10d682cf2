import { parseAddress, validateAddress, validateReachable } from './addresses.ts'
import { children, setDefaults } from './draft.ts'
import { duplicate, invalid, required, tooMany, unsupported } from './field-error.ts'
import { immutable } from './metadata.ts'
import { label, qualifiedName, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Endpoint, EndpointSlice } from './kinds.ts'

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const MOST_ENDPOINTS = 1000
const MOST_ADDRESSES = 100
const MOST_PORTS = 20_000
const MOST_HINTS = 8

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/discovery/validation/validation.go */
export const endpointSlice: KindBehaviour = {
  generation: true,
  defaults(draft) {
    for (const port of children(draft, 'ports')) {
      if (port['name'] === undefined) port['name'] = ''
      setDefaults(port, { protocol: 'TCP' })
    }
  },
  validate(object) {
    const { addressType, endpoints = [], ports = [] } = object as unknown as EndpointSlice
    const errors: FieldError[] = []
    if (!addressType) errors.push(required('addressType'))
    else if (!ADDRESS_TYPES.includes(addressType)) errors.push(unsupported('addressType', addressType, ADDRESS_TYPES))
    if (endpoints.length > MOST_ENDPOINTS) errors.push(tooMany('endpoints', endpoints.length, MOST_ENDPOINTS))
    else endpoints.forEach((endpoint, index) => errors.push(...validateEndpoint(endpoint, addressType ?? '', `endpoints[${index}]`)))
    if (ports.length > MOST_PORTS) errors.push(tooMany('ports', ports.length, MOST_PORTS))
    else errors.push(...validatePorts(ports))
    return errors
  },
  validateUpdate: (object, old) => immutable('addressType', object['addressType'], old['addressType']),
  warnings: (object) => (object['addressType'] === 'FQDN' ? ['addressType: FQDN endpoints are deprecated'] : []),
}

function validateEndpoint({ addresses = [], nodeName, hostname, hints }: Partial<Endpoint>, type: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  const path = `${field}.addresses`
  if (addresses.length === 0) errors.push(required(path, 'must contain at least 1 address'))
  if (addresses.length > MOST_ADDRESSES) errors.push(tooMany(path, addresses.length, MOST_ADDRESSES))
  addresses.forEach((address, index) => errors.push(...validateOf(type, address, `${path}[${index}]`)))
  if (nodeName !== undefined) errors.push(...subdomain(nodeName).map((words) => invalid(`${field}.nodeName`, nodeName, words)))
  if (hostname !== undefined) errors.push(...label(hostname).map((words) => invalid(`${field}.hostname`, hostname, words)))
  for (const key of ['forZones', 'forNodes'] as const) {
    const named = hints?.[key] ?? []
    if (named.length > MOST_HINTS) errors.push(tooMany(`${field}.hints.${key}`, named.length, MOST_HINTS))
    named.forEach(({ name }, index) => {
      const at = `${field}.hints.${key}[${index}].name`
      if (named.findIndex((other) => other.name === name) < index) errors.push(duplicate(at, name))
      errors.push(...qualifiedName(name).map((words) => invalid(at, name, words)))
    })
  }
  return errors
}

function validateOf(type: string, address: string, field: string): FieldError[] {
  if (type === 'FQDN') {
    const parts = address.replace(/\.$/, '')
    if (!address) return [required(field)]
    const wrong = subdomain(parts).map((words) => invalid(field, address, words))
    return wrong.length === 0 && parts.split('.').length < 2
      ? [invalid(field, address, 'should be a domain with at least two segments separated by dots')]
      : wrong
  }
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const family = parseAddress(address)?.family
  if (family === undefined) return validateAddress(field, address)
  return [...(`IPv${family}` === type ? [] : [invalid(field, address, `must be an ${type} address`)]), ...validateReachable(field, address)]
}

function validatePorts(ports: NonNullable<EndpointSlice['ports']>): FieldError[] {
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const field = `ports[${index}]`
    const errors = name === '' ? [] : label(name).map((words) => invalid(`${field}.name`, name, words))
    if (ports.findIndex((other) => (other.name ?? '') === name) < index) errors.push(duplicate(`${field}.name`, name))
    if (protocol === undefined) errors.push(required(`${field}.protocol`))
    else if (!PROTOCOLS.includes(protocol)) errors.push(unsupported(`${field}.protocol`, protocol, PROTOCOLS))
    if (appProtocol !== undefined)
      errors.push(...qualifiedName(appProtocol).map((words) => invalid(`${field}.appProtocol`, appProtocol, words)))
    return errors
  })
}
