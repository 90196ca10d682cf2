import { describe, expect, it } from 'vitest'
import { reconcileCustomService } from './custom-services.ts'
import type { APIService, CustomResourceDefinition } from '../resources/kinds.ts'

describe('the registration of defined groups', () => {
  it('makes an APIService for a version that an established definition serves, once', () => {
    const [made, ...rest] = reconcileCustomService('v1.example.com', undefined, [definition()])
    expect([made, rest]).toMatchObject([
      {
        do: 'create',
        object: {
          metadata: { name: 'v1.example.com', labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } },
          spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 },
        },
      },
      [],
    ])
    expect(reconcileCustomService('v1.example.com', service({}), [definition()])).toEqual([])
  })

  it('waits until the definition is established', () => {
    expect(reconcileCustomService('v1.example.com', undefined, [definition('False')])).toEqual([])
  })

  it('removes what nobody serves any more, if it made it', () => {
    const ours = service({ 'kube-aggregator.kubernetes.io/automanaged': 'true' })
    expect(reconcileCustomService('v1.example.com', ours, [])).toEqual([
      { do: 'delete', kind: 'APIService', namespace: undefined, name: 'v1.example.com' },
    ])
    expect(reconcileCustomService('v1.example.com', service({}), [])).toEqual([])
  })
})

function definition(established = 'True'): CustomResourceDefinition {
  return {
    metadata: { name: 'things.example.com' },
    spec: { group: 'example.com', versions: [{ name: 'v1', served: true, storage: true }] },
    status: { conditions: [{ type: 'Established', status: established }] },
  } as unknown as CustomResourceDefinition
}

function service(labels: { readonly [key: string]: string }): APIService {
  return { metadata: { name: 'v1.example.com', labels } } as APIService
}
