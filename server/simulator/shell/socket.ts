import { ByteDecoder, bytesOfText } from '../bytes.ts'
import type { Dialled, StreamPeer, StreamServer } from '../network/stream.ts'
import type { Run } from './machine.ts'
import { Killed, Process, signals } from './processes.ts'
import { Pipe } from './streams.ts'
import type { Io } from './streams.ts'

/** A sender waits when so much is unread; what it sends all the same breaks the connection. */
const [window, mostUnread] = [65_536, 8_000_000]

/** One end of a TCP connection, as a program of a container holds it. */
export class Socket {
  /** What the other side has sent. It ends with the connection. */
  readonly incoming = new Pipe()
  readonly #decoder = new ByteDecoder()
  readonly #drained = new Set<() => void>()
  #send: (chunk: Uint8Array) => Promise<void> | undefined = () => undefined
  #finish = () => {}
  #drop = () => {}

  /** The client's end of a connection. */
  static of(dialled: Extract<Dialled, { result: 'open' }>): Socket {
    const socket = new Socket()
    const peer: StreamPeer = {
      write: (chunk) => socket.#take(chunk),
      end: () => socket.incoming.end(),
      reset: () => socket.incoming.end(),
    }
    const server = dialled.tls ? plainRefused(peer) : dialled.accept(peer)
    socket.#send = (chunk) => {
      server.data(chunk)
      return server.ready?.()
    }
    socket.#finish = () => server.end()
    socket.#drop = () => server.close()
    return socket
  }

  /** The listener's end of one, and what its client holds. */
  static accepted(peer: StreamPeer): { readonly socket: Socket; readonly server: StreamServer } {
    const socket = new Socket()
    let ended = false
    const end = () => {
      if (!ended) peer.end()
      ended = true
    }
    socket.#send = (chunk) => (ended ? undefined : peer.write(chunk))
    socket.#finish = end
    socket.#drop = end
    const server: StreamServer = {
      data: (chunk) => void socket.#take(chunk),
      ready: () => socket.#room(),
      end: () => socket.incoming.end(),
      close: () => socket.incoming.end(),
    }
    return { socket, server }
  }

  #take(chunk: Uint8Array): Promise<void> | undefined {
    if (this.incoming.size > mostUnread) this.close()
    else this.#offer(this.#decoder.decode(chunk))
    return this.#room()
  }

  #offer(text: string): void {
    if (!this.incoming.broken) this.incoming.write(text)
  }

  #room(): Promise<void> | undefined {
    if (this.incoming.size < window || this.incoming.broken) return undefined
    return new Promise((resolve) => void this.#drained.add(resolve))
  }

  /** The next that arrives; undefined at the end. */
  async read(process: Process): Promise<string | undefined> {
    const text = await this.incoming.read(process)
    for (const resume of this.#drained) resume()
    this.#drained.clear()
    return text
  }

  /** @returns what to wait for before sending more */
  send(text: string): Promise<void> | undefined {
    return this.#send(bytesOfText(text))
  }

  /** Nothing more will be sent. */
  finish(): void {
    this.#finish()
  }

  close(): void {
    this.incoming.break()
    for (const resume of this.#drained) resume()
    this.#drained.clear()
    this.#drop()
  }
}

/** What a TLS server of Go's says to someone who does not speak it. */
function plainRefused(peer: StreamPeer): StreamServer {
  return {
    data: () => {
      void peer.write(bytesOfText('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'))
      peer.end()
    },
    end: () => peer.end(),
    close: () => undefined,
  }
}

/**
 * Passes bytes both ways until the other side ends the connection.
 * @param options `idle`: milliseconds without a byte after which it ends; `linger`: so long after the input has ended
 */
export async function relay(
  run: Run,
  socket: Socket,
  io: Io,
  options: { readonly idle?: number | undefined; readonly linger?: number | undefined } = {},
): Promise<void> {
  // Reading what is typed ends with the connection, while this process goes on.
  const { argv, user, background } = run.process
  const reader = new Process(0, run.process, { argv, user, background }, run.machine.clock, run.machine.processes)
  let cancel = () => {}
  const endAfter = (millis: number | undefined) => {
    cancel()
    if (millis !== undefined) cancel = run.machine.clock.after(millis, () => socket.incoming.end())
  }
  const pump = async () => {
    for (let text = await io.in.read(reader); text !== undefined; text = await io.in.read(reader)) {
      const room = socket.send(text)
      if (room) await settled(reader, room)
      endAfter(options.idle)
      await reader.breathe()
    }
    socket.finish()
    endAfter(options.linger ?? options.idle)
  }
  const sending = pump().catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error
  })
  try {
    endAfter(options.idle)
    for (let text = await socket.read(run.process); text !== undefined; text = await socket.read(run.process)) {
      io.out.write(text)
      endAfter(options.idle)
      await io.out.ready?.(run.process)
      await run.process.breathe()
    }
  } finally {
    cancel()
    socket.close()
    reader.kill(signals.TERM)
    await sending
  }
}

/** Waits for something that signals may interrupt. @param millis gives up then @returns undefined when it gave up */
export async function settled<T>(process: Process, promise: Promise<T>, millis?: number): Promise<T | undefined> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  await process.wait((resume) => {
    promise.then(
      (value) => {
        outcome = { value }
        resume()
      },
      (error: unknown) => {
        outcome = { error }
        resume()
      },
    )
    return millis === undefined ? () => {} : process.after(Math.min(Math.max(millis, 0), 2_000_000_000), resume)
  })
  if (outcome && 'error' in outcome) throw outcome.error
  return outcome?.value
}
