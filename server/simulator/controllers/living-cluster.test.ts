import { describe, expect, it } from 'vitest'
import type { Deployment } from '../resources/kinds.ts'
import { deployment, living, messages, pod } from './living.test-support.ts'

describe('a simulated cluster', () => {
  it('has its nodes ready and its own pods running when it is made, in no time', async () => {
    const { api, clock } = await living()
    expect(api.list('Node').map((node) => node.status?.conditions?.find((one) => one.type === 'Ready')?.status)).toEqual(['True', 'True'])
    const pods = api.list('Pod', 'kube-system')
    expect(pods.map((pod) => pod.status?.phase)).toEqual(pods.map(() => 'Running'))
    expect(pods.map((pod) => pod.metadata.name?.replace(/-[a-z0-9]{5}$/, '').replace(/-[a-z0-9]{8,10}$/, ''))).toEqual(
      expect.arrayContaining(['coredns', 'kube-proxy', 'kindnet', 'etcd-vm-00']),
    )
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1))
  })

  it('sets no timer while nothing happens', async () => {
    const { api, clock } = await living()
    expect(clock.pending).toBe(0)
    api.create<'Deployment'>(deployment('web', 2))
    await clock.advance(3000)
    api.delete('Deployment', 'default', 'web', { propagationPolicy: 'Background' })
    await clock.advance(1_000_000)
    expect(clock.pending).toBe(0)
  })

  it('runs the pods of a Deployment and says so in the words of a real one', async () => {
    const { api, clock } = await living()
    api.create<'Deployment'>(deployment('web', 2))
    await clock.advance(3000)
    const pods = api.list('Pod', 'default')
    expect(pods.map((pod) => pod.status?.phase)).toEqual(['Running', 'Running'])
    expect(new Set(pods.map((pod) => pod.spec?.nodeName))).toEqual(new Set(['vm-00', 'vm-01']))
    const status = api.get('Deployment', 'default', 'web')?.status
    expect(status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 })
    expect(status?.conditions?.map((one) => [one.type, one.status, one.reason])).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ])
    const set = api.list('ReplicaSet', 'default')[0]?.metadata.name ?? ''
    expect(messages(api)).toContain(`ScalingReplicaSet: Scaled up replica set ${set} from 0 to 2`)
    const own = api.list('Event', 'default').filter((event) => event.involvedObject.name === pods[0]?.metadata.name)
    expect(own.map((event) => event.reason).toSorted()).toEqual(['Created', 'Pulled', 'Pulling', 'Scheduled', 'Started'])
  })

  it('rolls a Deployment over to a new template and keeps the old revision', async () => {
    const { api, clock } = await living()
    api.create<'Deployment'>(deployment('web', 2))
    await clock.advance(3000)
    api.modify('Deployment', 'default', 'web', (one) => withImage(one, 'nginx:2'))
    await clock.advance(10_000)
    expect(api.list('Pod', 'default').map((pod) => pod.spec?.containers[0]?.image)).toEqual(['nginx:2', 'nginx:2'])
    expect(
      api
        .list('ReplicaSet', 'default')
        .map((set) => [set.metadata.annotations?.['deployment.kubernetes.io/revision'], set.status?.replicas])
        .toSorted(),
    ).toEqual([
      ['1', 0],
      ['2', 2],
    ])
    expect(api.get('Deployment', 'default', 'web')?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
  })

  it('deletes everything that a Deployment owned', async () => {
    const { api, clock } = await living()
    api.create<'Deployment'>(deployment('web', 2))
    await clock.advance(3000)
    api.delete('Deployment', 'default', 'web', { propagationPolicy: 'Background' })
    await clock.advance(2000)
    expect([...api.list('ReplicaSet', 'default'), ...api.list('Pod', 'default')]).toEqual([])
  })

  it('keeps a claim pending until somebody offers a volume of its class, then runs the pod', async () => {
    const { api, clock } = await living()
    api.create<'PersistentVolumeClaim'>({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'manual', resources: { requests: { storage: '1Gi' } } },
    })
    api.create<'Pod'>({
      ...pod('db'),
      spec: { containers: [{ name: 'c', image: 'nginx:1' }], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
    })
    await clock.advance(5000)
    expect(api.get('Pod', 'default', 'db')?.status?.phase).toBe('Pending')
    expect(messages(api)).toEqual(
      expect.arrayContaining([
        'FailedScheduling: 0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
        'ProvisioningFailed: storageclass.storage.k8s.io "manual" not found',
      ]),
    )
    api.create<'PersistentVolume'>({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'pv' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'manual',
        capacity: { storage: '2Gi' },
        hostPath: { path: '/data' },
        persistentVolumeReclaimPolicy: 'Retain',
      },
    })
    await clock.advance(5000)
    expect(api.get('PersistentVolumeClaim', 'default', 'data')?.status).toMatchObject({ phase: 'Bound', capacity: { storage: '2Gi' } })
    expect(api.get('Pod', 'default', 'db')?.status?.phase).toBe('Running')
    api.delete('Pod', 'default', 'db')
    api.delete('PersistentVolumeClaim', 'default', 'data')
    await clock.advance(5000)
    expect(api.get('PersistentVolumeClaim', 'default', 'data')).toBeUndefined()
    expect(api.get('PersistentVolume', undefined, 'pv')?.status?.phase).toBe('Released')
  })

  it('replaces a pod that was relabelled, and leaves it running', async () => {
    const { api, clock } = await living()
    api.create<'ReplicationController'>({
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'nginx', namespace: 'default' },
      spec: {
        replicas: 1,
        selector: { run: 'nginx' },
        template: { metadata: { labels: { run: 'nginx' } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
      },
    })
    await clock.advance(3000)
    const quarantined = api.list('Pod', 'default')[0]?.metadata.name ?? ''
    api.modify('Pod', 'default', quarantined, (one) => ({ ...one, metadata: { ...one.metadata, labels: { run: 'nginx-debug' } } }))
    await clock.advance(3000)
    expect(
      api
        .list('Pod', 'default')
        .map((one) => [one.metadata.labels?.['run'], one.status?.phase])
        .toSorted(),
    ).toEqual([
      ['nginx', 'Running'],
      ['nginx-debug', 'Running'],
    ])
    expect(api.get('Pod', 'default', quarantined)?.metadata.ownerReferences).toBeUndefined()
    api.delete('ReplicationController', 'default', 'nginx', { propagationPolicy: 'Background' })
    await clock.advance(3000)
    expect(api.list('Pod', 'default').map((one) => one.metadata.name)).toEqual([quarantined])
  })

  it('makes the pods of a StatefulSet one after the other, each with its claim', async () => {
    const { api, clock } = await living()
    api.create<'StatefulSet'>({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'default' },
      spec: {
        serviceName: 'db',
        replicas: 2,
        selector: { matchLabels: { app: 'db' } },
        template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
      },
    })
    await clock.advance(500)
    expect(api.list('Pod', 'default').map((one) => one.metadata.name)).toEqual(['db-0'])
    await clock.advance(5000)
    expect(api.list('Pod', 'default').map((one) => [one.metadata.name, one.status?.phase])).toEqual([
      ['db-0', 'Running'],
      ['db-1', 'Running'],
    ])
    expect(api.get('StatefulSet', 'default', 'db')?.status).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
    })
  })

  it('completes a Job when enough pods have succeeded', async () => {
    const { api, clock } = await living({ task: { exit: { code: 0, reason: 'Completed', after: 500 } } })
    api.create<'Job'>({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace: 'default' },
      spec: { completions: 2, parallelism: 1, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'task' }] } } },
    })
    await clock.advance(10_000)
    expect(api.get('Job', 'default', 'once')?.status).toMatchObject({ succeeded: 2 })
    expect(api.get('Job', 'default', 'once')?.status?.conditions?.map((one) => one.type)).toEqual(['SuccessCriteriaMet', 'Complete'])
  })

  it('empties and forgets a namespace that is deleted', async () => {
    const { api, clock } = await living()
    api.create<'Namespace'>({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gone' } })
    await clock.advance(10)
    api.create<'Deployment'>({ ...deployment('web', 1), metadata: { name: 'web', namespace: 'gone' } })
    await clock.advance(3000)
    expect(api.get('ServiceAccount', 'gone', 'default')).toBeDefined()
    api.delete('Namespace', undefined, 'gone')
    await clock.advance(4000)
    expect(api.get('Namespace', undefined, 'gone')?.status?.phase).toBe('Terminating')
    expect(api.list('Pod', 'gone')).toHaveLength(1)
    await clock.advance(10_000)
    expect(api.get('Namespace', undefined, 'gone')).toBeUndefined()
    expect(api.list('Pod', 'gone')).toEqual([])
  })

  it('forgets events after an hour, when the next one comes', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>(pod('early'))
    await clock.advance(3000)
    expect(api.list('Event', 'default').length).toBeGreaterThan(0)
    await clock.advance(3_700_000)
    api.create<'Pod'>(pod('late'))
    await clock.advance(3000)
    expect(new Set(api.list('Event', 'default').map((event) => event.involvedObject.name))).toEqual(new Set(['late']))
  })

  it('lists a service’s pods as endpoints once they are ready', async () => {
    const { api, clock } = await living()
    api.create<'Deployment'>(deployment('web', 2))
    api.create<'Service'>({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    })
    await clock.advance(3000)
    const subset = api.get('Endpoints', 'default', 'web')?.subsets?.[0]
    expect(subset?.addresses?.map((one) => one.ip).toSorted()).toEqual(
      api
        .list('Pod', 'default')
        .map((one) => one.status?.podIP ?? '')
        .toSorted(),
    )
    const slice = api.list('EndpointSlice', 'default').find((one) => one.metadata.labels?.['kubernetes.io/service-name'] === 'web')
    expect(slice?.endpoints?.map((one) => one.conditions?.ready)).toEqual([true, true])
  })
})

describe('a pod on its node', () => {
  it('restarts at once after the first crash, then backs off', async () => {
    const { api, clock } = await living({ bad: { exit: { code: 3, reason: 'Error', after: 100 } } })
    api.create<'Pod'>(pod('crashes', 'bad'))
    await clock.advance(5000)
    const status = () => api.get('Pod', 'default', 'crashes')?.status?.containerStatuses?.[0]
    expect(status()).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 3, reason: 'Error' } } })
    await clock.advance(15_000)
    expect(status()?.restartCount).toBe(2)
    expect(status()?.state?.waiting?.reason).toBe('CrashLoopBackOff')
    expect(status()?.state?.waiting?.message).toMatch(/^back-off 20s restarting failed container=c pod=crashes_default\(/)
  })

  it('says that an image cannot be pulled, and backs off', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>(pod('no-image', 'nosuch'))
    await clock.advance(2000)
    expect(api.get('Pod', 'default', 'no-image')?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ErrImagePull')
    await clock.advance(3000)
    expect(api.get('Pod', 'default', 'no-image')?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ImagePullBackOff')
    expect(messages(api)).toContain('BackOff: Back-off pulling image "nosuch"')
  })

  it('waits for a missing ConfigMap and starts when it comes', async () => {
    const { api, clock } = await living()
    const spec = { containers: [{ name: 'c', image: 'nginx:1', envFrom: [{ configMapRef: { name: 'missing' } }] }] }
    api.create<'Pod'>({ ...pod('no-config'), spec })
    await clock.advance(5000)
    expect(api.get('Pod', 'default', 'no-config')?.status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "missing" not found',
    })
    // It waits for the ConfigMap, not for time to pass.
    expect(clock.pending).toBe(0)
    api.create<'ConfigMap'>({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'missing', namespace: 'default' }, data: { A: '1' } })
    await clock.advance(2000)
    expect(api.get('Pod', 'default', 'no-config')?.status?.phase).toBe('Running')
  })

  it('is killed after its grace period when it does not end by itself', async () => {
    const { api, clock } = await living({ stubborn: { stubborn: true } })
    api.create<'Pod'>({
      ...pod('slow', 'stubborn'),
      spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'c', image: 'stubborn' }] },
    })
    await clock.advance(3000)
    api.delete('Pod', 'default', 'slow')
    await clock.advance(4000)
    expect(api.get('Pod', 'default', 'slow')).toBeDefined()
    await clock.advance(2000)
    expect(api.get('Pod', 'default', 'slow')).toBeUndefined()
    expect(messages(api)).toContain('Killing: Stopping container c')
  })

  it('is restarted when its liveness probe fails, and unready while its readiness probe does', async () => {
    const refused = { ok: false as const, message: 'dial tcp 10.32.0.9:80: connect: connection refused' }
    const { api, clock } = await living({ sick: { probe: () => refused } })
    const probe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1 }
    api.create<'Pod'>({
      ...pod('sick'),
      spec: { containers: [{ name: 'c', image: 'sick', livenessProbe: { ...probe, failureThreshold: 2 }, readinessProbe: probe }] },
    })
    await clock.advance(6000)
    expect(api.get('Pod', 'default', 'sick')?.status?.containerStatuses?.[0]).toMatchObject({ ready: false, restartCount: 1 })
    expect(messages(api)).toEqual(
      expect.arrayContaining([
        `Unhealthy: Liveness probe failed: ${refused.message}`,
        `Unhealthy: Readiness probe failed: ${refused.message}`,
        'Killing: Container c failed liveness probe, will be restarted',
      ]),
    )
  })

  it('runs its init containers first', async () => {
    const { api, clock } = await living({ setup: { exit: { code: 0, reason: 'Completed', after: 2000 } } })
    api.create<'Pod'>({
      ...pod('inits'),
      spec: { initContainers: [{ name: 'setup', image: 'setup' }], containers: [{ name: 'c', image: 'nginx:1' }] },
    })
    await clock.advance(3000)
    expect(api.get('Pod', 'default', 'inits')?.status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    })
    await clock.advance(4000)
    expect(api.get('Pod', 'default', 'inits')?.status).toMatchObject({
      phase: 'Running',
      initContainerStatuses: [{ state: { terminated: { reason: 'Completed' } } }],
    })
  })
})

function withImage(one: Deployment, image: string): Deployment {
  const template = one.spec?.template ?? {}
  return {
    ...one,
    spec: {
      ...one.spec,
      selector: one.spec?.selector ?? {},
      template: { ...template, spec: { ...template.spec, containers: [{ name: 'c', image }] } },
    },
  }
}
