import type { ApiRequest, ApiResponse } from './http.ts'

/** An API served by something inside the cluster, behind an APIService (metrics-server, say). */
export interface AggregatedApi {
  readonly group: string
  readonly version: string
  /** What discovery says of it. */
  readonly resources: readonly AggregatedResource[]
  /** Answers a request below `/apis/GROUP/VERSION/`; the aggregator has already checked that the service is ready. */
  handle(request: ApiRequest): ApiResponse
}

export interface AggregatedResource {
  readonly name: string
  readonly singularName: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}
