import type { Api } from '../api/door.ts'
import { selects } from '../controllers/selectors.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Pod } from '../resources/kinds.ts'

/** One end of a connection. What is no pod's address (a node, the outside) has no pod. */
export interface Party {
  readonly ip: string
  readonly pod: Pod | undefined
}

/**
 * Whether network policies let a connection through: the sender's egress rules and the receiver's ingress rules.
 * Pods on the host's network are not selected, and what a node says to its own pods always arrives, so that probes do.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function allows(api: Api, from: Party, to: Party, port: number, protocol: string): boolean {
  const policies = api.list('NetworkPolicy')
  if (policies.length === 0 || from.ip === to.ip) return true
  const leaving = selecting(policies, from.pod, 'Egress')
  const mayLeave =
    leaving.length === 0 ||
    leaving.some((policy) =>
      (policy.spec?.egress ?? []).some((rule) => peersMatch(api, policy, rule.to, to) && portsMatch(rule.ports, to.pod, port, protocol)),
    )
  if (!mayLeave) return false
  if (!from.pod) return true
  const entering = selecting(policies, to.pod, 'Ingress')
  return (
    entering.length === 0 ||
    entering.some((policy) =>
      (policy.spec?.ingress ?? []).some(
        (rule) => peersMatch(api, policy, rule.from, from) && portsMatch(rule.ports, to.pod, port, protocol),
      ),
    )
  )
}

function selecting(policies: readonly NetworkPolicy[], pod: Pod | undefined, direction: 'Ingress' | 'Egress'): readonly NetworkPolicy[] {
  if (!pod || pod.spec?.hostNetwork) return []
  return policies.filter(({ metadata, spec }) => {
    // Without policyTypes a policy is about ingress, and about egress too when it has such rules.
    const types = spec?.policyTypes ?? (spec?.egress ? ['Ingress', 'Egress'] : ['Ingress'])
    return (
      metadata.namespace === pod.metadata.namespace && types.includes(direction) && selects(spec?.podSelector ?? {}, pod.metadata.labels)
    )
  })
}

/** No peers at all mean everyone. */
function peersMatch(api: Api, policy: NetworkPolicy, peers: readonly NetworkPolicyPeer[] | undefined, party: Party): boolean {
  if (!peers || peers.length === 0) return true
  return peers.some((peer) => {
    if (peer.ipBlock) return inBlock(party.ip, peer.ipBlock.cidr) && !(peer.ipBlock.except ?? []).some((cidr) => inBlock(party.ip, cidr))
    const { pod } = party
    if (!pod || pod.spec?.hostNetwork) return false
    const inNamespace = peer.namespaceSelector
      ? selects(peer.namespaceSelector, api.get('Namespace', undefined, pod.metadata.namespace ?? '')?.metadata.labels)
      : pod.metadata.namespace === policy.metadata.namespace
    return inNamespace && (!peer.podSelector || selects(peer.podSelector, pod.metadata.labels))
  })
}

/** A named port is the receiving pod's own. */
function portsMatch(ports: readonly NetworkPolicyPort[] | undefined, receiver: Pod | undefined, port: number, protocol: string): boolean {
  if (!ports || ports.length === 0) return true
  return ports.some((each) => {
    if ((each.protocol ?? 'TCP') !== protocol) return false
    if (each.port === undefined) return true
    if (typeof each.port === 'number') return port >= each.port && port <= (each.endPort ?? each.port)
    const named = (receiver?.spec?.containers ?? []).flatMap((container) => container.ports ?? [])
    return named.some((one) => one.name === each.port && one.containerPort === port && (one.protocol ?? 'TCP') === protocol)
  })
}

/** Whether an IPv4 address is in a block such as `10.0.0.0/8`. */
export function inBlock(ip: string, cidr: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/')
  if (ip.includes(':') || base.includes(':')) return false
  const size = 2 ** (32 - Number(bits))
  return Math.floor(numberOf(ip) / size) === Math.floor(numberOf(base) / size)
}

const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
