import type { Surroundings } from '../resources/behaviour.ts'
import type { JsonObject } from '../resources/object.ts'
import type { User } from './call.ts'

/** Whom tokens are for unless they say otherwise: the API server itself, which also issues them. */
export const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

/** What a token is tied to: it is worth nothing once that is gone. */
export interface Bound {
  readonly kind: 'Pod' | 'Secret' | 'Node'
  readonly name: string
  readonly uid: string
}

export interface TokenOptions {
  readonly audiences?: readonly string[] | undefined
  readonly bound?: Bound | undefined
  /** The node of the pod it is bound to. */
  readonly node?: { readonly name: string; readonly uid: string } | undefined
}

export interface Bearer {
  readonly user: User
  /** Those of the asked ones that the token is for. */
  readonly audiences: readonly string[]
}

/** What the kubelet asks for: such a token lives for a year, and its use after this time is counted. Source: pkg/serviceaccount/claims.go */
const KUBELET_SECONDS = 3607
const YEAR_SECONDS = 365 * 24 * 3600

interface Reference {
  readonly name: string
  readonly uid: string
}

interface Claims {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly iss: string
  readonly jti: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: Reference
    readonly node?: Reference
    readonly pod?: Reference
    readonly secret?: Reference
    readonly warnafter?: number
  }
  readonly nbf: number
  readonly sub: string
}

/** Service accounts' tokens: JSON web tokens with Kubernetes' claims. @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens */
export class Tokens {
  readonly #around: Surroundings

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** @param seconds how long it is good for */
  issue(namespace: string, account: Reference, seconds: number, { audiences = [], bound, node }: TokenOptions): string {
    const now = Math.floor(this.#around.platform.clock.now() / 1000)
    const reference = bound && { name: bound.name, uid: bound.uid }
    const wanted = audiences.length > 0 ? audiences : [API_AUDIENCE]
    const extended = bound?.kind === 'Pod' && seconds === KUBELET_SECONDS && wanted.every((audience) => audience === API_AUDIENCE)
    const claims: Claims = {
      'aud': wanted,
      'exp': now + (extended ? YEAR_SECONDS : seconds),
      'iat': now,
      'iss': API_AUDIENCE,
      'jti': this.#identifier(),
      'kubernetes.io': {
        namespace,
        ...(bound?.kind === 'Node' && reference && { node: reference }),
        ...(node && bound?.kind === 'Pod' && { node }),
        ...(bound?.kind === 'Pod' && reference && { pod: reference }),
        ...(bound?.kind === 'Secret' && reference && { secret: reference }),
        serviceaccount: account,
        ...(extended && { warnafter: now + seconds }),
      },
      'nbf': now,
      'sub': `system:serviceaccount:${namespace}:${account.name}`,
    }
    const { tokenKey, sign } = this.#around.platform
    const header = tokenKey ? { alg: 'RS256', kid: tokenKey.id() } : { alg: 'HS256' }
    const text = `${encode(header)}.${encode(claims as unknown as JsonObject)}`
    return `${text}.${(tokenKey?.sign ?? sign)(text)}`
  }

  /** Who bears the token; or why it is not good, in the real server's words. */
  bearer(token: string, audiences: readonly string[] = [API_AUDIENCE]): Bearer | { readonly refused: string } {
    const claims = this.#claims(token)
    if (typeof claims === 'string') return { refused: claims }
    const refused = this.#refusal(claims)
    if (refused !== undefined) return { refused: `[invalid bearer token, ${refused}]` }
    const shared = claims.aud.filter((audience) => audiences.includes(audience))
    if (shared.length === 0)
      return {
        refused: `[invalid bearer token, token audiences ${list(claims.aud)} is invalid for the target audiences ${list(audiences)}]`,
      }
    const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
    const extra = {
      'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
      ...(node && { 'authentication.kubernetes.io/node-name': [node.name], 'authentication.kubernetes.io/node-uid': [node.uid] }),
      ...(pod && { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] }),
    }
    return {
      user: { name: claims.sub, groups: [...accountGroups(namespace), 'system:authenticated'], uid: serviceaccount.uid, extra },
      audiences: shared,
    }
  }

  /** Source: kubernetes pkg/serviceaccount/claims.go, Validate */
  #refusal(claims: Claims): string | undefined {
    const now = this.#around.platform.clock.now()
    if (now < claims.nbf * 1000) return 'service account token is not valid yet'
    if (claims.exp * 1000 < now) return 'service account token has expired'
    const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io']
    const account = this.#around.get('ServiceAccount', namespace, serviceaccount.name)
    if (!account) return `serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`
    if (account.metadata.uid !== serviceaccount.uid)
      return `service account UID (${account.metadata.uid ?? ''}) does not match claim (${serviceaccount.uid})`
    const gone = (kind: Bound['kind'], reference: Reference | undefined): string | undefined => {
      if (!reference) return undefined
      const found = this.#around.get(kind, kind === 'Node' ? undefined : namespace, reference.name)
      if (!found) return 'service account token has been invalidated'
      if (found.metadata.uid === reference.uid) return undefined
      return `${kind.toLowerCase()} UID (${found.metadata.uid ?? ''}) does not match service account ${kind.toLowerCase()} ref claim (${reference.uid})`
    }
    return gone('Secret', secret) ?? gone('Pod', pod) ?? (pod ? undefined : gone('Node', node))
  }

  /** What the token says; or why nobody believes it. */
  #claims(token: string): Claims | string {
    const [header, payload, signature, ...more] = token.split('.')
    if (!header || !payload || !signature || more.length > 0) return 'invalid bearer token'
    const { tokenKey, sign } = this.#around.platform
    const text = `${header}.${payload}`
    const signed = tokenKey ? tokenKey.verify(text, signature) : signature === sign(text)
    if (!signed) return '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]'
    // Signed by us: it is what `issue` wrote, here or in a cluster that shares the key.
    const claims = JSON.parse(decode(payload)) as Claims
    if (claims.jti !== this.#marked(claims.jti.slice(0, 18)))
      return '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]'
    return claims
  }

  #identifier(): string {
    const hex = this.#around.platform.sha256(String(this.#around.platform.random()))
    return this.#marked(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}`)
  }

  /** A UUID whose second half only this cluster can have written, since the key that signs tokens may be others' too. */
  #marked(half: string): string {
    const { sha256, sign } = this.#around.platform
    const mark = sha256(sign(half))
    return `${half}-a${mark.slice(1, 4)}-${mark.slice(4, 16)}`
  }
}

function list(audiences: readonly string[]): string {
  return `[${audiences.map((audience) => JSON.stringify(audience)).join(' ')}]`
}

export function accountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

function encode(value: JsonObject): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(JSON.stringify(value))))
    .replaceAll('=', '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}

function decode(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.codePointAt(0) ?? 0))
}
