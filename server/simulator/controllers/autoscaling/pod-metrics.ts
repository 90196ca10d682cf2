import type { Quantity } from '../../resources/kinds.ts'

/** What the resource metrics API says of one pod. */
export interface PodMetrics {
  readonly metadata: { readonly name?: string }
  readonly timestamp: string
  /** `15s` */
  readonly window: string
  readonly containers: readonly { readonly name: string; readonly usage: { readonly [resource: string]: Quantity } }[]
}

/** Asks the resource metrics API for a namespace's pods. */
export type PodMetricsSource = (
  namespace: string,
) => { readonly ok: true; readonly items: readonly PodMetrics[] } | { readonly ok: false; readonly message: string }
