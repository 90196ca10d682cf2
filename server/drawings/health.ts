import type { Health } from '../protocol/live-block.ts'
import { conditionOf, type ObjectRead } from './objects.ts'

/** How an object does: its colour and shape, and the word that goes with them. */
export interface Standing {
  readonly health: Health
  readonly word: string
}

/** In the words of `kubectl get pods`. */
export function podStanding(pod: ObjectRead): Standing {
  const { status, metadata } = pod
  if (metadata.deletionTimestamp !== undefined) return { health: 'waiting', word: 'Terminating' }
  if (status.reason === 'Evicted' || status.reason === 'NodeLost') return { health: 'failed', word: status.reason }
  for (const { state } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const waits = state.waiting?.reason
    if (waits !== undefined && !/^(ContainerCreating|PodInitializing)$/.test(waits)) return { health: 'failed', word: waits }
    if (state.terminated && (state.terminated.exitCode ?? 0) !== 0) return { health: 'failed', word: state.terminated.reason ?? 'Error' }
  }
  if (status.phase === 'Succeeded') return { health: 'ok', word: 'Completed' }
  if (status.phase === 'Failed') return { health: 'failed', word: status.reason ?? 'Failed' }
  if (status.phase === 'Running') {
    return conditionOf(pod, 'Ready') ? { health: 'ok', word: 'Running' } : { health: 'waiting', word: 'Not ready' }
  }
  const starting = status.containerStatuses?.some(({ state }) => state.waiting) ?? false
  return { health: 'waiting', word: starting ? 'Starting' : (status.phase ?? 'Pending') }
}

export function nodeStanding(node: ObjectRead): Standing {
  if (!conditionOf(node, 'Ready')) return { health: 'failed', word: 'Not ready' }
  const pressure = node.status.conditions?.find(({ type, status }) => type.endsWith('Pressure') && status === 'True')
  if (pressure) return { health: 'failed', word: pressure.type }
  return node.spec.unschedulable === true ? { health: 'waiting', word: 'Cordoned' } : { health: 'ok', word: 'Ready' }
}

export function workloadStanding(workload: ObjectRead): Standing {
  const { kind, spec, status } = workload
  if (kind === 'Job') {
    if (conditionOf(workload, 'Failed')) return { health: 'failed', word: 'Failed' }
    if (conditionOf(workload, 'Complete')) return { health: 'ok', word: 'Complete' }
    return { health: 'waiting', word: (status.active ?? 0) > 0 ? 'Running' : 'Starting' }
  }
  const daemons = kind === 'DaemonSet'
  const wanted = daemons ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1)
  const ready = (daemons ? status.numberReady : status.readyReplicas) ?? 0
  if (wanted === 0) return { health: 'unknown', word: daemons ? 'No node' : 'Scaled to 0' }
  const stuck = status.conditions?.some((each) => each.type === 'Progressing' && each.status === 'False') ?? false
  return { health: ready >= wanted ? 'ok' : stuck ? 'failed' : 'waiting', word: `${ready} of ${wanted} ready` }
}

export function volumeStanding({ status }: ObjectRead): Standing {
  const word = status.phase ?? 'Pending'
  return { health: word === 'Lost' || word === 'Failed' ? 'failed' : word === 'Pending' ? 'waiting' : 'ok', word }
}
