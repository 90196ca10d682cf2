import { ensure } from './draft.ts'
import { duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { isIPv6, validateCidr } from './ip.ts'
import { labelValue, qualifiedName } from './names.ts'
import { validateAmount } from './resource-validation.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Node, NodeSpec } from './kinds.ts'

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateNode */

export const node: KindBehaviour = {
  prepareCreate(draft) {
    // As TaintNodesByCondition does, until the kubelet reports.
    const spec = ensure(draft, 'spec')
    const ready = (draft as unknown as Node).status?.conditions?.some(
      (condition) => condition.type === 'Ready' && condition.status === 'True',
    )
    const taints = Array.isArray(spec['taints']) ? spec['taints'] : []
    if (!ready) spec['taints'] = [...taints, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]
  },
  validate(object, _around, old) {
    const { spec = {} } = object as unknown as Node
    // A change is held to less: see below.
    if (old) return [...validateUpdate(object as unknown as Node, old as unknown as Node), ...validateTaints(spec.taints)]
    return [...validateTaints(spec.taints), ...validateAmounts(object as unknown as Node), ...validateNetworks(spec.podCIDRs ?? [])]
  },
  validateStatus: (object) => [...validateAmounts(object as unknown as Node), ...validateAddresses(object as unknown as Node)],
  fields: (object) => ({ 'spec.unschedulable': String((object as unknown as Node).spec?.unschedulable ?? false) }),
}

/** Taints are said to be metadata, as on the real server. */
function validateTaints(taints: NodeSpec['taints']): FieldError[] {
  const seen = new Set<string>()
  return (taints ?? []).flatMap(({ key, value = '', effect, timeAdded }, index) => {
    const field = `metadata.taints[${index}]`
    const errors = qualifiedName(key).map((words) => invalid(`${field}.key`, key, words))
    const wrong = labelValue(value)
    if (wrong.length > 0) errors.push(invalid(`${field}.value`, value, wrong.join(';')))
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
    if (!effect) errors.push(required(`${field}.effect`))
    else if (!effects.includes(effect)) errors.push(unsupported(`${field}.effect`, effect, effects))
    if (seen.has(`${effect} ${key}`)) {
      const error = duplicate(field, { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null })
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` })
    }
    seen.add(`${effect} ${key}`)
    return errors
  })
}

function validateAmounts({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((part) =>
    Object.entries(status?.[part] ?? {}).flatMap(([name, value]) => validateAmount(name, value, `status.${part}.${name}`)),
  )
}

function validateAddresses({ status }: Node): FieldError[] {
  const seen = new Set<string>()
  return (status?.addresses ?? []).flatMap(({ type, address }, index) => {
    const known = seen.has(`${type} ${address}`)
    seen.add(`${type} ${address}`)
    return known ? [duplicate(`status.addresses[${index}]`, { Type: type, Address: address })] : []
  })
}

function validateNetworks(networks: readonly string[]): FieldError[] {
  const errors = networks.flatMap((network, index) => validateCidr(`spec.podCIDRs[${index}]`, network))
  if (networks.length < 2) return errors
  const sixes = networks.filter((network) => isIPv6(network.split('/')[0] ?? '')).length
  if (sixes === 0 || sixes === networks.length || networks.length > 2)
    errors.push(invalid('spec.podCIDRs', networks, 'may specify no more than one CIDR for each IP family'))
  networks.forEach((network, index) => {
    if (networks.indexOf(network) < index) errors.push(duplicate(`spec.podCIDRs[${index}]`, network))
  })
  return errors
}

function validateUpdate(after: Node, before: Node): FieldError[] {
  const errors = [...validateAmounts(after), ...validateAddresses(after)]
  const once = (field: string, what: string) => forbidden(`spec.${field}`, `node updates may not change ${what} except from "" to valid`)
  const [now, then] = [after.spec?.podCIDRs ?? [], before.spec?.podCIDRs ?? []]
  if (then.length > 0 && now.length !== then.length) errors.push(once('podCIDRs', 'podCIDR'))
  else
    then.forEach((network, index) => {
      if (network !== now[index]) errors.push(once('podCIDRs', 'podCIDR'))
    })
  const provider = before.spec?.providerID
  if (provider && provider !== after.spec?.providerID) errors.push(once('providerID', 'providerID'))
  if (after.spec?.externalID !== before.spec?.externalID) errors.push(forbidden('spec.externalID', 'may not be updated'))
  return errors
}
