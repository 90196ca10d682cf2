import { ManualClock } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import type { ContainerConfig } from '../kubelet/runtime.ts'
import type { KubeApi } from '../network/network.ts'
import type { Container, Kinds, Pod } from '../resources/kinds.ts'
import type { RuntimePast } from './past.ts'
import type { DescribedPages } from '../metrics/described.ts'
import { createRuntime } from './runtime.ts'
import type { SimulatedRuntime } from './runtime.ts'
import type { SimulatedContainer } from './container.ts'
import type { ImageDocument } from './schema.ts'

/** A runtime with a handful of objects around it, and time under control: for tests of what happens inside containers. */
export interface TestCluster {
  readonly clock: ManualClock
  readonly api: Api
  readonly runtime: SimulatedRuntime
  readonly errors: unknown[]
  add(...objects: readonly Kinds[keyof Kinds][]): void
  /** Makes and starts a container in a pod of its own. */
  start(
    container: Partial<Container> & { readonly image: string },
    pod?: { readonly name?: string; readonly ip?: string; readonly ready?: boolean; readonly labels?: Record<string, string> },
    config?: Partial<ContainerConfig>,
  ): SimulatedContainer
}

const unused = () => {
  throw new Error('not in this test')
}

export function testCluster(
  images: readonly ImageDocument[],
  kubeApi?: KubeApi,
  past?: RuntimePast,
  described?: DescribedPages,
): TestCluster {
  const clock = new ManualClock()
  const objects: Kinds[keyof Kinds][] = []
  const errors: unknown[] = []
  const listed = <K extends keyof Kinds>(kind: K, namespace?: string) =>
    objects.filter((each): each is Kinds[K] => each.kind === kind && (namespace === undefined || each.metadata.namespace === namespace))
  const api: Api = {
    get: (kind, namespace, name) => listed(kind).find((each) => each.metadata.name === name && each.metadata.namespace === namespace),
    list: listed,
    create: unused,
    update: unused,
    updateStatus: unused,
    modify: unused,
    modifyStatus: unused,
    bind: unused,
    delete: unused,
    watch: () => () => undefined,
    generic: {
      resources: () => [],
      list: () => [],
      delete: unused,
      modify: unused,
      scale: () => '',
      rescale: unused,
      watch: () => () => undefined,
    },
  }
  let random = 0
  const platform = {
    clock,
    random: () => (random = (random * 16_807 + 11) % 2_147_483_647) / 2_147_483_647,
    sha256: (text: string) =>
      [...text]
        .reduce((hash, char) => (hash * 31n + BigInt(char.codePointAt(0) ?? 0)) % 2n ** 256n, 7n)
        .toString(16)
        .padStart(64, '0'),
    sign: (text: string) => text,
    report: (error: unknown) => void errors.push(error),
  }
  const runtime = createRuntime({
    api,
    platform,
    images,
    ...(kubeApi ? { kubeApi } : {}),
    ...(past && { past }),
    ...(described && { described }),
  })
  let count = 0
  return {
    clock,
    api,
    runtime,
    errors,
    add: (...more) => void objects.push(...more),
    start(container, options = {}, config = {}) {
      const name = options.name ?? `pod-${++count}`
      const ip = options.ip ?? `10.32.0.${++count + 10}`
      const pod: Pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: options.labels ?? {} },
        spec: { containers: [{ name: 'c', ...container }], nodeName: 'node-0' },
        status: {
          phase: 'Running',
          podIP: ip,
          conditions: [{ type: 'Ready', status: options.ready === false ? 'False' : 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
          containerStatuses: [{ name: 'c', image: container.image, imageID: 'x', ready: true, restartCount: 2 }],
        },
      }
      objects.push(pod)
      const made = runtime.create({
        pod,
        container: { name: 'c', ...container },
        env: {},
        mounts: [],
        restartCount: 0,
        node: 'node-0',
        ...config,
      })
      made.start(() => undefined)
      const found = runtime.containers().find((each) => each.id === made.id)
      if (!found) throw new Error('the container was not kept')
      return found
    },
  }
}

/** A service with its endpoints, as the controllers would write them. */
export function serviceFor(
  name: string,
  clusterIP: string,
  port: number,
  targetPort: number,
  addresses: readonly string[],
  namespace = 'default',
  portName?: string,
): readonly [Kinds['Service'], Kinds['EndpointSlice']] {
  const named = { ...(portName === undefined ? {} : { name: portName }), ...(targetPort === 53 ? { protocol: 'UDP' } : {}) }
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { clusterIP, ports: [{ ...named, port, targetPort }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      metadata: { name: `${name}-x`, namespace, labels: { 'kubernetes.io/service-name': name } },
      ports: [{ ...named, port: targetPort }],
      endpoints: addresses.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    },
  ]
}
