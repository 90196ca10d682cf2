import { beforeEach, describe, expect, it } from 'vitest'
import { create, patch, startTestApi } from './api.test-support.ts'
import type { Fields } from './api.test-support.ts'

beforeEach(startTestApi)

const pod = (spec: Fields, container: Fields = {}): Fields => ({ spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec } })
const service = (spec: Fields): Fields => ({ spec: { ports: [{ port: 80 }], ...spec } })
const volume = (name: string, source: Fields): Fields => ({
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], [name]: source },
})

/** What is sent, and every cause of its refusal, in order. */
const REFUSED: readonly (readonly [what: string, path: string, object: Fields, ...causes: string[]])[] = [
  [
    'a pod with many mistakes, in the order of its fields’ rules',
    'v1/pods',
    pod(
      { volumes: [{ name: 'v', configMap: {} }], restartPolicy: 'Sometimes', hostAliases: [{ ip: 'here' }], os: { name: 'plan9' } },
      { volumeMounts: [{ name: 'v', mountPath: '/v' }], livenessProbe: { httpGet: { port: 0 } }, imagePullPolicy: 'Later' },
    ),
    'spec.volumes[0].configMap.name: Required value',
    'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    'spec.containers[0].imagePullPolicy: Unsupported value: "Later": supported values: "Always", "IfNotPresent", "Never"',
    'spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive',
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    'spec.hostAliases[0].ip: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"',
  ],
  [
    'a probe of a container that only prepares',
    'v1/pods',
    pod({ initContainers: [{ name: 'i', image: 'i', readinessProbe: { exec: { command: ['true'] } } }] }),
    'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
  ],
  [
    'two containers at one port of the node',
    'v1/pods',
    pod(
      {},
      {
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 80 },
        ],
      },
    ),
    'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
  ],
  [
    'more asked for than allowed, and pages without memory',
    'v1/pods',
    pod({}, { resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    'pages without memory',
    'v1/pods',
    pod({}, { resources: { limits: { 'hugepages-2Mi': '2Mi' } } }),
    'spec.containers[0].resources: Forbidden: HugePages require cpu or memory',
  ],
  [
    'a container that is restarted by rules without a policy',
    'v1/pods',
    pod({}, { restartPolicyRules: [{ action: 'Sleep' }] }),
    'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used',
    'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Sleep": supported values: "Restart", "RestartAllContainers"',
    'spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified',
  ],
  [
    'a device that is no block',
    'v1/pods',
    pod({ volumes: [{ name: 'v', emptyDir: {} }] }, { volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] }),
    'spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
  ],
  [
    'files of one path from two sources',
    'v1/pods',
    pod({
      volumes: [
        {
          name: 'v',
          projected: {
            sources: [
              { configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
              { secret: { name: 'b', items: [{ key: 'k', path: 'p' }] } },
            ],
          },
        },
      ],
    }),
    'spec.volumes[0].projected: Invalid value: "b": conflicting duplicate paths',
  ],
  [
    'a Linux pod’s own settings on Windows',
    'v1/pods',
    pod({ os: { name: 'windows' }, hostPID: true }, { securityContext: { privileged: true } }),
    'spec.hostPID: Forbidden: cannot be set for a windows pod',
    'spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod',
  ],
  [
    'a service for both families where there is one',
    'v1/services',
    service({ ipFamilyPolicy: 'RequireDualStack' }),
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ],
  [
    'what only a balancer may have',
    'v1/services',
    service({ loadBalancerClass: 'example.com/b', allocateLoadBalancerNodePorts: true, loadBalancerSourceRanges: ['10.0.0.0/40'] }),
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/40": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    'a volume in two places',
    'v1/persistentvolumes',
    { spec: { ...(volume('hostPath', { path: '/a' })['spec'] as Fields), nfs: { server: 's', path: '/' } } },
    'spec.nfs: Forbidden: may not specify more than 1 volume type',
  ],
  [
    'a local volume that is everywhere',
    'v1/persistentvolumes',
    volume('local', { path: '/mnt' }),
    'spec.nodeAffinity: Required value: Local volume requires node affinity',
  ],
  [
    'a driver without a volume',
    'v1/persistentvolumes',
    volume('csi', { driver: 'D_x', volumeHandle: '' }),
    expect.stringMatching(/^spec\.csi\.driver: Invalid value: "D_x": a lowercase RFC 1123 subdomain/),
    'spec.csi.volumeHandle: Required value',
  ],
  [
    'a quota of opposite scopes',
    'v1/resourcequotas',
    { spec: { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ],
  [
    'a range of pods with defaults, twice',
    'v1/limitranges',
    { spec: { limits: [{ type: 'Pod', default: { cpu: '1' } }, { type: 'Pod' }] } },
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    'spec.limits[1].type: Duplicate value: "Pod"',
  ],
  [
    'a node with one taint twice',
    'v1/nodes',
    {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      },
    },
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
  ],
  [
    'endpoints at the machine itself',
    'v1/endpoints',
    { subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 80, protocol: 'X' }] }] },
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    'a registry’s secret that is no JSON',
    'v1/secrets',
    { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'x' } },
    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
  ],
  [
    'two controllers',
    'v1/configmaps',
    {
      metadata: {
        ownerReferences: ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: name, controller: true })),
      },
    },
    expect.stringContaining('Only one reference can have Controller set to true. Found "true" in references for a and b'),
  ],
]

describe('a core object is refused in Kubernetes’ words', () => {
  it.each(REFUSED.map(([what, path, object, ...causes]) => ({ what, path, object, causes })))('$what', ({ path, object, causes }) => {
    const answer = create(path, object)
    expect(answer.causes).toEqual(causes)
    expect(answer.code).toBe(422)
  })
})

describe('a change of a core object is refused', () => {
  it('where a pod’s spec stays as it is', () => {
    create('v1/pods', pod({ activeDeadlineSeconds: 10 }))
    expect(patch('v1/pods', { spec: { hostname: 'h' } }).causes.join()).toContain(
      'spec: Forbidden: pod updates may not change fields other than',
    )
    expect(patch('v1/pods', { spec: { activeDeadlineSeconds: 20 } }).causes).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value',
    ])
    expect(patch('v1/pods', { spec: { tolerations: [] } }).causes).toEqual([
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ])
    expect(patch('v1/pods', { spec: { containers: [{ name: 'c', image: 'other' }] } }).code).toBe(422)
  })

  it('where a held-back pod’s node selector only grows', () => {
    create('v1/pods', pod({ schedulingGates: [{ name: 'a.b/c' }], nodeSelector: { a: '1' } }))
    expect(patch('v1/pods', { spec: { nodeSelector: { b: '2' } } }).code).toBe(200)
    expect(patch('v1/pods', { spec: { nodeSelector: { a: '2' } } }).causes).toEqual([
      'spec.nodeSelector: Invalid value: {"a":"2","b":"2"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ])
  })

  it('where a service’s address stays; and it goes with its type', () => {
    create('v1/services', service({ type: 'NodePort', clusterIP: '10.96.0.9' }))
    expect(patch('v1/services', { spec: { clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8'] } }).causes).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
    ])
    const plain = patch('v1/services', { spec: { type: 'ClusterIP' } })
    expect(plain.code).toBe(200)
    expect(JSON.stringify(plain.object)).not.toContain('nodePort')
    const alias = patch('v1/services', { spec: { type: 'ExternalName', externalName: 'a.example' } })
    expect(alias.causes).toEqual([])
    expect((alias.object['spec'] as Fields)['clusterIP']).toBeUndefined()
  })

  it('where a claim has its size and a volume its place', () => {
    create('v1/persistentvolumeclaims', { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } } })
    expect(patch('v1/persistentvolumeclaims', { spec: { accessModes: ['ReadOnlyMany'] } }).causes.join()).toContain(
      'spec: Forbidden: spec is immutable',
    )
    create('v1/persistentvolumes', volume('hostPath', { path: '/a' }))
    expect(patch('v1/persistentvolumes', { spec: { hostPath: { path: '/b' } } }).causes.join()).toContain(
      'spec.persistentvolumesource: Forbidden',
    )
  })
})

describe('the writer of a core object is warned', () => {
  it('of variables that hide, ports that overlap and secrets without a name', () => {
    const { warnings } = create('v1/pods', {
      spec: {
        containers: [
          {
            name: 'c',
            image: 'i',
            env: [
              { name: 'A', value: '1' },
              { name: 'A', value: '2' },
            ],
            ports: [{ containerPort: 80 }, { containerPort: 80 }],
          },
        ],
        imagePullSecrets: [{}],
      },
    })
    const said = warnings.join('\n')
    expect(said).toContain('spec.imagePullSecrets[0].name: invalid empty name')
    expect(said).toContain('spec.containers[0].env[1]: hides previous definition of')
    expect(said).toContain('spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]')
  })

  it('of a name that a service does not use', () => {
    expect(create('v1/services', service({ externalName: 'a' })).warnings.join()).toContain('spec.externalName is ignored')
  })
})
