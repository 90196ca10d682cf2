import { beforeEach, describe, expect, it } from 'vitest'
import { create, patch, startTestApi } from './api.test-support.ts'
import type { Fields } from './api.test-support.ts'

beforeEach(startTestApi)

const policy = (block: Fields) => ({ spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: block }] }] } })
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
const hpa = (spec: Fields) => ({ spec: { maxReplicas: 3, scaleTargetRef: target, ...spec } })
const slice = (addressType: string, addresses: readonly string[], more: Fields = {}) => ({
  addressType,
  endpoints: [{ addresses, ...more }],
})

const REFUSED: readonly (readonly [what: string, path: string, object: Fields, ...causes: string[]])[] = [
  [
    'an ingress of nothing',
    'networking.k8s.io/v1/ingresses',
    { spec: {} },
    'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified',
  ],
  [
    'an ingress whose backend, path and certificate are wrong',
    'networking.k8s.io/v1/ingresses',
    {
      spec: {
        defaultBackend: {},
        rules: [{ http: { paths: [{ path: '/a/..', pathType: 'Prefix', backend: { resource: { kind: 'a/b', name: '' } } }] } }],
        tls: [{ hosts: ['*'], secretName: 'a' }],
      },
    },
    'spec.defaultBackend: Invalid value: "": resource or service backend is required',
    'spec.rules[0].http.paths[0].path: Invalid value: "/a/..": cannot end with \'/..\'',
    'spec.rules[0].http.paths[0].backend.resource.kind: Invalid value: "a/b": may not contain \'/\'',
    'spec.rules[0].http.paths[0].backend.resource.name: Required value',
    "spec.tls[0].hosts[0]: Invalid value: \"*\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
  [
    'an ingress class with parameters of nowhere',
    'networking.k8s.io/v1/ingressclasses',
    { spec: { controller: 'me', parameters: { kind: 'P', name: 'p', scope: 'Namespace' } } },
    'spec.controller: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
  [
    'an exception that is everything',
    'networking.k8s.io/v1/networkpolicies',
    policy({ cidr: '10.0.0.0/8', except: ['10.0.0.0/8', '11.0.0.0/16', 'x'] }),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'two networks of one family',
    'networking.k8s.io/v1/servicecidrs',
    { spec: { cidrs: ['10.1.0.0/16', '10.2.0.0/16'] } },
    'spec.cidrs: Invalid value: ["10.1.0.0/16","10.2.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
  ],
  [
    'an endpoint on the machine itself',
    'discovery.k8s.io/v1/endpointslices',
    slice('IPv4', ['127.0.0.1', '::1', 'here'], { hostname: 'A' }),
    'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'endpoints[0].addresses[1]: Invalid value: "::1": must be an IPv4 address',
    'endpoints[0].addresses[1]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'endpoints[0].addresses[2]: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    "endpoints[0].hostname: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ],
  [
    'a slice of an unknown kind, its ports alike',
    'discovery.k8s.io/v1/endpointslices',
    { ...slice('IP', ['10.0.0.1']), ports: [{ name: 'a' }, { name: 'a', protocol: 'ICMP' }] },
    'addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"',
    'ports[1].name: Duplicate value: "a"',
    'ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    'a budget of both kinds',
    'policy/v1/poddisruptionbudgets',
    { spec: { minAvailable: 1, maxUnavailable: '50%', selector: { matchLabels: { app: 'x' } } } },
    'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"x"}},"MaxUnavailable":"50%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
  ],
  [
    'scaling by rules that cannot be',
    'autoscaling/v2/horizontalpodautoscalers',
    hpa({
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 4000, selectPolicy: 'Any', tolerance: '-1' },
        scaleDown: { policies: [{ type: 'X', value: 0, periodSeconds: 1801 }] },
      },
    }),
    'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600',
    'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
    'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0',
    'spec.behavior.scaleDown.policies[0].type: Unsupported value: "X": supported values: "Percent", "Pods"',
    'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
    'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
  ],
  [
    'metrics of an object and of outside without what they need',
    'autoscaling/v2/horizontalpodautoscalers',
    hpa({
      metrics: [
        { type: 'Object', object: { describedObject: { kind: 'Service', name: 's' }, metric: { name: 'a/b' }, target: { type: 'Value' } } },
        { type: 'External', external: { metric: {}, target: { type: 'Value', value: '1', averageValue: '1' } } },
      ],
    }),
    'spec.metrics[0].object.metric.name: Invalid value: "a/b": may not contain \'/\'',
    'spec.metrics[0].object.target.averageValue: Required value: must set either a target value or averageValue',
    'spec.metrics[1].external.metric.name: Required value: must specify a metric name',
    'spec.metrics[1].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
  ],
  [
    'a role of everything for people without a name',
    'rbac.authorization.k8s.io/v1/clusterrolebindings',
    {
      roleRef: { kind: 'ClusterRole', name: 'a%b' },
      subjects: [
        { kind: 'User', name: '' },
        { kind: 'ServiceAccount', name: 'A' },
      ],
    },
    'roleRef.name: Invalid value: "a%b": may not contain \'%\'',
    'subjects[0].name: Required value',
    'subjects[0].name: Invalid value: "": user name cannot be empty',
    "subjects[1].name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    'subjects[1].namespace: Required value',
  ],
  [
    'an aggregation of nothing',
    'rbac.authorization.k8s.io/v1/clusterroles',
    { aggregationRule: {} },
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ],
  [
    'a priority of the system’s own',
    'scheduling.k8s.io/v1/priorityclasses',
    { metadata: { name: 'system-mine' }, value: 1 },
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ],
  [
    'a lease for one who waits',
    'coordination.k8s.io/v1/leases',
    { spec: { preferredHolder: 'me' } },
    'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined',
  ],
]

describe('what connects, scales and permits is refused in Kubernetes’ words', () => {
  it.each(REFUSED.map(([what, path, object, ...causes]) => ({ what, path, object, causes })))('$what', ({ path, object, causes }) => {
    expect(create(path, object)).toMatchObject({ code: 422, causes })
  })
})

describe('what may change', () => {
  it('a binding keeps its role', () => {
    create('rbac.authorization.k8s.io/v1/rolebindings', { roleRef: { kind: 'Role', name: 'a' } })
    expect(patch('rbac.authorization.k8s.io/v1/rolebindings', { roleRef: { name: 'b' } }).causes).toEqual([
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}: cannot change roleRef',
    ])
  })

  it('services’ networks are joined by one of the other family only', () => {
    const path = 'networking.k8s.io/v1/servicecidrs'
    create(path, { spec: { cidrs: ['10.1.0.0/16'] } })
    expect(patch(path, { spec: { cidrs: ['10.2.0.0/16'] } }).causes).toEqual([
      'spec.cidrs[0]: Invalid value: "10.2.0.0/16": field is immutable',
    ])
    expect(patch(path, { spec: { cidrs: ['10.1.0.0/16', 'fd00::/108'] } }).code).toBe(200)
  })
})

describe('what is left out', () => {
  it('of one direction of scaling is filled in for both', () => {
    const { object } = create('autoscaling/v2/horizontalpodautoscalers', hpa({ behavior: { scaleDown: { selectPolicy: 'Min' } } }))
    expect((object['spec'] as Fields)['behavior']).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    })
  })
})

describe('the writer is warned', () => {
  it('of a network that is an address as well', () => {
    const { warnings } = create('networking.k8s.io/v1/networkpolicies', policy({ cidr: '10.1.2.3/8' }))
    expect(warnings.join()).toContain('is ambiguous in this context (should be \\"10.0.0.0/8\\" or \\"10.1.2.3/32\\"?)')
  })

  it('of an old way to name an ingress’s class', () => {
    const backend = { service: { name: 's', port: { number: 80 } } }
    const annotations = { 'kubernetes.io/ingress.class': 'nginx' }
    const { warnings } = create('networking.k8s.io/v1/ingresses', { metadata: { annotations }, spec: { defaultBackend: backend } })
    expect(warnings.join()).toContain("is deprecated, please use 'spec.ingressClassName' instead")
  })
})
