import { ageOf, humanDuration, orNone } from './cells.ts'
import type { Pod } from '../resources/kinds.ts'
import type { Cell } from './table.ts'

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]

/** A pod's row. @see printPod in https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go */
export function podRow(pod: Pod, now: number): readonly Cell[] {
  const { spec, status, metadata } = pod
  const sidecars = new Set((spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always').map(({ name }) => name))
  const total = (spec?.containers ?? []).length + sidecars.size
  const init = summariseInit(pod, sidecars)
  const main = init.reason === undefined || isInitialized(pod) ? summariseContainers(pod, init.ready) : { ready: init.ready }
  const gated = status?.conditions?.some((condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated')
  let reason = main.reason ?? init.reason ?? (status?.reason || (gated ? 'SchedulingGated' : status?.phase) || 'Pending')
  if (init.reason === undefined && main.reason === undefined && status?.reason) reason = status.reason
  if (metadata.deletionTimestamp !== undefined && status?.reason === 'NodeLost') reason = 'Unknown'
  else if (metadata.deletionTimestamp !== undefined && !isTerminal(status?.phase)) reason = 'Terminating'
  const gates = spec?.readinessGates ?? []
  const gatesTrue = gates.filter((gate) =>
    status?.conditions?.some((condition) => condition.type === gate.conditionType && condition.status === 'True'),
  )
  return [
    metadata.name ?? '',
    `${main.ready}/${total}`,
    reason,
    restarts(pod, sidecars, init.reason !== undefined && !isInitialized(pod), now),
    ageOf(metadata.creationTimestamp, now),
    orNone(status?.podIPs?.[0]?.ip ?? status?.podIP),
    orNone(spec?.nodeName),
    orNone(status?.nominatedNodeName),
    gates.length > 0 ? `${gatesTrue.length}/${gates.length}` : '<none>',
  ]
}

const isTerminal = (phase: string | undefined) => phase === 'Succeeded' || phase === 'Failed'
const isInitialized = (pod: Pod) =>
  pod.status?.conditions?.some((condition) => condition.type === 'Initialized' && condition.status === 'True') ?? false

interface Summary {
  readonly ready: number
  readonly reason?: string
}

function summariseInit(pod: Pod, sidecars: ReadonlySet<string>): Summary {
  const statuses = pod.status?.initContainerStatuses ?? []
  const total = (pod.spec?.initContainers ?? []).length
  let ready = 0
  for (const [index, status] of statuses.entries()) {
    if (sidecars.has(status.name) && status.ready) ready++
    const { terminated, waiting } = status.state ?? {}
    if (terminated && terminated.exitCode === 0) continue
    if (sidecars.has(status.name) && status.started) continue
    if (terminated) {
      const why = terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`)
      return { ready, reason: `Init:${why}` }
    }
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return { ready, reason: `Init:${waiting.reason}` }
    return { ready, reason: `Init:${index}/${total}` }
  }
  return { ready }
}

function summariseContainers(pod: Pod, sidecarsReady: number): Summary {
  let ready = sidecarsReady
  let running = false
  let reason: string | undefined
  for (const status of [...(pod.status?.containerStatuses ?? [])].toReversed()) {
    const { terminated, waiting, running: runs } = status.state ?? {}
    if (waiting?.reason) reason = waiting.reason
    else if (terminated?.reason) reason = terminated.reason
    else if (terminated) reason = terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`
    else if (status.ready && runs) {
      running = true
      ready++
    }
  }
  if (reason === 'Completed' && running) {
    const podReady = pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True')
    reason = podReady ? 'Running' : 'NotReady'
  }
  return reason === undefined ? { ready } : { ready, reason }
}

function restarts(pod: Pod, sidecars: ReadonlySet<string>, initialising: boolean, now: number): string {
  const inits = pod.status?.initContainerStatuses ?? []
  const counted: readonly ContainerStatus[] = initialising
    ? inits
    : [...inits.filter(({ name }) => sidecars.has(name)), ...(pod.status?.containerStatuses ?? [])]
  const count = counted.reduce((sum, status) => sum + (status.restartCount ?? 0), 0)
  const last = counted
    .map((status) => status.lastState?.terminated?.finishedAt)
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1)
  return count > 0 && last !== undefined ? `${count} (${humanDuration(now - Date.parse(last))} ago)` : String(count)
}
