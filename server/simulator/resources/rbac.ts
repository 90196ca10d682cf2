import { child, children, same, setDefaults } from './draft.ts'
import { invalid, required, unsupported } from './field-error.ts'
import { goSelector } from './go-values.ts'
import { validateSelector } from './label-selector.ts'
import { pathSegment, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { ClusterRole, PolicyRule, Role, RoleBinding, Subject } from './kinds.ts'
import type { StoredObject } from './object.ts'

/** Who may do what. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/rbac/validation/validation.go */

const GROUP = 'rbac.authorization.k8s.io'

export const role: KindBehaviour = {
  validateName: pathSegment,
  validate(object) {
    const { rules } = object as unknown as Role | ClusterRole
    const errors = (rules ?? []).flatMap((rule, index) => validateRule(rule, object.kind === 'Role', `rules[${index}]`))
    return object.kind === 'ClusterRole' ? [...errors, ...validateAggregation(object as unknown as ClusterRole)] : errors
  },
}

function validateRule(rule: PolicyRule, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (!rule.verbs?.length) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'))
  if (rule.nonResourceURLs?.length) {
    const wrong = (words: string) => errors.push(invalid(`${field}.nonResourceURLs`, rule.nonResourceURLs, words))
    if (namespaced) wrong('namespaced rules cannot apply to non-resource URLs')
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length)
      wrong('rules cannot apply to both regular resources and non-resource URLs')
    return errors
  }
  if (!rule.apiGroups?.length) errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  if (!rule.resources?.length) errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

function validateAggregation({ aggregationRule }: ClusterRole): FieldError[] {
  if (!aggregationRule) return []
  const field = 'aggregationRule.clusterRoleSelectors'
  const selectors = aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) return [required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return selectors.flatMap((selector, index) => {
    const errors = validateSelector(selector, `${field}[${index}]`)
    return errors.length > 0 ? [...errors, invalid(`${field}[${index}]`, goSelector(selector), 'invalid label selector.')] : []
  })
}

export const roleBinding: KindBehaviour = {
  validateName: pathSegment,
  defaults(draft) {
    const ref = child(draft, 'roleRef')
    if (ref) setDefaults(ref, { apiGroup: GROUP })
    for (const subject of children(draft, 'subjects')) {
      if (subject['kind'] === 'User' || subject['kind'] === 'Group') setDefaults(subject, { apiGroup: GROUP })
    }
  },
  validate(object) {
    const { roleRef, subjects } = object as unknown as RoleBinding
    const namespaced = object.kind === 'RoleBinding'
    const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
    const errors: FieldError[] = []
    if (roleRef && roleRef.apiGroup !== GROUP) errors.push(unsupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [GROUP]))
    if (!kinds.includes(roleRef?.kind ?? '')) errors.push(unsupported('roleRef.kind', roleRef?.kind ?? '', kinds))
    if (!roleRef?.name) errors.push(required('roleRef.name'))
    else errors.push(...pathSegment(roleRef.name).map((words) => invalid('roleRef.name', roleRef.name, words)))
    return [...errors, ...(subjects ?? []).flatMap((subject, index) => validateSubject(subject, namespaced, `subjects[${index}]`))]
  },
  validateUpdate: (object, old) =>
    same(object['roleRef'], old['roleRef']) ? [] : [invalid('roleRef', goRoleRef(object), 'cannot change roleRef')],
}

function goRoleRef(object: StoredObject) {
  const { apiGroup = '', kind, name } = (object as unknown as RoleBinding).roleRef
  return { APIGroup: apiGroup, Kind: kind, Name: name }
}

function validateSubject(subject: Subject, namespaced: boolean, field: string): FieldError[] {
  const { kind, name, namespace, apiGroup = '' } = subject
  const errors = name ? [] : [required(`${field}.name`)]
  if (kind === 'ServiceAccount') {
    if (name) errors.push(...subdomain(name).map((words) => invalid(`${field}.name`, name, words)))
    if (apiGroup) errors.push(unsupported(`${field}.apiGroup`, apiGroup, ['']))
    if (!namespaced && !namespace) errors.push(required(`${field}.namespace`))
  } else if (kind === 'User' || kind === 'Group') {
    if (!name) errors.push(invalid(`${field}.name`, '', `${kind.toLowerCase()} name cannot be empty`))
    if (apiGroup !== GROUP) errors.push(unsupported(`${field}.apiGroup`, apiGroup, [GROUP]))
  } else errors.push(unsupported(`${field}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group']))
  return errors
}
