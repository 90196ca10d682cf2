import { child, children, ensure, setDefaults, text } from './draft.ts'
import { duplicate, invalid, required, tooMany, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { pathSegment, qualifiedName } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { LabelSelector } from './kinds.ts'
import type { Draft } from './object.ts'

/** What webhooks and admission policies share: which requests they are about. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/admissionregistration/validation/validation.go */

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES = ['*', 'Cluster', 'Namespaced']
const MATCH_POLICIES = ['Equivalent', 'Exact']
const FAILURE_POLICIES = ['Fail', 'Ignore']
const MOST_CONDITIONS = 64

const texts = (value: Draft[string]) => (Array.isArray(value) ? value.map(String) : [])
const selectorOf = (parent: Draft | undefined, key: string) => child(parent, key) as unknown as LabelSelector | undefined

/** Rules are about every scope, and matching is by what is equivalent. */
export function defaultMatching(target: Draft, rules: readonly string[]): void {
  setDefaults(target, { matchPolicy: 'Equivalent' })
  ensure(target, 'namespaceSelector')
  ensure(target, 'objectSelector')
  for (const list of rules) for (const rule of children(target, list)) setDefaults(rule, { scope: '*' })
}

export function oneOf(field: string, value: string | undefined, allowed: readonly string[]): FieldError[] {
  return value === undefined || allowed.includes(value) ? [] : [unsupported(field, value, allowed)]
}

export function validateFailurePolicy(target: Draft | undefined, field: string): FieldError[] {
  return oneOf(`${field}.failurePolicy`, text(target, 'failurePolicy'), FAILURE_POLICIES)
}

export function validateMatchPolicy(target: Draft | undefined, field: string): FieldError[] {
  return oneOf(`${field}.matchPolicy`, text(target, 'matchPolicy'), MATCH_POLICIES)
}

export function validateSelectors(target: Draft | undefined, field: string): FieldError[] {
  return ['namespaceSelector', 'objectSelector'].flatMap((key) => validateSelector(selectorOf(target, key), `${field}.${key}`))
}

export function validateMatchResources(target: Draft | undefined, field: string): FieldError[] {
  const rules = ['resourceRules', 'excludeResourceRules'].flatMap((list) =>
    children(target, list).flatMap((rule, index) => {
      const names = texts(rule['resourceNames'])
      const path = `${field}.${list}[${index}]`
      return [
        ...names.flatMap((name, at) => [
          ...pathSegment(name).map((words) => invalid(`${path}.resourceNames[${at}]`, name, words)),
          ...(names.indexOf(name) < at ? [duplicate(`${path}.resourceNames[${at}]`, name)] : []),
        ]),
        ...validateRule(rule, path),
      ]
    }),
  )
  return [...validateMatchPolicy(target, field), ...validateSelectors(target, field), ...rules]
}

export function validateRule(rule: Draft, field: string): FieldError[] {
  const list = (key: string) => texts(rule[key])
  const lone = (key: string, what: string) =>
    list(key).length > 1 && list(key).includes('*')
      ? [invalid(`${field}.${key}`, list(key), `if '*' is present, must not specify other ${what}`)]
      : []
  const some = (key: string) => (list(key).length === 0 ? [required(`${field}.${key}`)] : [])
  return [
    ...some('operations'),
    ...lone('operations', 'operations'),
    ...list('operations').flatMap((operation, index) => oneOf(`${field}.operations[${index}]`, operation, OPERATIONS)),
    ...some('apiGroups'),
    ...lone('apiGroups', 'API groups'),
    ...some('apiVersions'),
    ...lone('apiVersions', 'API versions'),
    ...list('apiVersions').flatMap((version, index) => (version === '' ? [required(`${field}.apiVersions[${index}]`)] : [])),
    ...validateResources(list('resources'), `${field}.resources`),
    ...oneOf(`${field}.scope`, text(rule, 'scope'), SCOPES),
  ]
}

function validateResources(resources: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(field)] : []
  const [ofAny, anyOf] = [new Set<string>(), new Set<string>()]
  resources.forEach((resource, index) => {
    const path = `${field}[${index}]`
    if (resource === '') errors.push(required(path))
    const slash = resource.indexOf('/')
    if (slash < 0) return
    const [kind, sub] = [resource.slice(0, slash), resource.slice(slash + 1)]
    if (anyOf.has(kind)) errors.push(invalid(path, resource, `if '${kind}/*' is present, must not specify ${resource}`))
    if (ofAny.has(sub)) errors.push(invalid(path, resource, `if '*/${sub}' is present, must not specify ${resource}`))
    if (sub === '*') anyOf.add(kind)
    if (kind === '*') ofAny.add(sub)
  })
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"))
  const plain = resources.filter((resource) => resource !== '' && !resource.includes('/'))
  if (plain.includes('*') && plain.at(-1) !== '*')
    errors.push(invalid(field, resources, "if '*' is present, must not specify other resources without subresources"))
  return errors
}

/** Their names and that they say something; what they say is compiled elsewhere. */
export function validateConditions(target: Draft | undefined, field: string): FieldError[] {
  const conditions = children(target, 'matchConditions')
  const path = `${field}.matchConditions`
  return [
    ...(conditions.length > MOST_CONDITIONS ? [tooMany(path, conditions.length, MOST_CONDITIONS)] : []),
    ...conditions.flatMap((condition, index) => {
      const name = text(condition, 'name') ?? ''
      const at = `${path}[${index}]`
      return [
        ...((text(condition, 'expression') ?? '').trim() === '' ? [required(`${at}.expression`)] : []),
        ...(name === '' ? [required(`${at}.name`)] : qualifiedName(name).map((words) => invalid(`${at}.name`, name, words))),
        ...(name !== '' && conditions.findIndex((other) => text(other, 'name') === name) < index ? [duplicate(`${at}.name`, name)] : []),
      ]
    }),
  ]
}
