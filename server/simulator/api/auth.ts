import { ApiError } from './door.ts'
import { accountGroups, Tokens } from './auth-tokens.ts'
import { checkEscalation } from './auth-escalation.ts'
import { forbidden } from './errors.ts'
import { isMaster, Rbac } from './auth-rbac.ts'
import type { Surroundings } from '../resources/behaviour.ts'
import type { StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { Decision, PathAsk, PolicyRule, ResourceAsk } from './auth-rbac.ts'
import type { Bearer, TokenOptions } from './auth-tokens.ts'
import type { Call, User } from './call.ts'
import type { ApiRequest } from './http.ts'

const ADMIN: User = { name: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:masters', 'system:authenticated'] }
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
/** What `system:public-info-viewer` lets everybody see. */
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/']
const EXTRA_HEADER = 'impersonate-extra-'

/** Who asks, and what they may do. */
export class Auth {
  readonly adminToken: string
  readonly #tokens: Tokens
  /** Certificates that this cluster has issued: one authority may sign for several clusters. */
  readonly #trusted = new Set<string>()
  readonly #rbac: Rbac

  constructor(around: Surroundings) {
    this.adminToken = around.platform.sign('kubernetes-admin')
    this.#tokens = new Tokens(around)
    this.#rbac = new Rbac(around)
  }

  /** @throws ApiError 401 for a token or certificate that is not ours */
  authenticate(request: ApiRequest): User {
    return this.#impersonated(request, this.#requestor(request))
  }

  /** Lets in who shows the certificate. @param fingerprint SHA-256, as hex */
  trust(fingerprint: string): void {
    this.#trusted.add(fingerprint)
  }

  /** A signed token for a service account. @param seconds how long it is good for */
  issue(namespace: string, name: string, uid: string, seconds: number, options: TokenOptions = {}): string {
    return this.#tokens.issue(namespace, { name, uid }, seconds, options)
  }

  /** Whose token it is, and for which of the audiences; or why it is not good. */
  bearer(token: string, audiences?: readonly string[]): Bearer | { readonly refused: string } {
    if (token === this.adminToken) return { user: ADMIN, audiences: audiences ?? [] }
    return this.#tokens.bearer(token, audiences)
  }

  /** @throws ApiError Forbidden, in the real server's words */
  authorizePath(user: User, method: string, path: string): void {
    if (PUBLIC_PATHS.includes(path)) return
    const verb = method.toLowerCase()
    const { allowed, reason } = this.decide(user, { verb, path })
    if (!allowed)
      throw new ApiError(
        403,
        'Forbidden',
        `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}${reason && `: ${reason}`}`,
        {},
      )
  }

  /** @throws ApiError Forbidden */
  authorize(
    call: Pick<Call, 'user' | 'resource' | 'namespace' | 'name' | 'subresource'> & Partial<Pick<Call, 'request'>>,
    verb: string,
  ): void {
    const { resource, subresource } = call
    const what = subresource === undefined ? resource.resource : `${resource.resource}/${subresource}`
    // A namespace is in itself, so that roles in it may be about it.
    const namespace = resource.table === 'v1/namespaces' ? call.name : call.namespace
    this.#demand(call.user, resource, {
      verb,
      group: resource.group,
      resource: what,
      namespace,
      name: call.name ?? selectedName(call.request),
    })
  }

  decide(user: User, ask: ResourceAsk | PathAsk): Decision {
    return this.#rbac.decide(user, ask)
  }

  rulesOf(user: User, namespace: string): readonly PolicyRule[] {
    return this.#rbac.rulesOf(user, namespace)
  }

  /** @throws ApiError Forbidden when storing the object would grant what the user does not have */
  checkEscalation(user: User, resource: Resource, object: StoredObject, old: StoredObject | undefined): void {
    checkEscalation(this.#rbac, user, resource, object, old)
  }

  #demand(user: User, of: { readonly group: string; readonly resource: string; readonly kind: string }, ask: ResourceAsk): void {
    const { allowed, reason } = this.decide(user, ask)
    if (allowed) return
    const where = ask.namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(ask.namespace)}`
    const why = `User ${JSON.stringify(user.name)} cannot ${ask.verb} resource ${JSON.stringify(ask.resource)} in API group ${JSON.stringify(ask.group)} ${where}`
    throw forbidden(of, ask.name ?? '', reason ? `${why}: ${reason}` : why)
  }

  #requestor(request: ApiRequest): User {
    if (request.client && this.#trusted.has(request.client.fingerprint)) return ofCertificate(request.client)
    const header = request.headers['authorization']
    if (header === undefined && !request.client) return ANONYMOUS
    const found = this.bearer(/^bearer\s+(\S+)$/i.exec(header ?? '')?.[1] ?? '')
    if ('refused' in found) throw new ApiError(401, 'Unauthorized', 'Unauthorized')
    return found.user
  }

  /** @see https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
  #impersonated(request: ApiRequest, user: User): User {
    const { headers } = request
    const name = headers['impersonate-user']
    const groups = valuesOf(headers['impersonate-group'])
    const extras = Object.entries(headers).flatMap(([header, value]): [string, readonly string[]][] =>
      header.startsWith(EXTRA_HEADER) ? [[decodeKey(header.slice(EXTRA_HEADER.length)), valuesOf(value)]] : [],
    )
    const uid = headers['impersonate-uid']
    if (!name) {
      if (groups.length === 0 && extras.length === 0 && !uid) return user
      throw new ApiError(
        500,
        'InternalError',
        `Internal Server Error: ${JSON.stringify(request.path)}: requested ${JSON.stringify([...groups, ...extras.map(([key]) => key)])} without impersonating a user`,
        {},
      )
    }
    if (!isMaster(user)) this.#demandImpersonation(user, name, groups, extras, uid)
    const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name)?.[1]
    const own = groups.length === 0 && account !== undefined ? [...accountGroups(account)] : groups
    const basic = name === ANONYMOUS.name ? 'system:unauthenticated' : 'system:authenticated'
    const known = own.includes('system:authenticated') || own.includes('system:unauthenticated')
    return {
      name,
      groups: known ? own : [...own, basic],
      ...(uid && { uid }),
      ...(extras.length > 0 && { extra: Object.fromEntries(extras) }),
    }
  }

  #demandImpersonation(
    user: User,
    name: string,
    groups: readonly string[],
    extras: readonly [string, readonly string[]][],
    uid: string | undefined,
  ): void {
    const demand = (group: string, resource: string, object: string, namespace?: string) =>
      this.#demand(
        user,
        { group, resource: resource.split('/')[0] ?? '', kind: '' },
        { verb: 'impersonate', group, resource, namespace, name: object },
      )
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name)
    if (account) demand('', 'serviceaccounts', account[2] ?? '', account[1])
    else demand('', 'users', name)
    for (const group of groups) demand('', 'groups', group)
    for (const [key, values] of extras) for (const value of values) demand('authentication.k8s.io', `userextras/${key}`, value)
    if (uid) demand('authentication.k8s.io', 'uids', uid)
  }
}

/** @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates */
function ofCertificate({ commonName, organizations, fingerprint }: NonNullable<ApiRequest['client']>): User {
  return {
    name: commonName,
    groups: [...organizations, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  }
}

/** A header that may be there several times arrives as one, with commas. */
function valuesOf(header: string | undefined): string[] {
  return header === undefined || header === '' ? [] : header.split(',').map((value) => value.trim())
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** `list` with a field selector for one name is about that one. */
function selectedName(request: ApiRequest | undefined): string | undefined {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(request?.query.get('fieldSelector') ?? '')?.[1]
}
