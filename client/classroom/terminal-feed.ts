import type { TerminalId } from '../../server/kernel/ids.ts'
import type { ClientMessage } from '../../server/protocol/client-message.ts'
import { freshPart } from '../net/overlap.ts'
import type { ScreenChange, ScreenSource } from '../net/screen-source.ts'

/** One terminal's output on its way from the socket to one screen; knows how far it has come. */
export class TerminalFeed implements ScreenSource {
  readonly #terminal: TerminalId
  readonly #send: (message: ClientMessage) => boolean
  #have = 0
  #sink: ((change: ScreenChange) => void) | undefined

  constructor(terminal: TerminalId, send: (message: ClientMessage) => boolean) {
    this.#terminal = terminal
    this.#send = send
  }

  /** A new screen is empty, so it begins at the oldest output that is kept. */
  subscribe(sink: (change: ScreenChange) => void): () => void {
    this.#sink = sink
    this.#have = 0
    this.attach()
    return () => {
      if (this.#sink !== sink) return
      this.#sink = undefined
      this.#send({ type: 'terminal.detach', terminal: this.#terminal })
    }
  }

  /** Asks for what is missing: at first, and again on every new connection. */
  attach(): void {
    if (this.#sink) this.#send({ type: 'terminal.attach', terminal: this.#terminal, offset: this.#have })
  }

  output(offset: number, data: string, replayed: boolean): void {
    const fresh = freshPart(this.#have, offset, data)
    if (fresh.kind === 'gap') this.attach()
    if (fresh.kind !== 'new') return
    const { next } = fresh
    this.#have = next
    this.#sink?.({
      kind: 'write',
      data: fresh.data,
      replayed,
      written: () => void this.#send({ type: 'terminal.ack', terminal: this.#terminal, offset: next }),
    })
  }

  reset(offset: number): void {
    this.#have = offset
    this.#sink?.({ kind: 'reset' })
  }
}
