import { children, same, text } from './draft.ts'
import type { Draft, JsonObject, JsonValue } from './object.ts'

/**
 * What an update of a service may leave out, and what a change of its type takes away.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/service/strategy.go dropTypeDependentFields
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/service/storage/storage.go patchAllocatedValues
 */

const needsAddress = (spec: Draft) => ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(text(spec, 'type') ?? '')
const needsNodePort = (spec: Draft) =>
  text(spec, 'type') === 'NodePort' || (text(spec, 'type') === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)
const needsHealthCheck = (spec: Draft) => text(spec, 'type') === 'LoadBalancer' && text(spec, 'externalTrafficPolicy') === 'Local'
const outside = (spec: Draft) =>
  text(spec, 'type') === 'NodePort' ||
  text(spec, 'type') === 'LoadBalancer' ||
  (text(spec, 'type') === 'ClusterIP' && Array.isArray(spec['externalIPs']) && spec['externalIPs'].length > 0)

/** The one address and the list of them say the same; which of them the writer changed decides. */
export function normalizeAddresses(spec: Draft, before: Draft | undefined): void {
  const address = text(spec, 'clusterIP') ?? ''
  const listed = Array.isArray(spec['clusterIPs']) ? spec['clusterIPs'] : []
  if (!before) {
    if (address && listed.length === 0) spec['clusterIPs'] = [address]
    return
  }
  const kept = same(spec['clusterIPs'], before['clusterIPs'])
  const was = text(before, 'clusterIP') ?? ''
  if (address === '' && was !== '' && kept) delete spec['clusterIPs']
  else if (address !== '' && was === '' && listed.length === 0) spec['clusterIPs'] = [address]
  else if (address !== was && address !== '' && kept) spec['clusterIPs'] = [address, ...listed.slice(1)]
}

/** What the cluster gave and the writer does not speak of stays. */
export function keepAllocated(spec: Draft, before: Draft): void {
  if (needsAddress(spec) && needsAddress(before)) {
    if (!text(spec, 'clusterIP') && before['clusterIP'] !== undefined) spec['clusterIP'] = before['clusterIP']
    const listed = Array.isArray(spec['clusterIPs']) && spec['clusterIPs'].length > 0
    if (!listed && spec['clusterIP'] === before['clusterIP'] && before['clusterIPs'] !== undefined)
      spec['clusterIPs'] = before['clusterIPs']
    for (const key of ['ipFamilies', 'ipFamilyPolicy'] as const)
      if (spec[key] === undefined && before[key] !== undefined) spec[key] = before[key]
  }
  if (needsNodePort(spec) && needsNodePort(before)) {
    for (const port of children(spec, 'ports')) {
      const was = children(before, 'ports').find((one) => one['port'] === port['port'] && one['protocol'] === port['protocol'])
      if (!port['nodePort'] && was?.['nodePort'] !== undefined) port['nodePort'] = was['nodePort']
    }
  }
  if (needsHealthCheck(spec) && needsHealthCheck(before) && !spec['healthCheckNodePort'] && before['healthCheckNodePort'] !== undefined)
    spec['healthCheckNodePort'] = before['healthCheckNodePort']
}

/** Fields that only the old type had go with it, unless the writer changed them: then validation speaks. */
export function dropDependent(spec: Draft, old: JsonObject): void {
  const before = old as Draft
  const drop = (needed: (of: Draft) => boolean, ...keys: readonly string[]) => {
    if (!needed(before) || needed(spec)) return
    if (keys.every((key) => same(spec[key] as JsonValue, before[key] as JsonValue))) for (const key of keys) delete spec[key]
  }
  drop(needsAddress, 'clusterIP', 'clusterIPs')
  drop(needsAddress, 'ipFamilies')
  drop(needsAddress, 'ipFamilyPolicy')
  const ports = (of: Draft) => children(of, 'ports').map((port) => port['nodePort'] ?? 0)
  if (needsNodePort(before) && !needsNodePort(spec) && same(ports(spec), ports(before)))
    for (const port of children(spec, 'ports')) delete port['nodePort']
  drop(needsHealthCheck, 'healthCheckNodePort')
  const balancer = (of: Draft) => text(of, 'type') === 'LoadBalancer'
  drop(balancer, 'allocateLoadBalancerNodePorts')
  drop(balancer, 'loadBalancerClass')
  drop(outside, 'externalTrafficPolicy')
}
