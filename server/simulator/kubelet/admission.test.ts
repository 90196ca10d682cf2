import { describe, expect, it } from 'vitest'
import type { Api } from '../api/door.ts'
import { living, messages, pod } from '../controllers/living.test-support.ts'
import type { ContainerResizePolicy, Pod, ResourceRequirements } from '../resources/kinds.ts'

type Cluster = Awaited<ReturnType<typeof living>>

describe('a resize of a running pod', () => {
  it('gives the container what it asks for, and says so while it lasts', async () => {
    const cluster = await running({ requests: { cpu: '100m' } })
    const { api, clock } = cluster
    ask(cluster, { requests: { cpu: '150m' } })
    await clock.advance(10)
    expect(conditionOf(api)).toMatchObject({ type: 'PodResizeInProgress', status: 'True', observedGeneration: 2 })
    expect(statusOf(api)).toMatchObject({ allocatedResources: { cpu: '150m' }, resources: { requests: { cpu: '100m' } } })
    await clock.advance(2000)
    expect(conditionOf(api)?.type).toBe('PodReadyToStartContainers')
    expect(statusOf(api)).toMatchObject({ resources: { requests: { cpu: '150m' } }, restartCount: 0 })
    const told = '{"containers":[{"name":"c","resources":{"requests":{"cpu":"150m"}}}],"generation":2}'
    expect(messages(api)).toEqual(
      expect.arrayContaining([`ResizeStarted: Pod resize started: ${told}`, `ResizeCompleted: Pod resize completed: ${told}`]),
    )
  })

  it('restarts a container whose policy asks for that', async () => {
    const cluster = await running({ requests: { memory: '64Mi' } }, [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }])
    const { api, clock } = cluster
    ask(cluster, { requests: { memory: '96Mi' } })
    await clock.advance(5000)
    expect(statusOf(api)).toMatchObject({ restartCount: 1, ready: true })
    expect(messages(api)).toContain('Killing: Container c resize requires restart')
  })

  it('cannot be had where no node is that large', async () => {
    const cluster = await running({ requests: { cpu: '100m' } })
    const { api, clock } = cluster
    ask(cluster, { requests: { cpu: '900' } })
    await clock.advance(10)
    expect(conditionOf(api)).toMatchObject({
      type: 'PodResizePending',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 900000, capacity: 2000",
    })
    expect(statusOf(api)).toMatchObject({ allocatedResources: { cpu: '100m' } })
  })

  it('waits until others have left the node', async () => {
    const cluster = await running({ requests: { cpu: '100m' } })
    const { api, clock } = cluster
    api.create<'Pod'>(sized('other', { requests: { cpu: '1' } }))
    await clock.advance(5000)
    ask(cluster, { requests: { cpu: '1500m' } })
    await clock.advance(10)
    expect(conditionOf(api)).toMatchObject({ type: 'PodResizePending', reason: 'Deferred' })
    api.delete('Pod', 'default', 'other')
    await clock.advance(5000)
    expect(statusOf(api)).toMatchObject({ resources: { requests: { cpu: '1500m' } } })
  })
})

describe('a kubelet', () => {
  it('does not take a pod that it has no room for', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>(sized('huge', { requests: { cpu: '900' } }))
    await clock.advance(10)
    const words = "Node didn't have enough resource: cpu, requested: 900000, used: "
    expect(api.get('Pod', 'default', 'huge')?.status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message: expect.stringContaining(`Pod was rejected: ${words}`),
    })
    expect(messages(api)).toContainEqual(expect.stringContaining(`OutOfcpu: ${words}`))
  })

  it('does not take a pod that must not be on its node', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>({
      ...pod('picky'),
      spec: { nodeName: 'vm-01', nodeSelector: { disk: 'ssd' }, containers: [{ name: 'c', image: 'nginx:1' }] },
    })
    await clock.advance(10)
    expect(api.get('Pod', 'default', 'picky')?.status).toMatchObject({
      reason: 'NodeAffinity',
      message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    })
  })

  it('says what is wrong with the name of an image', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>(pod('shouting', 'NGINX'))
    await clock.advance(1000)
    const words = `Failed to apply default image tag "NGINX": couldn't parse image name "NGINX": invalid reference format: repository name (library/NGINX) must be lowercase`
    expect(api.get('Pod', 'default', 'shouting')?.status?.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'InvalidImageName', message: words },
    })
    expect(messages(api)).toEqual(expect.arrayContaining([`InspectFailed: ${words}`, 'Failed: Error: InvalidImageName']))
  })

  it('does not mount a directory that its node does not have', async () => {
    const { api, clock } = await living()
    const volumes = [{ name: 'v', hostPath: { path: '/no/such', type: 'Directory' } }]
    api.create<'Pod'>({ ...pod('lost'), spec: { containers: [{ name: 'c', image: 'nginx:1' }], volumes } })
    await clock.advance(2000)
    expect(messages(api)).toContain(
      'FailedMount: MountVolume.SetUp failed for volume "v" : hostPath type check failed: /no/such is not a directory',
    )
  })

  it('does not run as root what must not', async () => {
    const { api, clock } = await living()
    const container = { name: 'c', image: 'nginx:1', securityContext: { runAsNonRoot: true, runAsUser: 0 } }
    api.create<'Pod'>({ ...pod('rooted'), spec: { containers: [container] } })
    await clock.advance(4000)
    const made = api.get('Pod', 'default', 'rooted')
    expect(made?.status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: `container's runAsUser breaks non-root policy (pod: "rooted_default(${made?.metadata.uid ?? ''})", container: c)`,
    })
  })

  it('starts a container again when its own rules say so, whatever the pod says', async () => {
    const { api, clock } = await living({ work: { exit: { code: 42, reason: 'Error', after: 1000 } } })
    const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }]
    const container = { name: 'c', image: 'work', restartPolicy: 'Never', restartPolicyRules: rules }
    api.create<'Pod'>({ ...pod('again'), spec: { restartPolicy: 'Never', containers: [container] } })
    await clock.advance(6000)
    expect(api.get('Pod', 'default', 'again')?.status).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1 }] })
  })
})

function sized(name: string, resources: ResourceRequirements, resizePolicy?: readonly ContainerResizePolicy[]): Pod {
  return {
    ...pod(name),
    spec: { nodeName: 'vm-01', containers: [{ name: 'c', image: 'nginx:1', resources, ...(resizePolicy && { resizePolicy }) }] },
  }
}

async function running(resources: ResourceRequirements, policy?: readonly ContainerResizePolicy[]): Promise<Cluster> {
  const cluster = await living()
  cluster.api.create<'Pod'>(sized('web', resources, policy))
  await cluster.clock.advance(5000)
  return cluster
}

function ask({ api, operations }: Cluster, resources: ResourceRequirements): void {
  const current = api.get('Pod', 'default', 'web')
  const wanted = {
    ...current,
    spec: { ...current?.spec, containers: (current?.spec?.containers ?? []).map((one) => ({ ...one, resources })) },
  }
  operations.update(operations.registry.ofKind('Pod'), 'default', 'web', JSON.parse(JSON.stringify(wanted)), 'resize')
}

const conditionOf = (api: Api) => api.get('Pod', 'default', 'web')?.status?.conditions?.[0]
const statusOf = (api: Api) => api.get('Pod', 'default', 'web')?.status?.containerStatuses?.[0]
