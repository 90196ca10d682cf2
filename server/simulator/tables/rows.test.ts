import { describe, expect, it } from 'vitest'
import { ROWS } from './rows.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'

const NOW = Date.UTC(2026, 0, 1, 0, 1)

describe('a row says what the printers of Kubernetes say', () => {
  it.each<[what: string, table: string, object: JsonObject, cells: readonly unknown[]]>([
    [
      'every rule counts, and hosts are named three at most',
      'networking.k8s.io/v1/ingresses',
      { spec: { rules: ['a', 'b', 'c', 'c', ''].map((host) => ({ host })) } },
      ['<none>', 'a,b,c + 2 more...', '', '80', '60s'],
    ],
    ['no host is any host', 'networking.k8s.io/v1/ingresses', { spec: { rules: [{}], tls: [{}] } }, ['<none>', '*', '', '80, 443', '60s']],
    [
      'addresses of a balancer are sorted',
      'networking.k8s.io/v1/ingresses',
      {
        spec: { ingressClassName: 'c' },
        status: { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'lb' }, { ip: '10.0.0.1' }] } },
      },
      ['c', '*', '10.0.0.1,10.0.0.2,lb', '80', '60s'],
    ],
    [
      'parameters of an ingress class',
      'networking.k8s.io/v1/ingressclasses',
      { spec: { controller: 'example.com/c', parameters: { apiGroup: 'k.example.com', kind: 'P', name: 'p' } } },
      ['example.com/c', 'P.k.example.com/p', '60s'],
    ],
    [
      'metrics of every kind',
      'autoscaling/v2/horizontalpodautoscalers',
      {
        spec: {
          maxReplicas: 3,
          scaleTargetRef: { kind: 'Deployment', name: 'd' },
          metrics: [
            { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '5' } } },
            { type: 'External', external: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '10' } } },
            { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization' } } },
          ],
        },
      },
      ['Deployment/d', '<unknown>/5, <unknown>/10 (avg) + 1 more...', '<unset>', 3, 0, '60s'],
    ],
    [
      'what a CSI driver asks for',
      'storage.k8s.io/v1/csidrivers',
      { spec: { attachRequired: false, tokenRequests: [{ audience: 'a' }, { audience: 'b' }], volumeLifecycleModes: ['Ephemeral'] } },
      [false, false, false, 'a,b', false, 'Ephemeral', '60s'],
    ],
    [
      'an attachment of a volume',
      'storage.k8s.io/v1/volumeattachments',
      { spec: { attacher: 'csi', source: { persistentVolumeName: 'pv' }, nodeName: 'n' }, status: { attached: true } },
      ['csi', 'pv', 'n', true, '60s'],
    ],
    [
      'a policy that knows no parameters',
      'admissionregistration.k8s.io/v1/validatingadmissionpolicies',
      { spec: { validations: [{ expression: 'true' }] } },
      [1, '<unset>', '60s'],
    ],
    [
      'a binding with parameters in any namespace',
      'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
      { spec: { policyName: 'p', paramRef: { name: 'q' } } },
      ['p', '*/q', '60s'],
    ],
    ['webhooks are counted', 'admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', { webhooks: [{}, {}] }, [2, '60s']],
    [
      'a level without queues',
      'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
      { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } } },
      ['Limited', 5, '<none>', '<none>', '<none>', '60s'],
    ],
    [
      'a schema whose level is there',
      'flowcontrol.apiserver.k8s.io/v1/flowschemas',
      {
        spec: { priorityLevelConfiguration: { name: 'l' }, matchingPrecedence: 9, distinguisherMethod: { type: 'ByUser' } },
        status: { conditions: [{ type: 'Dangling', status: 'False' }] },
      },
      ['l', 9, 'ByUser', '60s', 'False'],
    ],
    ['a claim that waits for devices', 'resource.k8s.io/v1/resourceclaims', {}, ['pending', '60s']],
    [
      'a denied request is not an approved one',
      'certificates.k8s.io/v1/certificatesigningrequests',
      { spec: { signerName: 's', username: 'u' }, status: { conditions: [{ type: 'Approved' }, { type: 'Denied' }] } },
      ['60s', 's', 'u', '<none>', 'Denied'],
    ],
  ])('%s', (_what, table, object, cells) => {
    const stored = { metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' }, ...object } as unknown as StoredObject
    expect(ROWS[table]?.(stored, NOW)).toEqual(['x', ...cells])
  })
})
