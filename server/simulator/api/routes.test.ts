import { beforeEach, describe, expect, it } from 'vitest'
import { TestServer } from './server.test-support.ts'

let server: TestServer
beforeEach(() => {
  server = new TestServer()
  server.send('POST', CONFIGMAPS, configMap('c'))
})

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, metadata: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } })
const said = (method: string, url: string, body?: unknown, headers?: { readonly [name: string]: string }) => {
  const { status, body: answer } = server.send(method, url, body, headers)
  return [status, answer['message']]
}

describe('a path has its methods', () => {
  it.each([
    ['DELETE', '/api/v1/configmaps'],
    ['POST', '/api/v1/configmaps'],
    ['PUT', CONFIGMAPS],
    ['PATCH', CONFIGMAPS],
    ['POST', `${CONFIGMAPS}/c`],
    ['HEAD', `${CONFIGMAPS}/c`],
    ['OPTIONS', CONFIGMAPS],
    ['DELETE', '/api/v1/namespaces'],
    ['POST', '/api/v1'],
    ['POST', '/version'],
  ])('%s %s is not one', (method, url) => {
    expect(said(method, url, {})).toEqual([405, 'the server does not allow this method on the requested resource'])
    expect(server.send('GET', `${CONFIGMAPS}/c`).status).toBe(200)
  })

  it.each(['/api/v2', '/apis/apps/v2', '/apis/apps/v9/deployments'])('and %s is none of the server’s, which says so as a Status', (url) => {
    expect(said('GET', url)).toEqual([404, 'the server could not find the requested resource'])
  })
})

describe('what a client accepts', () => {
  const as = (kind: string, version = 'v1') => `application/json;as=${kind};v=${version};g=meta.k8s.io`
  it.each([
    [`${CONFIGMAPS}/c`, 'text/html', /^406: Not Acceptable\n\nAvailable representations: application\/json, .*protobuf$/],
    [CONFIGMAPS, 'text/html', /protobuf, application\/json;stream=watch, application\/vnd.kubernetes.protobuf;stream=watch$/],
    [`${CONFIGMAPS}/c`, as('Nope'), /^only the following media types are accepted: application\/json, /],
    [`${CONFIGMAPS}/c`, as('Table', 'v2'), /^only the following media types are accepted/],
    [
      `${CONFIGMAPS}/c`,
      as('PartialObjectMetadataList'),
      /^you requested PartialObjectMetadataList, but .* is not a list \(\*core.ConfigMap\)$/,
    ],
    [CONFIGMAPS, as('PartialObjectMetadata'), /^you requested PartialObjectMetadata, but .* is a list \(\*core.ConfigMapList\)$/],
  ])('%s as %s is not to be had', (url, accept, words) => {
    const [status, message] = said('GET', url, undefined, { accept })
    expect([status, message]).toEqual([406, expect.stringMatching(words)])
  })

  it('is what it gets, its dearest first', () => {
    const { body } = server.send('GET', CONFIGMAPS, undefined, { accept: `application/json;q=0.5,${as('Table', 'v1beta1')}` })
    expect([body['kind'], body['apiVersion']]).toEqual(['Table', 'meta.k8s.io/v1beta1'])
  })

  it('and includes in a table only what a table may include', () => {
    expect(said('GET', `${CONFIGMAPS}?includeObject=all`, undefined, { accept: as('Table') })).toEqual([
      400,
      `Unable to convert to Table as requested: includeObject: Invalid value: "all": must be 'Metadata', 'Object', 'None', or empty`,
    ])
  })
})

describe('what is sent', () => {
  const unreadable = (why: string) => `the object provided is unrecognized (must be of type ConfigMap): ${why}`
  it.each([
    [
      '[]',
      `couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)`,
    ],
    [
      '{"kind":5}',
      `couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string ({"kind":5})`,
    ],
    [`{"a":"${'x'.repeat(40)}"`, `couldn't get version/kind; json parse error: unexpected end of JSON input ({"a":"${'x'.repeat(24)} ...)`],
  ])('%s is quoted briefly when it cannot be read', (text, why) => {
    expect(said('POST', CONFIGMAPS, text)).toEqual([400, unreadable(why)])
  })

  it('in YAML may say a thing twice, and is told', () => {
    const yaml = { 'content-type': 'application/yaml' }
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata:\n  a: b\n  a: c\n'
    const { status, body, warnings } = server.send('POST', CONFIGMAPS, text, yaml)
    expect([status, body['data'], warnings]).toEqual([
      201,
      { a: 'c' },
      ['299 - "yaml: unmarshal errors:\\n  line 6: key \\"a\\" already set in map"'],
    ])
  })

  it('names what the URL names', () => {
    const nameless = { apiVersion: 'v1', kind: 'ConfigMap' }
    expect(said('PUT', `${CONFIGMAPS}/c`, nameless)).toEqual([
      400,
      'the name of the object (c based on URL) was undeterminable: name must be provided',
    ])
    const apply = { 'content-type': 'application/apply-patch+yaml' }
    const applied = (body: object) => said('PATCH', `${CONFIGMAPS}/new?fieldManager=me`, body, apply)
    expect(applied(configMap('old'))).toEqual([400, 'the name of the object (old) does not match the name on the URL (new)'])
    expect(applied({ ...configMap('new'), kind: 'Secret' })).toEqual([400, 'invalid object type: /v1, Kind=Secret'])
    expect(applied(configMap('new', { uid: '5' }))).toEqual([
      409,
      'Operation cannot be fulfilled on configmaps "new": uid mismatch: the provided object specified uid 5, and no existing object was found',
    ])
  })

  it('has a revision that is one', () => {
    expect(said('PUT', `${CONFIGMAPS}/c`, configMap('c', { resourceVersion: 'x' }))).toEqual([
      500,
      'strconv.ParseUint: parsing "x": invalid syntax',
    ])
    expect(said('GET', `${CONFIGMAPS}/c?resourceVersion=999999`)[0]).toBe(504)
  })
})

describe('a request to delete', () => {
  const options = (more: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...more })
  it.each([
    [
      options({ gracePeriodSeconds: 'x' }),
      400,
      'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
    ],
    ['{', 400, "couldn't get version/kind; json parse error: unexpected end of JSON input"],
  ])('%j is refused', (body, status, message) => {
    expect(said('DELETE', `${CONFIGMAPS}/c`, body)).toEqual([status, message])
    expect(server.send('GET', `${CONFIGMAPS}/c`).status).toBe(200)
  })

  it('says in its query what it says, unless it has a body', () => {
    expect(said('DELETE', `${CONFIGMAPS}/c?gracePeriodSeconds=x`)).toEqual([400, 'strconv.ParseInt: parsing "x": invalid syntax'])
    expect(server.send('DELETE', `${CONFIGMAPS}/c?dryRun=All`, options({})).status).toBe(200)
    expect(server.send('GET', `${CONFIGMAPS}/c`).status).toBe(404)
  })
})

describe('queries', () => {
  it.each([
    ['labelSelector=-a%3Db', /^unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of/],
    ['labelSelector=a%3D-b', /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "-b": a valid label must be/],
    [
      'labelSelector=a%3Ex',
      /^unable to parse requirement: values\[0\]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer$/,
    ],
    ['timeoutSeconds=abc', /^strconv.ParseInt: parsing "abc": invalid syntax$/],
  ])('%s is refused', (query, words) => {
    expect(said('GET', `${CONFIGMAPS}?${query}`)).toEqual([400, expect.stringMatching(words)])
  })

  it('may watch by a path of its own', async () => {
    const { lines, stop } = server.send('GET', '/api/v1/watch/namespaces/default/configmaps/c')
    await Promise.resolve()
    stop()
    expect(lines.map(({ type }) => type)).toEqual(['ADDED'])
  })

  it('ask for no impossible part of a log', () => {
    expect(said('GET', '/api/v1/namespaces/default/pods/p/log?tailLines=-1')).toEqual([
      422,
      'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ])
  })
})

describe('a binding', () => {
  const binding = (target: object) => ({ apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target })
  it.each([
    [{}, 500, 'target.name: Required value'],
    [{ kind: 'Pod', name: 'n' }, 500, 'target.kind: Unsupported value: "Pod": supported values: "<empty>", "Node"'],
    [{ kind: 'Node', name: 'n' }, 404, 'pods "p" not found'],
  ])('of %j is refused', (target, status, message) => {
    expect(said('POST', '/api/v1/namespaces/default/pods/p/binding', binding(target))).toEqual([status, message])
    expect(said('POST', '/api/v1/namespaces/default/bindings', binding(target))).toEqual([status, message])
  })
})

describe('a scale', () => {
  const scale = '/apis/apps/v1/namespaces/default/deployments/d/scale'
  const asked = (more: object) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 1 }, ...more })
  beforeEach(() => {
    const template = { metadata: { labels: { a: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = { replicas: 2, selector: { matchLabels: { a: 'd' } }, template }
    server.send('POST', scale.replace('/d/scale', ''), { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec })
  })

  it.each([
    [{ metadata: { name: 'other' } }, 'the name of the object (other) does not match the name on the URL (d)'],
    [
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      'Deployment in version "v1" cannot be handled as a Scale: converting (v1.Deployment) to (autoscaling.Scale): unknown conversion',
    ],
  ])('that is %j is refused', (more, words) => {
    expect(said('PUT', scale, asked(more))).toEqual([400, words])
  })

  it('has columns of its own', () => {
    const { body } = server.send('GET', scale, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    expect((body['columnDefinitions'] as { name: string }[]).map(({ name }) => name)).toEqual(['Name', 'Desired', 'Available', 'Age'])
    expect((body['rows'] as { cells: unknown[] }[])[0]?.cells).toEqual(['d', 2, 0, '0s'])
  })
})

describe('a review', () => {
  const ask = (kind: string, body: object, where = '') =>
    server.send('POST', `/apis/authorization.k8s.io/v1/${where}${kind.toLowerCase()}s`, {
      apiVersion: 'authorization.k8s.io/v1',
      kind,
      ...body,
    })
  const resourceAttributes = { verb: 'get', resource: 'pods' }

  it('of nothing, or with a name, is refused', () => {
    expect(ask('SelfSubjectAccessReview', { spec: {} }).body['message']).toContain(
      'spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
    )
    const named = ask('SelfSubjectAccessReview', { metadata: { name: 'x' }, spec: { resourceAttributes } })
    expect(named.body['message']).toContain('metadata: Invalid value: {"name":"x"}: must be empty')
  })

  it('in a namespace is of that namespace', () => {
    const { body } = ask('LocalSubjectAccessReview', { spec: { user: 'bob', resourceAttributes } }, 'namespaces/default/')
    expect(body['message']).toContain('spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace')
  })

  it('says what it did not understand', () => {
    const { body, warnings } = ask('SelfSubjectAccessReview', { spec: { resourceAttributes, nope: 1 } })
    expect([body['spec'], warnings]).toEqual([{ resourceAttributes }, ['299 - "unknown field \\"spec.nope\\""']])
  })
})

it('a namespace is kept from deletion by names that are finalizers’', () => {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' }, spec: { finalizers: ['bad'] } }
  expect(said('PUT', '/api/v1/namespaces/default/finalize', body)[1]).toContain('spec.finalizers[0]: Invalid value: "bad": name is neither')
})

it('an operation of a JSON patch is named by text', () => {
  const { status, body } = server.patch(`${CONFIGMAPS}/c`, 'json', [{ op: 5 }])
  expect([status, body['message']]).toEqual([
    400,
    'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
  ])
})

it('discovery says in which version objects are stored', () => {
  const { body } = server.send('GET', '/api/v1')
  const hashes = (body['resources'] as { name: string; storageVersionHash?: string }[]).map((each) => [each.name, each.storageVersionHash])
  expect(Object.fromEntries(hashes)).toMatchObject({ configmaps: 'qFsyl6wFWjQ=', pods: 'xPOwRZ+Yhw8=' })
  expect(hashes.find(([name]) => name === 'pods/log')).toEqual(['pods/log', undefined])
})
