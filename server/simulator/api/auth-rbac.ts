import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../resources/kinds.ts'
import type { Surroundings } from '../resources/behaviour.ts'
import type { User } from './call.ts'

/** Role-based access control. @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */

export type PolicyRule = NonNullable<Role['rules']>[number]
type Subject = NonNullable<RoleBinding['subjects']>[number]
type Reference = RoleBinding['roleRef']

/** What somebody would do to an object, or to a path. */
export interface ResourceAsk {
  readonly verb: string
  readonly group: string
  /** With its subresource: `pods/log`. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}
export interface PathAsk {
  readonly verb: string
  readonly path: string
}

export interface Decision {
  readonly allowed: boolean
  /** Empty when there is nothing to say. */
  readonly reason: string
}

/** A rule that applies to somebody, and through what. */
interface Grant {
  readonly rule: PolicyRule
  /** Said of what is allowed. */
  readonly by: string
}

/** Members may do everything, whatever roles say. */
const MASTERS = 'system:masters'

export class Rbac {
  readonly #around: Surroundings

  constructor(around: Surroundings) {
    this.#around = around
  }

  decide(user: User, ask: ResourceAsk | PathAsk): Decision {
    if (isMaster(user)) return { allowed: true, reason: '' }
    const errors: string[] = []
    const namespace = 'path' in ask ? undefined : ask.namespace
    const grant = this.#grants(user, namespace, errors).find(({ rule }) =>
      'path' in ask ? coversPath(rule, ask) : coversResource(rule, ask),
    )
    if (grant) return { allowed: true, reason: `RBAC: allowed by ${grant.by}` }
    return { allowed: false, reason: errors.length === 0 ? '' : `RBAC: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}` }
  }

  /** All rules that apply to the user: cluster-wide, and in the namespace. */
  rulesOf(user: User, namespace: string | undefined): readonly PolicyRule[] {
    return this.#grants(user, namespace, []).map(({ rule }) => rule)
  }

  /** The rules that a binding in the namespace would grant; undefined when there is no such role. */
  rulesOfRole(reference: Reference, namespace: string | undefined): readonly PolicyRule[] | undefined {
    const role: Role | ClusterRole | undefined =
      reference.kind === 'ClusterRole'
        ? this.#around.get('ClusterRole', undefined, reference.name)
        : this.#around.get('Role', namespace, reference.name)
    return role && (role.rules ?? [])
  }

  #grants(user: User, namespace: string | undefined, errors: string[]): readonly Grant[] {
    const cluster = this.#around.list('ClusterRoleBinding').flatMap((binding) => this.#granted(user, binding, undefined, errors))
    if (namespace === undefined) return cluster
    return [
      ...cluster,
      ...this.#around.list('RoleBinding', namespace).flatMap((binding) => this.#granted(user, binding, namespace, errors)),
    ]
  }

  #granted(user: User, binding: RoleBinding | ClusterRoleBinding, namespace: string | undefined, errors: string[]): readonly Grant[] {
    const subject = binding.subjects?.find((one) => isSubject(one, user, namespace ?? ''))
    if (!subject) return []
    const { kind, name } = binding.roleRef
    const rules = this.rulesOfRole(binding.roleRef, namespace)
    if (!rules) errors.push(`${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`)
    const what = `${binding.metadata.name ?? ''}${namespace === undefined ? '' : `/${namespace}`}`
    const whom = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace ?? ''}` : subject.name
    const by = `${namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding'} ${JSON.stringify(what)} of ${kind} ${JSON.stringify(name)} to ${subject.kind} ${JSON.stringify(whom)}`
    return (rules ?? []).map((rule) => ({ rule, by }))
  }
}

export function isMaster(user: User): boolean {
  return user.groups.includes(MASTERS)
}

const has = (list: readonly string[] | undefined, value: string) => list?.includes('*') === true || list?.includes(value) === true

function coversResource(rule: PolicyRule, ask: ResourceAsk): boolean {
  if (!has(rule.verbs, ask.verb) || !has(rule.apiGroups, ask.group)) return false
  const [, subresource] = ask.resource.split('/', 2)
  const named = has(rule.resources, ask.resource) || (subresource !== undefined && rule.resources?.includes(`*/${subresource}`) === true)
  return named && (!rule.resourceNames?.length || rule.resourceNames.includes(ask.name ?? ''))
}

function coversPath(rule: PolicyRule, { verb, path }: PathAsk): boolean {
  return (
    has(rule.verbs, verb) &&
    (rule.nonResourceURLs ?? []).some((url) => url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))))
  )
}

function isSubject(subject: Subject, user: User, namespace: string): boolean {
  if (subject.kind === 'Group') return user.groups.includes(subject.name)
  if (subject.kind === 'User') return subject.name === user.name
  return user.name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
}
