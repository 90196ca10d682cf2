import { child, children, ensure, setDefaults, text } from './draft.ts'
import { duplicate, invalid, required, unsupported } from './field-error.ts'
import { immutable, validateLabels } from './metadata.ts'
import { label, subdomain } from './names.ts'
import { validatePortRef } from './pod-validation.ts'
import { ApiError } from '../api/door.ts'
import { invalidObject } from '../api/errors.ts'
import type { KindBehaviour, Surroundings } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Service } from './kinds.ts'
import type { Draft, JsonObject } from './object.ts'

/** Addresses come from 10.96.0.0/12, node ports from 30000–32767: Kubernetes' own defaults. */
const RANGE = '10.96.0.0/12'
const NODE_PORTS = { first: 30000, count: 2768 }
const OF_SERVICE = { group: '', kind: 'Service' }

export const service: KindBehaviour = {
  returnsDeleted: true,
  validateName: label,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
    for (const port of children(spec, 'ports')) {
      setDefaults(port, { protocol: 'TCP' })
      if (port['targetPort'] === undefined || port['targetPort'] === 0 || port['targetPort'] === '') port['targetPort'] = port['port']
    }
    if (spec['sessionAffinity'] === 'ClientIP')
      setDefaults(ensure(ensure(spec, 'sessionAffinityConfig'), 'clientIP'), { timeoutSeconds: 10800 })
    const type = text(spec, 'type')
    if (type !== 'ExternalName') setDefaults(spec, { internalTrafficPolicy: 'Cluster' })
    if (type === 'NodePort' || type === 'LoadBalancer') setDefaults(spec, { externalTrafficPolicy: 'Cluster' })
    if (type === 'LoadBalancer') setDefaults(spec, { allocateLoadBalancerNodePorts: true })
  },
  prepareCreate(draft, around) {
    draft['status'] = { loadBalancer: {} }
    if (basicErrors(draft as unknown as Service).length === 0) allocate(draft, around)
  },
  prepareUpdate(draft, old, around) {
    const spec = ensure(draft, 'spec')
    const before = (old['spec'] ?? {}) as JsonObject
    if (text(spec, 'type') !== 'ExternalName' && before['type'] !== 'ExternalName') {
      for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const)
        if (spec[key] === undefined && before[key] !== undefined) spec[key] = before[key] as string
    }
    const ports = children(before as Draft, 'ports')
    for (const port of children(spec, 'ports')) {
      const same = ports.find((other) => other['port'] === port['port'] && other['protocol'] === port['protocol'])
      if (port['nodePort'] === undefined && same?.['nodePort'] !== undefined && before['type'] === text(spec, 'type'))
        port['nodePort'] = same['nodePort']
    }
    if (basicErrors(draft as unknown as Service).length === 0) allocate(draft, around)
  },
  validate: (object) => basicErrors(object as unknown as Service),
  validateUpdate(object, old) {
    const after = (object as unknown as Service).spec
    const before = (old as unknown as Service).spec
    if (before?.type === 'ExternalName' || after?.type === 'ExternalName') return []
    return immutable('spec.clusterIPs[0]', after?.clusterIP, before?.clusterIP).map((error) => ({
      ...error,
      message: `Invalid value: ${JSON.stringify(after?.clusterIPs ?? [])}: may not change once set`,
    }))
  },
  fields: (object) => ({
    'spec.clusterIP': (object as unknown as Service).spec?.clusterIP ?? '',
    'spec.type': (object as unknown as Service).spec?.type ?? '',
  }),
}

function basicErrors({ spec }: Service): FieldError[] {
  const errors: FieldError[] = []
  const ports = spec?.ports ?? []
  const headless = spec?.clusterIP === 'None'
  if (ports.length === 0 && !headless && spec?.type !== 'ExternalName') errors.push(required('spec.ports'))
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
  if (!types.includes(spec?.type ?? '')) errors.push(unsupported('spec.type', spec?.type, types))
  if (spec?.type === 'ExternalName' && !spec.externalName) errors.push(required('spec.externalName'))
  const names = new Set<string>()
  const seen = new Set<string>()
  ports.forEach((port, index) => {
    const path = `spec.ports[${index}]`
    if (!port.name && ports.length > 1) errors.push(required(`${path}.name`))
    else if (port.name) {
      errors.push(...label(port.name).map((words) => invalid(`${path}.name`, port.name, words)))
      if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name))
      names.add(port.name)
    }
    if (typeof port.port !== 'number' || port.port < 1 || port.port > 65535)
      errors.push(invalid(`${path}.port`, port.port ?? 0, 'must be between 1 and 65535, inclusive'))
    const protocols = ['SCTP', 'TCP', 'UDP']
    if (!protocols.includes(port.protocol ?? '')) errors.push(unsupported(`${path}.protocol`, port.protocol, protocols))
    errors.push(...validatePortRef(port.targetPort, `${path}.targetPort`))
    const key = `${port.protocol}/${port.port}`
    if (seen.has(key)) {
      errors.push(
        duplicate(path, { Name: '', Protocol: port.protocol ?? 'TCP', AppProtocol: null, Port: port.port, TargetPort: 0, NodePort: 0 }),
      )
    }
    seen.add(key)
  })
  errors.push(...validateLabels(spec?.selector, 'spec.selector'))
  const affinities = ['ClientIP', 'None']
  if (!affinities.includes(spec?.sessionAffinity ?? '')) errors.push(unsupported('spec.sessionAffinity', spec?.sessionAffinity, affinities))
  const timeout = spec?.sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (timeout !== undefined && (timeout <= 0 || timeout > 86400))
    errors.push(invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', timeout, 'must be greater than 0 and less than 86400'))
  for (const key of ['internalTrafficPolicy', 'externalTrafficPolicy'] as const) {
    const policy = spec?.[key]
    if (policy && !['Cluster', 'Local'].includes(policy)) errors.push(unsupported(`spec.${key}`, policy, ['Cluster', 'Local']))
  }
  if (headless && (spec?.type === 'NodePort' || spec?.type === 'LoadBalancer'))
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`))
  if (spec?.type === 'ExternalName' && spec.externalName)
    errors.push(...subdomain(spec.externalName.replace(/\.$/, '')).map((words) => invalid('spec.externalName', spec.externalName, words)))
  const address = spec?.clusterIP
  if (address && address !== 'None' && !isAddress(address))
    errors.push(invalid('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'))
  if (spec?.externalTrafficPolicy && spec.type !== 'NodePort' && spec.type !== 'LoadBalancer' && !spec.externalIPs?.length) {
    errors.push(invalid('spec.externalTrafficPolicy', spec.externalTrafficPolicy, 'may only be set for externally-accessible services'))
  }
  spec?.externalIPs?.forEach((ip, index) => {
    if (!isAddress(ip))
      errors.push(invalid(`spec.externalIPs[${index}]`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'))
    else if (ip.startsWith('127.'))
      errors.push(invalid(`spec.externalIPs[${index}]`, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'))
  })
  return errors
}

function isAddress(address: string): boolean {
  const parts = address.split('.')
  return address.includes(':') || (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255))
}

/** Gives what the service's type needs: a cluster IP, node ports. */
function allocate(draft: Draft, around: Surroundings): void {
  const spec = ensure(draft, 'spec')
  const meta = child(draft, 'metadata')
  const others = around
    .list('Service')
    .filter((item) => item.metadata.name !== text(meta, 'name') || item.metadata.namespace !== text(meta, 'namespace'))
  const type = text(spec, 'type')
  if (type === 'ExternalName') {
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[key]
    return
  }
  allocateAddress(spec, text(meta, 'name') ?? '', others, around)
  setDefaults(spec, { ipFamilyPolicy: 'SingleStack' })
  if (!Array.isArray(spec['ipFamilies']) || spec['ipFamilies'].length === 0) spec['ipFamilies'] = ['IPv4']
  allocatePorts(spec, text(meta, 'name') ?? '', type ?? '', others, around)
}

function allocateAddress(spec: Draft, name: string, others: readonly Service[], around: Surroundings): void {
  const listed = Array.isArray(spec['clusterIPs']) && typeof spec['clusterIPs'][0] === 'string' ? spec['clusterIPs'][0] : undefined
  const asked = text(spec, 'clusterIP') || listed
  const taken = new Set(others.map((item) => item.spec?.clusterIP))
  const refuse = (why: string) =>
    invalidObject(OF_SERVICE, name, [invalid('spec.clusterIPs', [asked ?? ''], `failed to allocate IP ${asked}: ${why}`)])
  let address = asked
  if (asked && asked !== 'None') {
    const [a, b] = asked.split('.').map(Number)
    if (a !== 10 || b === undefined || b < 96 || b > 111)
      throw refuse(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${RANGE}`)
    if (taken.has(asked)) throw refuse('provided IP is already allocated')
  }
  while (!address || (address !== 'None' && taken.has(address))) {
    const pick = () => Math.floor(around.platform.random() * 256)
    address = `10.${96 + Math.floor(around.platform.random() * 16)}.${pick()}.${1 + Math.floor(around.platform.random() * 254)}`
  }
  spec['clusterIP'] = address
  spec['clusterIPs'] = [address]
}

function allocatePorts(spec: Draft, name: string, type: string, others: readonly Service[], around: Surroundings): void {
  const wants = type === 'NodePort' || (type === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)
  const taken = new Set(others.flatMap((item) => (item.spec?.ports ?? []).map((port) => port.nodePort)))
  children(spec, 'ports').forEach((port, index) => {
    const asked = port['nodePort']
    if (typeof asked === 'number' && asked > 0) {
      const field = `spec.ports[${index}].nodePort`
      if (type === 'ClusterIP') {
        const error = { reason: 'FieldValueForbidden', field, message: "Forbidden: may not be used when `type` is 'ClusterIP'" } as const
        throw invalidObject(OF_SERVICE, name, [error])
      }
      if (asked < NODE_PORTS.first || asked >= NODE_PORTS.first + NODE_PORTS.count)
        throw invalidObject(OF_SERVICE, name, [
          invalid(field, asked, 'provided port is not in the valid range. The range of valid ports is 30000-32767'),
        ])
      if (taken.has(asked)) throw invalidObject(OF_SERVICE, name, [invalid(field, asked, 'provided port is already allocated')])
      taken.add(asked)
    } else if (wants) {
      if (taken.size >= NODE_PORTS.count)
        throw new ApiError(500, 'InternalError', 'Internal error occurred: failed to allocate a nodePort: range is full')
      let chosen: number
      do chosen = NODE_PORTS.first + Math.floor(around.platform.random() * NODE_PORTS.count)
      while (taken.has(chosen))
      taken.add(chosen)
      port['nodePort'] = chosen
    } else delete port['nodePort']
  })
}
