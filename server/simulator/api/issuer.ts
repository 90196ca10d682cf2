import type { Surroundings } from '../resources/behaviour.ts'
import type { JsonObject } from '../resources/object.ts'
import { API_AUDIENCE } from './auth-tokens.ts'
import type { ApiRequest, ApiResponse } from './http.ts'

/**
 * Who issues service accounts' tokens, and the keys that others check them with.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
 */
export function issuer({ path }: ApiRequest, around: Surroundings): ApiResponse | undefined {
  switch (path.replace(/\/$/, '')) {
    case '/.well-known/openid-configuration':
      return cached('application/json', {
        issuer: API_AUDIENCE,
        jwks_uri: `https://${apiAddress(around)}/openid/v1/jwks`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      })
    case '/openid/v1/jwks': {
      const { tokenKey } = around.platform
      const keys = tokenKey ? [{ use: 'sig', kty: 'RSA', kid: tokenKey.id(), alg: 'RS256', ...tokenKey.published() }] : []
      return cached('application/jwk-set+json', { keys })
    }
    default:
      return undefined
  }
}

function cached(type: string, body: JsonObject): ApiResponse {
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'public, max-age=3600' }, body: JSON.stringify(body) }
}

/** Where the API is, as its own endpoints have it. */
function apiAddress(around: Surroundings): string {
  const subset = around.get('Endpoints', 'default', 'kubernetes')?.subsets?.[0]
  return `${subset?.addresses?.[0]?.ip ?? 'kubernetes.default.svc'}:${subset?.ports?.[0]?.port ?? 443}`
}
