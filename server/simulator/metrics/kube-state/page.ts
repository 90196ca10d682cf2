import { objectFamilies } from './objects.ts'
import { podFamilies } from './pods.ts'
import { workloadFamilies } from './workloads.ts'
import type { Api } from '../../api/door.ts'
import type { Family } from '../exposition.ts'

/**
 * kube-state-metrics' page: the cluster's objects as series, of the kinds that it collects by default and that are typed here.
 * Whatever its role allows it. https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics
 */
export function kubeStatePage(api: Api): Family[] {
  return [...podFamilies(api.list('Pod')), ...workloadFamilies(api), ...objectFamilies(api)]
}
