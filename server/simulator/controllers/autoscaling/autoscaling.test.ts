import { describe, expect, it } from 'vitest'
import type { Api } from '../../api/door.ts'
import type { Operations } from '../../api/operations.ts'
import { shopDefinition } from '../../custom/test-definitions.ts'
import type { JsonObject } from '../../resources/object.ts'
import type { Resource } from '../../resources/registry.ts'
import type { HorizontalPodAutoscaler } from '../../resources/kinds.ts'
import { deployment, living, messages } from '../living.test-support.ts'
import type { PodMetrics } from './pod-metrics.ts'

describe('a HorizontalPodAutoscaler', () => {
  it('says what is missing while there are no metrics', async () => {
    const { api, clock } = await living()
    api.create<'Deployment'>(asking())
    api.create<'HorizontalPodAutoscaler'>(autoscaler())
    await clock.advance(20_000)
    const missing =
      'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)'
    expect(conditions(api)).toEqual([
      "AbleToScale True SucceededGetScale: the HPA controller was able to get the target's current scale",
      `ScalingActive False FailedGetResourceMetric: the HPA was unable to compute the replica count: ${missing}`,
    ])
    expect(messages(api)).toEqual(
      expect.arrayContaining([
        `FailedGetResourceMetric: ${missing}`,
        `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${missing}`,
      ]),
    )
  })

  it('adds pods while they are busy, within its limit, and takes them away five minutes after the load', async () => {
    let cpu = '300m'
    let now = (): number => 0
    let names = (): string[] => []
    const metrics = (name: string): PodMetrics => ({
      metadata: { name },
      timestamp: new Date(now()).toISOString(),
      window: '15s',
      containers: [{ name: 'c', usage: { cpu } }],
    })
    const { api, clock } = await living({}, () => ({ ok: true, items: names().map(metrics) }))
    now = () => clock.now()
    names = () => api.list('Pod', 'default').map((pod) => pod.metadata.name ?? '')
    api.create<'Deployment'>(asking())
    await clock.advance(30_000)
    api.create<'HorizontalPodAutoscaler'>(autoscaler())
    await clock.advance(60_000)
    expect(api.get('Deployment', 'default', 'web')?.spec?.replicas).toBe(3)
    expect(conditions(api)).toEqual([
      'AbleToScale True ReadyForNewScale: recommended size matches current size',
      'ScalingActive True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
      'ScalingLimited True TooManyReplicas: the desired replica count is more than the maximum replica count',
    ])
    expect(messages(api)).toContain('SuccessfulRescale: New size: 3; reason: cpu resource utilization (percentage of request) above target')
    cpu = '1m'
    await clock.advance(120_000)
    expect(api.get('Deployment', 'default', 'web')?.spec?.replicas).toBe(3)
    expect(conditions(api)[0]).toBe(
      'AbleToScale True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation',
    )
    await clock.advance(240_000)
    expect(api.get('Deployment', 'default', 'web')?.spec?.replicas).toBe(1)
    expect(messages(api)).toContain('SuccessfulRescale: New size: 1; reason: All metrics below target')
  })

  it('scales a kind that a definition made, through its scale', async () => {
    const metrics: PodMetrics[] = []
    const { api, clock, operations } = await living({}, () => ({ ok: true, items: metrics }))
    const make = (kind: string, group: string, namespace: string | undefined, object: JsonObject) =>
      operations.create(found(operations, kind, group), namespace, object)
    make('CustomResourceDefinition', 'apiextensions.k8s.io', undefined, shopDefinition())
    await clock.advance(5000)
    const labels = { app: 'shop' }
    api.create<'Pod'>({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'shop-0', namespace: 'default', labels },
      spec: { containers: [{ name: 'c', image: 'nginx:1', resources: { requests: { cpu: '100m' } } }] },
    })
    make('Shop', 'stable.example.com', 'default', { metadata: { name: 'corner' }, spec: { colour: 'red', replicas: 1 } })
    const hpa = autoscaler()
    const scaleTargetRef = { apiVersion: 'stable.example.com/v1', kind: 'Shop', name: 'corner' }
    api.create<'HorizontalPodAutoscaler'>({ ...hpa, spec: { ...hpa.spec, scaleTargetRef } })
    await clock.advance(60_000)
    expect(conditions(api)[1]).toBe("ScalingActive False InvalidSelector: the HPA target's scale is missing a selector")
    const shop = found(operations, 'Shop', 'stable.example.com')
    const look = () => operations.store.get(shop.table, 'default', 'corner')
    operations.update(shop, 'default', 'corner', { ...look(), status: { replicas: 1, selector: 'app=shop' } }, 'status')
    const timestamp = new Date(clock.now()).toISOString()
    metrics.push({ metadata: { name: 'shop-0' }, timestamp, window: '15s', containers: [{ name: 'c', usage: { cpu: '100m' } }] })
    await clock.advance(30_000)
    expect(look()?.['spec']).toMatchObject({ replicas: 2 })
    expect(messages(api)).toContain('SuccessfulRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target')
  })

  it('ticks only while there is one', async () => {
    const { api, clock } = await living()
    const idle = clock.pending
    api.create<'HorizontalPodAutoscaler'>(autoscaler())
    await clock.advance(1000)
    expect(clock.pending).toBe(idle + 1)
    expect(conditions(api)).toEqual([
      'AbleToScale False FailedGetScale: the HPA controller was unable to get the target\'s current scale: deployments.apps "web" not found',
    ])
    api.delete('HorizontalPodAutoscaler', 'default', 'web')
    await clock.advance(1000)
    expect(clock.pending).toBe(idle)
  })
})

function found({ registry }: Operations, kind: string, group: string): Resource {
  const resource = registry.all().find((one) => one.kind === kind && one.group === group)
  if (!resource) throw new Error(`no ${kind}`)
  return resource
}

const conditions = (api: Api): string[] =>
  (api.get('HorizontalPodAutoscaler', 'default', 'web')?.status?.conditions ?? []).map(
    (one) => `${one.type} ${one.status} ${one.reason ?? ''}: ${one.message ?? ''}`,
  )

function asking(): ReturnType<typeof deployment> {
  const web = deployment('web', 1)
  const template = {
    ...web.spec?.template,
    spec: { containers: [{ name: 'c', image: 'nginx:1', resources: { requests: { cpu: '100m' } } }] },
  }
  return { ...web, spec: { ...web.spec, selector: web.spec?.selector ?? {}, template } }
}

const autoscaler = (): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 3,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
  },
})
