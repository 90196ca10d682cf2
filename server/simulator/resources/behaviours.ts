import { cronJob, job } from './job.ts'
import { pod } from './pod.ts'
import { service } from './service.ts'
import { daemonSet, deployment, podTemplate, replicaSet, replicationController, statefulSet } from './workloads.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { Resource } from './registry.ts'

const NOTHING: KindBehaviour = {}

/** Kinds with behaviour of their own, by the table that stores them. */
const BEHAVIOURS: { readonly [table: string]: KindBehaviour } = {
  'v1/pods': pod,
  'v1/podtemplates': podTemplate,
  'v1/replicationcontrollers': replicationController,
  'v1/services': service,
  'apps/v1/daemonsets': daemonSet,
  'apps/v1/deployments': deployment,
  'apps/v1/replicasets': replicaSet,
  'apps/v1/statefulsets': statefulSet,
  'batch/v1/cronjobs': cronJob,
  'batch/v1/jobs': job,
}

export function behaviourOf(resource: Resource): KindBehaviour {
  return BEHAVIOURS[resource.table] ?? NOTHING
}
