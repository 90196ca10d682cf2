import type { MessagePort } from 'node:worker_threads'
import type { ClusterHost } from './host.ts'
import { ToWorker } from './messages.ts'
import type { FromWorker } from './messages.ts'

type Orders = Pick<ClusterHost, 'open' | 'close' | 'fastForward' | 'goBack' | 'remember' | 'recall'>

/** Lets the main thread drive the clusters of this one. Orders for one cluster are carried out in their order. */
export function serveMainThread(port: MessagePort, host: Orders): void {
  const say = (message: FromWorker) => port.postMessage(message)
  let orders = Promise.resolve()
  port.on('message', (message: unknown) => {
    const order = ToWorker.parse(message)
    // A journey takes seconds: nobody else waits for it.
    if (order.type === 'fast-forward') void carryOut(order, host, say)
    else orders = orders.then(() => carryOut(order, host, say))
  })
}

async function carryOut(order: ToWorker, host: Orders, say: (message: FromWorker) => void): Promise<void> {
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
