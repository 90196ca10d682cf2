import { ApiError } from './door.ts'
import { forbidden } from './errors.ts'
import type { ClusterRole, Role, RoleBinding } from '../resources/kinds.ts'
import type { Surroundings } from '../resources/behaviour.ts'
import type { Call, User } from './call.ts'
import type { ApiRequest } from './http.ts'

type PolicyRule = NonNullable<Role['rules']>[number]
type Subject = NonNullable<RoleBinding['subjects']>[number]

export const ADMIN: User = { name: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:masters', 'system:authenticated'] }
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
/** What `system:public-info-viewer` lets everybody see. */
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/']

interface Claims {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly expires: number
}

/** Tokens, and what their bearers may do. */
export class Auth {
  readonly adminToken: string
  readonly #around: Surroundings

  constructor(around: Surroundings) {
    this.#around = around
    this.adminToken = this.#around.platform.sign('kubernetes-admin')
  }

  /** @throws ApiError 401 for a token that is not ours */
  authenticate(request: ApiRequest): User {
    const header = request.headers['authorization']
    const user = header === undefined ? ANONYMOUS : this.#ofToken(/^bearer\s+(\S+)$/i.exec(header)?.[1] ?? '')
    if (!user) throw new ApiError(401, 'Unauthorized', 'Unauthorized')
    const impersonated = request.headers['impersonate-user']
    if (impersonated === undefined) return user
    if (!isAdmin(user)) throw forbidden({ group: '', resource: 'users', kind: 'User' }, impersonated, `User ${JSON.stringify(user.name)} cannot impersonate resource "users" in API group "" at the cluster scope`)
    const groups = request.headers['impersonate-group']?.split(',').map((group) => group.trim()) ?? []
    const account = /^system:serviceaccount:([^:]+):/.exec(impersonated)?.[1]
    const implied = account === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account}`]
    return { name: impersonated, groups: [...groups, ...implied, 'system:authenticated'] }
  }

  /** A signed token for a service account. @param seconds how long it is good for */
  issue(namespace: string, name: string, uid: string, seconds: number): string {
    const claims: Claims = { namespace, name, uid, expires: this.#around.platform.clock.now() + seconds * 1000 }
    const body = btoa(JSON.stringify(claims)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
    return `deckhand.${body}.${this.#around.platform.sign(body)}`
  }

  /** @throws ApiError Forbidden, in the real server's words */
  authorizePath(user: User, method: string, path: string): void {
    if (isAdmin(user) || PUBLIC_PATHS.includes(path)) return
    const verb = method.toLowerCase()
    const allowed = this.#rules(user, undefined).some((rule) => has(rule.verbs, verb) && (rule.nonResourceURLs ?? []).some((url) => url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))))
    if (!allowed) throw new ApiError(403, 'Forbidden', `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`, {})
  }

  /** @throws ApiError Forbidden */
  authorize(call: Pick<Call, 'user' | 'resource' | 'namespace' | 'name' | 'subresource'>, verb: string): void {
    const { user, resource, namespace, name, subresource } = call
    const what = subresource === undefined ? resource.resource : `${resource.resource}/${subresource}`
    if (this.may(user, { verb, group: resource.group, resource: what, namespace, name })) return
    const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
    throw forbidden(resource, name ?? '', `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(resource.group)} ${where}`)
  }

  may(user: User, ask: { readonly verb: string; readonly group: string; readonly resource: string; readonly namespace: string | undefined; readonly name: string | undefined }): boolean {
    if (isAdmin(user)) return true
    return this.#rules(user, ask.namespace).some(
      (rule) =>
        has(rule.verbs, ask.verb) &&
        has(rule.apiGroups ?? [], ask.group) &&
        (has(rule.resources ?? [], ask.resource) || has(rule.resources ?? [], `*/${ask.resource.split('/')[1] ?? ''}`)) &&
        (!rule.resourceNames?.length || (ask.name !== undefined && rule.resourceNames.includes(ask.name))),
    )
  }

  /** All rules that apply to the user: cluster-wide, and in the namespace. */
  #rules(user: User, namespace: string | undefined): readonly PolicyRule[] {
    const cluster = this.#around
      .list('ClusterRoleBinding')
      .filter((binding) => binding.subjects?.some((subject) => matches(subject, user, '')))
      .flatMap((binding) => this.#clusterRole(binding.roleRef.name)?.rules ?? [])
    if (namespace === undefined) return cluster
    const local = this.#around
      .list('RoleBinding', namespace)
      .filter((binding) => binding.subjects?.some((subject) => matches(subject, user, namespace)))
      .flatMap(({ roleRef }) => (roleRef.kind === 'ClusterRole' ? this.#clusterRole(roleRef.name) : this.#around.get('Role', namespace, roleRef.name))?.rules ?? [])
    return [...cluster, ...local]
  }

  #clusterRole(name: string): ClusterRole | undefined {
    return this.#around.get('ClusterRole', undefined, name)
  }

  #ofToken(token: string): User | undefined {
    if (token === this.adminToken) return ADMIN
    const [prefix, body, signature] = token.split('.')
    if (prefix !== 'deckhand' || body === undefined || signature !== this.#around.platform.sign(body)) return undefined
    const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as Claims
    const account = this.#around.get('ServiceAccount', claims.namespace, claims.name)
    if (claims.expires < this.#around.platform.clock.now() || account?.metadata.uid !== claims.uid) return undefined
    return { name: `system:serviceaccount:${claims.namespace}:${claims.name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${claims.namespace}`, 'system:authenticated'], uid: claims.uid }
  }
}

function isAdmin(user: User): boolean {
  return user.groups.includes('system:masters')
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}

function matches(subject: Subject, user: User, namespace: string): boolean {
  if (subject.kind === 'Group') return user.groups.includes(subject.name)
  if (subject.kind === 'User') return subject.name === user.name
  return user.name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
}
