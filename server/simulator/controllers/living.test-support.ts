import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { ManualClock } from '../../kernel/clock.ts'
import { createOperations } from '../api/create-api.ts'
import type { Api, GenericObject } from '../api/door.ts'
import { localDoor } from '../api/local.ts'
import type { Operations } from '../api/operations.ts'
import { startKubelet } from '../kubelet/kubelet.ts'
import { scriptedRuntime } from '../kubelet/scripted-runtime.ts'
import type { Script } from '../kubelet/scripted-runtime.ts'
import type { Platform } from '../platform.ts'
import type { Deployment, Node, Pod } from '../resources/kinds.ts'
import { startScheduler } from '../scheduler/scheduler.ts'
import type { PodMetricsSource } from './autoscaling/pod-metrics.ts'
import { bootstrap, settle } from './bootstrap.ts'
import { startControllers } from './start.ts'

const read = (name: string): string => readFileSync(new URL(`../../../manifests/simulator/${name}`, import.meta.url), 'utf8')

/** A cluster of two nodes on a clock that moves only when told to. */
export async function living(
  scripts: { readonly [image: string]: Script } = {},
  podMetrics?: PodMetricsSource,
): Promise<{ readonly api: Api; readonly clock: ManualClock; readonly operations: Operations }> {
  const clock = new ManualClock()
  let seed = 1
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const platform: Platform = {
    clock,
    random: () => (seed = (seed * 16807) % 2147483647) / 2147483647,
    sha256,
    sign: sha256,
    report: (error) => {
      throw error
    },
  }
  const operations = createOperations(
    { schemas: JSON.parse(read('schemas.json')), discovery: JSON.parse(read('discovery.json')) },
    platform,
  )
  const api = localDoor(operations)
  const create = (object: GenericObject): void => {
    const resource = operations.registry.all().find((one) => one.kind === object.kind && one.groupVersion === object.apiVersion)
    if (resource) operations.create(resource, object.metadata.namespace, JSON.parse(JSON.stringify(object)))
  }
  const options = { nodes: ['vm-00', 'vm-01'], certificateAuthority: 'PEM', endpoint: { host: '127.0.0.1', port: 1 } }
  const system = parseAllDocuments(read('kube-system.yaml')).map((one) => one.toJS() as GenericObject)
  const kube = system.flatMap((one) => JSON.stringify(one).match(/(registry\.k8s|docker)\.io\/[^"]+/g) ?? [])
  const runtime = scriptedRuntime(clock, {
    'nginx:1': {},
    'nginx:2': {},
    ...Object.fromEntries(kube.map((image) => [image, {}])),
    ...scripts,
  })
  bootstrap(api, create, platform, options, {
    objects: JSON.parse(read('bootstrap-objects.json')),
    node: JSON.parse(read('node.json')) as Node,
    system,
  })
  startControllers(api, platform, { ...options, ...(podMetrics ? { podMetrics } : {}) })
  startScheduler(api, platform)
  const kubelets = startKubelet({ api, platform, runtime })
  await settle(api, platform.clock)
  kubelets.goLive()
  return { api, clock, operations }
}

export function deployment(name: string, replicas: number): Deployment {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
    },
  }
}

export const pod = (name: string, image = 'nginx:1'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image }] },
})
export const messages = (api: Api): string[] => api.list('Event').map((event) => `${event.reason}: ${event.message}`)
