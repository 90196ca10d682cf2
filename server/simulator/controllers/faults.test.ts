import { describe, expect, it } from 'vitest'
import type { Api } from '../api/door.ts'
import type { Taint } from '../resources/kinds.ts'
import { injectFault } from '../kubelet/faults.ts'
import { deployment, living, messages, pod } from './living.test-support.ts'

describe('a node on which a fault is set', () => {
  it('is lost when its kubelet falls silent: tainted, its pods without traffic, and ended after five minutes', async () => {
    const { api, clock } = await living()
    api.create<'Deployment'>(deployment('web', 2))
    await clock.advance(3000)
    const heal = injectFault(api, { fault: 'unreachable', node: 'vm-01' })
    await clock.advance(45_000)
    expect(ready(api, 'vm-01')).toEqual(['True', 'KubeletReady'])
    await clock.advance(10_000)
    expect(ready(api, 'vm-01')).toEqual(['Unknown', 'NodeStatusUnknown'])
    expect(taints(api, 'vm-01')).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'])
    expect(podsOn(api, 'vm-01').map((one) => one.status?.conditions?.find((two) => two.type === 'Ready')?.status)).toEqual(['False'])
    await clock.advance(310_000)
    const [lost] = podsOn(api, 'vm-01')
    expect(lost?.metadata.deletionTimestamp).toBeDefined()
    expect(messages(api)).toEqual(
      expect.arrayContaining([
        'NodeNotReady: Node vm-01 status is now: NodeNotReady',
        'NodeNotReady: Node is not ready',
        `TaintManagerEviction: Marking for deletion Pod default/${lost?.metadata.name ?? ''}`,
      ]),
    )
    expect(podsOn(api, 'vm-00')).toHaveLength(2)
    heal()
    await clock.advance(40_000)
    expect(ready(api, 'vm-01')).toEqual(['True', 'KubeletReady'])
    expect(taints(api, 'vm-01')).toEqual([])
    expect(podsOn(api, 'vm-01')).toEqual([])
    expect(messages(api)).toContain('NodeReady: Node vm-01 status is now: NodeReady')
  })

  it('runs its pods on when it comes back in time', async () => {
    const { api, clock } = await living()
    api.create<'Deployment'>(deployment('web', 2))
    await clock.advance(3000)
    const heal = injectFault(api, { fault: 'not-ready', node: 'vm-01' })
    await clock.advance(1000)
    expect(ready(api, 'vm-01')).toEqual(['False', 'KubeletNotReady'])
    heal()
    await clock.advance(1000)
    expect(podsOn(api, 'vm-01').map((one) => one.status?.conditions?.find((two) => two.type === 'Ready')?.status)).toEqual(['True'])
  })

  it('evicts pods, one after the other, while its disk is full', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>({ ...pod('a'), spec: { ...pod('a').spec, containers: pod('a').spec?.containers ?? [], nodeName: 'vm-01' } })
    await clock.advance(3000)
    injectFault(api, { fault: 'disk-pressure', node: 'vm-01' })
    await clock.advance(5000)
    expect(taints(api, 'vm-01')).toEqual(['node.kubernetes.io/disk-pressure:NoSchedule'])
    const evicted = api.get('Pod', 'default', 'a')?.status
    expect(evicted).toMatchObject({ phase: 'Failed', reason: 'Evicted' })
    expect(evicted?.message).toMatch(/^The node was low on resource: ephemeral-storage\. Threshold quantity: /)
    expect(messages(api)).toEqual(expect.arrayContaining(['EvictionThresholdMet: Attempting to reclaim ephemeral-storage']))
  })

  it('cannot pull an image that has gone from the registry', async () => {
    const { api, clock } = await living()
    const heal = injectFault(api, { fault: 'missing-image', image: 'nginx:1' })
    api.create<'Pod'>(pod('late'))
    await clock.advance(5000)
    expect(api.get('Pod', 'default', 'late')?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ImagePullBackOff')
    heal()
    await clock.advance(30_000)
    expect(api.get('Pod', 'default', 'late')?.status?.phase).toBe('Running')
  })

  it('takes no new pods while it is cordoned, and says so', async () => {
    const { api, clock } = await living()
    api.modify('Node', undefined, 'vm-01', (node) => ({ ...node, spec: { ...node.spec, unschedulable: true } }))
    await clock.advance(1000)
    expect(taints(api, 'vm-01')).toEqual(['node.kubernetes.io/unschedulable:NoSchedule'])
    expect(messages(api)).toContain('NodeNotSchedulable: Node vm-01 status is now: NodeNotSchedulable')
  })

  it('loses at once what does not tolerate a NoExecute taint', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>({
      ...pod('a'),
      spec: { containers: pod('a').spec?.containers ?? [], nodeName: 'vm-01', terminationGracePeriodSeconds: 1 },
    })
    await clock.advance(3000)
    api.modify('Node', undefined, 'vm-01', (node) => ({ ...node, spec: { ...node.spec, taints: [{ key: 'gpu', effect: 'NoExecute' }] } }))
    await clock.advance(3000)
    expect(api.get('Pod', 'default', 'a')).toBeUndefined()
  })
})

const podsOn = (api: Api, node: string) => api.list('Pod', 'default').filter((one) => one.spec?.nodeName === node)
const taints = (api: Api, node: string): string[] =>
  (api.get('Node', undefined, node)?.spec?.taints ?? []).map((one) => `${one.key}:${one.effect}`)
describe('a node', () => {
  it('says that it has started, and that it has been met', async () => {
    const { api } = await living()
    const told = api.list('Event').filter((one) => one.involvedObject.kind === 'Node' && one.involvedObject.name === 'vm-01')
    expect(told.map((one) => `${one.source?.component ?? one.reportingComponent ?? ''} ${one.reason}`)).toEqual(
      expect.arrayContaining([
        'kubelet Starting',
        'kubelet NodeAllocatableEnforced',
        'kubelet NodeReady',
        'node-controller RegisteredNode',
      ]),
    )
    // Kubelets take a node's name for its uid.
    expect(told.find((one) => one.reason === 'NodeReady')?.involvedObject.uid).toBe('vm-01')
  })

  it('that is gone takes its pods with it after a while', async () => {
    const { api, clock } = await living()
    api.create<'Pod'>({ ...pod('a'), spec: { containers: [{ name: 'c', image: 'nginx:1' }], nodeName: 'vm-01' } })
    await clock.advance(5000)
    api.delete('Node', undefined, 'vm-01')
    await clock.advance(30_000)
    expect(api.get('Pod', 'default', 'a')).toBeDefined()
    await clock.advance(40_000)
    expect(api.get('Pod', 'default', 'a')).toBeUndefined()
    expect(messages(api)).toContain('RemovingNode: Node vm-01 event: Removing Node vm-01 from Controller')
  })

  it('keeps a pod that still tolerated a taint when the taint goes', async () => {
    const { api, clock } = await living()
    const tolerations = [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }]
    api.create<'Pod'>({ ...pod('a'), spec: { containers: [{ name: 'c', image: 'nginx:1' }], nodeName: 'vm-01', tolerations } })
    await clock.advance(5000)
    const taint = (list: readonly Taint[]): unknown =>
      api.modify('Node', undefined, 'vm-01', (node) => ({ ...node, spec: { ...node.spec, taints: list } }))
    taint([{ key: 'k', value: 'v', effect: 'NoExecute' }])
    await clock.advance(30_000)
    taint([])
    await clock.advance(60_000)
    expect(api.get('Pod', 'default', 'a')?.metadata.deletionTimestamp).toBeUndefined()
    expect(messages(api)).toContain('TaintManagerEviction: Cancelling deletion of Pod default/a')
    taint([{ key: 'k', value: 'v', effect: 'NoExecute' }])
    await clock.advance(65_000)
    expect(api.get('Pod', 'default', 'a')).toBeUndefined()
  })
})

function ready(api: Api, node: string): (string | undefined)[] {
  const condition = api.get('Node', undefined, node)?.status?.conditions?.find((one) => one.type === 'Ready')
  return [condition?.status, condition?.reason]
}
