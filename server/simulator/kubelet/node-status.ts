import { rfc3339 } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import { isPodFinished, nameOf } from '../controllers/objects.ts'
import type { EventRecorder, Subject } from '../controllers/event-recorder.ts'
import type { Platform } from '../platform.ts'
import type { Node, NodeCondition, Pod } from '../resources/kinds.ts'
import { requestsOf } from '../scheduler/filters.ts'
import { faultsOf } from './faults.ts'
import type { NodeFault } from './faults.ts'

/** How a kubelet words one pressure. https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/ */
interface Pressure {
  readonly fault: NodeFault
  readonly type: string
  readonly reasons: readonly [high: string, low: string]
  readonly messages: readonly [high: string, low: string]
  readonly events: readonly [high: string, low: string]
  readonly resource: string
  readonly threshold: string
  readonly available: string
}

const pressures: readonly Pressure[] = [
  {
    fault: 'memory-pressure',
    type: 'MemoryPressure',
    reasons: ['KubeletHasInsufficientMemory', 'KubeletHasSufficientMemory'],
    messages: ['kubelet has insufficient memory available', 'kubelet has sufficient memory available'],
    events: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
    resource: 'memory',
    threshold: '100Mi',
    available: '74312Ki',
  },
  {
    fault: 'disk-pressure',
    type: 'DiskPressure',
    reasons: ['KubeletHasDiskPressure', 'KubeletHasNoDiskPressure'],
    messages: ['kubelet has disk pressure', 'kubelet has no disk pressure'],
    events: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
    resource: 'ephemeral-storage',
    threshold: '2096449920',
    available: '1523140Ki',
  },
  {
    fault: 'pid-pressure',
    type: 'PIDPressure',
    reasons: ['KubeletHasInsufficientPID', 'KubeletHasSufficientPID'],
    messages: ['kubelet has insufficient PID available', 'kubelet has sufficient PID available'],
    events: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
    resource: 'pids',
    threshold: '0',
    available: '0',
  },
]

/** The eviction manager looks this often while there is pressure, and evicts one pod each time. */
const evictionMillis = 10_000
/** Pods of this priority and more are never evicted. */
const criticalPriority = 2_000_000_000
const runtimeDown = 'container runtime is down'

export interface NodeStatusOptions {
  readonly api: Api
  readonly platform: Platform
  readonly recordFor: (node: string) => EventRecorder
  /** What kube-proxy on that node says. */
  readonly proxyFor: (node: string) => EventRecorder
  /** The nodes that are there have begun in another cluster. */
  readonly adopt: boolean
  /** Ends a pod as the kubelet does that runs out of something. */
  readonly evict: (pod: Pod, message: string) => void
  /** The kubelet of this node acts again. */
  readonly thawed: (node: string) => void
}

/**
 * What kubelets say of their nodes: conditions and events, and the eviction of pods under pressure.
 * Heartbeats are not simulated: a condition is written when it changes.
 * @returns stops it
 */
export function startNodeStatus(options: NodeStatusOptions): () => void {
  const { api, platform } = options
  const evictions = new Map<string, () => void>()
  const down = new Set<string>()
  const scheduling = new Map<string, boolean>()
  const met = new Set<string>()

  const evictNext = (name: string): void => {
    evictions.delete(name)
    const node = api.get('Node', undefined, name)
    const pressure = node && pressures.find((one) => one.fault !== 'pid-pressure' && faultsOf(node).has(one.fault))
    if (!node || !pressure) return
    const victim = victimOf(api, name)
    if (!victim) return
    options.recordFor(name)(asKubelets(node), {
      type: 'Warning',
      reason: 'EvictionThresholdMet',
      message: `Attempting to reclaim ${pressure.resource}`,
    })
    options.evict(victim, evictionMessage(victim, pressure))
    evictions.set(
      name,
      platform.clock.after(evictionMillis, () => evictNext(name)),
    )
  }

  const look = (node: Node): void => {
    const name = nameOf(node)
    if (!met.has(name) && (node.status?.conditions ?? []).length > 0) {
      met.add(name)
      if (!options.adopt) announce(options.recordFor(name), options.proxyFor(name), node)
    }
    const faults = faultsOf(node)
    // Whoever is gone says nothing.
    if (faults.has('unreachable')) {
      down.add(name)
      return
    }
    const wanted = conditionsOf(node, faults, platform.clock.now())
    const changed = wanted.filter((one) => one.status !== node.status?.conditions?.find((old) => old.type === one.type)?.status)
    if (changed.length > 0) writeConditions(api, name, wanted)
    const record = options.recordFor(name)
    for (const condition of changed) for (const reason of eventsOf(condition)) tell(record, node, reason)
    const cordoned = node.spec?.unschedulable ?? false
    if (scheduling.has(name) && scheduling.get(name) !== cordoned) tell(record, node, cordoned ? 'NodeNotSchedulable' : 'NodeSchedulable')
    scheduling.set(name, cordoned)
    if (faults.has('not-ready')) down.add(name)
    else if (down.delete(name)) options.thawed(name)
    const pressed = faults.has('disk-pressure') || faults.has('memory-pressure')
    if (pressed && !evictions.has(name))
      evictions.set(
        name,
        platform.clock.after(1000, () => evictNext(name)),
      )
  }

  const end = api.watch('Node', ({ type, object }) => {
    if (type !== 'DELETED') look(object)
    else {
      scheduling.delete(nameOf(object))
      down.delete(nameOf(object))
      met.delete(nameOf(object))
    }
  })
  return () => {
    end()
    for (const cancel of evictions.values()) cancel()
  }
}

/** What a node's own programs say when they start. */
function announce(record: EventRecorder, proxy: EventRecorder, node: Node): void {
  const self = asKubelets(node)
  record(self, { type: 'Normal', reason: 'Starting', message: 'Starting kubelet.' })
  for (const { events } of pressures) tell(record, node, events[1])
  record(self, { type: 'Normal', reason: 'NodeAllocatableEnforced', message: 'Updated Node Allocatable limit across pods' })
  tell(record, node, 'NodeReady')
  proxy(self, { type: 'Normal', reason: 'Starting', action: 'StartKubeProxy', message: '' })
}

/** A node as its own programs point at it in events: they take its name for its uid. */
function asKubelets(node: Node): Subject {
  return { apiVersion: '', kind: 'Node', metadata: { name: nameOf(node), uid: nameOf(node) } }
}

function tell(record: EventRecorder, node: Node, reason: string): void {
  record(asKubelets(node), { type: 'Normal', reason, message: `Node ${nameOf(node)} status is now: ${reason}` })
}

function eventsOf(condition: NodeCondition): string[] {
  if (condition.type === 'Ready') return [condition.status === 'True' ? 'NodeReady' : 'NodeNotReady']
  const pressure = pressures.find((one) => one.type === condition.type)
  return pressure ? [pressure.events[condition.status === 'True' ? 0 : 1]] : []
}

/** The conditions as this kubelet sees them; those it does not know stay. */
function conditionsOf(node: Node, faults: ReadonlySet<NodeFault>, now: number): NodeCondition[] {
  const at = rfc3339(now)
  const old = node.status?.conditions ?? []
  // A node that a person has made has no kubelet.
  if (old.length === 0) return []
  return old.map((condition) => {
    const pressure = pressures.find((one) => one.type === condition.type)
    if (!pressure && condition.type !== 'Ready') return condition
    const bad = pressure ? faults.has(pressure.fault) : faults.has('not-ready')
    const status = pressure ? (bad ? 'True' : 'False') : bad ? 'False' : 'True'
    if (status === condition.status) return condition
    const reason = pressure ? pressure.reasons[bad ? 0 : 1] : bad ? 'KubeletNotReady' : 'KubeletReady'
    const message = pressure ? pressure.messages[bad ? 0 : 1] : bad ? runtimeDown : 'kubelet is posting ready status'
    return { ...condition, status, reason, message, lastHeartbeatTime: at, lastTransitionTime: at }
  })
}

function writeConditions(api: Api, name: string, conditions: readonly NodeCondition[]): void {
  api.modifyStatus('Node', undefined, name, (current) => ({ ...current, status: { ...current.status, conditions } }))
}

/** Who goes first: the lowest priority, then whoever asked for least. */
function victimOf(api: Api, node: string): Pod | undefined {
  const memory = (pod: Pod): number => requestsOf(pod).get('memory') ?? 0
  return api
    .list('Pod')
    .filter((pod) => pod.spec?.nodeName === node && !isPodFinished(pod) && (pod.spec.priority ?? 0) < criticalPriority)
    .filter((pod) => pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined)
    .toSorted((a, b) => (a.spec?.priority ?? 0) - (b.spec?.priority ?? 0) || memory(a) - memory(b))[0]
}

function evictionMessage(pod: Pod, pressure: Pressure): string {
  const request = (name: string): string => {
    const container = pod.spec?.containers.find((one) => one.name === name)
    return String(container?.resources?.requests?.[pressure.resource] ?? '0')
  }
  const used = pressure.resource === 'memory' ? '8716Ki' : '76Ki'
  const shares = (pod.spec?.containers ?? []).map(
    ({ name }) => `Container ${name} was using ${used}, request is ${request(name)}, has larger consumption of ${pressure.resource}. `,
  )
  return `The node was low on resource: ${pressure.resource}. Threshold quantity: ${pressure.threshold}, available: ${pressure.available}. ${shares.join('')}`
}
