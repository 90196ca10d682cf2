import { corednsFamilies } from './coredns.ts'
import { controllerManagerFamilies, etcdFamilies, kubeProxyFamilies, schedulerFamilies } from './control-plane.ts'
import { gauge, goFamilies } from './families.ts'
import { kubeStatePage } from './kube-state/page.ts'
import { nodeExporterFamilies } from './node-exporter.ts'
import { metricsServerFamilies, prometheusFamilies, pushgatewayFamilies } from './tools.ts'
import { describedFamilies, goFacts } from './described.ts'
import type { DescribedPages } from './described.ts'
import type { Api } from '../api/door.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { Retired } from '../images/runtime.ts'
import type { BuiltInPage } from '../images/schema.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Family } from './exposition.ts'

/** What the pages of the cluster's own programs are worked out from. */
export interface ProgramSources {
  readonly api: Api
  readonly clock: Clock
  /** What pages have beside what is worked out for them. */
  readonly described: Partial<DescribedPages>
  readonly containers: () => readonly SimulatedContainer[]
  /** What containers of a node had used that have ended, by pod. */
  readonly retired: (node: string) => ReadonlyMap<string, Retired>
}

type Make = (container: SimulatedContainer, sources: ProgramSources, at: number) => readonly Family[]

const makers: Readonly<Record<BuiltInPage, Make>> = {
  go: () => [],
  'kube-state-metrics': (_, { api }) => kubeStatePage(api),
  'node-exporter': nodeExporterFamilies,
  coredns: corednsFamilies,
  prometheus: prometheusFamilies,
  etcd: etcdFamilies,
  'kube-scheduler': schedulerFamilies,
  'kube-controller-manager': controllerManagerFamilies,
  'kube-proxy': kubeProxyFamilies,
  'metrics-server': metricsServerFamilies,
  pushgateway: pushgatewayFamilies,
  alertmanager: () => [],
}

/** What the simulator adds to the metrics that an image's description has itself; but for kube-state-metrics also Go's own. */
export function programPage(page: BuiltInPage, container: SimulatedContainer, sources: ProgramSources): readonly Family[] {
  const at = sources.clock.now()
  const own = makers[page](container, sources, at)
  if (page === 'kube-state-metrics') return own
  const { startedAt, cpuSeconds, memoryBytes } = container.usage(at)
  const facts = goFacts({ startedAt, at, cpuSeconds, memoryBytes, goroutines: 24 })
  // These know more of theirs than how long they run, and what a program in Go says is said below.
  const further =
    page === 'node-exporter' || page === 'prometheus' || page === 'go' ? [] : describedFamilies(sources.described[page] ?? {}, facts)
  const scrapes = gauge('promhttp_metric_handler_requests_in_flight', 'Current number of scrapes being served.', 1)
  return [...own, ...further, ...goFamilies({ startedAt, at, cpuSeconds, memoryBytes, goroutines: 24 }), scrapes]
}
