import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../kernel/clock.ts'
import { Auth } from './auth.ts'
import { createOperations } from './create-api.ts'
import type { ApiData } from './create-api.ts'
import type { Operations } from './operations.ts'
import type { ApiRequest } from './http.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../manifests/simulator/${name}.json`, import.meta.url), 'utf8'))
const data = { schemas: read('schemas'), discovery: read('discovery') } as ApiData
const clock = new ManualClock(Date.UTC(2026, 0, 1))

let operations: Operations
let auth: Auth
beforeEach(() => {
  operations = createOperations(data, {
    clock,
    random: Math.random,
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    sign: (text) => createHash('sha256').update(`key${text}`).digest('base64url'),
    report: (error) => {
      throw error
    },
  })
  auth = new Auth(operations)
  operations.create(operations.registry.ofKind('Namespace'), undefined, { metadata: { name: 'default' } })
})

describe('a service account’s token', () => {
  it('names its bearer until it expires', async () => {
    const uid = make('ServiceAccount', 'robot').metadata.uid ?? ''
    const token = auth.issue('default', 'robot', uid, 600)
    expect(auth.authenticate(request({ authorization: `Bearer ${token}` }))).toMatchObject({
      name: 'system:serviceaccount:default:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      uid,
    })
    await clock.advance(601_000)
    expect(() => auth.authenticate(request({ authorization: `Bearer ${token}` }))).toThrow('Unauthorized')
  })

  it('is worth nothing for another audience, changed, or without what it is bound to', () => {
    const uid = make('ServiceAccount', 'robot').metadata.uid ?? ''
    const secret = make('Secret', 's').metadata.uid ?? ''
    const bound = auth.issue('default', 'robot', uid, 600, { bound: { kind: 'Secret', name: 's', uid: secret } })
    expect(auth.bearer(bound)).toMatchObject({ audiences: ['https://kubernetes.default.svc.cluster.local'] })
    operations.delete(operations.registry.ofKind('Secret'), 'default', 's')
    expect(auth.bearer(bound)).toEqual({ refused: '[invalid bearer token, service account token has been invalidated]' })
    expect(auth.bearer(auth.issue('default', 'robot', uid, 600, { audiences: ['vault'] }))).toEqual({
      refused:
        '[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["https://kubernetes.default.svc.cluster.local"]]',
    })
    expect(auth.bearer(auth.issue('default', 'robot', uid, 600).slice(0, -1))).toEqual({
      refused: '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]',
    })
    expect(auth.bearer('nonsense')).toEqual({ refused: 'invalid bearer token' })
  })
})

describe('a client certificate', () => {
  it('that the cluster has issued names a user and its groups', () => {
    const client = { commonName: 'jane', organizations: ['dev'], fingerprint: 'ab' }
    expect(() => auth.authenticate({ ...request({}), client })).toThrow('Unauthorized')
    auth.trust('ab')
    expect(auth.authenticate({ ...request({}), client })).toMatchObject({ name: 'jane', groups: ['dev', 'system:authenticated'] })
  })
})

describe('impersonation', () => {
  it('takes the groups that are named instead of a service account’s own', () => {
    const headers = { 'impersonate-user': 'system:serviceaccount:a:b', 'impersonate-group': 'x, y', 'impersonate-extra-why': 'test' }
    expect(auth.authenticate(request({ authorization: `Bearer ${auth.adminToken}`, ...headers }))).toEqual({
      name: 'system:serviceaccount:a:b',
      groups: ['x', 'y', 'system:authenticated'],
      extra: { why: ['test'] },
    })
  })

  it('is for those who may', () => {
    expect(() => auth.authenticate(request({ 'impersonate-user': 'jane' }))).toThrow(
      'users "jane" is forbidden: User "system:anonymous" cannot impersonate resource "users" in API group "" at the cluster scope',
    )
  })
})

describe('roles', () => {
  const jane = { name: 'jane', groups: ['system:authenticated'] }
  const ask = { verb: 'get', group: '', resource: 'pods', namespace: 'default', name: 'a' }

  it('say through what somebody is allowed', () => {
    role('reader', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }])
    bind('reads', 'reader')
    expect(auth.decide(jane, ask)).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "reads/default" of Role "reader" to User "jane"',
    })
    expect(auth.decide(jane, { ...ask, namespace: 'other' })).toEqual({ allowed: false, reason: '' })
  })

  it('may be about some names only', () => {
    role('reader', [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'], resourceNames: ['a'] }])
    bind('reads', 'reader')
    expect([
      auth.decide(jane, ask).allowed,
      auth.decide(jane, { ...ask, name: 'b' }).allowed,
      auth.decide(jane, { ...ask, name: undefined }).allowed,
    ]).toEqual([true, false, false])
  })

  it('that are missing are named in the refusal', () => {
    bind('dangling', 'missing')
    expect(auth.decide(jane, ask)).toEqual({ allowed: false, reason: 'RBAC: role.rbac.authorization.k8s.io "missing" not found' })
  })

  it('cannot be used to grant what one does not have', () => {
    role('writer', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }])
    bind('writes', 'writer')
    const wanted = role('more', [{ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list'] }])
    expect(() => auth.checkEscalation(jane, operations.registry.ofKind('Role'), wanted, undefined)).toThrow(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    )
  })
})

function make(kind: string, name: string, rest: JsonObject = {}): StoredObject {
  return operations.create(operations.registry.ofKind(kind), 'default', { metadata: { name }, ...rest })
}

function role(name: string, rules: readonly JsonObject[]): StoredObject {
  return make('Role', name, { rules })
}

function bind(name: string, to: string): void {
  make('RoleBinding', name, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: to },
    subjects: [{ kind: 'User', name: 'jane' }],
  })
}

function request(headers: ApiRequest['headers']): ApiRequest {
  return { method: 'GET', path: '/api/v1/pods', query: new URLSearchParams(), headers }
}
