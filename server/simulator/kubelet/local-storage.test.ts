import { describe, expect, it } from 'vitest'
import type { Pod } from '../resources/kinds.ts'
import { storageExcess } from './local-storage.ts'

const mebi = 1_048_576

function pod(spec: Partial<NonNullable<Pod['spec']>>): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }], ...spec } }
}

/** What the kubelet says when the pod's one container and its one volume hold so much. */
const said = (spec: Partial<NonNullable<Pod['spec']>>, container: number, volume: number) =>
  storageExcess(pod(spec), { container: () => container * mebi, volume: () => volume * mebi })

describe('a pod that fills its node’s disk', () => {
  const volumes = [{ name: 'cache', emptyDir: { sizeLimit: '100Mi' } }]
  const limited = (limit: string) => [{ name: 'c', resources: { limits: { 'ephemeral-storage': limit } } }]

  it('may fill a volume up to its limit and no further', () => {
    expect(said({ volumes }, 0, 100)).toBeUndefined()
    expect(said({ volumes }, 0, 101)).toBe('Usage of EmptyDir volume "cache" exceeds the limit "100Mi". ')
  })

  it('is charged for its containers and its volumes together', () => {
    const plain = [{ name: 'v', emptyDir: {} }]
    expect(said({ containers: limited('50Mi'), volumes: plain }, 30, 20)).toBeUndefined()
    expect(said({ containers: limited('50Mi'), volumes: plain }, 30, 21)).toBe(
      'Pod ephemeral local storage usage exceeds the total limit of containers 50Mi. ',
    )
    // Memory is no disk.
    expect(said({ containers: limited('50Mi'), volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] }, 30, 21)).toBeUndefined()
  })

  it('loses its place for one container’s excess when the others’ limits leave room', () => {
    const containers = [...limited('20Mi'), { name: 'd', resources: { limits: { 'ephemeral-storage': '1Gi' } } }]
    expect(said({ containers }, 21, 0)).toBe('Container c exceeded its local ephemeral storage limit "20Mi". ')
  })
})
