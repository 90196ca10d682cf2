import type { AskPrometheus } from '../../cluster-api.ts'

/** Asks the Prometheus that keeps this cluster's samples; when there is none, the answer says so as its API would. */
export async function askOrRefuse(ask: AskPrometheus | undefined, ...question: Parameters<AskPrometheus>): ReturnType<AskPrometheus> {
  try {
    if (ask) return await ask(...question)
    return unavailable('No Prometheus keeps the samples of this simulated cluster, so there is nothing to query.')
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error))
  }
}

const unavailable = (error: string) => ({ status: 503, body: JSON.stringify({ status: 'error', errorType: 'unavailable', error }) })
