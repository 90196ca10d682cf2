import { createPublicKey, verify } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import type { ForkableCluster } from '../../simulator/cluster.ts'
import { loadClusterMaker } from './load-data.ts'
import { newTokenKey, tokenKeyOf } from './token-key.ts'

const made: ForkableCluster[] = []
afterAll(() => made.forEach((cluster) => cluster.close()))

describe('service accounts’ tokens', () => {
  it('are checked by others with the keys that their issuer publishes', async () => {
    const { cluster } = await pair()
    const { jwks_uri: where } = await read(cluster, '/.well-known/openid-configuration')
    expect(where).toBe('https://10.0.0.10:6443/openid/v1/jwks')
    const { keys } = await read(cluster, '/openid/v1/jwks')
    const token = await tokenOf(cluster)
    const [header = '', payload = '', signature = ''] = token.split('.')
    const { alg, kid } = part(header)
    const key = (keys as (JsonWebKey & { kid: string })[]).find((one) => one.kid === kid)
    if (!key) throw new Error(`no key ${String(kid)}`)
    expect(alg).toBe('RS256')
    const open = createPublicKey({ key, format: 'jwk' })
    expect(verify('sha256', Buffer.from(`${header}.${payload}`), open, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(part(payload)).toMatchObject({
      sub: 'system:serviceaccount:default:default',
      iss: 'https://kubernetes.default.svc.cluster.local',
    })
  })

  it('are good in the cluster that issued them, and in no other that shares its key', async () => {
    const { cluster, other } = await pair()
    const token = await tokenOf(cluster)
    expect(await review(cluster, token)).toMatchObject({ authenticated: true, user: { username: 'system:serviceaccount:default:default' } })
    expect(await review(other, token)).toEqual({
      user: {},
      error: '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]',
    })
  })

  it('stay good when the key is read again', () => {
    const pem = newTokenKey()
    const [before, after] = [tokenKeyOf(() => pem), tokenKeyOf(() => pem)]
    expect(after.id()).toBe(before.id())
    expect(after.verify('text', before.sign('text'))).toBe(true)
    expect(after.verify('other text', before.sign('text'))).toBe(false)
  })
})

async function pair(): Promise<{ readonly cluster: ForkableCluster; readonly other: ForkableCluster }> {
  const make = await loadClusterMaker((error) => {
    throw error
  })
  const options = { nodes: ['node-00'], certificateAuthority: 'CA', endpoint: { host: '127.0.0.1', port: 6443 } }
  const [cluster, other] = [await make(options), await make(options)]
  made.push(cluster, other)
  return { cluster, other }
}

async function read(cluster: ForkableCluster, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { 'authorization': `Bearer ${cluster.adminToken}`, 'content-type': 'application/json' }
  const sent = body && { body: new TextEncoder().encode(JSON.stringify(body)) }
  const answer = await cluster.handle({ method: body ? 'POST' : 'GET', path, query: new URLSearchParams(), headers, ...sent })
  return JSON.parse(String(answer.body)) as Record<string, unknown>
}

async function tokenOf(cluster: ForkableCluster): Promise<string> {
  const { status } = await read(cluster, '/api/v1/namespaces/default/serviceaccounts/default/token', { spec: {} })
  return (status as { token: string }).token
}

async function review(cluster: ForkableCluster, token: string): Promise<unknown> {
  return (await read(cluster, '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } }))['status']
}

function part(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>
}
