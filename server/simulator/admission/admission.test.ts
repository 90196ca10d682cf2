import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../kernel/clock.ts'
import { createOperations } from '../api/create-api.ts'
import { localDoor } from '../api/local.ts'
import { startQuotaController } from './quota-controller.ts'
import { violations } from './pod-security-checks.ts'
import type { ApiData } from '../api/create-api.ts'
import type { Operations } from '../api/operations.ts'
import type { Platform } from '../platform.ts'
import type { JsonObject } from '../resources/object.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../manifests/simulator/${name}.json`, import.meta.url), 'utf8'))
const data = { schemas: read('schemas'), discovery: read('discovery') } as ApiData

let operations: Operations
beforeEach(() => {
  operations = createOperations(data, platform())
  operations.create(operations.registry.ofKind('Namespace'), undefined, { metadata: { name: 'default' } })
  operations.create(operations.registry.ofKind('ServiceAccount'), 'default', { metadata: { name: 'default' } })
})

describe('a runtime class', () => {
  const runtime = (more: JsonObject) =>
    operations.create(operations.registry.ofKind('RuntimeClass'), undefined, { metadata: { name: 'thin' }, handler: 'thin', ...more })
  const thin = (more: JsonObject = {}) => ({ ...container({}), runtimeClassName: 'thin', ...more })

  it('has to be there', () => {
    expect(() => make('Pod', 'a', thin())).toThrow('pods "a" is forbidden: pod rejected: RuntimeClass "thin" not found')
  })

  it('brings its overhead, nodes and tolerations', () => {
    runtime({
      overhead: { podFixed: { cpu: '250m' } },
      scheduling: { nodeSelector: { thin: 'yes' }, tolerations: [{ key: 'thin', operator: 'Exists' }] },
    })
    expect(make('Pod', 'a', thin())['spec']).toMatchObject({ overhead: { cpu: '250m' }, nodeSelector: { thin: 'yes' } })
    expect(() => make('Pod', 'b', thin({ nodeSelector: { thin: 'no' } }))).toThrow(
      'conflict: runtimeClass.scheduling.nodeSelector[thin] = yes; pod.spec.nodeSelector[thin] = no',
    )
    expect(() => make('Pod', 'c', thin({ overhead: { cpu: '1' } }))).toThrow(
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    )
  })

  it('alone says what a pod costs besides its containers', () => {
    expect(() => make('Pod', 'a', { ...container({}), overhead: { cpu: '1' } })).toThrow(
      'pods "a" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    )
  })
})

describe('a claim', () => {
  const grown = (storage: string) => ({
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'slow', resources: { requests: { storage } } },
  })
  const claims = () => operations.registry.ofKind('PersistentVolumeClaim')
  const bind = () =>
    operations.update(
      claims(),
      'default',
      'c',
      { metadata: { name: 'c' }, status: { phase: 'Bound', capacity: { storage: '1Gi' } } },
      'status',
    )

  it('grows once it is bound, where its class lets it', () => {
    operations.create(claims(), 'default', grown('1Gi'))
    expect(() => operations.update(claims(), 'default', 'c', grown('2Gi'))).toThrow('spec is immutable after creation')
    bind()
    const refused = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
    expect(() => operations.update(claims(), 'default', 'c', grown('2Gi'))).toThrow(`persistentvolumeclaims "c" is forbidden: ${refused}`)
    const slow = { metadata: { name: 'slow' }, provisioner: 'example.com/slow', allowVolumeExpansion: true }
    operations.create(operations.registry.ofKind('StorageClass'), undefined, slow)
    operations.update(claims(), 'default', 'c', grown('2Gi'))
    expect(operations.get('PersistentVolumeClaim', 'default', 'c')?.spec?.resources?.requests).toEqual({ storage: '2Gi' })
  })
})

it('a priority class alone says whom a pod may push away', () => {
  expect(() => make('Pod', 'a', { ...container({}), preemptionPolicy: 'Never' })).toThrow(
    'pods "a" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
  )
})

describe('a limit range', () => {
  it('gives what is missing and says so in an annotation', () => {
    make('LimitRange', 'lr', { limits: [{ type: 'Container', default: { cpu: '200m' }, defaultRequest: { cpu: '100m' } }] })
    const made = make('Pod', 'a', container({}))
    expect(made['spec']).toMatchObject({ containers: [{ resources: { requests: { cpu: '100m' }, limits: { cpu: '200m' } } }] })
    expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    )
  })

  it.each([
    [{ max: { memory: '1Gi' } }, { limits: { memory: '2Gi' } }, 'maximum memory usage per Container is 1Gi, but limit is 2Gi'],
    [
      { min: { cpu: '100m' }, default: { cpu: '1' } },
      { requests: { cpu: '50m' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      { maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '100m' }, limits: { cpu: '500m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000',
    ],
  ])('of %j refuses %j', (limit, resources, words) => {
    make('LimitRange', 'lr', { limits: [{ type: 'Container', ...limit }] })
    expect(() => make('Pod', 'a', container(resources))).toThrow(`pods "a" is forbidden: ${words}`)
  })

  it('adds up the containers of a pod', () => {
    make('LimitRange', 'lr', { limits: [{ type: 'Pod', max: { cpu: '1' } }] })
    const greedy = { name: 'c', image: 'x', resources: { limits: { cpu: '600m' } } }
    expect(() => make('Pod', 'a', { containers: [greedy, { ...greedy, name: 'd' }] })).toThrow(
      'maximum cpu usage per Pod is 1, but limit is 1200m',
    )
  })
})

describe('a resource quota', () => {
  it('counts what is there, what comes, and what goes', async () => {
    make('Secret', 'old')
    await quota('q', { hard: { 'count/secrets': '3', 'secrets': '3' } })
    expect(used('q')).toEqual({ 'count/secrets': '1', 'secrets': '1' })
    make('Secret', 'new')
    expect(used('q')).toEqual({ 'count/secrets': '2', 'secrets': '2' })
    operations.delete(operations.registry.ofKind('Secret'), 'default', 'old')
    await settled()
    expect(used('q')).toEqual({ 'count/secrets': '1', 'secrets': '1' })
  })

  it('refuses what exceeds it, and counts nothing then', async () => {
    await quota('q', { hard: { 'pods': '2', 'requests.memory': '100Mi' } })
    make('Pod', 'a', container({ requests: { memory: '64Mi' } }))
    expect(() => make('Pod', 'b', container({ requests: { memory: '64Mi' } }))).toThrow(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.memory=64Mi, used: requests.memory=64Mi, limited: requests.memory=100Mi',
    )
    expect(used('q')).toEqual({ 'pods': '1', 'requests.memory': '64Mi' })
  })

  it('asks every container to say what it counts', async () => {
    await quota('q', { hard: { 'limits.memory': '1Gi', 'requests.cpu': '1' } })
    expect(() => make('Pod', 'a', container({}))).toThrow('failed quota: q: must specify limits.memory for: c; requests.cpu for: c')
  })

  it('with a scope is only about the pods in it', async () => {
    await quota('q', { hard: { pods: '0' }, scopes: ['BestEffort'] })
    make('Pod', 'b', container({ requests: { cpu: '1' } }))
    expect(() => make('Pod', 'a', container({}))).toThrow('exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0')
  })

  it('counts the node ports of services, also when a service changes', async () => {
    await quota('q', { hard: { 'services.nodeports': '0' } })
    const service = make('Service', 's', { ports: [{ port: 80 }] })
    const changed = { ...service, spec: { ...(service['spec'] as JsonObject), type: 'NodePort' } }
    expect(() => operations.update(operations.registry.ofKind('Service'), 'default', 's', changed)).toThrow(
      'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=1',
    )
  })
})

describe('pod security', () => {
  it('refuses a pod below the enforced level, in the order of the standard', () => {
    label({ 'pod-security.kubernetes.io/enforce': 'baseline' })
    const spec = { hostNetwork: true, containers: [{ name: 'c', image: 'x', securityContext: { privileged: true } }] }
    expect(() => make('Pod', 'a', spec)).toThrow(
      'pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
    )
  })

  it('only warns where it is told to, also of workloads', () => {
    label({ 'pod-security.kubernetes.io/warn': 'baseline', 'pod-security.kubernetes.io/warn-version': 'v1.30' })
    const template = { metadata: { labels: { a: 'b' } }, spec: { hostPID: true, containers: [{ name: 'c', image: 'x' }] } }
    const warnings: string[] = []
    const body = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } }
    operations.create(operations.registry.ofKind('Deployment'), 'default', body, { warn: (warning) => warnings.push(warning) })
    expect(warnings).toEqual(['would violate PodSecurity "baseline:v1.30": host namespaces (hostPID=true)'])
  })

  it('refuses a level that is none', () => {
    expect(() => label({ 'pod-security.kubernetes.io/enforce': 'strict' })).toThrow(
      'Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    )
  })

  it('lets a pod in that follows the restricted standard', () => {
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    }
    expect(violations('restricted', undefined, { containers: [{ name: 'c', image: 'x', securityContext }] })).toEqual([])
  })
})

describe('a validating admission policy', () => {
  it('denies what its expression is against, in its own words or in the expression’s', () => {
    policy([{ expression: 'object.spec.replicas <= 5' }], ['Deny'])
    expect(() => make('Deployment', 'web', deployment(6))).toThrow(
      `deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: object.spec.replicas <= 5`,
    )
    expect(make('Deployment', 'web', deployment(5)).metadata.name).toBe('web')
  })

  it('may not loop without end', () => {
    const loop = (depth: number): string => (depth === 0 ? 'true' : `"${'x'.repeat(2000)}".split("").all(x${depth}, ${loop(depth - 1)})`)
    policy([{ expression: loop(4) }], ['Deny'])
    expect(() => make('Deployment', 'web', deployment(1))).toThrow('running out of cost budget')
  })

  it('only warns where its binding says so', () => {
    policy([{ expression: 'variables.most >= object.spec.replicas', messageExpression: '"at most " + string(variables.most)' }], ['Warn'])
    const warnings: string[] = []
    operations.create(
      operations.registry.ofKind('Deployment'),
      'default',
      { metadata: { name: 'web' }, spec: deployment(6) },
      { warn: (warning) => warnings.push(warning) },
    )
    expect(warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': at most 5"])
  })
})

describe('a mutating admission policy', () => {
  const begin = (mutations: readonly JsonObject[], more: JsonObject = {}) => {
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }
    const spec = { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'Never', mutations, ...more }
    operations.create(operations.registry.ofKind('MutatingAdmissionPolicy'), undefined, { metadata: { name: 'm' }, spec })
    operations.create(operations.registry.ofKind('MutatingAdmissionPolicyBinding'), undefined, {
      metadata: { name: 'b' },
      spec: { policyName: 'm' },
    })
  }
  const apply = (expression: string): JsonObject => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })
  const patch = (expression: string): JsonObject => ({ patchType: 'JSONPatch', jsonPatch: { expression } })

  it('merges what it is for into the object, lists by their keys', () => {
    begin(
      [
        apply(`Object{
        metadata: Object.metadata{labels: Object.metadata.labels{team: "a" + variables.suffix, ?none: optional.none()}},
        spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
          containers: object.spec.template.spec.containers.map(c, Object.spec.template.spec.containers{name: c.name, imagePullPolicy: "Always"})
        }}}
      }`),
      ],
      { variables: [{ name: 'suffix', expression: '"-team"' }] },
    )
    const made = make('Deployment', 'web', deployment(1))
    expect(made.metadata.labels).toEqual({ team: 'a-team' })
    expect(made['spec']).toMatchObject({ template: { spec: { containers: [{ name: 'c', image: 'x', imagePullPolicy: 'Always' }] } } })
  })

  it('patches the object, and completes what it added', () => {
    begin([
      patch('[JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "b"}}]'),
      patch(`has(object.metadata.labels) ? [
        JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/own"), value: "yes"},
        JSONPatch{op: "add", path: "/spec/template/spec/initContainers", value: [{"name": "first", "image": "busybox"}]}
      ] : []`),
    ])
    const made = make('Deployment', 'web', deployment(1))
    expect(made.metadata.labels).toEqual({ 'a': 'b', 'example.com/own': 'yes' })
    expect(made['spec']).toMatchObject({
      template: { spec: { initContainers: [{ name: 'first', terminationMessagePath: '/dev/termination-log' }] } },
    })
  })

  it('that fails refuses the request, unless it is to be ignored', () => {
    begin([patch('[JSONPatch{op: "add", path: "/spec/none/of/this", value: 1}]')])
    expect(() => make('Deployment', 'web', deployment(1))).toThrow(
      `deployments.apps "web" is forbidden: policy 'm' with binding 'b' denied request: `,
    )
  })
})

describe('a validating admission policy with parameters', () => {
  const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'], resources: ['deployments'] }
  const begin = (binding: JsonObject, validation: JsonObject, policySpec: JsonObject = {}) => {
    const spec = {
      matchConstraints: { resourceRules: [rule] },
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [validation],
      ...policySpec,
    }
    operations.create(operations.registry.ofKind('ValidatingAdmissionPolicy'), undefined, { metadata: { name: 'p' }, spec })
    operations.create(operations.registry.ofKind('ValidatingAdmissionPolicyBinding'), undefined, {
      metadata: { name: 'b' },
      spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
    })
  }
  const limit = (name: string, most: string, labels: JsonObject = {}) =>
    operations.create(operations.registry.ofKind('ConfigMap'), 'default', { metadata: { name, labels }, data: { most } })
  const most = {
    expression: 'object == null || object.spec.replicas <= int(params.data.most)',
    messageExpression: '"at most " + params.data.most',
  }

  it('is handed the one that its binding names', () => {
    begin({ paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } }, most)
    expect(() => make('Deployment', 'web', deployment(1))).toThrow(
      "with binding 'b' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    )
    limit('limits', '3')
    expect(make('Deployment', 'web', deployment(3)).metadata.name).toBe('web')
    expect(() => make('Deployment', 'more', deployment(4))).toThrow("with binding 'b' denied request: at most 3")
  })

  it('judges with each of those that its binding selects, and with none where that is allowed', () => {
    begin({ paramRef: { selector: { matchLabels: { a: 'b' } }, parameterNotFoundAction: 'Allow' } }, most)
    expect(make('Deployment', 'any', deployment(9)).metadata.name).toBe('any')
    limit('wide', '9', { a: 'b' })
    limit('narrow', '2', { a: 'b' })
    expect(() => make('Deployment', 'web', deployment(5))).toThrow('at most 2')
  })

  it('judges deletions by people, and knows who they are', () => {
    begin({}, { expression: 'request.operation != "DELETE" || (request.userInfo.username == "ann" && oldObject != null)' })
    make('Deployment', 'web', deployment(1))
    const resource = operations.registry.ofKind('Deployment')
    const user = (name: string) => ({ user: { name, groups: ['system:authenticated'] } })
    expect(() => operations.delete(resource, 'default', 'web', user('bob'))).toThrow('denied request: failed expression')
    expect(operations.delete(resource, 'default', 'web', user('ann')).gone).toBe(true)
  })
})

it('lets only one priority class be the default', () => {
  const priority = (name: string) =>
    operations.create(operations.registry.ofKind('PriorityClass'), undefined, { metadata: { name }, value: 1, globalDefault: true })
  priority('a')
  expect(() => priority('b')).toThrow(
    'priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass a is already marked as default. Only one default can exist',
  )
})

function make(kind: string, name: string, spec?: JsonObject) {
  return operations.create(operations.registry.ofKind(kind), 'default', { metadata: { name }, ...(spec && { spec }) })
}

function container(resources: JsonObject): JsonObject {
  return { containers: [{ name: 'c', image: 'x', resources }] }
}

async function quota(name: string, spec: JsonObject): Promise<void> {
  make('ResourceQuota', name, spec)
  startQuotaController(localDoor(operations), operations.platform)
  await settled()
}

function used(name: string) {
  return operations.get('ResourceQuota', 'default', name)?.status?.used
}

/** Watchers are told in microtasks, one after another. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

function policy(validations: readonly JsonObject[], validationActions: readonly string[]): void {
  const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }
  const spec = { matchConstraints: { resourceRules: [rule] }, variables: [{ name: 'most', expression: '2 + 3' }], validations }
  operations.create(operations.registry.ofKind('ValidatingAdmissionPolicy'), undefined, { metadata: { name: 'p' }, spec })
  operations.create(operations.registry.ofKind('ValidatingAdmissionPolicyBinding'), undefined, {
    metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions },
  })
}

function deployment(replicas: number): JsonObject {
  return { replicas, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: container({}) } }
}

function label(labels: { readonly [name: string]: string }): void {
  operations.update(operations.registry.ofKind('Namespace'), undefined, 'default', { metadata: { labels } })
}

function platform(): Platform {
  let seed = 1
  const errors = (error: unknown) => {
    throw error
  }
  return {
    clock: new ManualClock(Date.UTC(2026, 0, 1)),
    random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    sign: (text) => text,
    report: errors,
  }
}
