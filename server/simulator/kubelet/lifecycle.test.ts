import { describe, expect, it } from 'vitest'
import { living, messages, pod } from '../controllers/living.test-support.ts'

describe('a sidecar', () => {
  it('starts first, and ends when the pod is done with its work', async () => {
    const { api, clock } = await living({ work: { exit: { code: 0, reason: 'Completed', after: 5000 } } })
    api.create<'Pod'>({
      ...pod('batch'),
      spec: {
        restartPolicy: 'Never',
        initContainers: [{ name: 'proxy', image: 'nginx:1', restartPolicy: 'Always' }],
        containers: [{ name: 'c', image: 'work' }],
      },
    })
    await clock.advance(5000)
    expect(api.get('Pod', 'default', 'batch')?.status?.initContainerStatuses?.[0]).toMatchObject({ ready: true, started: true })
    await clock.advance(20_000)
    expect(api.get('Pod', 'default', 'batch')?.status).toMatchObject({
      phase: 'Succeeded',
      initContainerStatuses: [{ state: { terminated: { exitCode: 0 } }, restartCount: 0 }],
    })
  })

  it('outlives the others when the pod is deleted', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>({
      ...pod('web'),
      spec: {
        initContainers: [{ name: 'proxy', image: 'nginx:1', restartPolicy: 'Always' }],
        containers: [{ name: 'c', image: 'nginx:1' }],
      },
    })
    await clock.advance(8000)
    api.delete('Pod', 'default', 'web')
    await clock.advance(3000)
    expect(api.get('Pod', 'default', 'web')).toBeUndefined()
    const killings = messages(api).filter((one) => one.startsWith('Killing'))
    expect(killings).toEqual(['Killing: Stopping container c', 'Killing: Stopping container proxy'])
  })
})

describe('a preStop hook', () => {
  it('runs before SIGTERM, on the time of the grace period', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>({
      ...pod('web'),
      spec: {
        terminationGracePeriodSeconds: 20,
        containers: [{ name: 'c', image: 'nginx:1', lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
      },
    })
    await clock.advance(4000)
    api.delete('Pod', 'default', 'web')
    await clock.advance(4000)
    expect(api.get('Pod', 'default', 'web')).toBeDefined()
    await clock.advance(2000)
    expect(api.get('Pod', 'default', 'web')).toBeUndefined()
  })
})

describe('a postStart hook', () => {
  it('holds the container back from running and from being ready', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>({
      ...pod('web'),
      spec: { containers: [{ name: 'c', image: 'nginx:1', lifecycle: { postStart: { sleep: { seconds: 5 } } } }] },
    })
    await clock.advance(4000)
    expect(api.get('Pod', 'default', 'web')?.status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }],
    })
    await clock.advance(5000)
    expect(api.get('Pod', 'default', 'web')?.status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true }] })
  })
})

describe('a static pod', () => {
  it('has a mirror that comes back when it is deleted', async () => {
    const { api, clock } = await living()
    const uid = api.get('Pod', 'kube-system', 'etcd-vm-00')?.metadata.uid
    expect(uid).toBeDefined()
    api.delete('Pod', 'kube-system', 'etcd-vm-00', { gracePeriodSeconds: 0 })
    await clock.advance(5000)
    const mirror = api.get('Pod', 'kube-system', 'etcd-vm-00')
    expect(mirror?.status?.phase).toBe('Running')
    expect(mirror?.metadata.uid).not.toBe(uid)
  })
})
