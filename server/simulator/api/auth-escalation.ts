import { forbidden, notFound } from './errors.ts'
import { isMaster } from './auth-rbac.ts'
import { same } from '../resources/draft.ts'
import type { ClusterRole, RoleBinding } from '../resources/kinds.ts'
import type { StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { User } from './call.ts'
import type { PolicyRule, Rbac } from './auth-rbac.ts'

/**
 * Nobody may grant what they do not have.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */

const GROUP = 'rbac.authorization.k8s.io'
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/** @throws ApiError Forbidden when storing the object would give away more than the user has */
export function checkEscalation(rbac: Rbac, user: User, resource: Resource, object: StoredObject, old: StoredObject | undefined): void {
  if (resource.group !== GROUP || isMaster(user)) return
  if (resource.resource.endsWith('bindings')) checkBinding(rbac, user, resource, object, old)
  else checkRole(rbac, user, resource, object, old)
}

function checkRole(rbac: Rbac, user: User, resource: Resource, object: StoredObject, old: StoredObject | undefined): void {
  const { metadata, rules = [], aggregationRule } = object as unknown as ClusterRole
  const { namespace, name } = metadata
  if (old && same(object['rules'], old['rules']) && same(object['aggregationRule'], old['aggregationRule'])) return
  if (rbac.decide(user, { verb: 'escalate', group: GROUP, resource: resource.resource, namespace, name }).allowed) return
  const held = rbac.rulesOf(user, namespace)
  if (aggregationRule && missing(held, EVERYTHING).length > 0)
    throw forbidden(resource, name ?? '', 'must have cluster-admin privileges to use an aggregationRule')
  confirm(user, held, rules, resource, name)
}

function checkBinding(rbac: Rbac, user: User, resource: Resource, object: StoredObject, old: StoredObject | undefined): void {
  const { metadata, roleRef } = object as unknown as RoleBinding
  const { namespace, name } = metadata
  if (old && same(object['roleRef'], old['roleRef']) && same(object['subjects'], old['subjects'])) return
  const roles = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (rbac.decide(user, { verb: 'bind', group: GROUP, resource: roles, namespace, name: roleRef.name }).allowed) return
  const rules = rbac.rulesOfRole(roleRef, namespace)
  if (!rules)
    throw notFound({ group: GROUP, resource: roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles', kind: roleRef.kind }, roleRef.name)
  confirm(user, rbac.rulesOf(user, namespace), rules, resource, name)
}

function confirm(
  user: User,
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
  resource: Resource,
  name: string | undefined,
): void {
  const lacking = missing(held, wanted)
  if (lacking.length === 0) return
  const list = compact(lacking).map(written).toSorted()
  throw forbidden(
    resource,
    name ?? '',
    `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${[...new Set(list)].join('\n')}`,
  )
}

/** The wanted rights, each on its own, that no held rule covers. */
function missing(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(apart).filter((right) => !held.some((rule) => covers(rule, right)))
}

function apart(rule: PolicyRule): PolicyRule[] {
  const names: readonly (string | undefined)[] = rule.resourceNames?.length ? rule.resourceNames : [undefined]
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) =>
        names.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name !== undefined && { resourceNames: [name] }),
        })),
      ),
    ),
  )
  return [
    ...resources,
    ...(rule.nonResourceURLs ?? []).flatMap((url) => rule.verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] }))),
  ]
}

function covers(rule: PolicyRule, right: PolicyRule): boolean {
  const all = (held: readonly string[] | undefined, wanted: readonly string[] | undefined) =>
    (wanted ?? []).every((one) => held?.includes('*') === true || held?.includes(one) === true)
  if (!all(rule.verbs, right.verbs)) return false
  const url = right.nonResourceURLs?.[0]
  if (url !== undefined)
    return (rule.nonResourceURLs ?? []).some((one) => one === '*' || one === url || (one.endsWith('*') && url.startsWith(one.slice(0, -1))))
  const resource = right.resources?.[0] ?? ''
  const named =
    all(rule.resources, right.resources) || (resource.includes('/') && rule.resources?.includes(`*/${resource.split('/')[1]}`) === true)
  const names =
    !rule.resourceNames?.length ||
    (right.resourceNames?.length ? right.resourceNames.every((name) => rule.resourceNames?.includes(name)) : false)
  return named && names && all(rule.apiGroups, right.apiGroups)
}

/** One line for all verbs on the same resource. */
function compact(rights: readonly PolicyRule[]): readonly PolicyRule[] {
  const rules = new Map<string, PolicyRule>()
  for (const right of rights) {
    const { verbs, ...rest } = right
    // Paths stay as they are.
    const key = right.nonResourceURLs ? JSON.stringify(right) : JSON.stringify(rest)
    const found = rules.get(key)
    rules.set(key, found ? { ...found, verbs: [...found.verbs, ...verbs.filter((verb) => !found.verbs.includes(verb))] } : right)
  }
  return [...rules.values()]
}

/** As Go's `%q` writes a list of strings. */
const quoted = (list: readonly string[]) => `[${list.map((item) => JSON.stringify(item)).join(' ')}]`

function written(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const
  return `{${parts.flatMap(([name, list]) => (list?.length ? [`${name}:${quoted(list)}`] : [])).join(', ')}}`
}
