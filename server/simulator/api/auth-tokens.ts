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
    const claims: Claims = {
      'aud': audiences.length > 0 ? audiences : [API_AUDIENCE],
      'exp': now + seconds,
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
      },
      'nbf': now,
      'sub': `system:serviceaccount:${namespace}:${account.name}`,
    }
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims as unknown as JsonObject)}`
    return `${text}.${this.#around.platform.sign(text)}`
  }

  /** Who bears the token; undefined when it is not ours, not for any of these audiences, or no longer good. */
  bearer(
    token: string,
    audiences: readonly string[] = [API_AUDIENCE],
  ): { readonly user: User; readonly audiences: readonly string[] } | undefined {
    const claims = this.#claims(token)
    if (!claims || claims.exp * 1000 < this.#around.platform.clock.now()) return undefined
    const shared = claims.aud.filter((audience) => audiences.includes(audience))
    const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io']
    const account = this.#around.get('ServiceAccount', namespace, serviceaccount.name)
    if (shared.length === 0 || account?.metadata.uid !== serviceaccount.uid) return undefined
    if (pod && this.#around.get('Pod', namespace, pod.name)?.metadata.uid !== pod.uid) return undefined
    if (secret && this.#around.get('Secret', namespace, secret.name)?.metadata.uid !== secret.uid) return undefined
    if (node && !pod && this.#around.get('Node', undefined, node.name)?.metadata.uid !== node.uid) return undefined
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

  #claims(token: string): Claims | undefined {
    const at = token.lastIndexOf('.')
    const text = token.slice(0, at)
    if (at < 0 || token.slice(at + 1) !== this.#around.platform.sign(text)) return undefined
    // Signed by us: it is what `issue` wrote.
    return JSON.parse(decode(text.split('.')[1] ?? '')) as Claims
  }

  #identifier(): string {
    const hex = this.#around.platform.sha256(String(this.#around.platform.random()))
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }
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
