import { describe, expect, it } from 'vitest'
import type { Api } from '../api/door.ts'
import { living, messages, pod } from '../controllers/living.test-support.ts'
import type { Pod } from '../resources/kinds.ts'

describe('a pod of high priority that fits nowhere', () => {
  it('takes the place of the least important pods that make it fit', async () => {
    const { api, clock } = await living()
    const cpu = Math.floor(free(api)) - 1
    for (const name of ['a', 'b']) api.create<'Pod'>(asking(name, cpu, undefined))
    await clock.advance(3000)
    api.create<'PriorityClass'>({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 })
    api.create<'Pod'>(asking('vip', cpu, 'high'))
    await clock.advance(20)
    const nominated = api.get('Pod', 'default', 'vip')?.status?.nominatedNodeName
    const victim = api.list('Pod', 'default').find((one) => one.metadata.deletionTimestamp !== undefined)
    expect(nominated).toBe(victim?.spec?.nodeName)
    expect(victim?.status?.conditions?.find((one) => one.type === 'DisruptionTarget')).toMatchObject({
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    })
    await clock.advance(10_000)
    const vip = api.get('Pod', 'default', 'vip')
    expect([vip?.status?.phase, vip?.spec?.nodeName]).toEqual(['Running', nominated])
    expect(api.list('Pod', 'default')).toHaveLength(2)
    expect(messages(api)).toEqual(
      expect.arrayContaining([
        `Preempted: Preempted by pod ${vip?.metadata.uid ?? ''} on node ${nominated ?? ''}`,
        'FailedScheduling: 0/2 nodes are available: 2 Insufficient cpu.',
      ]),
    )
  })

  it('waits its turn when its class never preempts', async () => {
    const { api, clock } = await living()
    const cpu = Math.floor(free(api)) - 1
    for (const name of ['a', 'b']) api.create<'Pod'>(asking(name, cpu, undefined))
    await clock.advance(3000)
    const kind = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' } as const
    api.create<'PriorityClass'>({ ...kind, metadata: { name: 'meek' }, value: 1000, preemptionPolicy: 'Never' })
    api.create<'Pod'>(asking('vip', cpu, 'meek'))
    await clock.advance(3000)
    expect(messages(api)).toContain(
      'FailedScheduling: 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    )
  })
})

const free = (api: Api): number => Number(api.list('Node')[0]?.status?.allocatable?.['cpu'] ?? 0)

function asking(name: string, cpu: number, priorityClassName: string | undefined): Pod {
  return {
    ...pod(name),
    spec: {
      ...(priorityClassName ? { priorityClassName } : {}),
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'nginx:1', resources: { requests: { cpu: String(cpu) } } }],
    },
  }
}
