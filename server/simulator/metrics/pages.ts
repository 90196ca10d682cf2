import { cadvisorPage } from './cadvisor.ts'
import type { DescribedPages } from './described.ts'
import { exposition } from './exposition.ts'
import { kubeletFamilies } from './kubelet.ts'
import { probesPage } from './probes.ts'
import { resourcePage } from './resource.ts'
import type { PathAsk, ResourceAsk } from '../api/auth-rbac.ts'
import type { Api } from '../api/door.ts'
import type { AskPrometheus } from '../cluster-api.ts'
import type { SimulatedRuntime } from '../images/runtime.ts'
import type { Family } from './exposition.ts'
import type { Node, Pod } from '../resources/kinds.ts'
import type { Clock } from '../../kernel/clock.ts'

export interface MetricsSources {
  readonly api: Api
  readonly runtime: SimulatedRuntime
  readonly clock: Clock
  /** The API server's own page. */
  readonly apiServer: () => string
  /** What the pages of Kubernetes' own programs have beside what is counted here. */
  readonly described: DescribedPages
  /** The Prometheus that keeps this cluster's samples, if one does. */
  readonly ask?: AskPrometheus | undefined
  /** Whether a pod's service account may do something. */
  readonly may: (pod: Pod, ask: ResourceAsk | PathAsk) => boolean
}

/** A page of a node's kubelet, computed now, in the text format; undefined when it has none at the path. */
export function kubeletPage(path: string, node: Node, sources: MetricsSources): string | undefined {
  const families = kubeletPageFamilies(path, node, sources)
  return families && exposition(families)
}

/** The same before it is text. @param briefly leaves out of `/metrics/resource` what `/metrics/cadvisor` says too */
export function kubeletPageFamilies(
  path: string,
  node: Node,
  { api, runtime, clock, described }: MetricsSources,
  briefly = false,
): readonly Family[] | undefined {
  const containers = runtime.containers()
  const at = clock.now()
  switch (path) {
    case '/metrics':
      return kubeletFamilies(node, containers, runtime.activity(node.metadata.name ?? ''), api, at, described)
    case '/metrics/cadvisor':
      return cadvisorPage(node, containers, at, runtime.retired(node.metadata.name ?? ''), described.cadvisor)
    case '/metrics/probes':
      return probesPage(node, containers, at)
    case '/metrics/resource':
      return resourcePage(node, containers, at, runtime.retired(node.metadata.name ?? ''), briefly)
    default:
      return undefined
  }
}
