import { describe, expect, it } from 'vitest'
import type { Api } from '../api/door.ts'
import type { PersistentVolume, PersistentVolumeClaim, StatefulSet } from '../resources/kinds.ts'
import { living, messages, pod } from './living.test-support.ts'

describe('a claim of a class that makes its volumes', () => {
  it('waits for its first consumer, gets a volume on that node, and takes it along when it goes', async () => {
    const { api, clock } = await living()
    makeClass(api)
    api.create<'PersistentVolumeClaim'>(claim('data'))
    await clock.advance(3000)
    expect(messages(api)).toContain('WaitForFirstConsumer: waiting for first consumer to be created before binding')
    api.create<'Pod'>({
      ...pod('db'),
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'nginx:1' }],
        volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
      },
    })
    await clock.advance(8000)
    const bound = api.get('PersistentVolumeClaim', 'default', 'data')
    const name = `pvc-${bound?.metadata.uid ?? ''}`
    expect(bound?.status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } })
    expect(api.get('Pod', 'default', 'db')?.status?.phase).toBe('Running')
    expect(
      api.get('PersistentVolume', undefined, name)?.spec?.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values,
    ).toEqual([api.get('Pod', 'default', 'db')?.spec?.nodeName])
    expect(messages(api)).toEqual(
      expect.arrayContaining([
        'Provisioning: External provisioner is provisioning volume for claim "default/data"',
        `ProvisioningSucceeded: Successfully provisioned volume ${name}`,
      ]),
    )
    api.delete('Pod', 'default', 'db')
    api.delete('PersistentVolumeClaim', 'default', 'data')
    await clock.advance(5000)
    expect(api.list('PersistentVolume')).toEqual([])
  })

  it('grows when more is asked for', async () => {
    const { api, clock } = await living()
    makeClass(api, 'Immediate')
    api.create<'PersistentVolumeClaim'>(claim('data'))
    await clock.advance(5000)
    api.modify('PersistentVolumeClaim', 'default', 'data', (one) => ({
      ...one,
      spec: { ...one.spec, resources: { requests: { storage: '2Gi' } } },
    }))
    await clock.advance(5000)
    expect(api.get('PersistentVolumeClaim', 'default', 'data')?.status?.capacity).toEqual({ storage: '2Gi' })
    expect(api.list('PersistentVolume')[0]?.spec?.capacity).toEqual({ storage: '2Gi' })
  })
})

describe("a StatefulSet's claims", () => {
  it('go with the pods and the set where the retention policy says so', async () => {
    const { api, clock } = await living()
    makeClass(api)
    api.create<'StatefulSet'>(stateful())
    await clock.advance(20_000)
    expect(claims(api)).toEqual(['data-db-0', 'data-db-1'])
    api.modify('StatefulSet', 'default', 'db', (one) => ({
      ...one,
      spec: { ...stateful().spec, ...one.spec, replicas: 1 } as NonNullable<StatefulSet['spec']>,
    }))
    await clock.advance(10_000)
    expect(claims(api)).toEqual(['data-db-0'])
    api.delete('StatefulSet', 'default', 'db', { propagationPolicy: 'Background' })
    await clock.advance(10_000)
    expect(claims(api)).toEqual([])
  })
})

const claims = (api: Api) => api.list('PersistentVolumeClaim', 'default').map((one) => one.metadata.name)

function makeClass(api: Api, volumeBindingMode = 'WaitForFirstConsumer'): void {
  api.create<'StorageClass'>({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'rancher.io/local-path',
    allowVolumeExpansion: true,
    volumeBindingMode,
  })
}

const claim = (name: string): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
})

const stateful = (): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'default' },
  spec: {
    replicas: 2,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'nginx:1', volumeMounts: [{ name: 'data', mountPath: '/d' }] }],
      },
    },
    volumeClaimTemplates: [{ ...claim('data'), metadata: { name: 'data' } }],
  },
})

describe('a volume that a person made', () => {
  it('cannot be deleted with its claim, but under /tmp', async () => {
    const { api, clock } = await living()
    for (const [name, path] of [
      ['kept', '/data/kept'],
      ['gone', '/tmp/gone'],
    ] as const) {
      api.create<'PersistentVolume'>(volume(name, path))
      api.create<'PersistentVolumeClaim'>({ ...claim(name), spec: { ...claim(name).spec, storageClassName: name } })
    }
    await clock.advance(1000)
    api.delete('PersistentVolumeClaim', 'default', 'kept')
    api.delete('PersistentVolumeClaim', 'default', 'gone')
    await clock.advance(1000)
    const words = 'host_path deleter only supports /tmp/.+ but received provided /data/kept'
    expect(api.get('PersistentVolume', undefined, 'kept')?.status).toMatchObject({ phase: 'Failed', message: words })
    expect(messages(api)).toContain(`VolumeFailedDelete: ${words}`)
    expect(api.get('PersistentVolume', undefined, 'gone')).toBeUndefined()
  })
})

function volume(name: string, path: string): PersistentVolume {
  const capacity = { storage: '1Gi' }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { storageClassName: name, capacity, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Delete', hostPath: { path } },
  }
}
