import type { History } from './history.ts'

/** How far a viewer may be behind before nothing more is sent to it. xterm.js advises a few hundred KB in flight. */
export const VIEWER_WINDOW = 256 * 1024
/** The most that goes into one message, so that other messages of the same connection get a turn. */
const MESSAGE_LIMIT = 64 * 1024

/** Where a viewer's output goes. */
export interface ViewerSink {
  output(offset: number, data: string, replayed: boolean): void
  /** Everything before `offset` is gone; the next output begins there. */
  reset(offset: number): void
}

/**
 * One viewer of one terminal. It holds no output of its own, only how far it has come in the history:
 * it is subscribed before it first reads, so nothing is lost between the two and nothing comes twice.
 */
export class Viewer {
  readonly #history: History
  readonly #sink: ViewerSink
  readonly #window: number
  /** What was there before this viewer came is replayed: bells don't ring, queries aren't answered. */
  readonly #liveFrom: number
  #next: number
  #acknowledged: number

  constructor(history: History, offset: number, sink: ViewerSink, window = VIEWER_WINDOW) {
    this.#history = history
    this.#sink = sink
    this.#window = window
    this.#liveFrom = history.end
    // An offset from the future is another terminal's, or a lie: begin with what there is.
    const known = offset <= history.end
    this.#next = known ? offset : history.start
    this.#acknowledged = this.#next
    if (!known) sink.reset(this.#next)
  }

  /** Whether it takes no more until it acknowledges. */
  get behind(): boolean {
    return this.#next - this.#acknowledged >= this.#window
  }

  acknowledge(offset: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(offset, this.#next))
    this.pump()
  }

  /** Sends what there is, as far as the window allows. */
  pump(): void {
    if (this.#next < this.#history.start) {
      this.#next = this.#history.start
      this.#acknowledged = this.#next
      this.#sink.reset(this.#next)
    }
    while (this.#next < this.#history.end && !this.behind) {
      const replayed = this.#next < this.#liveFrom
      const upTo = replayed ? this.#liveFrom : this.#history.end
      const data = this.#history.read(this.#next, Math.min(MESSAGE_LIMIT, upTo - this.#next))
      const offset = this.#next
      this.#next += data.length
      this.#sink.output(offset, data, replayed)
    }
  }
}
