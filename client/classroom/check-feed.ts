import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { BlockId } from '../../server/kernel/ids.ts'
import type { ClientMessage } from '../../server/protocol/client-message.ts'
import type { CheckState } from '../../server/protocol/server-message.ts'

interface Watched {
  readonly state: Signal<CheckState | undefined>
  viewers: number
  leaving: ReturnType<typeof setTimeout> | undefined
}

/** A slide's next step shows the same check again: it is kept this long for whoever comes back to it. */
const LINGER_MILLIS = 4000

/** The checks that this page looks at. */
export class CheckFeeds {
  readonly #send: (message: ClientMessage) => boolean
  readonly #watched = new Map<BlockId, Watched>()

  constructor(send: (message: ClientMessage) => boolean) {
    this.#send = send
  }

  watch(block: BlockId): { readonly state: ReadonlySignal<CheckState | undefined>; readonly stop: () => void } {
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

  receive(block: BlockId, state: CheckState): void {
    const watched = this.#watched.get(block)
    if (watched) watched.state.value = state
  }

  /** A new connection knows nothing of what the old one watched. */
  resume(): void {
    for (const block of this.#watched.keys()) this.#send({ type: 'check.watch', block })
  }

  #begin(block: BlockId): Watched {
    const watched: Watched = { state: signal(undefined), viewers: 0, leaving: undefined }
    this.#watched.set(block, watched)
    this.#send({ type: 'check.watch', block })
    return watched
  }

  #end(block: BlockId): void {
    if (this.#watched.delete(block)) this.#send({ type: 'check.unwatch', block })
  }
}
