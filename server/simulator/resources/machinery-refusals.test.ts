import { beforeEach, describe, expect, it } from 'vitest'
import { create, patch, startTestApi } from './api.test-support.ts'
import type { Fields } from './api.test-support.ts'

beforeEach(startTestApi)

const hook = (more: Fields) => ({
  webhooks: [
    {
      name: 'a.example.com',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      clientConfig: { url: 'https://example.com/' },
      ...more,
    },
  ],
})
const matchConstraints = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['pods'] }] }

const REFUSED: readonly (readonly [what: string, path: string, object: Fields, ...causes: string[]])[] = [
  [
    'a class of storage with a strange provisioner and places twice',
    'storage.k8s.io/v1/storageclasses',
    {
      provisioner: 'a b',
      reclaimPolicy: 'Recycle',
      allowedTopologies: [
        {
          matchLabelExpressions: [
            { key: 'zone', values: ['a', 'a'] },
            { key: 'zone', values: [] },
          ],
        },
      ],
    },
    "provisioner: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
    'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
    'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
  ],
  [
    'a driver with tokens that are alike and too short',
    'storage.k8s.io/v1/csidrivers',
    { spec: { fsGroupPolicy: 'All', tokenRequests: [{ expirationSeconds: 60 }, { audience: '' }] } },
    'spec.fsGroupPolicy: Unsupported value: "All": supported values: "File", "None", "ReadWriteOnceWithFSType"',
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    'spec.tokenRequests[1].audience: Duplicate value: ""',
  ],
  [
    'an attachment of nothing',
    'storage.k8s.io/v1/volumeattachments',
    { spec: { attacher: 'csi.example.com', nodeName: 'n', source: {} } },
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  [
    'attributes without any',
    'storage.k8s.io/v1/volumeattributesclasses',
    { driverName: 'csi.example.com' },
    'parameters: Required value: must contain at least one key/value pair',
  ],
  [
    'a webhook that says little of itself',
    'admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    hook({ name: 'a', sideEffects: 'Some', admissionReviewVersions: ['v2'], timeoutSeconds: 31, clientConfig: {} }),
    'webhooks[0].name: Invalid value: "a": should be a domain with at least three segments separated by dots',
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
    'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
  ],
  [
    'a webhook called in the open about everything and more',
    'admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
    hook({
      clientConfig: { url: 'http://user@/p?q#f' },
      rules: [{ apiGroups: ['*', 'apps'], apiVersions: ['v1'], operations: ['PATCH'], resources: ['*', 'pods'], scope: 'All' }],
    }),
    'webhooks[0].rules[0].operations[0]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    'webhooks[0].rules[0].apiGroups: Invalid value: ["*","apps"]: if \'*\' is present, must not specify other API groups',
    'webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, must not specify other resources without subresources',
    'webhooks[0].rules[0].scope: Unsupported value: "All": supported values: "*", "Cluster", "Namespaced"',
    'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
    'webhooks[0].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
    'webhooks[0].clientConfig.url: Invalid value: "user": user information is not permitted in the URL',
    'webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
    'webhooks[0].clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
  ],
  [
    'a policy about nothing',
    'admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    { spec: {} },
    'spec.matchConstraints: Required value',
    'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
    'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
  ],
  [
    'a policy whose parameters, variables and reason are wrong',
    'admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    {
      spec: {
        matchConstraints,
        paramKind: { apiVersion: 'a/b/c', kind: 'K' },
        variables: [{ name: 'a-b', expression: '1' }],
        validations: [{ expression: 'true', message: 'two\nlines', reason: 'Because' }],
      },
    },
    'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
    'spec.validations[0].message: Invalid value: "two\\nlines": message must not contain line breaks',
    'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
  ],
  [
    'a binding that denies and warns',
    'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
    { spec: { policyName: 'p', paramRef: {}, validationActions: ['Deny', 'Warn'] } },
    'spec.paramRef: Required value: one of name or selector must be specified',
    'spec.paramRef.parameterNotFoundAction: Required value',
    'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ],
  [
    'a flow of nobody to nowhere',
    'flowcontrol.apiserver.k8s.io/v1/flowschemas',
    {
      spec: {
        matchingPrecedence: 1,
        distinguisherMethod: { type: 'ByName' },
        rules: [{ subjects: [{ kind: 'User', group: { name: 'g' } }], nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['x'] }] }],
      },
    },
    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    'spec.distinguisherMethod.type: Unsupported value: {"Type":"ByName"}: supported values: "ByNamespace", "ByUser"',
    'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
    "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
    "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
    'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash',
  ],
  [
    'a level whose hands are larger than its deck',
    'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
    { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 5 } } } } },
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)',
  ],
  [
    'a certificate for unknown uses, from a signer of no domain',
    'certificates.k8s.io/v1/certificatesigningrequests',
    {
      spec: {
        request: btoa('-----BEGIN CERTIFICATE REQUEST-----\nx\n-----END CERTIFICATE REQUEST-----\n'),
        usages: ['signing', 'signing'],
        signerName: 'a/b',
      },
    },
    'spec.usages[1]: Duplicate value: "signing"',
    'spec.signerName: Invalid value: "a": should be a domain with at least two segments separated by dots',
  ],
  [
    'a runtime without a handler',
    'node.k8s.io/v1/runtimeclasses',
    { handler: '', overhead: { podFixed: { cpu: '-1' } } },
    'handler: Required value',
    'overhead.podFixed[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
]

describe('what a cluster’s machinery is told is refused in Kubernetes’ words', () => {
  it.each(REFUSED.map(([what, path, object, ...causes]) => ({ what, path, object, causes })))('$what', ({ path, object, causes }) => {
    expect(create(path, object)).toMatchObject({ code: 422, causes })
  })
})

describe('what may not change', () => {
  it('a class of storage keeps its provisioner, its parameters and when it binds', () => {
    const path = 'storage.k8s.io/v1/storageclasses'
    create(path, { provisioner: 'example.com/p' })
    expect(patch(path, { provisioner: 'q', parameters: { a: 'b' }, volumeBindingMode: 'WaitForFirstConsumer' }).causes).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ])
  })
})

describe('what is left out is filled in', () => {
  it('of a webhook', () => {
    const { object } = create(
      'admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
      hook({ clientConfig: { service: { name: 's', namespace: 'n' } } }),
    )
    expect((object['webhooks'] as Fields[])[0]).toMatchObject({
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      reinvocationPolicy: 'Never',
      timeoutSeconds: 10,
      clientConfig: { service: { port: 443 } },
    })
  })

  it('of a driver', () => {
    const { object } = create('storage.k8s.io/v1/csidrivers', { spec: {} })
    expect(object['spec']).toMatchObject({
      attachRequired: true,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
    })
  })
})
