import { describe, expect, it } from 'vitest'
import type { Node, Pod, PodSpec } from '../resources/kinds.ts'
import { tolerates, whyNot } from './filters.ts'
import type { Snapshot } from './filters.ts'
import { preempt } from './preemption.ts'
import { claimSentence, refusalSentence } from './sentence.ts'

/** What FailedScheduling says about `pod` on these nodes. */
function sentence(pod: Pod, nodes: readonly Node[], pods: readonly Pod[] = []): string {
  const snapshot: Snapshot = { nodes, pods, volumeNodes: [], namespaceLabels: () => undefined }
  const verdicts = nodes.flatMap((one) => {
    const misfit = whyNot(pod, one, snapshot)
    return misfit ? [{ node: one, misfit }] : []
  })
  const found = preempt(pod, verdicts, snapshot, [])
  return refusalSentence(
    verdicts.map((one) => one.misfit),
    found.node ? 'found' : found.reasons,
  )
}

describe('what the scheduler says about a pod that fits nowhere', () => {
  it('counts the nodes by what they lack, and knows when evicting others would not help', () => {
    expect(sentence(asking('900', '1Ti'), [node('a'), node('b')])).toBe(
      '0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    )
  })

  it('finds no victims when others have the room', () => {
    const busy = {
      ...asking('1500m', '1Gi'),
      spec: { ...asking('1500m', '1Gi').spec, nodeName: 'a', containers: asking('1500m', '1Gi').spec?.containers ?? [] },
    }
    expect(sentence(asking('1', '1Gi'), [node('a')], [busy])).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    )
  })

  it('tells different reasons of different nodes apart', () => {
    const picky = pod({ nodeSelector: { disk: 'ssd' } })
    const tainted: Node = { ...node('b', { disk: 'ssd' }), spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }
    expect(sentence(picky, [node('a'), tainted])).toBe(
      "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    )
  })

  it('says why claims rule out every node', () => {
    expect(claimSentence(2, 'pod has unbound immediate PersistentVolumeClaims')).toBe(
      '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
    )
  })
})

describe('a node takes a pod', () => {
  it('whose host port is free there', () => {
    const wants = (nodeName?: string): Pod =>
      pod({ ...(nodeName ? { nodeName } : {}), containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 8080 }] }] })
    expect(refusal(wants(), node('a'), [wants('a')])).toEqual(["node(s) didn't have free ports for the requested pod ports"])
    expect(refusal(wants(), node('a'), [wants('b')])).toEqual([])
  })

  it('that keeps apart from others of its kind', () => {
    const term = { labelSelector: { matchLabels: { app: 'apart' } }, topologyKey: 'kubernetes.io/hostname' }
    const apart = (nodeName?: string): Pod => {
      const spec = {
        ...(nodeName ? { nodeName } : {}),
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
      }
      return { ...pod(spec), metadata: { name: nodeName ?? 'new', namespace: 'default', labels: { app: 'apart' } } }
    }
    expect(refusal(apart(), node('a'), [apart('a')])).toEqual(["node(s) didn't match pod anti-affinity rules"])
    expect(refusal(apart(), node('a'), [apart('b')])).toEqual([])
  })

  it('whose claim nobody else uses, where one pod alone may', () => {
    const uses = (nodeName?: string): Pod =>
      pod({ ...(nodeName ? { nodeName } : {}), volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'alone' } }] })
    const snapshot = {
      nodes: [node('a')],
      pods: [uses('b')],
      volumeNodes: [],
      exclusiveClaims: ['alone'],
      namespaceLabels: () => undefined,
    }
    expect(whyNot(uses(), node('a'), snapshot)?.reasons).toEqual([
      'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
    ])
    expect(whyNot(uses(), node('a'), { ...snapshot, pods: [] })).toBeUndefined()
  })

  it('while it is not cordoned', () => {
    expect(refusal(pod({}), { ...node('a'), spec: { unschedulable: true } }, [])).toEqual(['node(s) were unschedulable'])
  })

  it('whose tolerations cover its taints', () => {
    const taint = { key: 'k', value: 'v', effect: 'NoSchedule' }
    expect(tolerates([{ key: 'k', operator: 'Exists' }], taint)).toBe(true)
    expect(tolerates([{ operator: 'Exists' }], taint)).toBe(true)
    expect(tolerates([{ key: 'k', value: 'v', effect: 'NoExecute' }], taint)).toBe(false)
    expect(tolerates([{ key: 'k', value: 'w' }], taint)).toBe(false)
  })
})

function refusal(one: Pod, on: Node, pods: readonly Pod[]): readonly string[] {
  return whyNot(one, on, { nodes: [node('a'), node('b')], pods, volumeNodes: [], namespaceLabels: () => undefined })?.reasons ?? []
}

function node(name: string, labels: { readonly [key: string]: string } = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '110' } },
  }
}

function pod(spec: Partial<PodSpec>): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec: { containers: [{ name: 'c' }], ...spec } }
}

const asking = (cpu: string, memory: string): Pod => pod({ containers: [{ name: 'c', resources: { requests: { cpu, memory } } }] })
