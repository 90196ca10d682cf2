import { rfc3339 } from '../../kernel/clock.ts'
import type { Saying } from '../controllers/event-recorder.ts'
import type { Container, Node, Pod, PodCondition, PodStatus, ResourceRequirements } from '../resources/kinds.ts'
import { allocationOf, postponement, resizable, resizeMessage, wantsResize } from './resize.ts'
import type { Allocation } from './resize.ts'

/** What one step of a resize comes to. */
export interface ResizeStep {
  readonly said: readonly Saying[]
  /** The containers that are given something else now, with what they had. */
  readonly started?: readonly (readonly [Container, ResourceRequirements])[]
}

/**
 * How far one pod has come with the resources that its spec asks for.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
export class PodResize {
  /** What the node has set aside for each container. */
  allocated: Allocation
  /** What each container has. */
  actual: Allocation
  #pending: PodCondition | undefined
  #going: PodCondition | undefined

  constructor(pod: Pod) {
    this.allocated = this.actual = allocationOf(pod)
  }

  /** Goes on with what a status says. */
  adopt(status: PodStatus | undefined): void {
    const given = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ name, resources }) =>
      resources ? [[name, resources] as const] : [],
    )
    this.allocated = this.actual = new Map([...this.allocated, ...given])
  }

  /** Waits for room on its node. */
  get pending(): boolean {
    return this.#pending?.reason === 'Deferred'
  }

  get conditions(): readonly PodCondition[] {
    return [this.#pending, this.#going].filter((one) => one !== undefined)
  }

  /** Looks whether the pod asks for something else, and whether it can have it. */
  step(pod: Pod, node: Node, others: readonly Pod[], now: number): ResizeStep {
    if (!wantsResize(pod, this.allocated)) {
      this.#pending = undefined
      return { said: [] }
    }
    const late = postponement(pod, node, others)
    if (late) {
      const { reason, message } = late
      const before = this.#pending
      const same = before?.reason === reason && before.message === message && before.observedGeneration === pod.metadata.generation
      if (same) return { said: [] }
      const since = before ? before.lastTransitionTime : rfc3339(now)
      this.#pending = { ...condition(pod, 'PodResizePending', now), lastTransitionTime: since, reason, message }
      return { said: [{ type: 'Warning', reason: `Resize${reason}`, message: resizeMessage(pod, reason, message) }] }
    }
    this.#pending = undefined
    this.#going = condition(pod, 'PodResizeInProgress', now)
    const before = this.allocated
    this.allocated = allocationOf(pod)
    return {
      said: [{ type: 'Normal', reason: 'ResizeStarted', message: resizeMessage(pod, 'started') }],
      started: resizable(pod).map((one) => [one, before.get(one.name) ?? {}] as const),
    }
  }

  /** The containers have what they were given. */
  complete(pod: Pod): Saying {
    this.actual = this.allocated
    this.#going = undefined
    return { type: 'Normal', reason: 'ResizeCompleted', message: resizeMessage(pod, 'completed') }
  }
}

function condition(pod: Pod, type: string, now: number): PodCondition {
  const observedGeneration = pod.metadata.generation
  return { type, observedGeneration, status: 'True', lastProbeTime: undefined, lastTransitionTime: rfc3339(now) }
}
