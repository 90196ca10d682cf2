import { parentPort, workerData } from 'node:worker_threads'
import { createServerCertificate } from './clusters/simulated/certificates.ts'
import { createHost } from './clusters/simulated/host.ts'
import { loadClusterMaker } from './clusters/simulated/load-data.ts'
import type { FromWorker } from './clusters/simulated/messages.ts'
import { askMainThread, describe, serveMainThread } from './clusters/simulated/worker-host.ts'
import { listenKube } from './http/kube-listener.ts'
import { writeSamples } from './metrics/remote-write.ts'

/** A thread that runs simulated clusters, many of them, with their TLS listeners: what one attendee asks of theirs never holds up the classroom. */
if (!parentPort) throw new Error('simulator-worker.ts runs as a worker thread of the server.')

const port = parentPort
/** A folder of image descriptions that the presenter brings. */
const ownImages = (workerData as { readonly images?: string } | null)?.images
const say = (message: FromWorker) => port.postMessage(message)
const report = (error: unknown) => say({ type: 'report', text: describe(error) })

// A fault in one cluster's timers must not end the others.
process.on('uncaughtException', report)
process.on('unhandledRejection', report)

const questions = askMainThread(say)
const host = await createHost({
  certificate: await createServerCertificate(),
  makeCluster: await loadClusterMaker(report, undefined, ownImages),
  writeSamples,
  askPrometheus: questions.ask,
  listen: listenKube,
  onPrometheus: (cluster, prometheus) => say({ type: 'prometheus', cluster, prometheus }),
  report,
})
serveMainThread(port, host, questions.answered)
