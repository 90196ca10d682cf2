import { hostBits, isWithin, parseNetwork, validateNetwork } from './addresses.ts'
import { children, ensure, setDefaults } from './draft.ts'
import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { portName } from './names.ts'
import { validatePortNumber } from './handler-validation.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './kinds.ts'

const TYPES = ['Ingress', 'Egress']
const PROTOCOLS = ['TCP', 'UDP', 'SCTP']

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go */
export const networkPolicy: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    ensure(spec, 'podSelector')
    for (const rule of [...children(spec, 'ingress'), ...children(spec, 'egress')])
      for (const port of children(rule, 'ports')) setDefaults(port, { protocol: 'TCP' })
    if (!Array.isArray(spec['policyTypes']) || spec['policyTypes'].length === 0)
      spec['policyTypes'] = children(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  },
  validate(object) {
    const { spec } = object as unknown as NetworkPolicy
    const errors = validateSelector(spec?.podSelector, 'spec.podSelector')
    for (const { field, ports, peers, key } of rulesOf(spec)) {
      ports.forEach((port, index) => errors.push(...validatePort(port, `${field}.ports[${index}]`)))
      peers.forEach((peer, index) => errors.push(...validatePeer(peer, `${field}.${key}[${index}]`)))
    }
    const types: readonly string[] = spec?.policyTypes ?? []
    if (types.length > TYPES.length) return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')]
    types.forEach((type, index) => {
      if (!TYPES.includes(type)) errors.push(unsupported(`spec.policyTypes[${index}]`, type, TYPES))
    })
    return errors
  },
  warnings(object) {
    const { spec } = object as unknown as NetworkPolicy
    return rulesOf(spec).flatMap(({ field, peers, key }) =>
      peers.flatMap(({ ipBlock }, index) => (ipBlock ? blockWarnings(ipBlock, `${field}.${key}[${index}].ipBlock`) : [])),
    )
  },
}

interface Rule {
  readonly field: string
  readonly ports: readonly NetworkPolicyPort[]
  readonly peers: readonly NetworkPolicyPeer[]
  readonly key: 'from' | 'to'
}

/** What comes in, then what goes out. */
function rulesOf(spec: NetworkPolicy['spec']): readonly Rule[] {
  return [
    ...(spec?.ingress ?? []).map(({ ports = [], from = [] }, index): Rule => ({
      field: `spec.ingress[${index}]`,
      ports,
      peers: from,
      key: 'from',
    })),
    ...(spec?.egress ?? []).map(({ ports = [], to = [] }, index): Rule => ({
      field: `spec.egress[${index}]`,
      ports,
      peers: to,
      key: 'to',
    })),
  ]
}

function validatePort({ port, endPort, protocol }: NetworkPolicyPort, field: string): FieldError[] {
  const errors = protocol !== undefined && !PROTOCOLS.includes(protocol) ? [unsupported(`${field}.protocol`, protocol, PROTOCOLS)] : []
  const end = (words: string) => (endPort === undefined ? [] : [invalid(`${field}.endPort`, endPort, words)])
  if (port === undefined) return [...errors, ...end('may not be specified when `port` is not specified')]
  if (typeof port === 'string')
    return [
      ...errors,
      ...end('may not be specified when `port` is non-numeric'),
      ...portName(port).map((words) => invalid(`${field}.port`, port, words)),
    ]
  errors.push(...validatePortNumber(port, `${field}.port`))
  if (endPort === undefined) return errors
  // The value shown is the first port's.
  if (endPort < port) errors.push(invalid(`${field}.endPort`, port, 'must be greater than or equal to `port`'))
  return [...errors, ...validatePortNumber(endPort, `${field}.endPort`)]
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, field: string): FieldError[] {
  const errors = [
    ...validateSelector(podSelector, `${field}.podSelector`),
    ...validateSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...(ipBlock ? validateBlock(ipBlock, `${field}.ipBlock`) : []),
  ]
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(field, 'must specify a peer'))
  if (ipBlock && (podSelector || namespaceSelector)) errors.push(forbidden(field, 'may not specify both ipBlock and another peer'))
  return errors
}

function validateBlock({ cidr, except }: IPBlock, field: string): FieldError[] {
  if (!cidr) return [required(`${field}.cidr`)]
  const outer = parseNetwork(cidr)
  if (!outer) return validateNetwork(`${field}.cidr`, cidr)
  return (except ?? []).flatMap((text, index) => {
    const path = `${field}.except[${index}]`
    const inner = parseNetwork(text)
    if (!inner) return validateNetwork(path, text)
    return isWithin(inner, outer) ? [] : [invalid(path, text, 'must be a strict subset of `cidr`')]
  })
}

function blockWarnings({ cidr, except }: IPBlock, field: string): readonly string[] {
  const all: readonly (readonly [string, string])[] = [
    [`${field}.cidr`, cidr],
    ...(except ?? []).map((text, index) => [`${field}.except[${index}]`, text] as const),
  ]
  return all.flatMap(([path, text]) => {
    const network = parseNetwork(text)
    if (!network || network.family !== 4 || hostBits(network) === 0n) return []
    const base = network.value - hostBits(network)
    const dotted = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
    return [
      `${path}: CIDR value ${JSON.stringify(text)} is ambiguous in this context (should be "${dotted(base)}/${network.bits}" or "${dotted(network.value)}/32"?)`,
    ]
  })
}
