import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { ClientMessage } from '../../server/protocol/client-message.ts'
import type { ChartState } from '../../server/protocol/server-message.ts'

export interface ChartRequest {
  readonly query: string
  readonly rangeSeconds: number
  readonly stepSeconds: number
}

interface Watched {
  readonly chart: string
  readonly request: ChartRequest
  readonly state: Signal<ChartState | undefined>
  viewers: number
  leaving: ReturnType<typeof setTimeout> | undefined
}

/** A slide's next step shows the same chart again: it is kept this long for whoever comes back to it. */
const LINGER_MILLIS = 4000

/** The charts that this page looks at. Equal requests are one. */
export class ChartFeeds {
  readonly #send: (message: ClientMessage) => boolean
  readonly #watched = new Map<string, Watched>()
  #next = 1

  constructor(send: (message: ClientMessage) => boolean) {
    this.#send = send
  }

  watch(request: ChartRequest): { readonly state: ReadonlySignal<ChartState | undefined>; readonly stop: () => void } {
    const key = JSON.stringify([request.query, request.rangeSeconds, request.stepSeconds])
    const watched = this.#watched.get(key) ?? this.#begin(key, request)
    clearTimeout(watched.leaving)
    watched.viewers++
    let stopped = false
    return {
      state: watched.state,
      stop: () => {
        if (stopped) return
        stopped = true
        watched.viewers--
        if (watched.viewers === 0) watched.leaving = setTimeout(() => this.#end(key), LINGER_MILLIS)
      },
    }
  }

  receive(chart: string, state: ChartState): void {
    for (const watched of this.#watched.values()) if (watched.chart === chart) watched.state.value = state
  }

  /** A new connection knows nothing of what the old one watched. */
  resume(): void {
    for (const { chart, request } of this.#watched.values()) this.#send({ type: 'chart.watch', chart, ...request })
  }

  #begin(key: string, request: ChartRequest): Watched {
    const watched = { chart: `chart-${this.#next++}`, request, state: signal(undefined), viewers: 0, leaving: undefined }
    this.#watched.set(key, watched)
    this.#send({ type: 'chart.watch', chart: watched.chart, ...request })
    return watched
  }

  #end(key: string): void {
    const watched = this.#watched.get(key)
    if (!watched) return
    this.#watched.delete(key)
    this.#send({ type: 'chart.unwatch', chart: watched.chart })
  }
}
