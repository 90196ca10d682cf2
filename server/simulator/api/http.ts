import type { StreamPeer, StreamServer } from '../network/stream.ts'

/** One request to the Kubernetes API, whatever carried it. Everything in it is hostile until parsed. */
export interface ApiRequest {
  readonly method: string
  /** Decoded path without query: `/api/v1/namespaces/default/pods`. */
  readonly path: string
  readonly query: URLSearchParams
  /** The path as it was sent, where that is known: `a%2Fb` is one segment of it. */
  readonly target?: string
  /** Header names are lower-case. */
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body?: Uint8Array
  /** Who asks, by a client certificate that the listener has verified. */
  readonly client?: { readonly commonName: string; readonly organizations: readonly string[]; readonly fingerprint: string }
}

/** Where a streamed answer goes. `write` may be called any number of times, then `end` once. */
export interface BodySink {
  write(chunk: string | Uint8Array): void
  end(): void
}

/** Starts streaming into `sink`. @returns stops it when the client has gone away */
export type BodyStream = (sink: BodySink) => () => void

export interface ApiResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string | readonly string[] }
  /** A whole body, or a stream (watches, `logs --follow`). */
  readonly body: string | Uint8Array | BodyStream
}

/** The far end of an upgraded connection (exec, attach): what the client's channels receive. */
export interface StreamSink {
  stdout(chunk: Uint8Array): void
  stderr(chunk: Uint8Array): void
  /** True while the client lags behind: nothing more should be written until `caughtUp` is called, once. */
  lags?(caughtUp: () => void): boolean
  /** The last word, a `Status` object on the error channel: Success, or Failure with reason NonZeroExitCode. Closes the stream. */
  exit(status: object): void
}

/** The near end of an upgraded connection: what the client's channels say. */
export interface StreamSession {
  stdin(chunk: Uint8Array): void
  closeStdin(): void
  resize(columns: number, rows: number): void
  /** The client has gone away. */
  close(): void
}

/** One port of a pod, connected to. `message` is the kubelet's, when it cannot be. */
export type ForwardedPort =
  | { readonly ok: true; readonly tls: boolean; readonly accept: (peer: StreamPeer) => StreamServer }
  | { readonly ok: false; readonly message: string }

/** Accepts an upgrade by starting it, or refuses it with an ordinary response. */
export type UpgradeAnswer =
  /** exec and attach */
  | { readonly accepted: true; readonly start: (sink: StreamSink) => StreamSession }
  /** portforward: connects to a port of the pod, any number of times */
  | { readonly accepted: true; readonly forward: (port: number) => Promise<ForwardedPort> }
  | { readonly accepted: false; readonly response: ApiResponse }
