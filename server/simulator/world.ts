import { Handler } from './api/handler.ts'
import { accountGroups } from './api/auth-tokens.ts'
import { localDoor } from './api/local.ts'
import { settle } from './controllers/bootstrap.ts'
import { startEngine } from './engine.ts'
import { kubeletServer } from './kubelet/server.ts'
import { metricsApi } from './metrics/metrics-server.ts'
import type { MetricsSources } from './metrics/pages.ts'
import type { Api } from './api/door.ts'
import type { User } from './api/call.ts'
import type { ApiRequest, ApiResponse } from './api/http.ts'
import type { ClusterParts, Engine } from './engine.ts'
import type { RuntimePast } from './images/past.ts'
import type { KubeletPort } from './kubelet/port.ts'
import type { Pod } from './resources/kinds.ts'
import type { Journal } from './time/journal.ts'
import type { Snapshot } from './time/snapshot.ts'

const nothing: RuntimePast = { containers: {}, volumes: [] }

/** One life of a cluster: its objects, and what runs because of them. A cluster that is restored begins another. */
export class World {
  readonly api: Api
  readonly handler: Handler
  readonly sources: MetricsSources
  readonly #parts: ClusterParts
  #engine: Engine | undefined
  #starting: Promise<void> | undefined
  /** The revision at which nothing waits for its time to come. */
  #untouched = -1
  #cancel = (): void => {}
  #journal: Journal | undefined

  /** @param start when needed: what is there needs nothing to run until somebody touches it; soon: after whoever asks is answered */
  constructor(parts: ClusterParts, start: 'at once' | 'soon' | 'when needed') {
    this.#parts = parts
    const { operations, platform, data } = parts
    this.api = localDoor(operations)
    const engine = () => this.wake()
    this.sources = {
      api: this.api,
      clock: platform.clock,
      get runtime() {
        return engine().runtime
      },
      apiServer: () => this.handler.metrics(),
      ask: parts.options.askPrometheus,
      described: data.describedPages,
      may: (pod, ask) => this.handler.auth.decide(accountOf(pod), ask).allowed,
    }
    const kubelets: KubeletPort = {
      containerOf: (...of) => engine().kubelets.containerOf(...of),
      previousLogs: (...of) => engine().kubelets.previousLogs(...of),
    }
    this.handler = new Handler(operations, {
      columns: data.columns,
      kubelets,
      described: data.describedPages,
      network: () => engine().runtime.network,
      kubeletServer: kubeletServer(this.sources),
      aggregated: [metricsApi(this.sources)],
      ...(data.descriptions && { descriptions: data.descriptions }),
    })
    if (start === 'when needed') this.#untouched = operations.store.revision
    else if (start === 'at once') this.wake()
    else this.#cancel = platform.clock.after(0, () => void this.wake())
    if (!parts.past) this.#starting = this.#settle()
  }

  async #settle(): Promise<void> {
    const { operations, platform } = this.#parts
    await settle(this.api, platform.clock)
    this.#starting = undefined
    this.#engine?.kubelets.goLive()
    operations.store.compact()
    this.#untouched = operations.store.revision
  }

  /** Resolves when the cluster's own pods run. */
  async ready(): Promise<void> {
    await this.#starting
  }

  /** What runs; from now on it does. */
  wake(): Engine {
    const wrote = () => this.#journal?.wrote(() => this.past())
    return (this.#engine ??= startEngine(this.#parts, { api: this.api, handler: this.handler, sources: this.sources, wrote }))
  }

  handle(request: ApiRequest): ApiResponse | Promise<ApiResponse> {
    if (!isReading(request)) this.wake()
    return this.#starting ? this.#starting.then(() => this.#answer(request)) : this.#answer(request)
  }

  #answer(request: ApiRequest): ApiResponse | Promise<ApiResponse> {
    return this.handler.answer(request)
  }

  /** What it is now. @throws Error before it is ready */
  snapshot(): Snapshot {
    if (this.#starting) throw new Error('A cluster that is still starting cannot be copied.')
    const { operations, options, platform } = this.#parts
    return {
      store: operations.store.fork(platform),
      past: this.past(),
      nodes: options.nodes,
      takenAt: platform.clock.now(),
      quiet: operations.store.revision === this.#untouched,
    }
  }

  /** What containers and volumes hold. */
  past(): RuntimePast {
    return this.#engine?.runtime.past() ?? this.#parts.past ?? nothing
  }

  get revision(): number {
    return this.#parts.operations.store.revision
  }

  /** What happens is stored, and nothing acts on it, until `release`. */
  hold(): void {
    this.#parts.operations.store.hold()
  }

  release(): void {
    this.#parts.operations.store.release()
  }

  keep(journal: Journal): void {
    const { store } = this.#parts.operations
    this.#journal = journal
    journal.begin(() => store.contents())
    store.keep((event) => journal.change(event))
  }

  /** Ends everything that runs and every stream. */
  close(): void {
    this.#cancel()
    // Stopping empties the containers: what they held until then is what a journal keeps.
    const past = this.#engine && this.#journal ? this.past() : undefined
    this.#engine?.stop()
    if (past) this.#journal?.wrote(() => past)
    this.#parts.operations.store.close()
  }
}

/** As whom a pod's programs speak to the API. */
function accountOf({ metadata, spec }: Pod): User {
  const { namespace = 'default' } = metadata
  return { name: `system:serviceaccount:${namespace}:${spec?.serviceAccountName ?? 'default'}`, groups: accountGroups(namespace) }
}

/** Whether a request leaves everything as it is, whatever it is about. */
function isReading(request: ApiRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}
