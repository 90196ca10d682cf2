import { beforeEach, describe, expect, it } from 'vitest'
import { create, startTestApi } from './api.test-support.ts'
import type { Fields } from './api.test-support.ts'

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'

beforeEach(startTestApi)

/** What is sent, and every cause of its refusal, in order. */
const REFUSED: readonly (readonly [what: string, path: string, object: Fields, ...causes: string[]])[] = [
  [
    'a namespace without a name',
    'v1/namespaces',
    { metadata: { name: undefined } },
    'metadata.name: Required value: name or generateName is required',
  ],
  [
    'a negative user',
    'v1/pods',
    pod({}, { securityContext: { runAsUser: -1 } }),
    'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ],
  [
    'a negative file system group',
    'v1/pods',
    pod({ securityContext: { fsGroup: -5 } }),
    'spec.securityContext.fsGroup: Invalid value: -5: must be between 0 and 2147483647, inclusive',
  ],
  [
    'a local seccomp profile without its file',
    'v1/pods',
    pod({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
    'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
  ],
  [
    'an unknown change policy',
    'v1/pods',
    pod({ securityContext: { fsGroupChangePolicy: 'Never' } }),
    'spec.securityContext.fsGroupChangePolicy: Unsupported value: "Never": supported values: "Always", "OnRootMismatch"',
  ],
  [
    'an odd /proc',
    'v1/pods',
    pod({}, { securityContext: { procMount: 'Odd' } }),
    'spec.containers[0].securityContext.procMount: Unsupported value: "Odd": supported values: "Default", "Unmasked"',
  ],
  [
    'two probes in one',
    'v1/pods',
    pod({}, { livenessProbe: { exec: { command: ['true'] }, tcpSocket: { port: 80 } } }),
    'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
  ],
  [
    'a readiness probe with a grace period',
    'v1/pods',
    pod({}, { readinessProbe: { exec: { command: ['true'] }, terminationGracePeriodSeconds: 5 } }),
    'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
  ],
  [
    'a liveness probe that must succeed twice',
    'v1/pods',
    pod({}, { livenessProbe: { exec: { command: ['true'] }, successThreshold: 2 } }),
    'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
  ],
  [
    'a probe over gopher',
    'v1/pods',
    pod({}, { livenessProbe: { httpGet: { port: 80, scheme: 'GOPHER' } } }),
    'spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "GOPHER": supported values: "HTTP", "HTTPS"',
  ],
  [
    'a mount of a folder above',
    'v1/pods',
    pod({ volumes: [{ name: 'v', emptyDir: {} }] }, { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../up' }] }),
    'spec.containers[0].volumeMounts.subPath: Invalid value: "../up": must not contain \'..\'',
  ],
  [
    'a mount of an absolute folder',
    'v1/pods',
    pod({ volumes: [{ name: 'v', emptyDir: {} }] }, { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '/etc' }] }),
    'spec.containers[0].volumeMounts.subPath: Invalid value: "/etc": must be a relative path',
  ],
  [
    'too many permissions',
    'v1/pods',
    pod({ volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 512 } }] }),
    'spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
  ],
  [
    'an item without a path',
    'v1/pods',
    pod({ volumes: [{ name: 'v', secret: { secretName: 's', items: [{ key: 'k', path: '' }] } }] }),
    'spec.volumes[0].secret.items[0].path: Required value',
  ],
  [
    'a host path that climbs',
    'v1/pods',
    pod({ volumes: [{ name: 'v', hostPath: { path: '/a/../b' } }] }),
    'spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
  ],
  [
    'a host path of no type',
    'v1/pods',
    pod({ volumes: [{ name: 'v', hostPath: { path: '/a', type: 'Pipe' } }] }),
    'spec.volumes[0].hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ],
  [
    'no name server at all',
    'v1/pods',
    pod({ dnsPolicy: 'None' }),
    'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
  ],
  [
    'four name servers',
    'v1/pods',
    pod({ dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } }),
    'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
  ],
  [
    'a spread of nothing',
    'v1/pods',
    pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] }),
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
  ],
  [
    'a spread that gives up',
    'v1/pods',
    pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'GiveUp' }] }),
    'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "GiveUp": supported values: "DoNotSchedule", "ScheduleAnyway"',
  ],
  [
    'a node affinity for nothing',
    'v1/pods',
    pod(nodeAffinity([{ key: 'zone', operator: 'In' }])),
    `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
  ],
  [
    'a node affinity that exists as something',
    'v1/pods',
    pod(nodeAffinity([{ key: 'zone', operator: 'Exists', values: ['a'] }])),
    `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms[0].matchExpressions[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
  ],
  [
    'a node affinity like something',
    'v1/pods',
    pod(nodeAffinity([{ key: 'zone', operator: 'Like', values: ['a'] }])),
    `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator`,
  ],
  [
    'processes shared twice',
    'v1/pods',
    pod({ shareProcessNamespace: true, hostPID: true }),
    'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
  ],
  [
    'a headless node port',
    'v1/services',
    service({ type: 'NodePort', clusterIP: 'None' }),
    'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
  ],
  [
    'an alias that is no name',
    'v1/services',
    service({ type: 'ExternalName', externalName: 'No_Name' }),
    /^spec\.externalName: Invalid value: "No_Name": a lowercase RFC 1123 subdomain/.source,
  ],
  [
    'a session that lasts for days',
    'v1/services',
    service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90000 } } }),
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400',
  ],
  [
    'an unknown traffic policy',
    'v1/services',
    service({ internalTrafficPolicy: 'Far' }),
    'spec.internalTrafficPolicy: Unsupported value: "Far": supported values: "Cluster", "Local"',
  ],
  [
    'an outer address that is none',
    'v1/services',
    service({ externalIPs: ['here'] }),
    'spec.externalIPs[0]: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    'a peer that is nobody',
    'networking.k8s.io/v1/networkpolicies',
    policy({ ingress: [{ from: [{}] }] }),
    'spec.ingress[0].from[0]: Required value: must specify a peer',
  ],
  [
    'a peer that is two',
    'networking.k8s.io/v1/networkpolicies',
    policy({ ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] }),
    'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
  ],
  [
    'a network that is none',
    'networking.k8s.io/v1/networkpolicies',
    policy({ egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0' } }] }] }),
    'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'ports up to nowhere',
    'networking.k8s.io/v1/networkpolicies',
    policy({ ingress: [{ ports: [{ port: 'http', endPort: 90 }] }] }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric',
  ],
  [
    'an unknown protocol',
    'networking.k8s.io/v1/networkpolicies',
    policy({ ingress: [{ ports: [{ protocol: 'ICMP' }] }] }),
    'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
  ],
  [
    'a path with two slashes',
    'networking.k8s.io/v1/ingresses',
    ingress('/a//b', { service: { name: 's', port: { number: 80 } } }),
    'spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain \'//\'',
  ],
  [
    'a port named and numbered',
    'networking.k8s.io/v1/ingresses',
    ingress('/', { service: { name: 's', port: { number: 80, name: 'http' } } }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both port name & port number',
  ],
  [
    'a metric in two ways',
    'autoscaling/v2/horizontalpodautoscalers',
    autoscaler({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50, averageValue: '1' } } }),
    'spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
  ],
  [
    'a metric without its source',
    'autoscaling/v2/horizontalpodautoscalers',
    autoscaler({ type: 'Pods' }),
    'spec.metrics[0].pods: Required value: must populate information for the given metric source',
  ],
  [
    'a target of nothing',
    'autoscaling/v2/horizontalpodautoscalers',
    autoscaler({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } } }),
    'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
  ],
  [
    'an unknown eviction policy',
    'policy/v1/poddisruptionbudgets',
    { spec: { minAvailable: 1, unhealthyPodEvictionPolicy: 'Never' } },
    'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ],
  [
    'a person without a group',
    'rbac.authorization.k8s.io/v1/rolebindings',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'User', name: 'u', apiGroup: 'v1' }],
    },
    'subjects[0].apiGroup: Unsupported value: "v1": supported values: "rbac.authorization.k8s.io"',
  ],
  [
    'basic credentials that are empty',
    'v1/secrets',
    { type: 'kubernetes.io/basic-auth' },
    'data[username]: Required value',
    'data[password]: Required value',
  ],
  [
    'a secret of two megabytes',
    'v1/secrets',
    { stringData: { big: 'x'.repeat(1_500_000) } },
    'data: Too long: may not be more than 1048576 bytes',
  ],
]

describe('an object is refused in Kubernetes’ words', () => {
  it.each(REFUSED.map(([what, path, object, ...causes]) => ({ what, path, object, causes })))('$what', ({ path, object, causes }) => {
    const { code, causes: words } = create(path, object)
    expect(code).toBe(422)
    if (causes.length === 1 && causes[0]?.startsWith('^')) expect(words[0]).toMatch(new RegExp(causes[0]))
    else expect(words).toEqual(causes)
  })
})

function pod(spec: Fields, container: Fields = {}): Fields {
  return { spec: { containers: [{ name: 'c', image: 'nginx', ...container }], ...spec } }
}

function nodeAffinity(matchExpressions: readonly Fields[]): Fields {
  return { affinity: { nodeAffinity: { [REQUIRED]: { nodeSelectorTerms: [{ matchExpressions }] } } } }
}

function service(spec: Fields): Fields {
  return { spec: { ports: [{ port: 80 }], ...spec } }
}

function policy(spec: Fields): Fields {
  return { spec: { podSelector: {}, ...spec } }
}

function ingress(path: string, backend: Fields): Fields {
  return { spec: { rules: [{ http: { paths: [{ path, pathType: 'Prefix', backend }] } }] } }
}

function autoscaler(metric: Fields): Fields {
  return { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, metrics: [metric] } }
}
