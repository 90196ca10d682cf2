import { createOperations } from './api/create-api.ts'
import { Handler } from './api/handler.ts'
import { localDoor } from './api/local.ts'
import { startControllers } from './controllers/start.ts'
import { idleRuntime } from './kubelet/idle-runtime.ts'
import { startKubelet } from './kubelet/kubelet.ts'
import { startScheduler } from './scheduler/scheduler.ts'
import type { ApiData } from './api/create-api.ts'
import type { Operations } from './api/operations.ts'
import type { ClusterOptions, SimulatedCluster } from './cluster-api.ts'
import type { Platform } from './platform.ts'
import type { JsonObject } from './resources/object.ts'
import type { ColumnData } from './tables/table.ts'

/** What simulated clusters are made of: the parsed files of `manifests/simulator/`. One copy serves every cluster. */
export interface SimulatorData extends ApiData {
  /** table-columns.json */
  readonly columns: ColumnData
  /** bootstrap-objects.json: what a fresh cluster contains, by kind. */
  readonly bootstrap: { readonly [what: string]: readonly JsonObject[] }
  /** node.json: a node as its kubelet registers it. */
  readonly node: JsonObject
  /** The documents of `images/`, by file name without its ending. */
  readonly images: { readonly [name: string]: unknown }
}

/** A Kubernetes cluster in this process. Nothing of it ticks while nothing happens. */
export function createCluster(options: ClusterOptions, data: SimulatorData, platform: Platform): SimulatedCluster {
  const operations = createOperations(data, platform)
  const api = localDoor(operations)
  const kubelets = startKubelet({ api, platform, runtime: idleRuntime() })
  const handler = new Handler(operations, { columns: data.columns, kubelets, aggregated: [] })
  populate(operations, options, data)
  const stops = [startControllers(api, platform, { certificateAuthority: options.certificateAuthority }), startScheduler(api, platform)]
  kubelets.goLive()
  operations.store.compact()
  return {
    handle: (request) => handler.handle(request),
    upgrade: (request) => handler.upgrade(request),
    adminToken: handler.auth.adminToken,
    nodes: options.nodes,
    scrape: () => '',
    prometheus: () => ({ state: 'absent' }),
    onPrometheus: () => () => undefined,
    close() {
      for (const stop of stops) stop()
      kubelets.close()
      operations.store.close()
    },
  }
}

/** Everything that is there before the first request. */
function populate(operations: Operations, options: ClusterOptions, data: SimulatorData): void {
  for (const object of Object.values(data.bootstrap).flat()) {
    const resource = operations.registry.ofKind(String(object['kind']))
    const namespace = (object['metadata'] as JsonObject)['namespace']
    operations.create(resource, typeof namespace === 'string' ? namespace : undefined, object)
  }
  const nodes = operations.registry.ofKind('Node')
  for (const name of options.nodes) {
    const metadata = data.node['metadata'] as JsonObject
    const labels = { ...(metadata['labels'] as JsonObject), 'kubernetes.io/hostname': name }
    operations.create(nodes, undefined, { ...data.node, metadata: { ...metadata, name, labels } })
  }
}
