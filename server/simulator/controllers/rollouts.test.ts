import { describe, expect, it } from 'vitest'
import type { Api } from '../api/door.ts'
import type { DaemonSet, StatefulSet, Taint } from '../resources/kinds.ts'
import { living, messages } from './living.test-support.ts'

describe('a StatefulSet', () => {
  it('counts its partition from its first ordinal', async () => {
    const { api, clock } = await living()
    api.create<'StatefulSet'>(statefulSet({ replicas: 3, ordinals: { start: 5 }, updateStrategy: { rollingUpdate: { partition: 2 } } }))
    await clock.advance(20_000)
    change(api, 'nginx:2')
    await clock.advance(20_000)
    expect(images(api)).toEqual(['nginx:1', 'nginx:1', 'nginx:2'])
    expect(api.list('Pod', 'default').map((one) => one.metadata.name)).toEqual(['db-5', 'db-6', 'db-7'])
  })
})

describe('a DaemonSet', () => {
  it('with surge makes the new pod before the old one goes', async () => {
    const { api, clock } = await living()
    api.create<'DaemonSet'>(daemonSet({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }))
    await clock.advance(10_000)
    change(api, 'nginx:2', 'DaemonSet')
    await clock.advance(500)
    expect(images(api)).toEqual(['nginx:1', 'nginx:1', 'nginx:2'])
    expect(deleting(api)).toEqual([])
    await clock.advance(30_000)
    expect(images(api)).toEqual(['nginx:2', 'nginx:2'])
  })

  it('leaves its pods on a node that takes no more, and counts them as misplaced', async () => {
    const { api, clock } = await living()
    api.create<'DaemonSet'>(daemonSet({}))
    await clock.advance(10_000)
    const taints: readonly Taint[] = [{ key: 'k', value: 'v', effect: 'NoSchedule' }]
    api.modify('Node', undefined, 'vm-01', (node) => ({ ...node, spec: { ...node.spec, taints } }))
    await clock.advance(1000)
    expect(api.get('DaemonSet', 'default', 'db')?.status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 })
    expect(images(api)).toHaveLength(2)
  })

  it('says that a pod of it has failed, and makes another', async () => {
    const { api, clock } = await living()
    api.create<'DaemonSet'>(daemonSet({}))
    await clock.advance(10_000)
    const [first] = api.list('Pod', 'default')
    api.modifyStatus('Pod', 'default', first?.metadata.name ?? '', (pod) => ({ ...pod, status: { ...pod.status, phase: 'Failed' } }))
    await clock.advance(5000)
    expect(messages(api)).toContainEqual(
      `FailedDaemonPod: Found failed daemon pod default/${first?.metadata.name ?? ''} on node ${first?.spec?.nodeName ?? ''}, will try to kill it`,
    )
    expect(api.list('Pod', 'default').filter((one) => one.status?.phase === 'Running')).toHaveLength(2)
  })
})

const labels = { app: 'db' }
const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'nginx:1' }] } }

function statefulSet(spec: Partial<NonNullable<StatefulSet['spec']>>): StatefulSet {
  const metadata = { name: 'db', namespace: 'default' }
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: { serviceName: 'db', selector: { matchLabels: labels }, template, ...spec },
  }
}

function daemonSet(spec: Partial<NonNullable<DaemonSet['spec']>>): DaemonSet {
  const metadata = { name: 'db', namespace: 'default' }
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: { selector: { matchLabels: labels }, template, ...spec } }
}

function change(api: Api, image: string, kind: 'StatefulSet' | 'DaemonSet' = 'StatefulSet'): void {
  const spec = { ...template.spec, containers: [{ name: 'c', image }] }
  const patched = <T extends StatefulSet | DaemonSet>(set: T): T => ({ ...set, spec: { ...set.spec, template: { ...template, spec } } })
  if (kind === 'StatefulSet') api.modify('StatefulSet', 'default', 'db', patched)
  else api.modify('DaemonSet', 'default', 'db', patched)
}

const pods = (api: Api) => api.list('Pod', 'default').toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
const deleting = (api: Api) => pods(api).flatMap(({ metadata }) => (metadata.deletionTimestamp ? [metadata.name] : []))
const images = (api: Api) =>
  pods(api)
    .map((one) => one.spec?.containers[0]?.image)
    .toSorted()
