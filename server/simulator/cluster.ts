import { createOperations } from './api/create-api.ts'
import { Handler } from './api/handler.ts'
import { localDoor } from './api/local.ts'
import { settle } from './controllers/bootstrap.ts'
import { startEngine } from './engine.ts'
import { injectFault } from './kubelet/faults.ts'
import { metricsApi } from './metrics/metrics-server.ts'
import { scrape } from './metrics/pages.ts'
import { prometheusState, watchPrometheus } from './metrics/prometheus-state.ts'
import { renaming } from './rename.ts'
import type { ApiRequest } from './api/http.ts'
import type { ClusterOptions, SimulatedCluster } from './cluster-api.ts'
import type { ClusterParts, Engine, SimulatorData } from './engine.ts'
import type { KubeletPort } from './kubelet/port.ts'
import type { Platform } from './platform.ts'

/** A cluster that others can begin as. */
export interface ForkableCluster extends SimulatedCluster {
  /** Resolves when the cluster's own pods run. */
  ready(): Promise<void>
  /**
   * A cluster of its own that begins as this one is now, under other names: objects keep their names, uids and times, but
   * for what is called after a node. Containers go on from their images' state at this time of their life, with the files
   * and logs they had; a command of a person's own (`sh -c …`) begins anew. Whoever holds a token needs another.
   * The two never affect each other. Nothing of the fork runs, and little of it is there, until somebody changes it or looks
   * into a container. @param options as many nodes as this one has @throws RangeError when not; Error before it is ready
   */
  fork(options: ClusterOptions, platform: Platform): ForkableCluster
}

/** A Kubernetes cluster in this process. Nothing of it ticks while nothing happens. */
export function createCluster(options: ClusterOptions, data: SimulatorData, platform: Platform): ForkableCluster {
  return assemble({ options, data, platform, operations: createOperations(data, platform), past: undefined }, 'at once')
}

function assemble(parts: ClusterParts, start: 'at once' | 'when needed'): ForkableCluster {
  const { options, platform, operations } = parts
  const api = localDoor(operations)
  let engine: Engine | undefined
  const running = (): Engine => (engine ??= startEngine(parts, api, handler))
  const kubelets: KubeletPort = {
    containerOf: (...of) => running().kubelets.containerOf(...of),
    previousLogs: (...of) => running().kubelets.previousLogs(...of),
  }
  const sources = {
    api,
    clock: platform.clock,
    get runtime() {
      return running().runtime
    },
  }
  const handler = new Handler(operations, {
    columns: parts.data.columns,
    kubelets,
    aggregated: [metricsApi(sources)],
    ...(parts.data.descriptions && { descriptions: parts.data.descriptions }),
  })
  let starting: Promise<void> | undefined
  if (start === 'at once') running()
  if (!parts.past)
    starting = settle(api, platform.clock).then(() => {
      starting = undefined
      engine?.kubelets.goLive()
      operations.store.compact()
      untouched = operations.store.revision
    })
  /** The revision at which nothing waits for its time to come. */
  let untouched = start === 'when needed' ? operations.store.revision : -1
  const plain = new Map<string, WeakSet<object>>()
  return {
    handle(request) {
      if (!isReading(request)) running()
      return starting ? starting.then(() => handler.handle(request)) : handler.handle(request)
    },
    upgrade: (request) => handler.upgrade(request),
    inject(fault) {
      running()
      return injectFault(api, fault)
    },
    adminToken: handler.auth.adminToken,
    nodes: options.nodes,
    scrape: (page) => scrape(page, sources),
    prometheus: () => prometheusState(api),
    onPrometheus: (listener) => watchPrometheus(api, listener),
    ready: async () => starting,
    fork(others, itsPlatform) {
      if (starting) throw new Error('A cluster that is still starting cannot be forked.')
      if (others.nodes.length !== options.nodes.length)
        throw new RangeError(`A fork has as many nodes as its origin: ${options.nodes.length}.`)
      const names = namesOf(options, others)
      const rename = renaming(names)
      // What has none of the names is looked through for the first fork only.
      const known = [...names]
        .filter(([from, to]) => from !== to)
        .map(([from]) => from)
        .join('\n')
      const skip = plain.get(known) ?? new WeakSet()
      plain.set(known, skip)
      const store = operations.store.fork(itsPlatform, (object) => {
        if (skip.has(object)) return object
        const renamed = rename(object)
        if (renamed === object) skip.add(object)
        return renamed
      })
      const past = rename(engine?.runtime.past() ?? parts.past ?? { containers: {}, volumes: [] })
      const made: ClusterParts = {
        options: others,
        data: parts.data,
        platform: itsPlatform,
        operations: createOperations(parts.data, itsPlatform, store),
        past,
      }
      return assemble(made, operations.store.revision === untouched ? 'when needed' : 'at once')
    },
    close() {
      engine?.stop()
      operations.store.close()
    },
  }
}

function namesOf(from: ClusterOptions, to: ClusterOptions): ReadonlyMap<string, string> {
  const nodes = from.nodes.map((name, index) => [name, to.nodes[index] ?? name] as const)
  return new Map([...nodes, [from.certificateAuthority, to.certificateAuthority]])
}

/** Whether a request leaves everything as it is, whatever it is about. */
function isReading(request: ApiRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}
