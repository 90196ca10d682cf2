import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { qualifiedName } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { Affinity, NodeSelectorTerm, PodAffinityTerm, Toleration, TopologySpreadConstraint } from './kinds.ts'

export function validateTolerations(tolerations: readonly Toleration[], field: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const operator = toleration.operator ?? ''
    if (toleration.key) errors.push(...qualifiedName(toleration.key).map((words) => invalid(`${path}.key`, toleration.key, words)))
    else if (operator !== 'Exists') {
      errors.push(
        invalid(`${path}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
      )
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
      errors.push(invalid(`${path}.effect`, toleration.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    }
    if (operator === 'Exists' && toleration.value)
      errors.push(invalid(`${path}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"))
    if (!['', 'Equal', 'Exists'].includes(operator)) errors.push(unsupported(`${path}.operator`, operator, ['Equal', 'Exists']))
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
    if (toleration.effect && !effects.includes(toleration.effect)) errors.push(unsupported(`${path}.effect`, toleration.effect, effects))
    return errors
  })
}

export function validateAffinity(affinity: Affinity, field: string): FieldError[] {
  const errors: FieldError[] = []
  const node = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (node && (node.nodeSelectorTerms ?? []).length === 0) {
    errors.push(
      required(
        `${field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
        'must have at least one node selector term',
      ),
    )
  }
  const base = `${field}.nodeAffinity`
  node?.nodeSelectorTerms?.forEach((term, index) =>
    errors.push(...validateNodeTerm(term, `${base}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`)),
  )
  affinity.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, preference }, index) => {
    const path = `${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
    if (weight <= 0 || weight > 100) errors.push(invalid(`${path}.weight`, weight, 'must be in the range 1-100'))
    errors.push(...validateNodeTerm(preference, `${path}.preference`))
  })
  for (const key of ['podAffinity', 'podAntiAffinity'] as const) {
    const base = `${field}.${key}`
    affinity[key]?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) => {
      errors.push(...validateTerm(term, `${base}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`))
    })
    affinity[key]?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ podAffinityTerm, weight }, index) => {
      const path = `${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
      if (weight < 1 || weight > 100) errors.push(invalid(`${path}.weight`, weight, 'must be in the range 1-100'))
      errors.push(...validateTerm(podAffinityTerm, `${path}.podAffinityTerm`))
    })
  }
  return errors
}

function validateNodeTerm(term: NodeSelectorTerm, field: string): FieldError[] {
  return (term.matchExpressions ?? []).flatMap(({ key, operator, values = [] }, index) => {
    const path = `${field}.matchExpressions[${index}]`
    const errors: FieldError[] = []
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    else if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
      errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    else if ((operator === 'Gt' || operator === 'Lt') && values.length !== 1)
      errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
    else if (!['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'].includes(operator))
      errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
    return [...errors, ...qualifiedName(key).map((words) => invalid(`${path}.key`, key, words))]
  })
}

export function validateSpread(constraint: TopologySpreadConstraint, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (constraint.maxSkew <= 0) errors.push(invalid(`${field}.maxSkew`, constraint.maxSkew, 'must be greater than zero'))
  if (!constraint.topologyKey) errors.push(required(`${field}.topologyKey`, 'can not be empty'))
  else errors.push(...qualifiedName(constraint.topologyKey).map((words) => invalid(`${field}.topologyKey`, constraint.topologyKey, words)))
  const actions = ['DoNotSchedule', 'ScheduleAnyway']
  if (!actions.includes(constraint.whenUnsatisfiable))
    errors.push(unsupported(`${field}.whenUnsatisfiable`, constraint.whenUnsatisfiable, actions))
  const least = constraint.minDomains
  if (least !== undefined && least <= 0) errors.push(invalid(`${field}.minDomains`, least, 'must be greater than 0'))
  if (least !== undefined && constraint.whenUnsatisfiable !== 'DoNotSchedule') {
    errors.push(invalid(`${field}.minDomains`, least, 'can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway'))
  }
  return errors
}

function validateTerm(term: PodAffinityTerm, field: string): FieldError[] {
  const path = `${field}.topologyKey`
  return [
    ...(term.topologyKey ? [] : [required(path, 'can not be empty')]),
    ...qualifiedName(term.topologyKey ?? '').map((words) => invalid(path, term.topologyKey ?? '', words)),
  ]
}
