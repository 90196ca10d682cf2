import { child, children, draftOf, ensure, setDefaults, text } from './draft.ts'
import { invalid } from './field-error.ts'
import { label } from './names.ts'
import { dropDependent, keepAllocated, normalizeAddresses } from './service-transition.ts'
import { serviceWarnings } from './service-warnings.ts'
import { validateAddresses, validateService, validateServiceUpdate } from './service-validation.ts'
import { ApiError } from '../api/door.ts'
import { invalidObject } from '../api/errors.ts'
import type { KindBehaviour, Surroundings } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Service, ServiceSpec } from './kinds.ts'
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
    const reached = type === 'ClusterIP' && Array.isArray(spec['externalIPs']) && spec['externalIPs'].length > 0
    if (type === 'NodePort' || type === 'LoadBalancer' || reached) setDefaults(spec, { externalTrafficPolicy: 'Cluster' })
    if (type === 'LoadBalancer') setDefaults(spec, { allocateLoadBalancerNodePorts: true })
  },
  prepareCreate(draft, around) {
    draft['status'] = { loadBalancer: {} }
    const spec = ensure(draft, 'spec')
    normalizeAddresses(spec, undefined)
    allocate(draft, around)
  },
  prepareUpdate(draft, old, around) {
    const spec = ensure(draft, 'spec')
    const before = draftOf((old['spec'] ?? {}) as JsonObject)
    normalizeAddresses(spec, before)
    keepAllocated(spec, before)
    dropDependent(spec, before)
    const changes = validateServiceUpdate(spec, before)
    // What may not change at all is not allocated anew first.
    if (changes.length === 0) allocate(draft, around)
  },
  validate(object, _around, old) {
    const changes = old ? validateServiceUpdate((object as unknown as Service).spec ?? {}, (old as unknown as Service).spec ?? {}) : []
    return [...changes, ...validateService(object as unknown as Service)]
  },
  warnings: (object) => serviceWarnings(object as unknown as Service),
  fields: (object) => ({
    'spec.clusterIP': (object as unknown as Service).spec?.clusterIP ?? '',
    'spec.type': (object as unknown as Service).spec?.type ?? '',
  }),
}

/** Gives what the service's type needs: a cluster IP, node ports. */
function allocate(draft: Draft, around: Surroundings): void {
  const spec = ensure(draft, 'spec')
  const meta = child(draft, 'metadata')
  const others = around
    .list('Service')
    .filter((item) => item.metadata.name !== text(meta, 'name') || item.metadata.namespace !== text(meta, 'namespace'))
  const type = text(spec, 'type')
  const name = text(meta, 'name') ?? ''
  if (type === 'ExternalName') return
  const wrong = [...validateAddresses(spec), ...validateStack(spec)]
  if (wrong.length > 0) throw invalidObject(OF_SERVICE, name, wrong)
  allocateAddress(spec, name, others, around)
  // Endpoints that people write may be of both families.
  const free = spec['clusterIP'] === 'None' && Object.keys(child(spec, 'selector') ?? {}).length === 0
  setDefaults(spec, { ipFamilyPolicy: free ? 'RequireDualStack' : 'SingleStack' })
  if (!Array.isArray(spec['ipFamilies']) || spec['ipFamilies'].length === 0)
    spec['ipFamilies'] = free && spec['ipFamilyPolicy'] !== 'SingleStack' ? ['IPv4', 'IPv6'] : ['IPv4']
  allocatePorts(spec, name, type ?? '', others, around)
}

/** The cluster has IPv4 only. @see …/pkg/registry/core/service/storage/alloc.go initIPFamilyFields */
function validateStack({ clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, selector }: ServiceSpec): FieldError[] {
  if (clusterIP === 'None' && Object.keys(selector ?? {}).length === 0) return []
  const errors: FieldError[] = []
  const policy = 'spec.ipFamilyPolicy'
  if (ipFamilyPolicy === 'SingleStack') {
    const words = (what: string) => `must be RequireDualStack or PreferDualStack when multiple ${what} are specified`
    if ((clusterIPs ?? []).length === 2) errors.push(invalid(policy, ipFamilyPolicy, words('cluster IPs')))
    if ((ipFamilies ?? []).length === 2) errors.push(invalid(policy, ipFamilyPolicy, words('IP families')))
  }
  ipFamilies?.forEach((family, index) => {
    if (family !== 'IPv4') errors.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'))
  })
  if (ipFamilyPolicy === 'RequireDualStack')
    errors.push(invalid(policy, ipFamilyPolicy, 'this cluster is not configured for dual-stack services'))
  return errors
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
      // Validation says that it may not be used.
      if (type === 'ClusterIP') return
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
