import type { TopologyBlock } from '../protocol/blocks.ts'
import type { TopologyState } from '../protocol/live-block.ts'
import { ObjectRead } from './objects.ts'
import { topologyOf, watchedFor, type Traffic, type Watched } from './topology.ts'

/** What a drawing is made of; the desk has it. */
export interface DrawnCluster {
  /** Keeps telling all objects of a kind, at first and at every change, or why it cannot, until `signal` says so. */
  readonly objects: (
    interest: { readonly resource: string; readonly namespace?: string | undefined; readonly selector?: string | undefined },
    signal: AbortSignal,
    changed: (objects: readonly unknown[]) => void,
    failed: (why: string) => void,
  ) => void
  /** Keeps telling the newest values of a query by their labels; none while there is no Prometheus. @returns ends it */
  readonly query: (query: string, listener: (series: readonly Measured[]) => void) => () => void
}

export interface Measured {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Changes that come together, as a rollout's do, are drawn once. */
const TOGETHER_MILLIS = 150
const CLUSTER_WIDE: ReadonlySet<Watched> = new Set(['nodes', 'persistentvolumes'])

const REQUESTS = 'sum by (namespace, pod, code) (rate(http_requests_total{route!~"/(healthz|readyz|metrics)"}[1m]))'

/** Draws a cluster's objects as they change. @param listener told at first, and whenever the drawing is another @returns ends it */
export function watchTopology(cluster: DrawnCluster, block: TopologyBlock, listener: (state: TopologyState) => void): () => void {
  const ending = new AbortController()
  const wanted = watchedFor(block.show)
  const objects = new Map<Watched, readonly ObjectRead[]>()
  let traffic: readonly Traffic[] = []
  let last = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const tell = (state: TopologyState): void => {
    const text = JSON.stringify(state)
    if (text === last || ending.signal.aborted) return
    last = text
    listener(state)
  }
  const draw = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      if (objects.size === wanted.length) tell(topologyOf(objects, block, traffic))
    }, TOGETHER_MILLIS)
  }
  tell({ state: 'waiting', why: 'Asking your cluster for its objects.' })
  for (const resource of wanted) {
    const wide = CLUSTER_WIDE.has(resource)
    const interest = wide ? { resource } : { resource, namespace: block.namespace, selector: block.selector }
    cluster.objects(
      interest,
      ending.signal,
      (found) => {
        objects.set(
          resource,
          found.flatMap((each) => ObjectRead.safeParse(each).data ?? []),
        )
        draw()
      },
      (why) => tell({ state: 'failed', why }),
    )
  }
  const stop = block.show.includes('services')
    ? cluster.query(REQUESTS, (series) => {
        traffic = series.map(trafficOf)
        draw()
      })
    : () => {}
  return () => {
    ending.abort()
    clearTimeout(timer)
    stop()
  }
}

function trafficOf({ labels, value }: Measured): Traffic {
  const failing = labels['code']?.startsWith('5') === true ? value : 0
  return { namespace: labels['namespace'] ?? '', pod: labels['pod'] ?? '', rate: value, failing }
}
