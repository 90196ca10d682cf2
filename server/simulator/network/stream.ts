/** The client's side of a TCP connection, as what listens sees it. */
export interface StreamPeer {
  /** @returns what to wait for before writing more, while the client lags behind */
  write(chunk: Uint8Array): Promise<void> | undefined
  /** Nothing more will be written. */
  end(): void
  /** Breaks the connection off. */
  reset(): void
}

/** What listens, as the client's side of a TCP connection sees it. */
export interface StreamServer {
  data(chunk: Uint8Array): void
  /** What to wait for before sending more, while a program that listens lags behind. */
  ready?(): Promise<void> | undefined
  /** The client will write nothing more. */
  end(): void
  /** The client is gone. */
  close(): void
}

/** What comes of connecting to a port. */
export type Dialled =
  | {
      readonly result: 'open'
      /** It begins with a TLS handshake, which is the caller's: what is exchanged here is inside of it. */
      readonly tls: boolean
      readonly accept: (peer: StreamPeer) => StreamServer
    }
  | { readonly result: 'refused' | 'timeout' | 'unreachable' }

/** A server that is open and says nothing, as those whose protocol nobody has described. */
export function silentServer(peer: StreamPeer): StreamServer {
  return { data: () => undefined, end: () => peer.end(), close: () => undefined }
}
