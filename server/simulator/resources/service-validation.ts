import { duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validatePortNumber, validatePortRef } from './handler-validation.ts'
import { isIPv6, validateCidr, validateIp, validateNonSpecialIp } from './ip.ts'
import { validateLabels } from './metadata.ts'
import { label, qualifiedName, subdomain } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { Service, ServiceSpec } from './kinds.ts'
import type { JsonValue } from './object.ts'

/**
 * Services.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateService
 */

const isHeadless = ({ clusterIPs }: ServiceSpec) => clusterIPs?.length === 1 && clusterIPs[0] === 'None'
const HINTS = 'service.kubernetes.io/topology-aware-hints'
const MODE = 'service.kubernetes.io/topology-mode'
const RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const BALANCERS_ONLY = "may only be used when `type` is 'LoadBalancer'"
/** Nil pointers are shown so, quotes and all. */
const NIL = 'null'

export function validateService({ metadata, spec = {} }: Service): FieldError[] {
  const errors: FieldError[] = []
  const { [MODE]: mode, [HINTS]: hints } = metadata.annotations ?? {}
  if (mode !== undefined && hints !== undefined && mode !== hints)
    errors.push(invalid(`metadata.annotations[${MODE}]`, mode, `must match annotations[${HINTS}] when both are specified`))
  const ports = spec.ports ?? []
  const headless = isHeadless(spec)
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'))
  errors.push(...validateType(spec, headless))
  const names = new Set<string>()
  ports.forEach((port, index) => errors.push(...validatePort(port, ports.length > 1, names, `spec.ports[${index}]`)))
  errors.push(...validateLabels(spec.selector, 'spec.selector'), ...validateAffinity(spec), ...validateAddresses(spec))
  spec.externalIPs?.forEach((address, index) => {
    const path = `spec.externalIPs[${index}]`
    const wrong = validateIp(path, address)
    errors.push(...(wrong.length > 0 ? wrong : validateNonSpecialIp(address, path)))
  })
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
  if (!types.includes(spec.type ?? '')) errors.push(unsupported('spec.type', spec.type, types))
  errors.push(...validatePortsTogether(spec), ...validateBalancer(spec, metadata.annotations?.[RANGES]))
  return [...errors, ...validateTraffic(spec)]
}

function validateType(spec: ServiceSpec, headless: boolean): FieldError[] {
  const errors: FieldError[] = []
  const { type, externalName = '' } = spec
  if (headless && (type === 'LoadBalancer' || type === 'NodePort'))
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`))
  if (type !== 'ExternalName') return errors
  for (const key of ['clusterIPs', 'ipFamilies'] as const)
    if (spec[key]?.length) errors.push(forbidden(`spec.${key}`, 'may not be set for ExternalName services'))
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services'))
  const name = externalName.replace(/\.$/, '')
  if (name === '') return [...errors, required('spec.externalName')]
  return [...errors, ...subdomain(name).map((words) => invalid('spec.externalName', name, words))]
}

type Port = NonNullable<ServiceSpec['ports']>[number]

function validatePort(port: Port, named: boolean, names: Set<string>, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { name, protocol = '', appProtocol } = port
  if (named && !name) errors.push(required(`${path}.name`))
  else if (name) {
    errors.push(...label(name).map((words) => invalid(`${path}.name`, name, words)))
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
    names.add(name)
  }
  errors.push(...validatePortNumber(port.port ?? 0, `${path}.port`))
  const protocols = ['SCTP', 'TCP', 'UDP']
  if (!protocols.includes(protocol)) errors.push(unsupported(`${path}.protocol`, protocol, protocols))
  errors.push(...validatePortRef(port.targetPort, `${path}.targetPort`))
  if (appProtocol !== undefined)
    errors.push(...qualifiedName(appProtocol).map((words) => invalid(`${path}.appProtocol`, appProtocol, words)))
  return errors
}

const LONGEST_AFFINITY = 86_400

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const path = 'spec.sessionAffinityConfig'
  const kinds = ['ClientIP', 'None']
  if (!sessionAffinity) return [required('spec.sessionAffinity')]
  if (!kinds.includes(sessionAffinity)) return [unsupported('spec.sessionAffinity', sessionAffinity, kinds)]
  if (sessionAffinity === 'None') return config ? [forbidden(path, 'must not be set when session affinity is None')] : []
  const why = 'when session affinity type is ClientIP'
  if (!config) return [required(path, why)]
  if (!config.clientIP) return [required(`${path}.clientIP`, why)]
  const { timeoutSeconds: timeout } = config.clientIP
  if (timeout === undefined) return [required(`${path}.clientIP.timeoutSeconds`, why)]
  return timeout <= 0 || timeout > LONGEST_AFFINITY
    ? [invalid(`${path}.clientIP.timeoutSeconds`, timeout, `must be greater than 0 and less than ${LONGEST_AFFINITY}`)]
    : []
}

/** Addresses and their families. @see …/validation.go ValidateServiceClusterIPsRelatedFields */
export function validateAddresses(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  const errors: FieldError[] = []
  const field = 'spec.clusterIPs'
  if (clusterIP && clusterIPs.length === 0) errors.push(required(field))
  else if (clusterIP && clusterIPs[0] !== clusterIP) errors.push(invalid(field, clusterIPs, 'first value must match `clusterIP`'))
  else if (!clusterIP && clusterIPs.length > 0) errors.push(invalid(field, clusterIPs, 'must be empty when `clusterIP` is not specified'))
  ipFamilies.forEach((family, index) => {
    const path = `spec.ipFamilies[${index}]`
    if (family !== 'IPv4' && family !== 'IPv6') errors.push(unsupported(path, family, ['IPv4', 'IPv6']))
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(path, family))
  })
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy))
    errors.push(unsupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies))
  const before = errors.length
  if (clusterIPs[0] === 'None' && clusterIPs.length > 1) errors.push(invalid(field, clusterIPs, "'None' must be the first and only value"))
  clusterIPs.forEach((address, index) => {
    if (index > 0 || address !== 'None') errors.push(...validateIp(`${field}[${index}]`, address))
  })
  const wrong = errors.length > before
  if (clusterIPs.length > 2) errors.push(invalid(field, clusterIPs, 'may only hold up to 2 values'))
  if (wrong) return errors
  const sixes = clusterIPs.filter(isIPv6).length
  if (clusterIPs.length > 1 && (sixes === 0 || sixes === clusterIPs.length))
    errors.push(invalid(field, clusterIPs, 'may specify no more than one IP for each IP family'))
  if (isHeadless(spec)) return errors
  clusterIPs.forEach((address, index) => {
    const family = ipFamilies[index]
    if (family === 'IPv4' ? isIPv6(address) : family === 'IPv6' && !isIPv6(address))
      errors.push(invalid(`${field}[${index}]`, address, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``))
  })
  return errors
}

/** What no two ports may share. */
function validatePortsTogether({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  ports.forEach(({ nodePort }, index) => {
    if (type === 'ClusterIP' && nodePort)
      errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
  })
  const seen = new Set<string>()
  const twice = (key: string) => seen.size === seen.add(key).size
  ports.forEach(({ nodePort, protocol }, index) => {
    if (nodePort && twice(`node ${protocol}/${nodePort}`)) errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort))
  })
  ports.forEach(({ port, protocol }, index) => {
    const shown: JsonValue = { Name: '', Protocol: protocol ?? '', AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    if (twice(`${protocol}/${port}`)) errors.push(duplicate(`spec.ports[${index}]`, shown))
  })
  return errors
}

function validateBalancer(spec: ServiceSpec, annotated: string | undefined): FieldError[] {
  const { type, loadBalancerSourceRanges: ranges = [], allocateLoadBalancerNodePorts: allocate, loadBalancerClass: named } = spec
  const balancer = type === 'LoadBalancer'
  const errors: FieldError[] = []
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges'
    if (!balancer) errors.push(forbidden(path, BALANCERS_ONLY))
    ranges.forEach((range, index) => errors.push(...validateCidr(`${path}[${index}]`, range.trim())))
  } else if (annotated !== undefined) {
    const path = `metadata.annotations[${RANGES}]`
    if (!balancer) errors.push(forbidden(path, BALANCERS_ONLY))
    if (annotated.trim()) for (const range of annotated.split(',')) errors.push(...validateCidr(path, range.trim()))
  }
  if (allocate !== undefined && !balancer) errors.push(forbidden('spec.allocateLoadBalancerNodePorts', BALANCERS_ONLY))
  return [...errors, ...validateBalancerClass(named, balancer)]
}

function validateBalancerClass(named: string | undefined, balancer: boolean): FieldError[] {
  if (named === undefined) return []
  if (!balancer) return [forbidden('spec.loadBalancerClass', BALANCERS_ONLY)]
  return qualifiedName(named).map((words) => invalid('spec.loadBalancerClass', named, words))
}

const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec) => type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const { type, externalTrafficPolicy: outer, internalTrafficPolicy: inner, trafficDistribution, healthCheckNodePort: check } = spec
  const policies = ['Cluster', 'Local']
  const errors: FieldError[] = []
  const outside = type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
  if (!outside) {
    if (outer) errors.push(invalid('spec.externalTrafficPolicy', outer, 'may only be set for externally-accessible services'))
  } else if (!outer) errors.push(required('spec.externalTrafficPolicy'))
  else if (!policies.includes(outer)) errors.push(unsupported('spec.externalTrafficPolicy', outer, policies))
  if (check) {
    if (!needsHealthCheck(spec))
      errors.push(
        invalid('spec.healthCheckNodePort', check, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
      )
    else errors.push(...validatePortNumber(check, 'spec.healthCheckNodePort'))
  }
  if (inner === undefined) {
    if (type !== 'ExternalName' && type !== undefined) errors.push(required('spec.internalTrafficPolicy'))
  } else if (!policies.includes(inner)) errors.push(unsupported('spec.internalTrafficPolicy', inner, policies))
  const ways = ['PreferClose', 'PreferSameNode', 'PreferSameZone']
  if (trafficDistribution !== undefined && !ways.includes(trafficDistribution))
    errors.push(unsupported('spec.trafficDistribution', trafficDistribution, ['PreferClose', 'PreferSameZone', 'PreferSameNode']))
  return errors
}

/** What of a service stays. @see …/validation.go ValidateServiceUpdate */
export function validateServiceUpdate(after: ServiceSpec, before: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  if (after.type !== 'ExternalName' && before.type !== 'ExternalName')
    errors.push(...validateAddressUpdate(after, before), ...validateFamilyUpdate(after, before))
  const named = after.loadBalancerClass
  if (after.type === 'LoadBalancer' && before.type === 'LoadBalancer' && named !== before.loadBalancerClass)
    errors.push(invalid('spec.loadBalancerClass', named ?? NIL, 'may not change once set'))
  errors.push(...validateBalancerClass(named, after.type === 'LoadBalancer'))
  if (needsHealthCheck(after) && needsHealthCheck(before) && after.healthCheckNodePort !== before.healthCheckNodePort)
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'))
  return errors
}

function validateAddressUpdate(after: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isHeadless(after) && isHeadless(before)) return []
  const [now, then] = [after.clusterIPs ?? [], before.clusterIPs ?? []]
  const changed = (index: number) => invalid(`spec.clusterIPs[${index}]`, now, 'may not change once set')
  if (now.length === then.length) return then.flatMap((address, index) => (address === now[index] ? [] : [changed(index)]))
  const errors: FieldError[] = []
  if (then.length > now.length && now.length === 0)
    errors.push(invalid('spec.clusterIPs[0]', after.clusterIPs ?? null, 'primary clusterIP can not be unset'))
  if (then.length > 0 && now.length > 0 && now[0] !== then[0]) errors.push(changed(0))
  if (then.length > now.length && now.length === 1 && after.ipFamilyPolicy !== 'SingleStack')
    errors.push(
      invalid('spec.ipFamilyPolicy', after.ipFamilyPolicy ?? NIL, "must be set to 'SingleStack' when releasing the secondary clusterIP"),
    )
  return errors
}

function validateFamilyUpdate(after: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isHeadless(after) || isHeadless(before)) return []
  const [now, then] = [after.ipFamilies ?? [], before.ipFamilies ?? []]
  const changed = invalid('spec.ipFamilies[0]', now, 'may not change once set')
  if (now.length === then.length) return then.flatMap((family, index) => (family === now[index] ? [] : [changed]))
  const errors: FieldError[] = []
  const first = invalid('spec.ipFamilies[0]', after.clusterIPs ?? null, 'may not change once set')
  if (now.length > 0 && then.length > 0 && now[0] !== then[0]) errors.push(first)
  if (then.length > now.length && now.length === 1 && after.ipFamilyPolicy !== 'SingleStack')
    errors.push(
      invalid('spec.ipFamilyPolicy', after.ipFamilyPolicy ?? NIL, "must be set to 'SingleStack' when releasing the secondary ipFamily"),
    )
  return errors
}
