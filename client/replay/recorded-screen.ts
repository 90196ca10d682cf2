import type { RecordedOutput } from '../../server/protocol/session-event.ts'
import type { ScreenChange, ScreenSource } from '../net/screen-source.ts'

/** A recorded terminal as a source for a screen: time goes on, or jumps. */
export class RecordedScreen implements ScreenSource {
  readonly #output: readonly RecordedOutput[]
  #sink: ((change: ScreenChange) => void) | undefined
  #time = 0
  #written = 0

  constructor(output: readonly RecordedOutput[]) {
    this.#output = output
  }

  subscribe(sink: (change: ScreenChange) => void): () => void {
    this.#sink = sink
    this.#written = 0
    this.#writeUntilNow()
    return () => {
      if (this.#sink === sink) this.#sink = undefined
    }
  }

  /** Shows what was on the screen at a time. Going back begins again from nothing, as output cannot be taken back. */
  seek(time: number): void {
    this.#time = time
    const last = this.#output[this.#written - 1]
    if (last && last[0] > time) {
      this.#written = 0
      this.#sink?.({ kind: 'reset' })
    }
    this.#writeUntilNow()
  }

  #writeUntilNow(): void {
    let data = ''
    for (let next = this.#output[this.#written]; next && next[0] <= this.#time; next = this.#output[this.#written]) {
      data += next[1]
      this.#written++
    }
    if (data !== '') this.#sink?.({ kind: 'write', data, replayed: true })
  }
}
