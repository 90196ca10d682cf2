import type { Container, Pod } from '../resources/kinds.ts'
import type { StreamSession, StreamSink } from '../api/http.ts'

/**
 * What a kubelet asks of its container runtime (the CRI, in small). The kubelet decides when containers
 * start, restart and stop and writes the status; the runtime knows images, processes, files and logs.
 */
export interface ContainerRuntime {
  /** What pulling `image` does: how long it takes, or how it fails (the registry's own words). */
  pull(image: string): PullOutcome
  /** How many bytes a shared volume holds. */
  volumeBytes(key: string): number
  /** Calls back whenever a container has written to its files or a volume. @returns ends it */
  onWritten(listener: () => void): () => void
  /** Makes a container, not yet started. Its logs and files live until `remove`. */
  create(config: ContainerConfig): RuntimeContainer
}

export type PullOutcome =
  /** `root`: the image runs as root unless told otherwise. */
  | { readonly ok: true; readonly millis: number; readonly bytes: number; readonly imageId: string; readonly root?: boolean }
  /** `message` follows `rpc error: code = … desc = ` in events; complete, as containerd says it. */
  | { readonly ok: false; readonly millis: number; readonly message: string }

export interface ContainerConfig {
  readonly pod: Pod
  readonly container: Container
  /** Already resolved: literals, ConfigMaps, Secrets, fields, service variables; `$(VAR)` expanded. */
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly restartCount: number
  /** containerd://64 hex digits is made from it. */
  readonly node: string
  /** It began in the cluster that this one was forked from, and goes on (or has ended) here. */
  readonly past?: { readonly id: string; readonly startedAt: number; readonly finishedAt?: number }
}

export interface Mount {
  readonly path: string
  readonly subPath?: string
  readonly readOnly: boolean
  readonly volume: Volume
}

/** Where a mounted volume's files come from. */
export type Volume =
  /** Read through the callback every time, so that ConfigMap and Secret updates arrive. Paths are relative. */
  | { readonly kind: 'projected'; readonly files: () => ReadonlyMap<string, string>; readonly mode?: number }
  /** A writable volume: all mounts with the same key share it; it outlives containers. `medium` is what `df` shows. */
  | {
      readonly kind: 'shared'
      readonly key: string
      readonly medium: 'disk' | 'memory'
      /** It takes no more bytes than these; without it the node's disk is the limit. */
      readonly size?: number
    }

export interface Exit {
  readonly code: number
  /** `Completed`, `Error`, `OOMKilled`, `StartError` … */
  readonly reason: string
  readonly signal?: number
  /** The termination message, if the process wrote one. */
  readonly message?: string
}

export interface RuntimeContainer {
  /** `containerd://` and 64 hex digits. */
  readonly id: string
  /** Starts the main process. `onExit` is called once, later, with how it ended. @returns an error in runc's words when it cannot start (command not found, say) */
  start(onExit: (exit: Exit) => void): { readonly ok: true } | { readonly ok: false; readonly message: string }
  /** SIGTERM or SIGKILL to the main process. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
  readonly logs: LogSource
  /** How many bytes its files take beside its image and its volumes. */
  readonly diskBytes: number
  exec(options: ExecOptions, sink: StreamSink): StreamSession
  attach(options: AttachOptions, sink: StreamSink): StreamSession
  /** Runs a command to its end, for exec probes and hooks. */
  run(
    command: readonly string[],
    timeoutMillis: number,
    done: (result: { readonly code: number; readonly output: string; readonly timedOut: boolean }) => void,
  ): void
  /** For probes from the node: is something listening, and what does it answer? `host` is the pod's IP unless the probe says otherwise. */
  probe(request: ProbeRequest, done: (result: ProbeResult) => void): void
  /** Told of each probe that has ended, for the kubelet's metrics. */
  noteProbe?(kind: string, ok: boolean): void
  remove(): void
}

export interface ExecOptions {
  readonly command: readonly string[]
  readonly tty: boolean
  readonly stdin: boolean
}

export type AttachOptions = Omit<ExecOptions, 'command'>

export interface LogOptions {
  readonly timestamps: boolean
  readonly tailLines?: number
  readonly sinceMillis?: number
  readonly limitBytes?: number
}

export interface LogSource {
  read(options: LogOptions): string
  /** Calls `write` with what is there and then with each new line. @returns ends it. `ended` is called when the container stops. */
  follow(options: LogOptions, write: (text: string) => void, ended: () => void): () => void
}

export type ProbeRequest =
  | { readonly kind: 'tcp'; readonly port: number; readonly timeoutMillis: number }
  | {
      readonly kind: 'http'
      readonly scheme: string
      readonly port: number
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
      readonly timeoutMillis: number
    }
  | { readonly kind: 'grpc'; readonly port: number; readonly service: string; readonly timeoutMillis: number }

/** `refused` and `timeout` carry the words that the kubelet's event shows after `Readiness probe failed: `. */
export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string }
