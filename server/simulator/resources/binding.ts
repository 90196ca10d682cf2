import { rfc3339 } from '../../kernel/clock.ts'
import { ApiError } from '../api/door.ts'
import type { JsonObject, StoredObject } from './object.ts'

/** A pod with its node: what `pods/binding` stores. @throws ApiError Conflict when it has one */
export function boundPod(pod: StoredObject, node: string, now: number): StoredObject {
  const spec = (pod['spec'] ?? {}) as JsonObject
  const name = pod.metadata.name ?? ''
  const refuse = (why: string) =>
    new ApiError(409, 'Conflict', `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: ${why}`, {
      name,
      kind: 'pods/binding',
    })
  if (pod.metadata.deletionTimestamp !== undefined) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (spec['nodeName']) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(spec['nodeName'])}`)
  const status = (pod['status'] ?? {}) as JsonObject
  const conditions = (Array.isArray(status['conditions']) ? status['conditions'] : []) as readonly JsonObject[]
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: rfc3339(now),
    observedGeneration: pod.metadata.generation ?? 1,
  }
  return {
    ...pod,
    spec: { ...spec, nodeName: node },
    status: { ...status, conditions: [...conditions.filter((condition) => condition['type'] !== 'PodScheduled'), scheduled] },
  }
}
