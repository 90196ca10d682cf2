import type { MessagePort } from 'node:worker_threads'
import type { ClusterHost, HostOptions } from './host.ts'
import { ToWorker } from './messages.ts'
import type { FromWorker } from './messages.ts'

type Orders = Pick<ClusterHost, 'open' | 'close' | 'fastForward' | 'goBack' | 'remember' | 'recall'>

type Ask = NonNullable<HostOptions['askPrometheus']>

/** Questions of the clusters in this thread to the Prometheus that the main thread knows. */
export interface Questions {
  readonly ask: Ask
  readonly answered: (answer: Extract<ToWorker, { type: 'answer' }>) => void
}

/** @param say to the main thread */
export function askMainThread(say: (message: FromWorker) => void): Questions {
  const waiting = new Map<number, { resolve: (answer: Awaited<ReturnType<Ask>>) => void; reject: (error: Error) => void }>()
  let serial = 0
  return {
    ask(cluster, path, parameters) {
      const ask = ++serial
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Ask>>>()
      waiting.set(ask, { resolve, reject })
      say({ type: 'ask', cluster, ask, path, parameters: parameters.map(([name, value]) => [name, value]) })
      return promise
    },
    answered({ ask, status, body }) {
      const asker = waiting.get(ask)
      waiting.delete(ask)
      if (status === undefined) asker?.reject(new Error(body))
      else asker?.resolve({ status, body })
    },
  }
}

/** Lets the main thread drive the clusters of this one. Orders for one cluster are carried out in their order. */
export function serveMainThread(port: MessagePort, host: Orders, answered: Questions['answered']): void {
  const say = (message: FromWorker) => port.postMessage(message)
  let orders = Promise.resolve()
  port.on('message', (message: unknown) => {
    const order = ToWorker.parse(message)
    // A journey takes seconds: nobody else waits for it.
    if (order.type === 'answer') answered(order)
    else if (order.type === 'fast-forward') void carryOut(order, host, say)
    else orders = orders.then(() => carryOut(order, host, say))
  })
}

async function carryOut(order: Exclude<ToWorker, { type: 'answer' }>, host: Orders, say: (message: FromWorker) => void): Promise<void> {
  const { cluster } = order
  try {
    if (order.type === 'close') {
      await host.close(cluster)
      say({ type: 'closed', cluster })
    } else if (order.type === 'fast-forward') {
      await host.fastForward(cluster, { ...order, onProgress: (share) => say({ type: 'journey', cluster, share }) })
      say({ type: 'travelled', cluster })
    } else if (order.type === 'go-back' || order.type === 'remember' || order.type === 'recall') {
      if (order.type === 'go-back') host.goBack(cluster)
      else host[order.type](cluster)
      say({ type: 'travelled', cluster })
    } else {
      say({ type: 'opened', cluster, ...(await host.open(cluster, order.nodes)) })
    }
  } catch (error) {
    say({ type: 'failed', cluster, why: describe(error) })
  }
}

/** For the log of the main thread: errors lose their class on the way there. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
