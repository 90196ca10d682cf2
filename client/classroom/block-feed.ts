import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { BlockId } from '../../server/kernel/ids.ts'
import type { ClientMessage } from '../../server/protocol/client-message.ts'
import type { LiveState } from '../../server/protocol/live-block.ts'

interface Watched {
  readonly state: Signal<LiveState | undefined>
  viewers: number
  leaving: ReturnType<typeof setTimeout> | undefined
}

/** A slide's next step shows the same block again: it is kept this long for whoever comes back to it. */
const LINGER_MILLIS = 4000
/** The server lets a page look at ten: who leafs through the slides must not use them up on those already gone. */
const MOST_LINGERING = 3

/** The checks, topologies and traces that this page looks at. */
export class BlockFeeds {
  readonly #send: (message: ClientMessage) => boolean
  readonly #watched = new Map<BlockId, Watched>()

  constructor(send: (message: ClientMessage) => boolean) {
    this.#send = send
  }

  watch(block: BlockId): { readonly state: ReadonlySignal<LiveState | undefined>; readonly stop: () => void } {
    const watched = this.#watched.get(block) ?? this.#begin(block)
    clearTimeout(watched.leaving)
    watched.viewers++
    let stopped = false
    return {
      state: watched.state,
      stop: () => {
        if (stopped) return
        stopped = true
        watched.viewers--
        if (watched.viewers === 0) watched.leaving = setTimeout(() => this.#end(block), LINGER_MILLIS)
      },
    }
  }

  receive(block: BlockId, state: LiveState): void {
    const watched = this.#watched.get(block)
    if (watched) watched.state.value = state
  }

  /** A new connection knows nothing of what the old one watched. */
  resume(): void {
    for (const block of this.#watched.keys()) this.#send({ type: 'block.watch', block })
  }

  #begin(block: BlockId): Watched {
    const gone = [...this.#watched].filter(([, { viewers }]) => viewers === 0).map(([id]) => id)
    for (const id of gone.slice(0, Math.max(0, gone.length - MOST_LINGERING))) this.#end(id)
    const watched: Watched = { state: signal(undefined), viewers: 0, leaving: undefined }
    this.#watched.set(block, watched)
    this.#send({ type: 'block.watch', block })
    return watched
  }

  #end(block: BlockId): void {
    clearTimeout(this.#watched.get(block)?.leaving)
    if (this.#watched.delete(block)) this.#send({ type: 'block.unwatch', block })
  }
}
