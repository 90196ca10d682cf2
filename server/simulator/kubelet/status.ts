import { rfc3339 } from '../../kernel/clock.ts'
import { isSidecar, restartsAfter } from './restart-policy.ts'
import type { PodResize } from './pod-resize.ts'
import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../resources/kinds.ts'

/** What the kubelet knows about one container. */
export interface ContainerFacts {
  readonly state: ContainerState
  readonly lastState: ContainerState
  readonly restartCount: number
  readonly ready: boolean
  readonly started: boolean
  readonly imageId: string
  readonly containerId: string | undefined
}

/** What the kubelet knows about one pod. */
export interface PodFacts {
  /** The sandbox exists and has an address. */
  readonly sandbox: boolean
  readonly podIP: string | undefined
  readonly hostIP: string
  readonly startTime: number
  readonly containers: ReadonlyMap<string, ContainerFacts>
  /** The pod as a whole was ended, e.g. `DeadlineExceeded`. */
  readonly ended?: { readonly reason: string; readonly message: string; readonly condition?: string }
  /** What the containers have been given. */
  readonly resize?: PodResize
  /** The pod is being deleted, and nothing of it runs any more. */
  readonly over?: boolean
}

/** A pod's status as the kubelet writes it. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ */
export function podStatus(pod: Pod, facts: PodFacts, now: number): PodStatus {
  const phase = phaseOf(pod, facts)
  const spec = pod.spec ?? { containers: [] }
  const statuses = (containers: readonly Container[] | undefined): ContainerStatus[] | undefined =>
    containers && containers.length > 0
      ? containers.map((one) => containerStatus(one, facts.containers.get(one.name), pod, facts))
      : undefined
  const old = pod.status ?? {}
  const ip = facts.podIP
  return {
    observedGeneration: pod.metadata.generation,
    phase,
    conditions: conditionsOf(pod, facts, phase, now),
    ...(facts.ended ? { reason: facts.ended.reason, message: facts.ended.message } : {}),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: rfc3339(facts.startTime),
    ...(spec.initContainers && spec.initContainers.length > 0 ? { initContainerStatuses: statuses(spec.initContainers) } : {}),
    containerStatuses: statuses(spec.containers) ?? [],
    ...(spec.ephemeralContainers && spec.ephemeralContainers.length > 0
      ? { ephemeralContainerStatuses: statuses(spec.ephemeralContainers) }
      : {}),
    qosClass: old.qosClass,
  }
}

/** The status of a pod that its node did not take: there is little to tell. */
export function rejectedStatus(pod: Pod, facts: PodFacts): PodStatus {
  const conditions = (pod.status?.conditions ?? []).filter((one) => !own.has(one.type))
  return {
    observedGeneration: pod.metadata.generation,
    phase: 'Failed',
    ...(conditions.length > 0 ? { conditions } : {}),
    reason: facts.ended?.reason,
    message: facts.ended?.message,
    startTime: rfc3339(facts.startTime),
    qosClass: pod.status?.qosClass,
  }
}

/** An init container lets the next one start. */
export function isPassed(container: Container, facts: ContainerFacts | undefined): boolean {
  if (isSidecar(container)) return facts?.started ?? false
  return facts?.state.terminated?.exitCode === 0
}

export function phaseOf(pod: Pod, facts: PodFacts): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  if (facts.ended) return 'Failed'
  const spec = pod.spec ?? { containers: [] }
  const inits = spec.initContainers ?? []
  const failedInit = inits.some((one) => {
    const code = facts.containers.get(one.name)?.state.terminated?.exitCode ?? 0
    return !isSidecar(one) && code !== 0 && !restartsAfter(pod, one, code)
  })
  if (failedInit) return 'Failed'
  if (
    !inits.every((one) => isPassed(one, facts.containers.get(one.name))) &&
    spec.containers.every((one) => !hasRun(facts.containers.get(one.name)))
  )
    return 'Pending'
  const own = spec.containers.map((one) => facts.containers.get(one.name))
  if (own.some((one) => !hasRun(one))) return 'Pending'
  const finished = own.every((one) => one?.state.terminated !== undefined)
  const over = facts.over ?? false
  const codes = spec.containers.map((one) => [one, facts.containers.get(one.name)?.state.terminated?.exitCode ?? 0] as const)
  if (!finished || (!over && codes.some(([one, code]) => restartsAfter(pod, one, code)))) return 'Running'
  // Sidecars are still being ended.
  if (!facts.ended && inits.some((one) => isSidecar(one) && facts.containers.get(one.name)?.state.running)) return 'Running'
  return codes.every(([, code]) => code === 0) ? 'Succeeded' : 'Failed'
}

const hasRun = (facts: ContainerFacts | undefined): boolean =>
  Boolean(facts && (facts.state.running || facts.state.terminated || facts.lastState.terminated))

function containerStatus(container: Container, facts: ContainerFacts | undefined, pod: Pod, whole: PodFacts): ContainerStatus {
  const present = facts ?? {
    state: waitingState(pod, whole, container),
    lastState: {},
    restartCount: 0,
    ready: false,
    started: false,
    imageId: '',
    containerId: undefined,
  }
  const made = present.containerId !== undefined
  const running = present.state.running !== undefined
  const allocated = whole.resize?.allocated.get(container.name) ?? container.resources ?? {}
  const resources = whole.resize?.actual.get(container.name) ?? container.resources ?? {}
  const user = container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser ?? 0
  const group = container.securityContext?.runAsGroup ?? pod.spec?.securityContext?.runAsGroup ?? 0
  const ephemeral = pod.spec?.ephemeralContainers?.some((one) => one.name === container.name) ?? false
  return {
    name: container.name,
    state: present.state,
    lastState: present.lastState,
    ready: present.ready,
    restartCount: present.restartCount,
    image: made ? fullImageName(container.image ?? '') : (container.image ?? ''),
    imageID: made ? present.imageId : '',
    ...(made ? { containerID: present.containerId } : {}),
    ...(ephemeral ? {} : { started: present.started }),
    ...(running && allocated.requests ? { allocatedResources: allocated.requests } : {}),
    ...(running ? { resources } : {}),
    ...(container.volumeMounts && container.volumeMounts.length > 0 ? { volumeMounts: mountStatuses(container) } : {}),
    ...(running ? { user: { linux: { uid: user, gid: group, supplementalGroups: [group] } } } : {}),
  }
}

function mountStatuses(container: Container): NonNullable<ContainerStatus['volumeMounts']> {
  return (container.volumeMounts ?? []).map((mount) => ({
    name: mount.name,
    mountPath: mount.mountPath,
    ...(mount.readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
  }))
}

function waitingState(pod: Pod, facts: PodFacts, container: Container): ContainerState {
  const inits = pod.spec?.initContainers ?? []
  const isInit = inits.some((one) => one.name === container.name)
  const initialising = inits.length > 0 && (isInit ? inits[0]?.name !== container.name || !facts.sandbox : true)
  return { waiting: { reason: initialising ? 'PodInitializing' : 'ContainerCreating' } }
}

/** `nginx:alpine` is `docker.io/library/nginx:alpine` to containerd. */
export function fullImageName(image: string): string {
  const [first = '', ...rest] = image.split('/')
  const registry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = registry ? image : rest.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`
}

function conditionsOf(pod: Pod, facts: PodFacts, phase: string, now: number): PodCondition[] {
  const spec = pod.spec ?? { containers: [] }
  const inits = spec.initContainers ?? []
  const incomplete = inits.filter((one) => !isPassed(one, facts.containers.get(one.name))).map((one) => one.name)
  const unready = [...inits.filter(isSidecar), ...spec.containers]
    .filter((one) => !facts.containers.get(one.name)?.ready)
    .map((one) => one.name)
  const make = (type: string, status: boolean, reason?: string, message?: string): PodCondition => {
    const old = pod.status?.conditions?.find((one) => one.type === type)
    const truth = status ? 'True' : 'False'
    const lastTransitionTime = old?.status === truth ? old.lastTransitionTime : rfc3339(now)
    return {
      type,
      observedGeneration: pod.metadata.generation,
      status: truth,
      lastProbeTime: undefined,
      lastTransitionTime,
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    }
  }
  const over = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined
  const notReady = (type: string): PodCondition =>
    over
      ? make(type, false, over)
      : unready.length > 0
        ? make(type, false, 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`)
        : make(type, true)
  const initialized =
    phase === 'Succeeded'
      ? make('Initialized', true, 'PodCompleted')
      : incomplete.length > 0
        ? make('Initialized', false, 'ContainersNotInitialized', `containers with incomplete status: [${incomplete.join(' ')}]`)
        : make('Initialized', true)
  const gates = (spec.readinessGates ?? []).map((gate) => gate.conditionType)
  const disrupted = facts.ended?.condition ? [make('DisruptionTarget', true, facts.ended.condition, facts.ended.message)] : []
  const others = [
    ...(pod.status?.conditions ?? []).filter((one) => !own.has(one.type) && !disrupted.some((two) => two.type === one.type)),
    ...disrupted,
  ]
  const unmet = gates.filter((gate) => !others.some((one) => one.type === gate && one.status === 'True'))
  const containersReady = notReady('ContainersReady')
  const ready =
    containersReady.status === 'True' && unmet.length > 0
      ? make(
          'Ready',
          false,
          'ReadinessGatesNotReady',
          unmet.map((gate) => gateWords(gate, others.find((one) => one.type === gate)?.status)).join(', '),
        )
      : notReady('Ready')
  return [
    ...(facts.resize?.conditions ?? []),
    make('PodReadyToStartContainers', facts.sandbox && over === undefined),
    initialized,
    ready,
    containersReady,
    make('PodScheduled', true),
    ...others,
  ]
}

const gateWords = (gate: string, status: string | undefined): string =>
  status === undefined
    ? `corresponding condition of pod readiness gate "${gate}" does not exist.`
    : `the status of pod readiness gate "${gate}" is not "True", but ${status}`

const own = new Set([
  'PodResizePending',
  'PodResizeInProgress',
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
])
