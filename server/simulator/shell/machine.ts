import type { Clock } from '../../kernel/clock.ts'
import type { NetworkView } from '../network/view.ts'
import type { FileTree } from './files.ts'
import type { NodeView } from './node-view.ts'
import type { Process, ProcessTable } from './processes.ts'
import type { Io, Output } from './streams.ts'
import type { Terminal } from './terminal-device.ts'

/** Which programs an image brings: `none` is distroless, without even a shell. */
export type Userland = 'busybox' | 'alpine' | 'debian' | 'none'

export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** Its own first. */
  readonly groups: readonly number[]
}

/** What a container's programs can find out about where they run. */
export interface MachineFacts {
  readonly node: string
  readonly kernel: string
  readonly cpus: number
  readonly memoryBytes: () => number
  readonly memoryLimit: number
  readonly memoryTotal: number
  readonly bootedAt: number
}

/** One container from the inside. */
export interface Machine {
  readonly clock: Clock
  readonly random: () => number
  readonly sha256: (text: string) => string
  readonly files: FileTree
  readonly processes: ProcessTable
  readonly network: NetworkView
  readonly hostname: string
  readonly user: User
  readonly userland: Userland
  /** Names of the programs that are there; package managers add to it. */
  readonly programs: Set<string>
  /** Those of them that are the project's own rather than busybox's. */
  readonly full: Set<string>
  /** Programs of this image alone. */
  readonly own: ReadonlyMap<string, Command>
  readonly facts: MachineFacts
  /** What happens to a process that asks for all the memory there is: the kernel kills it, and the whole container. */
  readonly exhaustMemory: () => void
  /** The node, for a shell in its root. */
  readonly node?: NodeView
  /** The node that this container runs on. */
  readonly below: () => NodeView
  /** The main process's output: the container's log. */
  readonly console: Output
}

/** One command being run. */
export interface Run {
  readonly name: string
  /** Without the name. */
  readonly args: readonly string[]
  readonly io: Io
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly machine: Machine
  readonly process: Process
  /** The terminal's size, if there is a terminal. */
  readonly columns: number
  readonly rows: number
  /** The terminal that the session sits at, even where input and output are redirected. */
  readonly terminal: Terminal | undefined
  /** Runs another command to its end, as a child. */
  spawn(
    argv: readonly string[],
    options?: { readonly io?: Io; readonly env?: Readonly<Record<string, string>>; readonly cwd?: string },
  ): Promise<number>
}

/** @returns the exit status */
export type Command = (run: Run) => number | Promise<number>

/** A command's refusal: printed as `name: message`. */
export class CommandError extends Error {
  readonly status: number

  constructor(message: string, status = 1) {
    super(message)
    this.status = status
  }
}
