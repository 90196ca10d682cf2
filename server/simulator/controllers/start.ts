import { startQuotaController } from '../admission/quota-controller.ts'
import { startRoleAggregation } from '../admission/role-aggregation.ts'
import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import { startAvailability } from './api-services.ts'
import type { PodMetricsSource } from './autoscaling/pod-metrics.ts'
import { autoscalers } from './autoscaling/start.ts'
import { budgets, nodeLifecycle, taintEviction } from './cluster-controllers.ts'
import { startEventExpiry } from './event-expiry.ts'
import { startGarbageCollector } from './garbage.ts'
import { podGarbage } from './pod-garbage.ts'
import { namespaceFurniture } from './namespace-furniture.ts'
import { startNamespaceController } from './namespaces.ts'
import { sliceMirroring } from './slice-mirroring.ts'
import { endpoints, endpointSlices, claims, expansion, volumes } from './network-and-storage.ts'
import { provisioning } from './provisioner.ts'
import { runController } from './runner.ts'
import { deployments, replicaSets, replicationControllers, statefulSets, daemonSets, jobs, cronJobs } from './workload-controllers.ts'

export interface ControllerOptions {
  /** PEM, for `kube-root-ca.crt` in every namespace. */
  readonly certificateAuthority: string
  /** The resource metrics API, if anything may ask it. */
  readonly podMetrics?: PodMetricsSource
}

const noMetrics: PodMetricsSource = () => ({
  ok: false,
  message: 'the server could not find the requested resource (get pods.metrics.k8s.io)',
})

/** Starts everything that a controller manager does here. @returns stops it */
export function startControllers(api: Api, platform: Platform, options: ControllerOptions): () => void {
  const now = (): number => platform.clock.now()
  const controllers = [
    deployments(api, now),
    replicaSets(api, now),
    replicationControllers(api, now),
    statefulSets(api, now),
    daemonSets(api, now),
    jobs(api, now),
    cronJobs(api, now),
    endpoints(api),
    endpointSlices(api),
    sliceMirroring(api),
    claims(api, now),
    volumes(api, now),
    expansion(api),
    ...provisioning(api, now),
    budgets(api, now),
    autoscalers(api, now, options.podMetrics ?? noMetrics),
    nodeLifecycle(api, now),
    taintEviction(api, now),
    podGarbage(api, now),
    namespaceFurniture(api, options.certificateAuthority),
  ]
  const stops = [
    ...controllers.map((controller) => runController(api, platform, controller)),
    startGarbageCollector(api, platform),
    startNamespaceController(api, platform),
    startEventExpiry(api, platform),
    startAvailability(api, platform),
    startQuotaController(api, platform),
    startRoleAggregation(api, platform),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
