import type { Api } from '../api/door.ts'
import type { MetricsPage } from '../cluster-api.ts'
import type { SimulatedRuntime } from '../images/runtime.ts'
import type { Clock } from '../../kernel/clock.ts'
import { cadvisorPage } from './cadvisor.ts'
import { exposition } from './exposition.ts'
import { kubeStatePage } from './kube-state.ts'
import { prometheusState } from './prometheus-state.ts'
import { resourcePage } from './resource.ts'

export interface MetricsSources {
  readonly api: Api
  readonly runtime: SimulatedRuntime
  readonly clock: Clock
}

/** A metrics page, computed now. */
export function renderPage(page: MetricsPage, { api, runtime, clock }: MetricsSources): string {
  if (page.page === 'kube-state-metrics') return exposition(kubeStatePage(api))
  const node = api.get('Node', undefined, page.node)
  if (!node) return ''
  const make = page.page === 'cadvisor' ? cadvisorPage : resourcePage
  return exposition(make(node, runtime.containers(), clock.now()))
}

/** A page as the cluster's own Prometheus gets it: nothing before that Prometheus is ready. */
export function scrape(page: MetricsPage, sources: MetricsSources): string {
  if (prometheusState(sources.api).state !== 'ready') return ''
  return renderPage(page, sources)
}
