import type { ClusterId } from '../kernel/ids.ts'

/** Where the API of a cluster answers, or where a relay to it listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** One cluster, lent to one attendee until it is released. */
export interface ClusterLease {
  readonly id: ClusterId
  /** What people call it, e.g. `workshop-vm-03`, or the kubeconfig file's name. */
  readonly name: string
  readonly simulated: boolean
  /** Empty while it is not known. */
  readonly nodes: readonly string[]
  /** Where the API answers on or from this machine: where a relay has to connect. */
  readonly api: Address
  /** The kubeconfig (YAML, no references to files) for a client that reaches the API at `at`; names in certificates still hold there. */
  kubeconfigFor(at: Address): string
  readonly prometheus: PrometheusSource
  /** The cluster's API, asked with its owner's credentials. */
  readonly client: ClusterApi
  /** Calls `listener`, with a sentence for people, when the cluster is gone though nobody released it. Only simulated ones tell. @returns ends it */
  /** Under which name its metrics are kept, when it is not its id: a past that was lived through at once is a series of its own. */
  readonly samples?: string
  /**
   * The cluster becomes what it would be had it been as it is now a while ago and lived since. Only simulated ones can.
   * @param samplesUrl where Prometheus takes samples of the past, if it runs
   * @returns the same cluster; its metrics are under another name if samples of the past were taken, and go on as they were if not
   * @throws UserError 'cluster-failed'
   */
  readonly fastForward?: (millis: number, samplesUrl: string | undefined, onProgress: (share: number) => void) => Promise<ClusterLease>
  /** Keeps what the cluster is now, the last time only. @returns makes it that again @throws UserError 'cluster-failed' */
  readonly remember?: () => Promise<() => Promise<void>>
  /** It becomes what it was before `fastForward`; only a lease that came of it has this. */
  readonly goBack?: () => Promise<ClusterLease>
  readonly onLost?: (listener: (why: string) => void) => () => void
  release(): Promise<void>
}

/** A cluster's API, for what the server itself wants to know. */
export interface ClusterApi {
  /** @returns the JSON answer, not yet checked @throws when there is none */
  getJson(path: string, parameters?: URLSearchParams): Promise<{ readonly status: number; readonly body: unknown }>
  /** @throws when there is no answer, or more than 32 MiB of it */
  getText(path: string, parameters?: URLSearchParams): Promise<{ readonly status: number; readonly text: string }>
  /** Reads an answer without end, line by line. @returns its status once it ends @throws when it cannot be had, or is aborted */
  follow(path: string, parameters: URLSearchParams, onLine: (line: string) => void, signal: AbortSignal): Promise<number>
}

/**
 * Asks the Prometheus that keeps samples about those under one name (`ClusterLease.samples`) alone. @param path below `/api/v1/`
 * @throws when there is none; its message is a sentence for people
 */
export type AnswerQuery = (
  samples: string,
  path: string,
  parameters: readonly (readonly [string, string])[],
) => Promise<{ readonly status: number; readonly body: string }>

/** Lends clusters. */
export interface ClusterProvider {
  /** Whom people in a simulated cluster reach when they query its Prometheus. Real clusters have their own. */
  readonly answerQueries?: (answer: AnswerQuery) => void
  /** @throws UserError 'no-clusters-left', 'bad-kubeconfig', 'cluster-failed' */
  lease(owner: { readonly number: number; readonly name: string }): Promise<ClusterLease>
  /** Releases every lease. */
  close(): Promise<void>
}

/** How the Prometheus that a cluster's owner has applied is doing. */
export type PrometheusState =
  | { readonly state: 'absent' }
  /** `why` is the cluster's own sentence. */
  | { readonly state: 'waiting'; readonly namespace: string; readonly pod: string; readonly why: string }
  /** @param since when its pod became ready, milliseconds since the epoch */
  | {
      readonly state: 'ready'
      readonly namespace: string
      readonly pod: string
      readonly since: number
      /** How often its jobs are scraped, in seconds; simulated clusters tell. */
      readonly intervals?: readonly number[] | undefined
    }
  /** The cluster could not be asked; `why` is a sentence for people. */
  | { readonly state: 'unreachable'; readonly why: string }

/** A cluster's Prometheus, as charts see it. */
export interface PrometheusSource {
  state(): PrometheusState
  /** Called whenever `state()` may have changed. A real cluster is asked only while somebody listens. @returns ends it */
  onChange(listener: () => void): () => void
  /** What our own Prometheus scrapes on this cluster's behalf: simulated clusters have this, */
  readonly targets?: readonly ScrapeTarget[]
  /** and real ones this: their own Prometheus' HTTP API, through the API server. @returns its JSON, not yet checked */
  readonly query?: (path: 'query_range', parameters: URLSearchParams) => Promise<unknown>
}

/** One page of metrics, whose samples say themselves what they were scraped from, and in `cluster` whose they are. */
export interface ScrapeTarget {
  readonly address: Address
  readonly path: string
}
