import { z } from 'zod'
import type { TraceBlock } from '../protocol/blocks.ts'
import type { TraceState } from '../protocol/live-block.ts'
import { traceStateOf } from './trace.ts'

/** What a trace is read from; the desk has it. */
export interface TracedCluster {
  readonly getJson: (path: string, parameters?: URLSearchParams) => Promise<{ readonly status: number; readonly body: unknown }>
}

/** Jaeger is told of no change: it is asked while somebody looks. */
const ASK_EVERY_MILLIS = 3000
const QUERY_PORT = 16686

const Services = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
      spec: z.looseObject({ ports: z.array(z.looseObject({ port: z.number() })).catch([]) }),
    }),
  ),
})

/** Shows the newest fitting trace of the cluster's own Jaeger. @param listener told at first and whenever that changes @returns ends it */
export function watchTrace(cluster: TracedCluster, block: TraceBlock, listener: (state: TraceState) => void): () => void {
  let over = false
  let last = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = async (): Promise<void> => {
    const state = await lookFor(cluster, block)
    const text = JSON.stringify(state)
    if (over) return
    if (text !== last) listener(state)
    last = text
    timer = setTimeout(() => void look(), ASK_EVERY_MILLIS)
  }
  void look()
  return () => {
    over = true
    clearTimeout(timer)
  }
}

async function lookFor(cluster: TracedCluster, block: TraceBlock): Promise<TraceState> {
  try {
    const services = await cluster.getJson('/api/v1/services')
    if (services.status !== 200)
      return { state: 'failed', why: `Your cluster did not list its services: it answered with ${services.status}.` }
    const jaeger = Services.parse(services.body).items.find(({ spec }) => spec.ports.some(({ port }) => port === QUERY_PORT))
    if (!jaeger) return { state: 'waiting', why: `Waiting for Jaeger: your cluster has no service with port ${QUERY_PORT}.` }
    const { name, namespace } = jaeger.metadata
    const parameters = new URLSearchParams({ service: block.service, limit: '20', lookback: '1h' })
    if (block.operation !== undefined) parameters.set('operation', block.operation)
    if (block.failed) parameters.set('tags', '{"error":"true"}')
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}:${QUERY_PORT}/proxy/api/traces`
    const { status, body } = await cluster.getJson(path, parameters)
    if (status === 503) return { state: 'waiting', why: `Waiting for Jaeger: no pod behind ${namespace}/${name} is ready.` }
    if (status !== 200) return { state: 'failed', why: `Jaeger (${namespace}/${name}) answered with ${status}.` }
    return traceStateOf(body, block)
  } catch (error) {
    return { state: 'failed', why: `Jaeger could not be read: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}.` }
  }
}
