import { duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { label, labelValue, qualifiedName, subdomain } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { Affinity, NodeSelector, NodeSelectorTerm, PodAffinityTerm, Toleration, TopologySpreadConstraint } from './kinds.ts'

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
    const value = toleration.value ?? ''
    if (operator === 'Exists' && value) errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    if (operator === '' || operator === 'Equal') {
      const wrong = labelValue(value)
      if (wrong.length > 0) errors.push(invalid(`${path}.operator`, value, wrong.join(';')))
    } else if (operator !== 'Exists') errors.push(unsupported(`${path}.operator`, operator, ['Equal', 'Exists']))
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
    if (toleration.effect && !effects.includes(toleration.effect)) errors.push(unsupported(`${path}.effect`, toleration.effect, effects))
    return errors
  })
}

/** @see …/validation.go validateAffinity */
export function validateAffinity(affinity: Affinity, field: string): FieldError[] {
  const errors: FieldError[] = []
  const base = `${field}.nodeAffinity`
  const { requiredDuringSchedulingIgnoredDuringExecution: must, preferredDuringSchedulingIgnoredDuringExecution: may } =
    affinity.nodeAffinity ?? {}
  if (must) errors.push(...validateNodeSelector(must, `${base}.requiredDuringSchedulingIgnoredDuringExecution`))
  may?.forEach(({ weight, preference }, index) => {
    const path = `${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
    errors.push(...validateWeight(weight, path), ...validateNodeTerm(preference ?? {}, `${path}.preference`, false))
  })
  for (const key of ['podAffinity', 'podAntiAffinity'] as const) {
    affinity[key]?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) => {
      errors.push(...validateTerm(term, `${field}.${key}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`))
    })
    affinity[key]?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ podAffinityTerm, weight }, index) => {
      const path = `${field}.${key}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
      errors.push(...validateWeight(weight, path), ...validateTerm(podAffinityTerm, `${path}.podAffinityTerm`))
    })
  }
  return errors
}

const validateWeight = (weight: number, path: string) =>
  weight < 1 || weight > 100 ? [invalid(`${path}.weight`, weight, 'must be in the range 1-100')] : []

/** Terms that a node must fulfil one of: of pods, and of volumes. */
export function validateNodeSelector(selector: NodeSelector, field: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? []
  if (terms.length === 0) return [required(`${field}.nodeSelectorTerms`, 'must have at least one node selector term')]
  return terms.flatMap((term, index) => validateNodeTerm(term, `${field}.nodeSelectorTerms[${index}]`, true))
}

/** @param values whether values must be ones that a label may have: not so where they are only preferred */
function validateNodeTerm(term: NodeSelectorTerm, field: string, values: boolean): FieldError[] {
  const labels = (term.matchExpressions ?? []).flatMap((wanted, index) =>
    validateNodeLabel(wanted, `${field}.matchExpressions[${index}]`, values),
  )
  const fields = (term.matchFields ?? []).flatMap((wanted, index) => validateNodeField(wanted, `${field}.matchFields[${index}]`))
  return [...labels, ...fields]
}

type Wanted = NonNullable<NodeSelectorTerm['matchExpressions']>[number]

function validateNodeLabel({ key, operator, values = [] }: Wanted, path: string, strict: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
  errors.push(...qualifiedName(key).map((words) => invalid(`${path}.key`, key, words)))
  if (strict)
    values.forEach((value, at) => errors.push(...labelValue(value).map((words) => invalid(`${path}.values[${at}]`, value, words))))
  return errors
}

function validateNodeField({ key, operator, values = [] }: Wanted, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
  else if (values.length !== 1)
    errors.push(required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
  if (key !== 'metadata.name') return [...errors, invalid(`${path}.key`, key, 'not a valid field selector key')]
  values.forEach((value, at) => errors.push(...subdomain(value).map((words) => invalid(`${path}.values[${at}]`, value, words))))
  return errors
}

/** @see …/validation.go validateTopologySpreadConstraints */
export function validateSpreads(constraints: readonly TopologySpreadConstraint[], field: string): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const path = `${field}[${index}]`
    const { topologyKey, whenUnsatisfiable: action } = constraint
    const errors: FieldError[] = []
    if (constraint.maxSkew <= 0) errors.push(invalid(`${path}.maxSkew`, constraint.maxSkew, 'must be greater than zero'))
    if (!topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'))
    const actions = ['DoNotSchedule', 'ScheduleAnyway']
    if (!actions.includes(action)) errors.push(unsupported(`${path}.whenUnsatisfiable`, action, actions))
    if (constraints.slice(index + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action))
      errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${action}}`))
    return [...errors, ...validateSpreadDetails(constraint, path)]
  })
}

function validateSpreadDetails(constraint: TopologySpreadConstraint, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { minDomains: least, whenUnsatisfiable: action, labelSelector, matchLabelKeys = [] } = constraint
  if (least !== undefined && least <= 0) errors.push(invalid(`${path}.minDomains`, least, 'must be greater than zero'))
  if (least !== undefined && action !== 'DoNotSchedule')
    errors.push(invalid(`${path}.minDomains`, least, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`))
  for (const key of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const policy = constraint[key]
    if (policy !== undefined && policy !== 'Honor' && policy !== 'Ignore')
      errors.push(unsupported(`${path}.${key}`, policy, ['Honor', 'Ignore']))
  }
  if (matchLabelKeys.length > 0 && !labelSelector)
    errors.push(forbidden(`${path}.matchLabelKeys`, 'must not be specified when labelSelector is not set'))
  const selected = [...Object.keys(labelSelector?.matchLabels ?? {}), ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key)]
  matchLabelKeys.forEach((key, at) => {
    const where = `${path}.matchLabelKeys[${at}]`
    errors.push(...qualifiedName(key).map((words) => invalid(where, key, words)))
    if (selected.includes(key)) errors.push(invalid(where, key, 'exists in both matchLabelKeys and labelSelector'))
  })
  return [...errors, ...validateSelector(labelSelector, `${path}.labelSelector`)]
}

function validateTerm(term: PodAffinityTerm, field: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], matchLabelKeys = [], mismatchLabelKeys = [] } = term
  const path = `${field}.topologyKey`
  const topologyKey = term.topologyKey ?? ''
  const errors = [
    ...validateSelector(labelSelector, `${field}.labelSelector`),
    ...validateSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...namespaces.flatMap((name) => label(name).map((words) => invalid(`${field}.namespace`, name, words))),
  ]
  for (const [where, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    if (keys.length > 0 && !labelSelector)
      errors.push(forbidden(`${field}.${where}`, 'must not be specified when labelSelector is not set'))
    else keys.forEach((key, at) => errors.push(...qualifiedName(key).map((words) => invalid(`${field}.${where}[${at}]`, key, words))))
  }
  const selected = Object.keys(labelSelector?.matchLabels ?? {})
  matchLabelKeys.forEach((key, at) => {
    if (selected.includes(key)) errors.push(invalid(`${field}[${at}]`, key, 'exists in both matchLabelKeys and labelSelector'))
  })
  matchLabelKeys.forEach((key, at) => {
    if (mismatchLabelKeys.includes(key))
      errors.push(invalid(`${field}.matchLabelKeys[${at}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'))
  })
  if (!topologyKey) errors.push(required(path, 'can not be empty'))
  return [...errors, ...qualifiedName(topologyKey).map((words) => invalid(path, topologyKey, words))]
}
