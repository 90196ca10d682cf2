import { beforeEach, describe, expect, it } from 'vitest'
import { TestServer } from './server.test-support.ts'

let server: TestServer
beforeEach(() => {
  server = new TestServer()
  const template = { metadata: { labels: { a: 'd' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
  const spec = { selector: { matchLabels: { a: 'd' } }, template }
  server.send('POST', '/apis/apps/v1/namespaces/default/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec,
  })
})

const path = '/apis/apps/v1/namespaces/default/deployments/d'

describe('a patch', () => {
  it('whose result is no such object is refused, with that result', () => {
    const { status, body } = server.patch(path, 'merge', { spec: { replicas: 'two' } })
    expect([status, body['details']]).toMatchObject([422, { causes: [{ reason: 'FieldValueInvalid', field: 'patch' }] }])
    expect(body['message']).toMatch(
      /^ "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32$/,
    )
  })

  it('with a field that nobody knows is refused when strict, and warned of otherwise', () => {
    for (const [type, body] of [
      ['merge', { spec: { colour: 'red' } }],
      ['strategic-merge', { spec: { colour: 'red' } }],
      ['json', [{ op: 'add', path: '/spec/colour', value: 'red' }]],
    ] as const) {
      const strict = server.patch(`${path}?fieldValidation=Strict`, type, body)
      expect([strict.status, strict.body['message']]).toEqual([
        422,
        expect.stringMatching(/^ "" is invalid: patch: Invalid value: ".*": strict decoding error: unknown field "spec.colour"$/),
      ])
      expect(server.patch(path, type, body).warnings).toEqual(['299 - "unknown field \\"spec.colour\\""'])
    }
  })

  it('that makes no sense strategically fails, or is refused where the server says so', () => {
    const wrong = server.patch(path, 'strategic-merge', { spec: { template: { spec: { containers: [{ image: 'x' }] } } } })
    expect([wrong.status, wrong.body['reason'], wrong.body['message']]).toEqual([
      500,
      undefined,
      'map: map[image:x] does not contain declared merge key: name',
    ])
    expect(server.patch(path, 'strategic-merge', { spec: { strategy: { $retainKeys: [], type: 'Recreate' } } }).body).toMatchObject({
      code: 400,
      message: 'invalid patch format of retainKeys',
    })
  })

  it('says of an operation what has no meaning in it', () => {
    const patch = [{ op: 'add', path: '/metadata/labels', value: {}, comment: 'x' }]
    expect(server.patch(path, 'json', patch).warnings).toEqual(['299 - "json patch unknown field \\"[0].comment\\""'])
    expect(server.patch(path, 'json', ['x']).body['message']).toBe(
      'error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp',
    )
  })

  it('cannot give the object another name or another revision', () => {
    expect(server.patch(path, 'merge', { metadata: { name: 'e' } }).body).toMatchObject({
      code: 400,
      message: 'the name of the object (e) does not match the name on the URL (d)',
    })
    expect(server.patch(path, 'merge', { metadata: { resourceVersion: '1' } }).body).toMatchObject({ code: 409, reason: 'Conflict' })
  })

  it('changes nothing when it is only tried', () => {
    expect(server.patch(`${path}?dryRun=All`, 'merge', { spec: { replicas: 5 } }).body['spec']).toMatchObject({ replicas: 5 })
    expect(server.send('GET', path).body['spec']).toMatchObject({ replicas: 1 })
  })
})

describe('a change of an object’s scale', () => {
  it('is its writer’s, so that an apply which says otherwise conflicts with it', () => {
    server.patch(`${path}/scale?fieldManager=kubectl`, 'merge', { spec: { replicas: 4 } })
    const { metadata } = server.send('GET', path).body as unknown as { metadata: { managedFields: readonly object[] } }
    expect(metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'kubectl', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }),
    )
  })
})

describe('what is about a pod', () => {
  it('names that pod', () => {
    const pods = '/api/v1/namespaces/default/pods'
    const spec = { containers: [{ name: 'c', image: 'nginx' }] }
    server.send('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec })
    for (const [part, kind, apiVersion] of [
      ['eviction', 'Eviction', 'policy/v1'],
      ['binding', 'Binding', 'v1'],
    ]) {
      const { status, body } = server.send('POST', `${pods}/p/${part}`, {
        apiVersion,
        kind,
        metadata: { name: 'other' },
        target: { name: 'n' },
      })
      expect([status, body['message']]).toEqual([400, `name in URL does not match name in ${kind} object`])
    }
  })
})
