import type { Fault } from './kubelet/faults.ts'
import type { ApiRequest, ApiResponse, UpgradeAnswer } from './api/http.ts'

/** One simulated cluster, as whatever serves it to the world sees it. */
export interface SimulatedCluster {
  /** Answers any request but an upgrade. Never throws: refusals are responses. */
  handle(request: ApiRequest): ApiResponse | Promise<ApiResponse>
  /** Answers a request to upgrade (exec, attach). */
  upgrade(request: ApiRequest): UpgradeAnswer
  /** A bearer token that is cluster-admin, for the kubeconfig. */
  readonly adminToken: string
  readonly nodes: readonly string[]
  /**
   * What the cluster's own Prometheus scrapes now, in the text format, computed now: all targets of its configuration, each
   * sample with its target's labels. Empty while that Prometheus is not ready. @param labels on top, on every sample
   * @param interval only jobs that are scraped every so many seconds; all of them unless told
   */
  scrape(labels: Readonly<Record<string, string>>, interval?: number): string
  /** How the Prometheus that this cluster's owner has applied is doing. */
  prometheus(): PrometheusState
  /** Called whenever `prometheus()` may have changed. @returns ends it */
  onPrometheus(listener: () => void): () => void
  /** Makes something go wrong on purpose. @returns heals it */
  inject(fault: Fault): () => void
  /** Stops every timer and stream. */
  close(): void
}

/** What a chart waits for, and why. */
export type PrometheusState =
  /** No pod runs a Prometheus image. */
  | { readonly state: 'absent' }
  /** `why` is the cluster's own sentence, e.g. the FailedScheduling message or a container's waiting reason. */
  | { readonly state: 'waiting'; readonly namespace: string; readonly pod: string; readonly why: string }
  /** @param since when its pod became ready, milliseconds since the epoch @param intervals at which its jobs are scraped, seconds */
  | {
      readonly state: 'ready'
      readonly namespace: string
      readonly pod: string
      readonly since: number
      readonly intervals?: readonly number[]
    }

/** Signs a certificate request (PEM) for a client of the cluster. @returns the certificate (PEM), and SHA-256 of its DER as hex */
export type CertificateSigner = (
  request: string,
  seconds: number,
) => Promise<{ readonly certificate: string; readonly fingerprint: string }>

/**
 * Asks the Prometheus that keeps a cluster's samples, about these alone. @param path below `/api/v1/`
 * @returns its answer, also a refusal @throws when there is none
 */
export type AskPrometheus = (
  path: string,
  parameters: readonly (readonly [name: string, value: string])[],
) => Promise<{ readonly status: number; readonly body: string }>

export interface ClusterOptions {
  /** e.g. `['workshop-vm-03-00', 'workshop-vm-03-01']` */
  readonly nodes: readonly string[]
  /** PEM of the authority that signed the listener's certificate, for `kube-root-ca.crt` and `cluster-info`. */
  readonly certificateAuthority: string
  /** Signs as the authority does; without it approved requests stay without a certificate. */
  readonly signCertificate?: CertificateSigner
  /** For the queries of people in the cluster; without it there is nothing to query. */
  readonly askPrometheus?: AskPrometheus
  /** Where the API answers, for `kubectl cluster-info` and the kubernetes Endpoints. */
  readonly endpoint: { readonly host: string; readonly port: number }
}
