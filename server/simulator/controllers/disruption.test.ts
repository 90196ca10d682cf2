import { describe, expect, it } from 'vitest'
import type { Pod, PodDisruptionBudget } from '../resources/kinds.ts'
import { reconcileBudget } from './disruption.ts'

describe('a disruption budget', () => {
  it('allows evictions beyond the pods that have to stay', () => {
    expect(status({ minAvailable: 1 }, [pod(true), pod(true), pod(false)])).toMatchObject({
      expectedPods: 3,
      currentHealthy: 2,
      desiredHealthy: 1,
      disruptionsAllowed: 1,
    })
  })

  it('rounds percentages up', () => {
    expect(status({ minAvailable: '50%' }, [pod(true), pod(true), pod(true)])).toMatchObject({ desiredHealthy: 2, disruptionsAllowed: 1 })
  })

  it('allows none while too few pods are ready', () => {
    expect(status({ maxUnavailable: 1 }, [pod(true), pod(false)])).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    })
  })
})

function status(spec: NonNullable<PodDisruptionBudget['spec']>, pods: readonly Pod[]): PodDisruptionBudget['status'] {
  const budget: PodDisruptionBudget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'keep', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  }
  const change = reconcileBudget(budget, pods, 0)[0]
  return change?.do === 'status' && change.object.kind === 'PodDisruptionBudget' ? change.object.status : undefined
}

function pod(ready: boolean): Pod {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { app: 'web' } }, status: { phase: 'Running', conditions } }
}
