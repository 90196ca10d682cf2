import { describe, expect, it } from 'vitest'
import type { Pod, PodDisruptionBudget } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { reconcileBudget } from './disruption.ts'
import type { ControllerSize } from './disruption.ts'

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

  it('says that it selects nothing', () => {
    expect(said(changes({ minAvailable: 1 }, []))).toEqual(['Normal NoPods: No matching pods found'])
  })

  it('says that it cannot count pods that nobody controls, and lets none of them go', () => {
    const alone = { ...pod(true), metadata: { name: 'alone', labels: { app: 'web' } } }
    expect(status({ maxUnavailable: 1 }, [alone])).toMatchObject({ expectedPods: 0, desiredHealthy: 0, disruptionsAllowed: 0 })
    expect(said(changes({ maxUnavailable: 1 }, [alone]))[0]).toMatch(
      /^Warning UnmanagedPods: Pods selected by this PodDisruptionBudget \(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: web,\},MatchExpressions:\[\]LabelSelectorRequirement\{\},\}\) were found to be unmanaged\./,
    )
  })

  it('fails safe where the controller of the pods has no size', () => {
    const problem = 'daemonsets.apps does not implement the scale subresource'
    expect(status({ maxUnavailable: 1 }, [pod(true)], () => ({ problem }))).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'SyncFailed', message: problem }],
    })
  })
})

const said = (all: readonly Change[]): string[] =>
  all.flatMap((one) => (one.do === 'say' ? [`${one.type} ${one.reason}: ${one.message}`] : []))

type Spec = NonNullable<PodDisruptionBudget['spec']>

function changes(spec: Spec, pods: readonly Pod[], size: ControllerSize = () => ({ uid: 'u', replicas: pods.length })): readonly Change[] {
  const budget: PodDisruptionBudget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'keep', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  }
  return reconcileBudget(budget, pods, 0, size)
}

function status(spec: Spec, pods: readonly Pod[], size?: ControllerSize): PodDisruptionBudget['status'] {
  const change = changes(spec, pods, size).find((one) => one.do === 'status')
  return change?.do === 'status' && change.object.kind === 'PodDisruptionBudget' ? change.object.status : undefined
}

const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true }

function pod(ready: boolean): Pod {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { app: 'web' }, ownerReferences: [owner] },
    status: { phase: 'Running', conditions },
  }
}
