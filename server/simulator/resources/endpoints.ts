import { children, setDefaults } from './draft.ts'
import { invalid, required, unsupported } from './field-error.ts'
import { validatePortNumber } from './handler-validation.ts'
import { validateIp, validateNonSpecialIp } from './ip.ts'
import { label, qualifiedName, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { EndpointAddress, EndpointPortV1, Endpoints } from './kinds.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateEndpoints */
export const endpoints: KindBehaviour = {
  defaults(draft) {
    for (const subset of children(draft, 'subsets')) for (const port of children(subset, 'ports')) setDefaults(port, { protocol: 'TCP' })
  },
  validate(object) {
    return ((object as unknown as Endpoints).subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
      const field = `subsets[${index}]`
      const errors =
        addresses.length + notReadyAddresses.length === 0 ? [required(field, 'must specify `addresses` or `notReadyAddresses`')] : []
      addresses.forEach((address, at) => errors.push(...validateAddress(address, `${field}.addresses[${at}]`)))
      notReadyAddresses.forEach((address, at) => errors.push(...validateAddress(address, `${field}.notReadyAddresses[${at}]`)))
      ports.forEach((port, at) => errors.push(...validatePort(port, ports.length > 1, `${field}.ports[${at}]`)))
      return errors
    })
  },
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, field: string): FieldError[] {
  return [
    ...validateIp(`${field}.ip`, ip ?? ''),
    ...(hostname ? label(hostname).map((words) => invalid(`${field}.hostname`, hostname, words)) : []),
    ...(nodeName === undefined ? [] : subdomain(nodeName).map((words) => invalid(`${field}.nodeName`, nodeName, words))),
    ...validateNonSpecialIp(ip ?? '', `${field}.ip`),
  ]
}

function validatePort({ name, port, protocol, appProtocol }: EndpointPortV1, named: boolean, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (named && !name) errors.push(required(`${field}.name`))
  else if (name) errors.push(...label(name).map((words) => invalid(`${field}.name`, name, words)))
  errors.push(...validatePortNumber(port ?? 0, `${field}.port`))
  const protocols = ['SCTP', 'TCP', 'UDP']
  if (!protocol) errors.push(required(`${field}.protocol`))
  else if (!protocols.includes(protocol)) errors.push(unsupported(`${field}.protocol`, protocol, protocols))
  if (appProtocol !== undefined)
    errors.push(...qualifiedName(appProtocol).map((words) => invalid(`${field}.appProtocol`, appProtocol, words)))
  return errors
}
