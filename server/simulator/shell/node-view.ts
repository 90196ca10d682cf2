/** A container as its node's runtime knows it. */
export interface NodeContainer {
  /** 64 hex digits. */
  readonly id: string
  readonly name: string
  readonly image: string
  readonly state: 'Running' | 'Exited'
  readonly createdAt: number
  readonly attempt: number
  readonly podUid: string
  readonly pod: string
  readonly namespace: string
  /** Cores in use now. */
  readonly cpu: number
  readonly memoryBytes: number
  log(tail: number | undefined): string
}

/** A message of the kernel's or the kubelet's, in order. */
export interface NodeMessage {
  readonly at: number
  readonly text: string
}

/** The node below a container, for those who may look at it. */
export interface NodeView {
  readonly name: string
  readonly kubelet: string
  readonly startedAt: number
  containers(): readonly NodeContainer[]
  /** What the kernel has said: out-of-memory kills. */
  kernel(): readonly NodeMessage[]
  /** What the kubelet's log has: its events. */
  journal(): readonly NodeMessage[]
}
