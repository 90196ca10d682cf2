import { Worker } from 'node:worker_threads'
import type { ClusterId } from '../../kernel/ids.ts'
import { FromWorker } from './messages.ts'
import type { ToWorker } from './messages.ts'

type Opened = Extract<FromWorker, { type: 'opened' }>

export interface SimulatorWorker {
  /** Clusters that were opened here and are not closed. */
  readonly size: number
  /** False once the thread has ended, whatever ended it: nothing more can be opened here. */
  readonly alive: boolean
  /** @throws when the cluster cannot be made, or the thread ends first */
  open(cluster: ClusterId, nodes: readonly string[]): Promise<Opened>
  /** @throws when it cannot be done; the cluster is then what it was */
  fastForward(
    cluster: ClusterId,
    travel: { readonly millis: number; readonly samples?: { readonly url: string; readonly series: string } },
    onProgress: (share: number) => void,
  ): Promise<void>
  /** `go-back`: to before the last `fastForward`; `recall`: to what the cluster was when it was to `remember`. */
  tell(cluster: ClusterId, order: 'go-back' | 'remember' | 'recall'): Promise<void>
  close(cluster: ClusterId): Promise<void>
  terminate(): Promise<void>
}

export interface SimulatorWorkerOptions {
  /** The thread's entry, which has to call `serveMainThread`. */
  readonly entry: URL
  readonly onPrometheus: (cluster: ClusterId, state: Opened['prometheus']) => void
  /** Somebody in a cluster asks its Prometheus. @throws when there is none */
  readonly onAsk: (
    cluster: ClusterId,
    path: string,
    parameters: readonly (readonly [string, string])[],
  ) => Promise<{ readonly status: number; readonly body: string }>
  /** The thread has ended unasked, and these clusters with it. */
  readonly onLost: (clusters: readonly ClusterId[]) => void
  readonly report: (error: unknown) => void
  /** A folder of image descriptions of the presenter's own. */
  readonly images?: string | undefined
}

interface Waiting {
  readonly onProgress?: (share: number) => void
  readonly resolve: (message: FromWorker) => void
  readonly reject: (error: Error) => void
}

/** One thread of simulated clusters, seen from the main thread. */
export function startSimulatorWorker({ entry, onPrometheus, onAsk, onLost, report, images }: SimulatorWorkerOptions): SimulatorWorker {
  const worker = new Worker(entry, { name: 'simulator', workerData: { images } })
  const clusters = new Set<ClusterId>()
  const waiting = new Map<ClusterId, Waiting>()
  let state: 'running' | 'ending' | 'ended' = 'running'

  const ask = (order: ToWorker, onProgress?: (share: number) => void) =>
    new Promise<FromWorker>((resolve, reject) => {
      if (state !== 'running') return reject(new Error('The thread of simulated clusters has ended.'))
      waiting.get(order.cluster)?.reject(new Error('The cluster was told to do something else meanwhile.'))
      waiting.set(order.cluster, { resolve, reject, ...(onProgress && { onProgress }) })
      worker.postMessage(order)
    })
  const answer = (message: Exclude<FromWorker, { type: 'report' | 'prometheus' | 'journey' | 'ask' }>) => {
    waiting.get(message.cluster)?.resolve(message)
    waiting.delete(message.cluster)
  }
  const pass = async ({ cluster, ask: number, path, parameters }: Extract<FromWorker, { type: 'ask' }>) => {
    const reply = await onAsk(cluster, path, parameters).catch((error: unknown) => ({
      body: error instanceof Error ? error.message : String(error),
    }))
    const order: ToWorker = { type: 'answer', cluster, ask: number, ...reply }
    if (state === 'running') worker.postMessage(order)
  }
  worker.on('message', (heard: unknown) => {
    const message = FromWorker.parse(heard)
    if (message.type === 'report') report(new Error(message.text))
    else if (message.type === 'prometheus') onPrometheus(message.cluster, message.prometheus)
    else if (message.type === 'ask') void pass(message)
    else if (message.type === 'journey') waiting.get(message.cluster)?.onProgress?.(message.share)
    else answer(message)
  })
  worker.on('error', report)
  worker.on('exit', (code) => {
    const asked = state === 'ending'
    state = 'ended'
    for (const { reject } of waiting.values()) reject(new Error(`The thread of simulated clusters ended with status ${code}.`))
    waiting.clear()
    if (!asked) onLost([...clusters])
    clusters.clear()
  })
  return {
    get size() {
      return clusters.size
    },
    get alive() {
      return state === 'running'
    },
    async open(cluster, nodes) {
      clusters.add(cluster)
      try {
        const message = await ask({ type: 'open', cluster, nodes: [...nodes] })
        if (message.type === 'opened') return message
        throw new Error(message.type === 'failed' ? message.why : `The simulator answered ${message.type} instead of opened.`)
      } catch (error) {
        clusters.delete(cluster)
        throw error
      }
    },
    async fastForward(cluster, travel, onProgress) {
      const message = await ask({ type: 'fast-forward', cluster, ...travel }, onProgress)
      if (message.type === 'failed') throw new Error(message.why)
    },
    async tell(cluster, order) {
      const message = await ask({ type: order, cluster })
      if (message.type === 'failed') throw new Error(message.why)
    },
    async close(cluster) {
      if (!clusters.delete(cluster) || state !== 'running') return
      await ask({ type: 'close', cluster })
    },
    async terminate() {
      if (state === 'running') state = 'ending'
      await worker.terminate()
    },
  }
}
