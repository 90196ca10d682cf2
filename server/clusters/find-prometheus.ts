import { z } from 'zod'
import { Emitter } from '../kernel/events.ts'
import type { PrometheusSource, PrometheusState } from './lease.ts'
import type { ApiClient } from './api-client.ts'

/** The part of a pod that says whether it is a Prometheus, and how it is doing. */
const Pod = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    containers: z.array(
      z.object({ name: z.string(), image: z.string().default(''), ports: z.array(z.object({ containerPort: z.int() })).default([]) }),
    ),
  }),
  status: z.object({
    phase: z.string().default('Unknown'),
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), message: z.string().default(''), lastTransitionTime: z.string().nullish() }))
      .default([]),
    containerStatuses: z
      .array(
        z.object({
          name: z.string(),
          state: z
            .object({ waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional() })
            .default({}),
        }),
      )
      .default([]),
  }),
})
type Pod = z.infer<typeof Pod>
const PodList = z.object({ items: z.array(Pod) })

const askEveryMillis = 4_000

/** Docker Hub's and Quay's images, and mirrors of them. */
const isPrometheus = (image: string) => /(^|\/)(prom|prometheus)\/prometheus(:|@|$)/.test(image)

/** Watches for a Prometheus in a real cluster, while somebody listens, and passes charts' queries on to it. */
export function findPrometheus(client: ApiClient): PrometheusSource & { stop(): void } {
  const changed = new Emitter<void>()
  let state: PrometheusState = { state: 'unreachable', why: 'Waiting for your cluster to say how its Prometheus is doing.' }
  let port = 9090
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const look = async () => {
    const found = await lookForPod(client)
    const next = typeof found === 'string' ? { state: 'unreachable' as const, why: found } : stateOf(found)
    if (typeof found === 'object') port = portOf(found)
    const same = JSON.stringify(next) === JSON.stringify(state)
    state = next
    if (!same) changed.emit()
    if (changed.size > 0 && !stopped) timer = setTimeout(() => void look(), askEveryMillis)
    else timer = undefined
  }
  return {
    state: () => state,
    onChange(listener) {
      const end = changed.subscribe(listener)
      if (timer === undefined && !stopped) {
        timer = setTimeout(() => void look(), 0)
      }
      return end
    },
    async query(path, parameters) {
      if (state.state !== 'ready') throw new Error('Prometheus is not ready in your cluster.')
      const { body } = await client.getJson(
        `/api/v1/namespaces/${state.namespace}/pods/${state.pod}:${port}/proxy/api/v1/${path}`,
        parameters,
      )
      const refusal = z.object({ kind: z.literal('Status'), message: z.string() }).safeParse(body)
      if (refusal.success) throw new Error(`Your cluster did not pass the query on to Prometheus: ${refusal.data.message}`)
      return body
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** @returns the pod, undefined when there is none, or why the cluster could not be asked */
async function lookForPod(client: ApiClient): Promise<Pod | undefined | string> {
  try {
    const { status, body } = await client.getJson('/api/v1/pods')
    if (status === 401 || status === 403) return 'Your cluster does not let its kubeconfig list pods, so its Prometheus cannot be found.'
    const pods = PodList.parse(body).items.filter(({ spec }) => spec.containers.some(({ image }) => isPrometheus(image)))
    return pods.find((pod) => stateOf(pod).state === 'ready') ?? pods[0]
  } catch (error) {
    return `Your cluster does not answer: ${error instanceof z.ZodError ? 'it does not speak like a Kubernetes API' : error instanceof Error ? error.message : String(error)}.`
  }
}

function stateOf(pod: Pod | undefined): PrometheusState {
  if (!pod) return { state: 'absent' }
  const { name, namespace } = pod.metadata
  const ready = pod.status.conditions.find(({ type, status }) => type === 'Ready' && status === 'True')
  if (ready) return { state: 'ready', namespace, pod: name, since: Date.parse(ready.lastTransitionTime ?? '') || 0 }
  return { state: 'waiting', namespace, pod: name, why: whyNotReady(pod) }
}

function whyNotReady({ status }: Pod): string {
  const unscheduled = status.conditions.find(({ type, status: holds, message }) => type === 'PodScheduled' && holds === 'False' && message)
  if (unscheduled) return unscheduled.message
  const waiting = status.containerStatuses.flatMap(({ state }) => state.waiting ?? []).find(({ reason }) => reason)
  if (waiting) return waiting.message ? `${waiting.reason}: ${waiting.message}` : waiting.reason
  return status.conditions.find(({ type, message }) => type === 'Ready' && message)?.message ?? status.phase
}

function portOf({ spec }: Pod): number {
  return spec.containers.find(({ image }) => isPrometheus(image))?.ports[0]?.containerPort ?? 9090
}
